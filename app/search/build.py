"""Summaries and search entries after a bulk load: slice by slice, while the program is used and after a crash.

Each slice is one short transaction. What is indexed so far is found; a record that is edited meanwhile gets
its entry in the transaction of the edit, and is passed over here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from app import account_summary
from app.search import index
from app.search.sources import SOURCES
from sync import state

_KEPT_UNDER = "search_todo"
SLICE_S = 0.2
"""Of this thread's work while it holds the write lane: how long a save may wait, in its own lane, off the
screen. Each slice leaves a segment of the index that must be merged later: shorter ones cost a third more."""
FEWEST, FIRST, MOST = 200, 2_000, 40_000
"""Records of a slice."""
PATIENCE = 3
"""How often the one long step gives way to those who save; then they wait for it."""
_MERGED_PAGES = 200
_INTERRUPTED = 9
_SUMMARIES, _TITLES, _MERGE = "summaries", "titles", "merge"
_STEPS = (_SUMMARIES, *(source.kind for source in SOURCES), _TITLES, _MERGE)

Lane = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class _Todo:
    """Where a build stands: the step, the last id of it, and how many entries there are."""

    step: str
    after: str
    done: int


def begin(connection: Connection) -> None:
    """Forget all entries and note that they are to be made: to be called in the load's last transaction."""
    account_summary.clear(connection)
    index.clear(connection)
    connection.exec_driver_sql("DELETE FROM search_dirty")
    state.put(connection, _KEPT_UNDER, json.dumps(astuple(_Todo(_STEPS[0], "", 0))))


def is_pending(connection: Connection) -> bool:
    """Whether entries are still to be made."""
    return state.get(connection, _KEPT_UNDER) is not None


def run(
    lane: Lane,
    yielding: Lane,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    shown: Callable[[], None] = lambda: None,
) -> bool:
    """Make all entries that are missing; whether there were any.

    A `yielding` transaction is interrupted when somebody waits for the lane. `progress(done, of)` is told,
    and `shown` is called when the lists are complete and when the search is: what is left then is to merge
    the index's segments, which makes it quicker.
    """
    with lane() as connection:
        todo = _todo(connection)
        if todo is None:
            return False
        every = index.count(connection)
    rows, refusals = FIRST, 0
    while todo is not None:
        began = time.thread_time()
        before = todo
        try:
            with (yielding if todo.step == _TITLES and refusals < PATIENCE else lane)() as connection:
                todo = _slice(connection, rows, todo)
                state.put(connection, _KEPT_UNDER, json.dumps(astuple(todo)) if todo is not None else None)
        except OperationalError as problem:
            # Somebody's save came first.
            if getattr(problem.orig, "sqlite_errorcode", None) != _INTERRUPTED:
                raise
            todo, refusals = before, refusals + 1
        passed = time.thread_time() - began
        rows = min(MOST, max(FEWEST, int(rows * SLICE_S / max(passed, 0.001))))
        if todo is not None and todo.step != before.step and before.step in (_SUMMARIES, _TITLES):
            shown()
        progress(min(todo.done, every) if todo is not None else every, every)
        # The lane goes to whoever waits for it.
        time.sleep(0.001)
    return True


def _slice(connection: Connection, rows: int, todo: _Todo) -> _Todo | None:
    """One slice of a step; what is to be done after it."""
    last: str | None = None
    added = 0
    if todo.step == _SUMMARIES:
        last, _written = account_summary.add_some(connection, todo.after, rows)
    elif todo.step == _TITLES:
        index.finish(connection)
    elif todo.step == _MERGE:
        last = "" if index.merge_some(connection, _MERGED_PAGES) else None
    else:
        source = next(one for one in SOURCES if one.kind == todo.step)
        last, added = index.add_some(connection, source, todo.after, rows, new_only=True)
    done = todo.done + added
    if last is not None:
        return _Todo(todo.step, last, done)
    following = _STEPS[_STEPS.index(todo.step) + 1 :]
    return _Todo(following[0], "", done) if following else None


def _todo(connection: Connection) -> _Todo | None:
    kept = state.get(connection, _KEPT_UNDER)
    return _Todo(*json.loads(kept)) if kept else None
