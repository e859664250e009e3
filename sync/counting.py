"""Once a day: whether the sums that a laptop keeps are still those of the rows that are there.

Sums move with what is applied. A row that goes from the file in another way moves none, and would be missed
for ever.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from sync import driver, repair, state
from sync.clock import format_time, parse_time
from sync.repair import Place

_COUNTED = "counted_at"
_EVERY = timedelta(days=1)


def begin(connection: Connection) -> None:
    """After a sync: what was applied just now was counted, and the first day begins."""
    if state.get(connection, _COUNTED) is None:
        state.put(connection, _COUNTED, format_time(datetime.now(UTC)))


def hasten(connection: Connection) -> None:
    """Have the next sync count, since somebody found that the sums are wrong."""
    state.put(connection, _COUNTED, "")


def is_due(connection: Connection) -> bool:
    """Whether a day is over; a clock that went back is no reason not to."""
    kept = state.get(connection, _COUNTED)
    if kept is None:
        return False
    counted, now = parse_time(kept), datetime.now(UTC)
    return counted is None or not counted <= now < counted + _EVERY


def find_wrong(connection: Connection) -> list[Place]:
    """Where the rows that are here are not those of the sum."""
    kept = driver.read(connection, "SELECT scope, kind, count, total FROM sync_sum WHERE count <> 0")
    return [
        (scope, table)
        for scope, table, *total in kept
        if repair.count(connection, (scope, table)) != tuple(total)
    ]


def mend(connection: Connection, wrong: list[Place]) -> None:
    """Keep what was counted: what it differs from the server in, the sync then finds and fetches."""
    for place in wrong:
        repair.recount(connection, place)
    state.put(connection, _COUNTED, format_time(datetime.now(UTC)))
