"""What is forgotten after 400 days: tombstones and exits. A cursor from before has to begin afresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from sync import driver
from sync.clock import format_time, parse_time
from sync.server.store import Store

KEPT = timedelta(days=400)
_LOOKED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Horizon:
    """Up to which revision tombstones and exits were forgotten, and when somebody looked last."""

    rev: int = 0
    looked_at: str = ""

    def is_due(self, now: str) -> bool:
        """Whether it is time to look again; a clock that went back is no reason not to."""
        return not self.looked_at <= now < _later(self.looked_at, _LOOKED_AFTER)


_HORIZON = "SELECT rev, looked_at FROM sync_horizon"


def find(connection: Connection) -> Horizon:
    """Where the horizon of this organisation is."""
    found = driver.read(connection, _HORIZON)
    return Horizon(*found[0]) if found else Horizon()


def advance(connection: Connection, store: Store, now: str) -> int:
    """Forget what is older than the horizon; how many rows and exits."""
    table, before = store.tables["sync_horizon"], find(connection)
    commits = store.tables["sync_commit"]
    oldest = _later(now, -KEPT)
    rev = connection.scalar(select(func.max(commits.c.rev)).where(commits.c.at < oldest)) or 0
    rev = max(before.rev, rev)
    if before.looked_at:
        connection.execute(update(table).values(rev=rev, looked_at=now))
    else:
        connection.execute(insert(table).values(one=1, rev=rev, looked_at=now))
    if rev == before.rev:
        return 0
    exits = store.tables["scope_exit"]
    count = connection.execute(delete(exits).where(exits.c.rev <= rev)).rowcount
    for synced in store.tables.synced.values():
        gone = synced.c.deleted_at.is_not(None) & (synced.c.rev <= rev)
        count += connection.execute(delete(synced).where(gone)).rowcount
    return count


def _later(text: str, by: timedelta) -> str:
    moment = parse_time(text)
    return format_time(moment + by) if moment else ""
