"""The lives that an organisation has had: it may have come back from a copy more than once."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from sync.server.store import Store


class Restore(NamedTuple):
    """The life `epoch` went on from a copy of the life `before`, of which `rev` is the last revision in it."""

    before: str
    epoch: str
    rev: int


def restores(connection: Connection, store: Store) -> list[Restore]:
    """All that led to the present life, the oldest first."""
    table = store.tables["sync_restore"]
    statement = select(table.c.before, table.c.epoch, table.c.rev).order_by(table.c.rev)
    return [Restore(before or "", epoch, rev) for before, epoch, rev in connection.execute(statement)]


def parted_at(connection: Connection, store: Store, epoch: str, claimed: int = 0) -> int:
    """The last revision of that life that the present one has too.

    Of a life that was lost as a whole the server knows nothing: of what who was in it claims it believes no more than
    that the two were one until the first restore.
    """
    known = restores(connection, store)
    for one in known:
        if one.before == epoch:
            return one.rev
    return max(0, min([claimed, *(one.rev for one in known)]))
