"""The encrypted file: SQLCipher through SQLAlchemy, its pragmas, and its failures as errors of ours."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from app import errors
from app.i18n import translate as _
from app.store.raw import configure, connect
from sync import driver

_NO_ROOM_BYTES = 256 * 1024
"""Below this a disk is full for SQLite: its index of the log alone takes 32 KiB, and reading needs it too."""


def open_engine(file: Path, key: bytes, settings: Sequence[tuple[str, str]] = ()) -> Engine:
    """An engine on `file` with the raw 256-bit `key`, and the cipher's `settings` if it has others than usual.

    Nothing is opened before the first connection.
    """
    driver.take_as_they_are(sqlcipher)
    engine = create_engine(
        f"{driver.SQLITE}/{file}",
        module=sqlcipher,
        execution_options=driver.COMPILED,
        pool_size=4,
        # After a first load each slice of the search that waits for its turn holds one, beside what the window reads.
        max_overflow=16,
        # The connection that was used last has pages of the file in its memory.
        pool_use_lifo=True,
        creator=lambda: connect(file, key, settings),
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        configure(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # The write lane takes the lock at once: an upgrade in the middle could fail as busy.
        mode = connection.get_execution_options().get("begin", "DEFERRED")
        connection.connection.dbapi_connection.execute(f"BEGIN {mode}")

    return engine


@contextlib.contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn the driver's failures inside into errors with the next step, by SQLite's result code."""
    try:
        yield
    except DBAPIError as failure:
        problem = _explain(getattr(failure.orig, "sqlite_errorcode", None), file)
        if problem is None:
            raise
        raise problem from failure
    except sqlcipher.Error as failure:
        problem = _explain(getattr(failure, "sqlite_errorcode", None), file)
        if problem is None:
            raise
        raise problem from failure


def _explain(code: int | None, file: Path) -> errors.SystemProblem | None:
    folder = file.parent
    match (code or 0) & 0xFF:
        case 5 | 6:
            return errors.Locked(
                _("Another program is using Terrain's file. Close the other Terrain window, then try again.")
            )
        case 8:
            return errors.ReadOnly(
                _(
                    "“{folder}” cannot be written. Ask for write access, or choose another folder.",
                    folder=folder,
                )
            )
        case 10 if not folder.is_dir():
            return errors.ReadOnly(
                _("The folder “{folder}” is gone. Reconnect the drive, then try again.", folder=folder)
            )
        case 10 if shutil.disk_usage(folder).free > _NO_ROOM_BYTES:
            return errors.SystemProblem(
                _(
                    "The disk of “{folder}” answers with an error. Nothing was changed: check it, then try again.",
                    folder=folder,
                )
            )
        case 11:
            return errors.Damaged(
                _(
                    "The file is damaged. Nothing was changed: restore the last copy with `terrain restore FILE`."
                )
            )
        case 10 | 13:
            return errors.DiskFull(_(errors.NO_ROOM))
        case 14:
            return errors.ReadOnly(
                _(
                    "The file in “{folder}” cannot be opened. Check the access rights of the folder.",
                    folder=folder,
                )
            )
        case 26:
            return errors.WrongKey(
                _(
                    "The key does not open this file, or the file is damaged. Use "
                    "the recovery passphrase, or restore a copy."
                )
            )
    return None
