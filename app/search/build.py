"""Summaries and search entries after a bulk load: slice by slice, while the program is used and after a crash.

Entries are made ahead of their turn by other threads, each in the memory of a connection of its own; the write
lane only takes them over, each slice in one short transaction. What is there so far is found; a record that is
edited meanwhile gets its entry in the transaction of the edit, and is passed over here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import astuple, dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from app import account_summary
from app.search import index
from app.search.ahead import Ahead, Lane, Lanes, Made, Slice
from app.search.index import PENDING, is_pending
from app.search.sources import SOURCES
from sync import state

__all__ = ["begin", "is_pending", "run"]

SLICE_S = 0.2
"""Of this thread's work while it holds the write lane: how long a save may wait, in its own lane, off the
screen."""
FEWEST, FIRST, MOST = 200, 4_000, 40_000
"""Summaries of a slice."""
ENTRIES = 15_000
"""Search entries of a slice. Each slice leaves a segment of the index that must be merged later."""
PATIENCE = 3
"""How often the one long step gives way to those who save; then they wait for it, a second or two on a large file."""
_MERGED_PAGES = 200
_INTERRUPTED = 9
_SUMMARIES, _TITLES, _MERGE = "summaries", "titles", "merge"
_KINDS = [source.kind for source in SOURCES]
_STEPS = (_SUMMARIES, *_KINDS, _TITLES, _MERGE)
_ORDER = " ".join(_STEPS)


@dataclass(frozen=True, slots=True)
class _Todo:
    """Where a build stands: the step, the last id of it, and how many entries there are."""

    step: str
    after: str
    done: int
    order: str = _ORDER
    """Of all steps: a release that takes them in another one begins anew."""


def begin(connection: Connection) -> None:
    """Forget all entries and note that they are to be made: to be called in the load's last transaction."""
    account_summary.clear(connection)
    index.clear(connection)
    _note(connection, _Todo(_STEPS[0], "", 0))


def run(
    lane: Lane,
    yielding: Lane,
    aside: Callable[[], AbstractContextManager[Lanes]],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    shown: Callable[[], None] = lambda: None,
    first: Callable[[], None] = lambda: None,
) -> bool:
    """Make all entries that are missing, and merge the index; whether there were any.

    A `yielding` transaction is interrupted when somebody waits for the lane. `aside` opens a connection that
    reads in a transaction of its own, and writes in one of the lane. `progress(done, of)` is told; `first` is
    done while the first entries are made; `shown` is called when the lists are complete and when the search
    is: what is left then is to merge the index's segments, which makes it quicker.
    """
    with lane() as connection:
        todo = _todo(connection)
        if todo is not None and (todo.order != _ORDER or index.is_older(connection)):
            begin(connection)
            todo = _todo(connection)
        # What left has its words merged away by `app.traces`, and with them all the rest.
        leaving = state.get(connection, "traces")
    if todo is None:
        first()
        if not leaving:
            _merge(lane)
        return False
    with aside() as (read, _write), read() as connection:
        # It looks through all records, and nobody who saves is to wait for that.
        every = index.count(connection)
    return _Run(lane, yielding, aside, progress, shown, every).all(todo, first)


@dataclass(frozen=True)
class _Run:
    """One attempt to make all that is missing."""

    lane: Lane
    yielding: Lane
    aside: Callable[[], AbstractContextManager[Lanes]]
    progress: Callable[[int, int], None]
    shown: Callable[[], None]
    every: int

    def all(self, todo: _Todo, first: Callable[[], None]) -> bool:
        """Each step from there on."""
        with closing(Ahead(self.aside, self._slices(todo))) as ahead:
            first()
            if todo.step == _SUMMARIES:
                self._summarise(todo.after)
                todo = _Todo(_KINDS[0], "", todo.done)
                self.shown()
            for made in ahead:
                todo = self._publish(made, todo.done)
        if todo.step not in (_TITLES, _MERGE):
            todo = _Todo(_TITLES, "", todo.done)
        if todo.step == _TITLES:
            self._finish()
            self.shown()
        _merge(self.lane)
        self.progress(self.every, self.every)
        return True

    def _slices(self, todo: _Todo) -> Iterator[Slice]:
        """Those that are still to be made, in order."""
        if todo.step not in (_SUMMARIES, *_KINDS):
            return
        resumed = todo.step if todo.step in _KINDS else ""
        with self.aside() as (read, _write), read() as connection:
            slices = []
            for source in SOURCES[_KINDS.index(resumed) if resumed else 0 :]:
                after = todo.after if source.kind == resumed else ""
                row = index.next_row(connection, source)
                last, rows = index.end_of(connection, source, after, ENTRIES)
                while last is not None:
                    slices.append(Slice(source, after, last, row))
                    after, row = last, row + rows
                    last, rows = index.end_of(connection, source, after, ENTRIES)
        yield from slices

    def _summarise(self, after: str | None) -> None:
        rows = FIRST
        while after is not None:
            began = time.thread_time()
            with self.lane() as connection:
                after, _written = account_summary.add_some(connection, after, rows)
                _note(
                    connection, _Todo(_SUMMARIES, after, 0) if after is not None else _Todo(_KINDS[0], "", 0)
                )
            rows = min(MOST, max(FEWEST, int(rows * SLICE_S / max(time.thread_time() - began, 0.001))))
            _give_way()

    def _publish(self, made: Made, done: int) -> _Todo:
        with made.lane() as connection:
            done += index.publish(connection, made.slice.source)
            todo = _Todo(made.slice.source.kind, made.slice.last, done)
            _note(connection, todo)
        self.progress(min(done, self.every), self.every)
        _give_way()
        return todo

    def _finish(self) -> None:
        refusals, ended = 0, False
        while not ended:
            try:
                with (self.yielding if refusals < PATIENCE else self.lane)() as connection:
                    index.finish(connection)
                    _note(connection, _Todo(_MERGE, "", self.every))
                ended = True
            except OperationalError as problem:
                # Somebody's save came first.
                if getattr(problem.orig, "sqlite_errorcode", None) != _INTERRUPTED:
                    raise
                refusals += 1
            _give_way()


def _merge(lane: Lane) -> None:
    """Merge what many entries at once have left in parts, a little in each transaction."""
    more = True
    while more:
        with lane() as connection:
            more = index.merge_some(connection, _MERGED_PAGES)
            if not more:
                _note(connection, None)
        _give_way()


def _give_way() -> None:
    """The lane goes to whoever waits for it."""
    time.sleep(0.001)


def _note(connection: Connection, todo: _Todo | None) -> None:
    state.put(connection, PENDING, json.dumps(astuple(todo)) if todo is not None else None)


def _todo(connection: Connection) -> _Todo | None:
    kept = state.get(connection, PENDING)
    if not kept:
        return None
    step, after, done, *order = json.loads(kept)
    return _Todo(step, after, done, *(order or [""]))
