"""Refuses what a damaged answer or a lying server brings, before any of it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Integer, TypeDecorator
from sqlalchemy.engine.default import DefaultDialect

from sync import errors
from sync.protocol import Result
from sync.schema import INTEGERS, SyncTable

_DIALECT = DefaultDialect()


def require_sound_rows(table: SyncTable, rows: Sequence[Sequence[Any]], head: int) -> None:
    """Refuse rows that do not fit the table or the server's head; raises `errors.Protocol`."""
    columns = table.columns()
    if any(len(row) != len(columns) for row in rows):
        raise errors.Protocol(f"a row of {table.name} is too short or too long")
    for column, values in zip(table.table.columns, zip(*rows, strict=True), strict=True):
        kind = int if is_integer(column.type) else str
        if set(map(type, values)) - {kind, type(None)}:
            raise errors.Protocol(f"{table.name}.{column.name} holds a value of another type")
        numbers = [value for value in values if value is not None] if kind is int else []
        if numbers and not (min(numbers) in INTEGERS and max(numbers) in INTEGERS):
            raise errors.Protocol(f"{table.name}.{column.name} holds a number that is too large")
    id_at, rev_at, scope_at = (columns.index(name) for name in ("id", "rev", "scope"))
    for row in rows:
        if not row[id_at] or not row[scope_at] or not row[rev_at] or not 0 < row[rev_at] <= head:
            raise errors.Protocol(f"a row of {table.name} has no id, no scope or an impossible revision")


def require_sound_results(results: Iterable[Result], head: int, asked: Collection[str] | None) -> None:
    """Refuse results that nobody asked for, or of revisions that the server has not; raises `errors.Protocol`.

    An entry whose revision no pull can ever pass would cover the server's row for good.
    """
    for result in results:
        if asked is not None and result.uuid not in asked:
            raise errors.Protocol("a result of a transaction that was not sent")
        revs = [result.rev, *(rev for _table, _id, rev in result.rows)]
        if not all(0 <= rev <= head for rev in revs):
            raise errors.Protocol(f"the result of {result.uuid} has an impossible revision")
        if result.outcome in ("applied", "merged", "conflict") and not result.rev:
            raise errors.Protocol(f"the result of {result.uuid} has no revision")


def is_integer(kind: Any) -> bool:
    """Whether a column of this type keeps whole numbers."""
    if isinstance(kind, TypeDecorator):
        kind = kind.load_dialect_impl(_DIALECT)
    return isinstance(kind, Integer)
