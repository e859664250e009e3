"""Pages kept in the laptop's encrypted file until the last of them is there, so that a pull resumes where it broke."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from sync import driver, packing, protocol
from sync.protocol import PullPage


def keep(connection: Connection, origin: str, page: PullPage) -> None:
    """Put a page behind those that are here; `origin` is the laptop's own cursor, which all began from."""
    if page.resync or _origin(connection) != origin:
        clear(connection)
    connection.exec_driver_sql(
        "INSERT INTO sync_page (origin, cursor, body) VALUES (?, ?, ?)",
        (origin, page.cursor, packing.compress(protocol.encode_pull(page), "zstd")[0]),
    )


def resume_at(connection: Connection, origin: str) -> str:
    """The cursor of the last page that is here, or `origin` where none of that pull is."""
    if _origin(connection) != origin:
        return origin
    return str(
        connection.exec_driver_sql("SELECT cursor FROM sync_page ORDER BY n DESC LIMIT 1").scalar_one()
    )


def count(connection: Connection) -> int:
    """How many pages are here."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM sync_page").scalar_one())


def pages(connection: Connection) -> Iterator[PullPage]:
    """The pages that are here, in their order, one in memory at a time."""
    last = 0
    while True:
        found = connection.exec_driver_sql(
            "SELECT n, body FROM sync_page WHERE n > ? ORDER BY n LIMIT 1", (last,)
        ).first()
        if found is None:
            return
        last, body = found
        packed = "zstd" if body[:4] == _ZSTD else "identity"
        yield protocol.decode_pull(packing.decompress(body, packed, protocol.MAX_ANSWER_BYTES))


def clear(connection: Connection) -> None:
    """They are applied, or of no use any more."""
    connection.exec_driver_sql("DELETE FROM sync_page")


_ZSTD = b"\x28\xb5\x2f\xfd"


def _origin(connection: Connection) -> str | None:
    found = driver.read(connection, "SELECT origin FROM sync_page LIMIT 1")
    return str(found[0][0]) if found else None
