"""Short statements put to the database's driver itself: what SQLAlchemy does around one costs more than the answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def read(connection: Connection, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows that answer `question`, which says `?` for each of the values; raises what SQLAlchemy would."""
    return _run(connection, question, values, rows=True)


def write(connection: Connection, statement: str, values: Sequence[Any] = ()) -> None:
    """Run a statement that answers nothing."""
    _run(connection, statement, values, rows=False)


def _run(connection: Connection, said: str, values: Sequence[Any], *, rows: bool) -> list[tuple[Any, ...]]:
    if not connection.in_transaction():
        connection.begin()
    dialect, raw = connection.dialect, connection.connection.dbapi_connection
    assert raw is not None and dialect.loaded_dbapi is not None
    if dialect.name == "postgresql":
        said = _as_psycopg_writes(said)
    cursor = raw.cursor()
    try:
        cursor.execute(said, values)
        return list(cursor.fetchall()) if rows else []
    except dialect.loaded_dbapi.Error as problem:
        lost = dialect.is_disconnect(problem, raw, cursor)
        if lost:
            connection.invalidate(problem)
        raise DBAPIError.instance(
            said,
            list(values),
            problem,
            dialect.loaded_dbapi.Error,
            connection_invalidated=lost,
            dialect=dialect,
        ) from problem
    finally:
        cursor.close()


@lru_cache(1_000)
def _as_psycopg_writes(said: str) -> str:
    return said.replace("?", "%s")
