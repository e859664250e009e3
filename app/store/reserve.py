"""A little room that a profile keeps for itself: SQLite needs some kilobytes even to read, also on a full disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FILE = "room"
BYTES = 64 * 1024
"""The index of the log takes 32 KiB while the file is open, and the log a page or two."""


def keep(folder: Path) -> None:
    """Have the room; where the disk has none, or may not be written, nothing is left behind."""
    place = folder / FILE
    if place.exists():
        return
    try:
        # No zeros: some disks keep these in no room at all.
        place.write_bytes(os.urandom(BYTES))
    except OSError:
        with suppress(OSError):
            place.unlink(missing_ok=True)


def give(folder: Path) -> bool:
    """Give the room away; whether there was some."""
    try:
        (folder / FILE).unlink()
    except OSError:
        return False
    return True
