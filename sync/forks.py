"""A document that forked: until a pull brings both versions, this laptop goes on with its own under the old ids."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection

from sync import state
from sync.overlay import back_to_server
from sync.protocol import Result
from sync.schema import SyncSchema

_NAME = "forks"
_KEPT = 2_000
"""Rows of forks that are remembered for forms which were opened before: more than months bring."""


class Fork(NamedTuple):
    """One row of a document that forked in the transaction `tx`: our version is `new`."""

    tx: str
    kind: str
    old: str
    new: str
    rev: int
    done: bool
    """Whether our version has its new id here."""


def keep(connection: Connection, result: Result) -> None:
    """Remember a fork that the server told of.

    Nothing moves yet: who writes to the document meanwhile has his own version before him, and the
    server leads what was written on the old base to the fork.
    """
    if result.map:
        told = [Fork(result.uuid, kind, old, new, result.rev, False) for kind, old, new in result.map]
        known = _read(connection)
        have = {(one.tx, one.kind, one.old) for one in known}
        _write(connection, known + [one for one in told if (one.tx, one.kind, one.old) not in have])


def carry_out(
    connection: Connection, schema: SyncSchema, head: int | None = None, but: Collection[str] = ()
) -> None:
    """Give our versions their new ids and the old ones back to the server's; those up to `head`, or all.

    It belongs into the transaction that applies what the server has of both; those that the transactions `but` made
    wait for that.
    """
    known = _read(connection)
    due = [one for one in known if not one.done and one.tx not in but and (head is None or one.rev <= head)]
    if not due:
        return
    for tx in dict.fromkeys(one.tx for one in due):
        _move(connection, schema, [one for one in due if one.tx == tx])
    _write(connection, [one._replace(done=True) if one in due else one for one in known])


def made_by(connection: Connection) -> dict[str, list[tuple[str, str, str]]]:
    """What each transaction forked, as far as it is remembered: (table, old id, new id)."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for one in _read(connection):
        found[one.tx].append((one.kind, one.old, one.new))
    return found


def made_up_to(connection: Connection, rev: int) -> set[str]:
    """The transactions that forked something up to a revision."""
    return {one.tx for one in _read(connection) if one.rev <= rev}


def carried_out(connection: Connection) -> list[tuple[str, str, str]]:
    """The versions that have their new ids here: (table, old id, new id)."""
    return [(one.kind, one.old, one.new) for one in _read(connection) if one.done]


def rows_up_to(connection: Connection, head: int) -> dict[str, list[str]]:
    """The ids of our versions' rows, by table, that a pull up to `head` brings if we may see them."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in _read(connection):
        if one.done and one.rev <= head:
            found[one.kind].append(one.new)
    return found


def forget_records(connection: Connection, ids: Collection[str]) -> None:
    """Of rows that left our scopes nothing is remembered."""
    if not ids:
        return
    known = _read(connection)
    left = [one for one in known if one.old not in ids and one.new not in ids]
    if len(left) < len(known):
        _write(connection, left)


def follow(connection: Connection, kind: str, id: str, seen_rev: int) -> str:
    """Under which id the version lives on that a form shows which was opened when the row had `seen_rev`."""
    for one in _read(connection):
        if one.done and (one.kind, one.old) == (kind, id) and seen_rev < one.rev:
            id = one.new
    return id


def _move(connection: Connection, schema: SyncSchema, forks: list[Fork]) -> None:
    # What one version leaves another may take: that goes first.
    left = {(one.kind, one.old) for one in forks}
    forks = sorted(forks, key=lambda one: (one.kind, one.new) in left)
    undone = {one: _entries_backwards(connection, one.kind, one.old) for one in forks}
    for one in forks:
        columns = [name for name in schema.tables[one.kind].columns() if name not in ("id", "rev")]
        names = ", ".join(f'"{name}"' for name in columns)
        connection.exec_driver_sql(
            # A pull may have brought it already.
            f'INSERT INTO "{one.kind}" (id, rev, {names}) SELECT ?, 0, {names} FROM "{one.kind}" WHERE id = ?'
            " ON CONFLICT (id) DO NOTHING",
            (one.new, one.old),
        )
        for table in ("sync_entry", "draft"):
            connection.exec_driver_sql(
                f"UPDATE {table} SET id = ? WHERE kind = ? AND id = ?", (one.new, one.kind, one.old)
            )
    made = json.dumps([one.new for one in forks])
    for one in forks:
        _relink(connection, schema, one, made)
    for one in forks:
        back_to_server(connection, schema, one.kind, one.old, undone[one])


def _relink(connection: Connection, schema: SyncSchema, fork: Fork, made: str) -> None:
    """Links of the fork's own rows, and of our unsent work, follow the fork."""
    for other in schema.tables.values():
        for field in other.fields.values():
            if field.link == fork.kind:
                connection.exec_driver_sql(
                    f'UPDATE "{other.name}" SET "{field.name}" = ? WHERE "{field.name}" = ? AND (id IN'
                    " (SELECT value FROM json_each(?)) OR id IN (SELECT id FROM sync_entry WHERE kind = ?))",
                    (fork.new, fork.old, made, other.name),
                )


def _entries_backwards(connection: Connection, kind: str, id: str) -> list[Any]:
    return list(
        connection.exec_driver_sql(
            "SELECT op, field, base FROM sync_entry WHERE kind = ? AND id = ? ORDER BY seq DESC", (kind, id)
        )
    )


def _read(connection: Connection) -> list[Fork]:
    return [Fork(*one) for one in json.loads(state.get(connection, _NAME) or "[]")]


def _write(connection: Connection, forks: list[Fork]) -> None:
    waiting = [one for one in forks if not one.done]
    kept = [one for one in forks if one.done][-_KEPT:]
    state.put(connection, _NAME, json.dumps(kept + waiting) if forks else None)
