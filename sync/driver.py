"""What SQLAlchemy does around a short statement costs more than the answer: the driver is asked itself, or once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import LRUCache

SQLITE = "sqlite+terrain://"
"""In front of a file's path, for `create_engine`: with `COMPILED` a statement is compiled once for all files."""
COMPILED: dict[str, Any] = {"compiled_cache": LRUCache(1_000)}
"""The `execution_options` of such an engine."""
_NOTHING: dict[None, None] = {}


class OneForAll(SQLiteDialect_pysqlite):
    """Each engine has a dialect of its own, and what was compiled is found by it: with one driver they are equal."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OneForAll) and other.dbapi is self.dbapi

    def __hash__(self) -> int:
        return hash(self.dbapi)


registry.register("sqlite.terrain", __name__, OneForAll.__name__)


def take_as_they_are(dbapi: Any) -> None:
    """Have SQLite's driver `dbapi` write None and bytes at once: for each it would search how to adapt it.

    The search costs up to twenty times what a text does, and most columns of a row are empty.
    """
    dbapi.register_adapter(type(None), _NOTHING.get)
    dbapi.register_adapter(bytes, bytes)


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
