"""Which rows a complete set of pages brought: in a temporary table, since there may be half a million."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from sync.overlay import chunks
from sync.schema import SyncSchema


def begin(connection: Connection) -> None:
    """Nothing has come yet."""
    connection.exec_driver_sql(
        "CREATE TEMP TABLE IF NOT EXISTS sync_brought (kind, id, PRIMARY KEY (kind, id)) WITHOUT ROWID"
    )
    end(connection)


def end(connection: Connection) -> None:
    """Forget what came."""
    connection.exec_driver_sql("DELETE FROM temp.sync_brought")


def note(connection: Connection, table: str, ids: Iterable[Any]) -> None:
    """These have come."""
    rows = [(table, id) for id in ids]
    if rows:
        connection.exec_driver_sql("INSERT OR IGNORE INTO temp.sync_brought VALUES (?, ?)", rows)


def among(connection: Connection, table: str, ids: Sequence[Any]) -> set[Any]:
    """Which of the rows have come."""
    found: set[Any] = set()
    for part, marks in chunks(ids):
        found.update(
            connection.exec_driver_sql(
                f"SELECT id FROM temp.sync_brought WHERE kind = ? AND id IN ({marks})", (table, *part)
            ).scalars()
        )
    return found


def missing(connection: Connection, schema: SyncSchema) -> Iterator[tuple[str, str, str, int, bool]]:
    """The server's rows here that did not come: (table, id, scope, rev, whether it is live)."""
    for table in schema.tables:
        for id, scope, rev, deleted_at in connection.exec_driver_sql(
            f'SELECT id, scope, rev, deleted_at FROM "{table}" WHERE rev > 0 AND id NOT IN'
            " (SELECT id FROM temp.sync_brought WHERE kind = ?)",
            (table,),
        ).all():
            yield table, id, scope, rev, deleted_at is None
