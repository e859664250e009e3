"""A laptop's connection: what the engine asks of SQLAlchemy's, at a fraction of its price for each statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import IntegrityError


class Found:
    """What a statement gave, complete."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def partitions(self, size: int) -> Iterator[list[Any]]:
        return (self._rows[at : at + size] for at in range(0, len(self._rows), size))

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        (row,) = self._rows
        return row

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalars(self) -> Found:
        return Found([row[0] for row in self._rows], self.rowcount)


class Lane:
    """The one connection of a file without a disk."""

    # By it the driver's own failures are known for what they are: see `sync.driver`.
    dialect = SQLiteDialect_pysqlite(dbapi=sqlcipher)

    def __init__(self, raw: Any) -> None:
        self.connection = self
        self.dbapi_connection = self._raw = raw

    @staticmethod
    def in_transaction() -> bool:
        """It always is."""
        return True

    def exec_driver_sql(self, statement: str, values: Sequence[Any] = ()) -> Found:
        """A list of tuples runs the statement for each of them."""
        many = isinstance(values, list)
        try:
            run = self._raw.executemany if many else self._raw.execute
            cursor = run(statement, values)
        except sqlcipher.IntegrityError as problem:
            raise IntegrityError(statement, values, problem) from problem
        return Found([] if many or cursor.description is None else cursor.fetchall(), cursor.rowcount)

    @contextmanager
    def transaction(self) -> Iterator[Lane]:
        """All of it or nothing."""
        with self._undone("ROLLBACK"):
            self._raw.execute("BEGIN IMMEDIATE")
            yield self
            self._raw.execute("COMMIT")

    @contextmanager
    def begin_nested(self) -> Iterator[None]:
        """A part that may fail."""
        self._raw.execute("SAVEPOINT part")
        with self._undone("ROLLBACK TO part"):
            yield
        self._raw.execute("RELEASE part")

    @contextmanager
    def _undone(self, by: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._raw.execute(by)
            raise
