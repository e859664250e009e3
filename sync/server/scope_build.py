"""Copies the live rows of one scope into an encrypted file, in key order, from one snapshot.

A SQLite organisation is copied inside SQLite. Its file is opened by the standard library alone: a second
SQLite in the same process would drop the first one's locks when it closes the file. So the rows go through
a plain file beside the organisation's own, which is as plain, and from there into the encrypted one.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Integer, Table, Text, func, literal, select, type_coerce

from sync.file_messages import PRAGMAS, create_table
from sync.server import head
from sync.server.store import Store

_BATCH = 5_000
_NO_NUMBER = -(1 << 63)


@dataclass(frozen=True, slots=True)
class Built:
    """What the snapshot was of."""

    rev: int
    epoch: str
    rows: int


def build(store: Store, scope: str, file: Path, key: str) -> Built:
    """Write the scope's rows into the new `file` under the raw `key`."""
    if store.postgres:
        return _from_postgresql(store, scope, file, key)
    plain = file.with_suffix(".plain")
    try:
        built = _copy_plain(store, scope, plain)
        with _encrypted(file, key) as target:
            store.aside.breaks_off(target)
            target.execute("ATTACH ? AS plain KEY ''", (str(plain),))
            target.execute("BEGIN")
            for name, sql in target.execute("SELECT name, sql FROM plain.sqlite_master").fetchall():
                target.execute(sql)
                target.execute(f'INSERT INTO main."{name}" SELECT * FROM plain."{name}"')
            target.execute("COMMIT")
        return built
    finally:
        plain.unlink(missing_ok=True)


def _copy_plain(store: Store, scope: str, plain: Path) -> Built:
    with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as source:
        store.aside.breaks_off(source)
        source.execute("ATTACH ? AS plain", (str(plain),))
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            source.execute(f"PRAGMA plain.{pragma}")
        source.execute("BEGIN")
        rev, epoch = source.execute("SELECT rev, epoch FROM main.sync_head").fetchone()
        rows = 0
        for table in store.tables.synced.values():
            where = f'FROM main."{table.name}" WHERE scope = ? AND deleted_at IS NULL'
            if source.execute(f"SELECT 1 {where} LIMIT 1", (scope,)).fetchone() is None:
                continue
            # The same statement as in the encrypted file, which takes it from here.
            source.execute(_create(table).replace("CREATE TABLE ", "CREATE TABLE plain.", 1))
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            made = source.execute(
                f'INSERT INTO plain."{table.name}" SELECT {names} {where} ORDER BY id', (scope,)
            )
            rows += made.rowcount
        source.execute("COMMIT")
    return Built(rev, epoch, rows)


def _from_postgresql(store: Store, scope: str, file: Path, key: str) -> Built:
    with _encrypted(file, key) as target, store.read() as connection:
        store.aside.breaks_off(target)
        # A whole scope may take longer than a request.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        rev, epoch = head.current(connection, store)
        target.execute("BEGIN")
        rows = sum(_copy_table(connection, table, scope, target) for table in store.tables.synced.values())
        target.execute("COMMIT")
    return Built(rev, epoch, rows)


def _copy_table(connection: Connection, table: Table, scope: str, target: Any) -> int:
    """One table in batches. The driver binds NULL six times slower than a text, so none is bound."""
    nothing = secrets.token_hex(16)
    columns = [
        func.coalesce(column, _NO_NUMBER if _is_integer(column) else type_coerce(literal(nothing), Text))
        for column in table.columns
    ]
    marks = ", ".join(
        f"nullif(?, {_NO_NUMBER if _is_integer(column) else repr(nothing)})" for column in table.columns
    )
    live = (table.c.scope == scope) & table.c.deleted_at.is_(None)
    statement = select(*columns).where(live).order_by(table.c.id)
    rows = 0
    streamed = connection.execution_options(stream_results=True, yield_per=_BATCH).execute(statement)
    for batch in streamed.partitions(_BATCH):
        if not rows:
            target.execute(_create(table))
        rows += len(batch)
        target.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', map(tuple, batch))
    return rows


@contextmanager
def _encrypted(file: Path, key: str) -> Iterator[Any]:
    with closing(sqlcipher.connect(str(file), isolation_level=None)) as target:
        target.execute("PRAGMA cipher_log_level = NONE")
        target.execute(f"PRAGMA key = \"x'{key}'\"")
        for pragma in (*PRAGMAS, "journal_mode = OFF", "synchronous = OFF"):
            target.execute(f"PRAGMA {pragma}")
        yield target


def _create(table: Table) -> str:
    return create_table(table.name, [(column.name, _is_integer(column)) for column in table.columns])


def _is_integer(column: Any) -> bool:
    return isinstance(column.type, Integer)
