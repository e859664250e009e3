"""A lock between processes of one machine that the system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_STEP_S = 0.1


@contextmanager
def held(file: Path, wait_s: float = 0.0, waiting: Callable[[], object] = lambda: None) -> Iterator[bool]:
    """Hold the lock inside; False where another kept it for `wait_s`. Calls `waiting` meanwhile.

    The file is made where there is none, and holds nothing.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
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
