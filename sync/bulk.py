"""A bulk load without the secondary indexes, which are made anew once, at its end."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from sync import state
from sync.schema import SyncSchema

_KEPT = "indexes"


def drop_indexes(connection: Connection, schema: SyncSchema) -> None:
    """Drop the secondary indexes of the synced tables, and remember how they are made."""
    found = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND tbl_name IN (SELECT value FROM json_each(?))",
        (json.dumps(list(schema.tables)),),
    ).all()
    for name, _sql in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    state.put(connection, _KEPT, json.dumps([sql for _name, sql in found]))


def restore_indexes(connection: Connection) -> None:
    """Make the dropped indexes again."""
    for sql in json.loads(state.get(connection, _KEPT) or "[]"):
        connection.exec_driver_sql(sql)
    state.put(connection, _KEPT, None)
