"""Times on the wire, and the correction of a laptop's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EARLIEST = "0001-01-01T00:00:00.000Z"


def format_time(moment: datetime) -> str:
    """An aware moment as `YYYY-MM-DDTHH:MM:SS.mmmZ`; such texts sort by time."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_time(text: str) -> datetime | None:
    """The moment of an ISO text, None where it is none; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@lru_cache(4096)  # a request asks for few different moments, many times
def corrected(at: str, device_now: str, server_now: str, not_before: str = EARLIEST) -> str:
    """When the user really did it, in the server's time.

    `at` moves by the difference of the two clocks, then is clamped between `not_before` (when the base
    was committed) and `server_now`. An unreadable `at` or `device_now` counts as now.
    """
    done, device, server = parse_time(at), parse_time(device_now), parse_time(server_now)
    if server is None:
        raise ValueError(f"not a time: {server_now!r}")
    if done is None or device is None:
        return server_now
    age = max(device - done, timedelta(0))
    try:
        moment = format_time(server - age)
    except OverflowError:
        moment = EARLIEST
    return min(max(moment, not_before), server_now)
