"""A whole organisation in one file while it is served, and back: from SQLite or PostgreSQL to either of them.

The file is SQLite whatever the server uses. A restore is one transaction: whoever reads or writes meanwhile
sees the organisation before it or after it, and never a part.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, inspect, select, text, update
from sqlalchemy.exc import DatabaseError

from sync import errors
from sync.server import erasure
from sync.server.batch import insert_rows
from sync.server.erased_list import erased_list
from sync.server.store import Organisations, Store, sqlite_engine

BATCH = 2_000
_VERSION = "alembic_version"
_NOT_COPIED = ("scope_file",)
"""What names files that lie beside the database, and is made again."""


def backup(store: Store, file: Path) -> None:
    """Write the organisation into a new file: one snapshot, complete or not there at all."""
    unfinished = file.with_name(file.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        if store.postgres:
            _backup_postgres(store, unfinished)
        else:
            copy_sqlite(Path(str(store.engine.url.database)), unfinished)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(known: Organisations, slug: str, file: Path, renew: Callable[[Store, int], None]) -> Store:
    """Put the organisation back as the file has it; a new one where there is none of that name.

    `renew(store, series)` gives the copy its new epoch before anybody sees it, with series beyond `series`.
    What was erased since stays erased. Raises `errors.Refused("not_a_copy")`.
    """
    _check(file)
    target = _find_or_create(known, slug)
    with tempfile.TemporaryDirectory(prefix="terrain-restore-") as folder:
        place = Path(folder) / "copy.sqlite"
        copy_sqlite(file, place)
        copy = Store(sqlite_engine(place), target.schema, evolve=target.evolve)
        try:
            copy.prepare()
            for key, at in erased_list(target).read().items():
                erased_list(copy).add([key], at)
            renew(copy, _series(target))
            # In the new life: a revision of the copy's own would pass for one that the laptops know of it.
            erasure.reapply(copy)
            target.run(lambda connection: _replace(connection, target, copy))
        finally:
            copy.close()
    return target


def copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: whole and consistent whatever is being written."""
    original = sqlite3.connect(source)
    copy = sqlite3.connect(target)
    try:
        original.backup(copy)
    finally:
        copy.close()
        original.close()


def _backup_postgres(store: Store, file: Path) -> None:
    engine = sqlite_engine(file)
    try:
        with store.read() as source, engine.begin() as target:
            _wait_as_long_as_it_takes(source)
            store.tables.metadata.create_all(target)
            for table in _copied(store):
                for rows in _rows(source, table):
                    insert_rows(target, table, table.columns.keys(), rows)
            _copy_version(source, target, store)
    finally:
        engine.dispose()
    with closing(sqlite3.connect(file)) as written:
        # One file, as the online backup makes it: not two that must be carried together.
        written.execute("PRAGMA journal_mode=DELETE")


def _copy_version(source: Connection, target: Connection, store: Store) -> None:
    """The number of the newest migration, where the organisation has any."""
    if not inspect(source).has_table(_VERSION, schema=store.pg_schema):
        return
    version = source.execute(text(f"SELECT version_num FROM {_VERSION}")).scalar()
    target.execute(text(f"CREATE TABLE {_VERSION} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    target.execute(text(f"INSERT INTO {_VERSION} VALUES (:version)"), {"version": version})


def _replace(connection: Connection, target: Store, copy: Store) -> None:
    """All rows of the copy in place of all that are there."""
    if target.postgres:
        _wait_as_long_as_it_takes(connection)
        names = ", ".join(f'"{table.name}"' for table in target.tables.metadata.sorted_tables)
        # Who writes waits; who reads goes on with what was, since rows are deleted and not truncated.
        connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    for table in target.tables.metadata.sorted_tables:
        connection.execute(delete(table))
    with copy.read() as source:
        for table in _copied(target):
            for rows in _rows(source, table):
                _write(connection, table, rows)


def _write(connection: Connection, table: Table, rows: list[Any]) -> None:
    if connection.dialect.name != "postgresql":
        insert_rows(connection, table, table.columns.keys(), rows)
        return
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as lane:
        for row in rows:
            lane.write_row(tuple(row))


def _copied(store: Store) -> list[Table]:
    return [table for table in store.tables.metadata.sorted_tables if table.name not in _NOT_COPIED]


def _rows(connection: Connection, table: Table) -> Iterator[list[Any]]:
    options: Any = {"stream_results": True, "yield_per": BATCH}
    for rows in connection.execute(select(table), execution_options=options).partitions():
        yield list(rows)


def _wait_as_long_as_it_takes(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _series(store: Store) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(store.tables["sync_head"].c.series)) or 0)


def keep_series(store: Store, least: int) -> None:
    """Never grant again what was granted since the copy was made."""
    head = store.tables["sync_head"]
    with store.write() as connection:
        connection.execute(update(head).where(head.c.series < least).values(series=least))


def _find_or_create(known: Organisations, slug: str) -> Store:
    try:
        return known.find(slug) or known.create(slug)
    except DatabaseError:
        if known.postgres:
            raise
        # A damaged file is why there are copies: it is kept, under another name.
        for ending in ("", "-wal", "-shm"):
            damaged = Path(f"{known.path(slug)}{ending}")
            if damaged.exists():
                shutil.move(damaged, f"{damaged}.damaged")
        return known.create(slug)


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise errors.Refused("not_a_copy", str(file))
            connection.execute("SELECT rev FROM sync_head").fetchone()
    except sqlite3.Error as problem:
        raise errors.Refused("not_a_copy", str(file)) from problem
