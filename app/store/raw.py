"""One connection of the driver to the encrypted file, for the first window too: SQLAlchemy is not loaded yet."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PAGE_SIZE = 8_192
CIPHER = (("page_size", str(PAGE_SIZE)), ("hmac_algorithm", "HMAC_SHA256"))
"""Of a laptop's file where SQLCipher has other defaults, (name, value) of `cipher_…`.

Each page is encrypted and sealed by itself: in pages of 4 KiB sealed by HMAC-SHA-512 a large file is written in 1.7
times the work and read in 2.5 times; pages of 16 KiB make each small save larger.
"""
_FORMER = (("page_size", "4096"), ("hmac_algorithm", "HMAC_SHA512"))
"""Of the files that the first releases made: they stay as they are."""
_NOT_A_DATABASE = 26
_keying = threading.Lock()
"""SQLCipher's defaults are the process's: while they are others, nobody else gives a file its key."""

BUSY_TIMEOUT_MS = 10_000
CACHE_KIB = 32_000


def connect(file: Path, key: bytes, settings: Sequence[tuple[str, str]] = ()) -> Any:
    """A raw connection that has its key, proven by a read; raises the driver's error when it is wrong.

    `settings` are those of a file whose cipher has others than `CIPHER`: (name, value) as in
    `PRAGMA cipher_name = value`.
    """
    try:
        return _unlocked(file, key, settings)
    except Exception as wrong:
        if settings or getattr(wrong, "sqlite_errorcode", None) != _NOT_A_DATABASE:
            raise
    # By a connection of its own: one that has read by another cipher keeps what it took for the header.
    return _unlocked(file, key, _FORMER)


def _unlocked(file: Path, key: bytes, settings: Sequence[tuple[str, str]]) -> Any:
    import sqlcipher3.dbapi2 as sqlcipher

    connection = sqlcipher.connect(str(file), isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        with _keying:
            _set_defaults(connection, CIPHER)
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            for name, value in settings:
                connection.execute(f"PRAGMA cipher_{name} = {value}")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _set_defaults(connection: Any, settings: Iterable[tuple[str, str]]) -> None:
    for name, value in settings:
        connection.execute(f"PRAGMA cipher_default_{name} = {value}")


@contextmanager
def same_cipher(connection: Any) -> Iterator[None]:
    """Inside, what SQLite itself makes beside the connection's file (`VACUUM INTO`) is encrypted as that is."""
    if int(connection.execute("PRAGMA page_size").fetchone()[0]) == PAGE_SIZE:
        yield
        return
    with _keying:
        _set_defaults(connection, _FORMER)
        try:
            yield
        finally:
            _set_defaults(connection, CIPHER)


def attach(connection: Any, file: str, name: str, key: str, settings: Iterable[tuple[str, str]]) -> None:
    """Attach a file whose cipher has other `settings`: (name, value) as in `PRAGMA cipher_name = value`."""
    settings = list(settings)
    with _keying:
        before = [
            (one, connection.execute(f"PRAGMA cipher_default_{one}").fetchone()[0]) for one, _v in settings
        ]
        try:
            _set_defaults(connection, settings)
            connection.execute(f"ATTACH ? AS {name} KEY \"x'{key}'\"", (file,))
        finally:
            _set_defaults(connection, before)


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
