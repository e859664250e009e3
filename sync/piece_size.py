"""How many bytes of a file to send at once: what the line takes in a few seconds, for rows wait behind them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sync.blob_messages import PIECE_BYTES

FIRST, SMALLEST = 1 << 16, 1 << 13
"""On a line of which nothing is known, and on the slowest."""
AIM_S = 3.0
_GROWTH = 4
"""At most, from one piece to the next: one that went quickly says little of much larger ones."""


class PieceSize:
    """Measures the pieces that go, and says how large the next one is to be."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.bytes = FIRST

    @contextmanager
    def measured(self, size: int) -> Iterator[None]:
        """A piece of `size` bytes goes inside."""
        began = self._clock()
        yield
        took = max(self._clock() - began, 0.001)
        # One that is less than was allowed, the last of its file, says nothing about more.
        if size >= self.bytes or took > AIM_S:
            fitting = int(size / took * AIM_S)
            self.bytes = max(SMALLEST, min(fitting, self.bytes * _GROWTH, PIECE_BYTES))
