"""What a laptop says of the life that a restored server lost, kept with the result of each transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import msgspec
from sqlalchemy import Connection, update

from sync.protocol import Transaction
from sync.server import history, received
from sync.server.store import Store

_MOST = 8
"""Lives of which one request speaks."""


class Life(msgspec.Struct, frozen=True, omit_defaults=True):
    """In which life a transaction had been, as `sync.protocol.Transaction` explains it."""

    epoch: str
    seen: int = 0
    rescued: bool = False
    forks: list[tuple[str, str, str]] = []
    stated: list[str] = []
    known: dict[str, int] = {}
    """By epoch up to where its bringer has proved to have been handed all: what he may have known of others' work."""
    parted: int = 0
    """The last revision of that life that the server still had."""

    @property
    def given(self) -> int:
        """Up to where it knows its own life."""
        return self.known.get(self.epoch, 0)

    def knew(self, other: Life) -> bool:
        """Whether who brought this had been handed what the other one is of."""
        return self.known.get(other.epoch, 0) >= other.seen


@dataclass(frozen=True)
class Lost:
    """What one request of a user says of the lives that were lost."""

    connection: Connection
    store: Store
    user: str
    said: Mapping[str, tuple[str, int]]
    """By epoch his last cursor there, and where that life and the present one parted by what he knows."""
    _parted: dict[str, int] = field(default_factory=dict, init=False)
    """The same by what the server knows."""

    @cached_property
    def _known(self) -> dict[str, int]:
        some = islice(self.said.items(), _MOST)
        proven = {
            epoch: received.up_to(self.connection, self.store, self.user, cursor, epoch)
            for epoch, (cursor, _parted) in some
        }
        return {epoch: rev for epoch, rev in proven.items() if rev}

    def life(self, sent: Transaction) -> Life | None:
        """That of a transaction that comes again; None for new work.

        What somebody had not been given, as his last cursor of a life proves, he cannot have known or replaced.
        """
        epoch = sent.epoch
        if not epoch:
            return None
        if epoch not in self._parted:
            _cursor, claimed = self.said.get(epoch, ("", 0))
            self._parted[epoch] = history.parted_at(self.connection, self.store, epoch, claimed)
        known = self._known | {epoch: min(sent.seen, self._known.get(epoch, 0))}
        return Life(epoch, sent.seen, sent.rescued, sent.forks, sent.stated, known, self._parted[epoch])


def encoded(life: Life | None) -> bytes | None:
    """As it is stored."""
    return None if life is None else msgspec.json.encode(life)


def decoded(stored: bytes | None) -> Life | None:
    """From how it is stored."""
    return None if stored is None else msgspec.json.decode(bytes(stored), type=Life)


def note(connection: Connection, store: Store, uuid: str, life: Life | None) -> None:
    """Of a transaction that waits in the copy as well: it may have been applied in the life that was lost."""
    table = store.tables["sync_result"]
    waits = (table.c.uuid == uuid) & (table.c.outcome == "parked") & table.c.life.is_(None)
    connection.execute(update(table).where(waits).values(life=encoded(life)))
