"""Making and migrating a laptop's tables: additive only, with a copy of the file before each migration."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine

from app import local, search, undo
from app.errors import Damaged, FileTooNew, ReadOnly, room
from app.i18n import translate as _
from app.migrations import HEAD, migrate, stamp
from app.store.backup import copy_file
from sync import capture, extra
from sync.local import LOCAL as SYNC_LOCAL
from sync.schema import SyncSchema


def create(engine: Engine, schema: SyncSchema) -> None:
    """All tables, indexes and triggers in an empty file, in one transaction."""
    with engine.connect().execution_options(begin="IMMEDIATE") as connection, connection.begin():
        schema.metadata.create_all(connection)
        SYNC_LOCAL.create_all(connection)
        local.LOCAL.create_all(connection)
        search.create(connection)
        _install(connection, schema)
        stamp(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {HEAD}")


def upgrade(engine: Engine, schema: SyncSchema, file: Path) -> None:
    """Bring an older file up to date, after a copy beside it; a failure leaves the old file as it was."""
    with engine.connect() as connection:
        found = version(connection)
    if found > HEAD:
        raise FileTooNew(
            _("A newer Terrain wrote this file. Install the latest Terrain, then open it again.")
        )
    if found == 0:
        raise emptied(file)
    if found == HEAD:
        return
    copy_file(engine, file.with_name(f"{file.stem}-before-{HEAD}{file.suffix}"))
    with engine.connect().execution_options(begin="EXCLUSIVE") as connection, connection.begin():
        if version(connection) < HEAD:
            migrate(connection)
            SYNC_LOCAL.create_all(connection)
            local.LOCAL.create_all(connection)
            search.create(connection)
            _install(connection, schema)
            with capture.paused(connection):
                extra.replay(connection, schema)
            connection.exec_driver_sql(f"PRAGMA user_version = {HEAD}")


def emptied(file: Path) -> Damaged:
    """The error for a file without content: migrated from nothing, the loss would look like a fresh start."""
    return Damaged(
        _("The file “{file}” is empty. Restore the last copy with `terrain restore FILE`.", file=file)
    )


def version(connection: Connection) -> int:
    """The schema's version that the file carries."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


@contextlib.contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turn the file system's refusals inside into errors with the next step."""
    try:
        with room():
            yield
    except PermissionError as problem:
        raise ReadOnly(
            _("“{folder}” cannot be written. Ask for write access, or choose another folder.", folder=folder)
        ) from problem


_PARTS = ("", "-wal", "-shm")


def remove_file(file: Path) -> None:
    """Remove a file with its journal: the rest of a creation that did not end."""
    for suffix in _PARTS:
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def set_aside(file: Path) -> None:
    """Move a file that lies where a new one is to be, with its journal, to a free name beside it.

    Without its envelope nobody can open it, but the envelope of a copy would: its work is not ours to remove.
    """
    if not file.is_file() or file.stat().st_size == 0:
        remove_file(file)
        return
    names = (file.with_name(f"{file.stem}-found-{n}{file.suffix}") for n in range(1, 10_000))
    free = next(name for name in names if not name.exists())
    for suffix in _PARTS:
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(free.with_name(free.name + suffix))


def _install(connection: Connection, schema: SyncSchema) -> None:
    capture.install(connection, schema)
    search.install(connection)
    undo.install(connection)
