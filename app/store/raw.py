"""One connection of the driver to the encrypted file, for the first window too: SQLAlchemy is not loaded yet."""

from __future__ import annotations

from typing import Any

BUSY_TIMEOUT_MS = 10_000
CACHE_KIB = 32_000


def unlock(connection: Any, key: bytes) -> None:
    """Give a raw connection its key and prove it by a read; raises the driver's error when it is wrong."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA cipher_log_level = NONE")
    cursor.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()
    cursor.close()


def configure(connection: Any) -> None:
    """The pragmas of every connection: a number on paper must survive a power cut, hence FULL."""
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        f"cache_size = -{CACHE_KIB}",
        "temp_store = MEMORY",
        # A form's saved value must not linger in freed pages after an erasure.
        "secure_delete = FAST",
        "trusted_schema = OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
