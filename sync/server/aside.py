"""Long work beside the calls, such as making a file: it breaks off when the server stops, which waits for that."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sync import errors

_AGAIN_S = 5.0
_STEPS = 50_000
"""Of SQLite's machine between two looks: some milliseconds."""


class Aside:
    """The long work of one organisation."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._changed = threading.Condition()
        self._running = 0

    @contextmanager
    def work(self) -> Iterator[None]:
        """What `end` waits for."""
        with self._changed:
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def require_time(self) -> None:
        """Raise `errors.ServerBusy` where the server stops."""
        if self.stopping.is_set():
            raise errors.ServerBusy(_AGAIN_S, "the server stops")

    def breaks_off(self, connection: Any) -> None:
        """Have the statements of a connection of SQLite's driver interrupted when it is time to stop."""
        connection.set_progress_handler(self.stopping.is_set, _STEPS)

    def end(self, wait_s: float) -> None:
        """Break off what runs, and wait until it has cleared away what it began."""
        self.stopping.set()
        with self._changed:
            self._changed.wait_for(lambda: not self._running, wait_s)
