"""What each device asks of the server, counted in the database so that all processes see one count.

Small calls are sampled, one in eight counted as eight: the sums stay right, and a sync with nothing to
do costs no write.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, case, update

from sync import errors
from sync.clock import format_time
from sync.server.journal import Entry
from sync.server.store import Store

MOST_CALLS = 1_200
"""Of one device in a minute: a first load or a night's worth of photographs stays below."""
WINDOW = timedelta(minutes=1)
_SAMPLED = 8
_SMALL_S, _SMALL_BYTES = 0.05, 50_000


def weight_of(entry: Entry, chance: float | None = None) -> int:
    """How many calls this one stands for; 0 for one that is not counted."""
    if not is_small(entry):
        return 1
    drawn = random.random() if chance is None else chance
    return _SAMPLED if drawn < 1 / _SAMPLED else 0


def is_small(entry: Entry) -> bool:
    """Whether the call asked next to nothing of the server."""
    return entry.seconds <= _SMALL_S and entry.bytes_in + entry.bytes_out <= _SMALL_BYTES


def count(
    connection: Connection, store: Store, entry: Entry, weight: int, moment: datetime | None = None
) -> None:
    """Add a call to what its device did, in this minute and altogether."""
    moment = moment or datetime.now(UTC)
    table, window = store.tables["sync_device"], window_of(moment)
    same = table.c.counted_from == window
    values = {
        "calls": case((same, table.c.calls + weight), else_=weight),
        "counted_from": window,
        "seen_at": format_time(moment),
        "total_calls": table.c.total_calls + weight,
        "total_ms": table.c.total_ms + weight * int(entry.seconds * 1000),
        "bytes_in": table.c.bytes_in + weight * entry.bytes_in,
        "bytes_out": table.c.bytes_out + weight * entry.bytes_out,
    }
    connection.execute(update(table).where(table.c.id == entry.device).values(values))


def require_few_calls(counted_from: str | None, calls: int, moment: datetime | None = None) -> None:
    """Raise `errors.TooManyRequests` where a device asked too much in the present minute."""
    moment = moment or datetime.now(UTC)
    if calls >= MOST_CALLS and counted_from == window_of(moment):
        raise errors.TooManyRequests(WINDOW.total_seconds() - moment.second, "too many calls of this device")


def window_of(moment: datetime) -> str:
    """The beginning of the minute."""
    return format_time(moment.replace(second=0, microsecond=0))
