"""One sync at a time per profile, whichever program runs it: desktop, command line, or two of them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "sync.lock"
"""Holds nothing; the system lets go of the lock when its holder ends, however it ends."""
_STEP_S = 0.1


@contextmanager
def held(folder: Path, wait_s: float = 0.0, waiting: Callable[[], object] = lambda: None) -> Iterator[bool]:
    """Hold the profile's lock inside; False where another sync kept it for `wait_s`. Calls `waiting` meanwhile."""
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + wait_s
        taken = _try(descriptor)
        while not taken and time.monotonic() < end:
            waiting()
            time.sleep(_STEP_S)
            taken = _try(descriptor)
        yield taken
    finally:
        # Closing lets go of the lock too.
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
