"""One connection of the driver to the encrypted file, for the first window too: SQLAlchemy is not loaded yet."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

_keying = threading.Lock()
"""SQLCipher's defaults are the process's: while they are others, nobody else gives a file its key."""

BUSY_TIMEOUT_MS = 10_000
CACHE_KIB = 32_000


def unlock(connection: Any, key: bytes, settings: Iterable[tuple[str, str]] = ()) -> None:
    """Give a raw connection its key and prove it by a read; raises the driver's error when it is wrong.

    `settings` are those of a file whose cipher has others: (name, value) as in `PRAGMA cipher_name = value`.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA cipher_log_level = NONE")
    with _keying:
        cursor.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        for name, value in settings:
            cursor.execute(f"PRAGMA cipher_{name} = {value}")
        cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()
    cursor.close()


def attach(connection: Any, file: str, name: str, key: str, settings: Iterable[tuple[str, str]]) -> None:
    """Attach a file whose cipher has other `settings`: (name, value) as in `PRAGMA cipher_name = value`."""
    settings = list(settings)
    with _keying:
        before = [
            (one, connection.execute(f"PRAGMA cipher_default_{one}").fetchone()[0]) for one, _v in settings
        ]
        try:
            for one, value in settings:
                connection.execute(f"PRAGMA cipher_default_{one} = {value}")
            connection.execute(f"ATTACH ? AS {name} KEY \"x'{key}'\"", (file,))
        finally:
            for one, value in before:
                connection.execute(f"PRAGMA cipher_default_{one} = {value}")


def configure(connection: Any) -> None:
    """The pragmas of every connection: a number on paper must survive a power cut, hence FULL."""
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        # Whoever saves must not wait until the log is in the file: see `Workspace`.
        "wal_autocheckpoint = 0",
        f"cache_size = -{CACHE_KIB}",
        "temp_store = MEMORY",
        # No value may linger in freed pages once its record left; FAST would leave those of a whole page.
        "secure_delete = ON",
        "trusted_schema = OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
