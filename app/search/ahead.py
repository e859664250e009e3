"""Search entries made ahead of their turn, by threads with connections of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from app.search import index
from app.search.sources import Source

THREADS = 2
"""SQLite works outside Python's lock: two use two cores, with the one that takes the entries over."""
AHEAD = 6
"""Slices that are made or wait at a time: each is in memory until its turn."""

Lane = Callable[[], AbstractContextManager[Connection]]
Lanes = tuple[Lane, Lane]
"""One connection's transactions: those that read, and those in the write lane."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The records of one kind after an id and up to another; the number of the first one's entry."""

    source: Source
    after: str
    last: str
    row: int


@dataclass(frozen=True, slots=True)
class Made:
    """A slice whose entries are in the memory of its connection, and that connection's turn in the lane."""

    slice: Slice
    lane: Lane
    held: ExitStack


class Ahead:
    """The slices in their order, each made when its turn comes."""

    def __init__(self, aside: Callable[[], AbstractContextManager[Lanes]], slices: Iterator[Slice]) -> None:
        self._aside, self._slices = aside, slices
        self._threads = ThreadPoolExecutor(THREADS, "search")
        self._coming: deque[Future[Made]] = deque()
        self._begin(AHEAD)

    def __iter__(self) -> Iterator[Made]:
        while self._coming:
            made = self._coming.popleft().result()
            self._begin(1)
            with made.held:
                yield made

    def close(self) -> None:
        """Stop, and forget what was made and not taken."""
        for future in self._coming:
            future.cancel()
        self._threads.shutdown()
        for future in self._coming:
            if not future.cancelled():
                # Why one failed was told already, or something else came before it.
                with suppress(Exception):
                    future.result().held.close()

    def _begin(self, count: int) -> None:
        for slice in islice(self._slices, count):
            self._coming.append(self._threads.submit(self._make, slice))

    def _make(self, slice: Slice) -> Made:
        with ExitStack() as stack:
            read, write = stack.enter_context(self._aside())
            with read() as connection:
                stack.callback(index.forget_staged, connection)
                index.stage(connection, slice.source, slice.after, slice.last, slice.row)
                index.index_staged(connection, slice.source)
            return Made(slice, write, stack.pop_all())
