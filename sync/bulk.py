"""A bulk load without triggers and secondary indexes, which would cost each row of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from sync import state
from sync.schema import SyncSchema

_KEPT = "indexes"


@contextmanager
def without_triggers(connection: Connection, schema: SyncSchema) -> Iterator[None]:
    """No capture inside, nor any other trigger of a synced table.

    They come back in the same transaction, so no other connection ever writes without them.
    """
    dropped = _found(connection, schema, "trigger")
    for name, _sql in dropped:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _name, sql in dropped:
        connection.exec_driver_sql(sql)


def drop_indexes(connection: Connection, schema: SyncSchema) -> None:
    """Drop the secondary indexes of the synced tables, and remember how they are made."""
    found = _found(connection, schema, "index")
    for name, _sql in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    state.put(connection, _KEPT, json.dumps([sql for _name, sql in found]))


def restore_indexes(connection: Connection) -> None:
    """Make the dropped indexes again."""
    for sql in json.loads(state.get(connection, _KEPT) or "[]"):
        connection.exec_driver_sql(sql)
    state.put(connection, _KEPT, None)


def _found(connection: Connection, schema: SyncSchema, kind: str) -> list[tuple[str, str]]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL"
        " AND tbl_name IN (SELECT value FROM json_each(?))",
        (kind, json.dumps(list(schema.tables))),
    )
    return [(name, sql) for name, sql in rows]
