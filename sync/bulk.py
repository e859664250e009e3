"""A bulk load without triggers and secondary indexes, which would cost each row of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sync import state
from sync.schema import SyncSchema

_KEPT = "indexes"
_INTERRUPTED = 9
_SLICE_S = 0.05
_PATIENCE = 3

Lane = Callable[[], AbstractContextManager[Connection]]


@contextmanager
def without_triggers(
    connection: Connection, schema: SyncSchema, tables: Iterable[str] | None = None
) -> Iterator[None]:
    """No capture inside, nor any other trigger of a synced table, or of some of them.

    They come back in the same transaction, so no other connection ever writes without them.
    """
    dropped = _found(connection, schema.tables if tables is None else tables, "trigger")
    for name, _sql in dropped:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _name, sql in dropped:
        connection.exec_driver_sql(sql)


def drop_indexes(connection: Connection, schema: SyncSchema) -> None:
    """Drop the secondary indexes of the synced tables, and remember how they are made."""
    found = _found(connection, schema.tables, "index")
    for name, _sql in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    kept = _kept(connection)
    state.put(connection, _KEPT, json.dumps([*kept, *(sql for _name, sql in found if sql not in kept)]))


def restore_indexes(connection: Connection) -> None:
    """Make the dropped indexes again."""
    for sql in _kept(connection):
        connection.exec_driver_sql(sql)
    state.put(connection, _KEPT, None)


def restore_indexes_apart(yielding: Lane, lane: Lane) -> None:
    """Make the dropped indexes again in several short transactions, while the program is used.

    A `yielding` one is interrupted when somebody else waits for the lane; after a few times they wait.
    """
    left, refusals = 1, 0
    while left:
        try:
            with (yielding if refusals < _PATIENCE else lane)() as connection:
                left = _restore_some(connection)
                refusals = 0
        except OperationalError as problem:
            # Somebody's save came first.
            if getattr(problem.orig, "sqlite_errorcode", None) != _INTERRUPTED:
                raise
            refusals += 1
        # The lane goes to whoever waits for it.
        time.sleep(0.002)


def _restore_some(connection: Connection) -> int:
    """As many as a moment allows, at least one: each new schema is read again by every connection."""
    kept = _kept(connection)
    began, made = time.thread_time(), 0
    while made < len(kept) and (not made or time.thread_time() - began < _SLICE_S):
        connection.exec_driver_sql(kept[made])
        made += 1
    state.put(connection, _KEPT, json.dumps(kept[made:]) if kept[made:] else None)
    return len(kept) - made


def lacks_indexes(connection: Connection) -> bool:
    """Whether a load that was broken off has left the tables without them."""
    return bool(_kept(connection))


def _kept(connection: Connection) -> list[str]:
    """The statements of the dropped indexes, but for those that an upgrade in the middle of the load has made."""
    found: list[str] = json.loads(state.get(connection, _KEPT) or "[]")
    if not found:
        return []
    made = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IN (SELECT value FROM json_each(?))",
        (json.dumps(found),),
    )
    there = set(made.scalars())
    return [sql for sql in found if sql not in there]


def _found(connection: Connection, tables: Iterable[str], kind: str) -> list[tuple[str, str]]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL"
        " AND tbl_name IN (SELECT value FROM json_each(?))",
        (kind, json.dumps(list(tables))),
    )
    return [(name, sql) for name, sql in rows]
