"""One run of the sync per device: a new run takes over, and the one before it is told so."""

from __future__ import annotations

from sqlalchemy import Connection

from sync import driver, errors
from sync.server.auth import Device

_REMEMBERED = 8
"""Runs that were taken over and may still knock."""
_LONGEST = 64


def require_current(device: Device, run: str) -> None:
    """Raise `errors.Refused("superseded")` for a run that another one has taken over."""
    if run and run in device.lease.split()[1:]:
        raise errors.Refused("superseded", "another run of this laptop's sync has taken over")


def take(connection: Connection, device: Device, run: str) -> None:
    """Let `run` hold the lease from now on, where it writes; raises as `require_current` does.

    Calls that only read take nothing: they harm nobody, and a sync with nothing to do costs no write.
    """
    require_current(device, run)
    runs = device.lease.split()
    if not run or runs[:1] == [run]:
        return
    if len(run) > _LONGEST or not run.isalnum():
        raise errors.Protocol("run is letters and digits, 64 at most")
    held = " ".join([run, *runs][:_REMEMBERED])
    driver.write(connection, "UPDATE sync_device SET lease = ? WHERE id = ?", (held, device.id))
