"""Obeying a server that has no room just now: the run waits for the moment that it was told, and asks again."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from typing import TypeVar

from sync import errors
from sync.laptop import Phase, Progress

LONGEST_S = 60.0
"""How long a call waits altogether; beyond that the run ends, and the pacing comes back to it."""
_LEAST_S = 0.1
_LOOK_S = 0.25
"""Between two looks whether the user pauses."""

Answer = TypeVar("Answer")


class Patience:
    """How long a caller waits for a busy server. `tell` hears the seconds that are left, 0 when it asks again."""

    def __init__(
        self,
        tell: Callable[[float], None] = lambda _left: None,
        longest_s: float = LONGEST_S,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._longest_s = tell, longest_s
        self._sleep, self._clock = sleep, clock

    def obeyed(self, ask: Callable[[], Answer]) -> Answer:
        """What `ask` returns in the end; raises `errors.ServerBusy` where that would take too long."""
        until = self._clock() + self._longest_s
        while True:
            try:
                return ask()
            except errors.ServerBusy as busy:
                if self._clock() + busy.retry_after > until:
                    raise
                # Never before the server's moment, and not all at that very moment.
                self._wait(max(busy.retry_after, _LEAST_S) * random.uniform(1.0, 1.1))

    def _wait(self, seconds: float) -> None:
        over = self._clock() + seconds
        while (left := over - self._clock()) > 0:
            self._tell(left)
            self._sleep(min(left, _LOOK_S))
        self._tell(0.0)


class Telling:
    """A run's progress, in which its waits for the server are told too."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last: tuple[Phase, int, int] = ("connecting", 0, 0)

    def __call__(self, phase: Phase, done: int, of: int) -> None:
        self._last = (phase, done, of)
        self._progress(phase, done, of)

    def waits(self, left_s: float) -> None:
        """The run waits so many seconds; with 0 it goes on with what it did."""
        if left_s:
            self._progress("waiting", math.ceil(left_s), 0)
        else:
            self._progress(*self._last)
