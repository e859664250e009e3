"""One sync at a time per profile, whichever program runs it: desktop, command line, or two of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from sync import file_lock

FILE = "sync.lock"


def held(
    folder: Path, wait_s: float = 0.0, waiting: Callable[[], object] = lambda: None
) -> AbstractContextManager[bool]:
    """Hold the profile's lock inside; False where another sync kept it for `wait_s`. Calls `waiting` meanwhile."""
    return file_lock.held(folder / FILE, wait_s, waiting)
