"""Long work beside the calls, such as making a file: it breaks off when the server stops, which waits for that."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sync import errors

_AGAIN_S = 5.0
_STEPS = 50_000
"""Of SQLite's machine between two looks: some milliseconds."""
_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.2
"""Between two such looks, on a server that always has a call to answer."""


class Aside:
    """The long work of one organisation."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._changed = threading.Condition()
        self._running = 0
        self._calls = 0

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call that is being answered: what `gives_way` waits for that."""
        with self._changed:
            self._calls += 1
        try:
            yield
        finally:
            with self._changed:
                self._calls -= 1

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

    def gives_way(self, connection: Any) -> None:
        """The same for what nobody waits for: it also stands still while calls are being answered."""
        connection.set_progress_handler(self._wait_for_calls, _STEPS)

    def _wait_for_calls(self) -> bool:
        latest = time.monotonic() + _LONGEST_PAUSE_S
        while self._calls and time.monotonic() < latest and not self.stopping.wait(_PAUSE_S):
            pass
        return self.stopping.is_set()

    def end(self, wait_s: float) -> None:
        """Break off what runs, and wait until it has cleared away what it began."""
        self.stopping.set()
        with self._changed:
            self._changed.wait_for(lambda: not self._running, wait_s)
