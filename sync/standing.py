"""Where a laptop stands before a pull, and whether one that brings nothing leaves it there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from sync import first_load, outbox, repair, staging, state
from sync.protocol import PullPage
from sync.schema import SyncSchema


@dataclass(frozen=True)
class Standing:
    """What the file says."""

    cursor: str
    loading: bool
    unfinished: bool
    """The first load has ended, and what belongs after it is still to be done."""
    resume_at: str

    @classmethod
    def of(cls, connection: Connection) -> Standing:
        """As it is now."""
        cursor = state.get(connection, "cursor") or ""
        loading = not cursor or state.get(connection, "loading") == 1
        unfinished = first_load.is_unfinished(connection)
        return cls(cursor, loading, unfinished, staging.resume_at(connection, cursor))


def is_empty(page: PullPage) -> bool:
    """Whether a page is the only one, and nothing of it is to be applied."""
    return not (page.blocks or page.exits or page.settled or page.more or page.resync)


def is_as_left(connection: Connection, schema: SyncSchema, page: PullPage) -> bool:
    """Whether server and laptop stand where the last run left them, equal in all sums."""
    if state.is_news(connection, page.hello) or state.get(connection, "differing"):
        return False
    if outbox.any_answered(connection):
        return False
    return not repair.differing(connection, schema, repair.expected(page.sums))
