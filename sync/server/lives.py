"""What a laptop says of the life that a restored server lost, kept with the result of each transaction."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, update

from sync.protocol import Transaction
from sync.server import received
from sync.server.store import Store


class Life(msgspec.Struct, frozen=True, omit_defaults=True):
    """In which life a transaction had been, as `sync.protocol.Transaction` explains it."""

    epoch: str
    seen: int = 0
    rescued: bool = False
    forks: list[tuple[str, str, str]] = []


def believed(connection: Connection, store: Store, user: str, sent: Transaction, cursor: str) -> Transaction:
    """What somebody brings of others' work, with no more seen than his cursor of that life proves.

    What he had not seen he cannot have known to be in it, or replaced.
    """
    if not sent.rescued or not sent.epoch:
        return sent
    seen = min(sent.seen, received.up_to(connection, store, user, cursor, sent.epoch))
    return msgspec.structs.replace(sent, seen=seen)


def of(sent: Transaction) -> Life | None:
    """The lost life of a transaction that comes again; None for new work."""
    return Life(sent.epoch, sent.seen, sent.rescued, sent.forks) if sent.epoch else None


def encoded(life: Life | None) -> bytes | None:
    """As it is stored."""
    return None if life is None else msgspec.json.encode(life)


def decoded(stored: bytes | None) -> Life | None:
    """From how it is stored."""
    return None if stored is None else msgspec.json.decode(bytes(stored), type=Life)


def note(connection: Connection, store: Store, sent: Transaction) -> None:
    """Of a transaction that waits in the copy as well: it may have been applied in the life that was lost."""
    table = store.tables["sync_result"]
    waits = (table.c.uuid == sent.uuid) & (table.c.outcome == "parked") & table.c.life.is_(None)
    connection.execute(update(table).where(waits).values(life=encoded(of(sent))))
