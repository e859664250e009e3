"""First loads taken over whole: a laptop's file of all that somebody sees, made once for all who see the same.

It is made of the files of its scopes, by a thread of its own: ahead for who is expected (`sync.server.expected`), else
when whoever asked first has been served with those.
As theirs, its key is forgotten in the commit that lets a row leave one of its scopes.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from sync import errors
from sync.server import scope_files
from sync.server.scope_build import Built
from sync.server.scope_files import ScopeFile
from sync.server.store import Store, WholeFile

log = logging.getLogger(__name__)

FEWEST_ROWS = 10_000
"""Fewer are searchable within a second however they come."""
DELAY_S = 10.0
"""Whoever asks while there is none is fetching scopes' files: he goes first."""

_lock = threading.Lock()
_running: set[tuple[Path, str]] = set()
_one_at_a_time = threading.Lock()
"""Each takes a hundred megabytes while it is made."""


def find_or_begin(store: Store, scopes: list[tuple[str, int]], shape: str, now: str) -> ScopeFile | None:
    """The whole file of these scopes, (scope, rows), for a laptop whose own is of this shape.

    None, and one is begun, where there is none that is new enough.
    """
    whole = store.whole
    if whole is None or not shape or shape != whole.shape():
        return None
    listed = _listed(scopes)
    found = _find(store, whole, listed) if listed else None
    if listed and found is None and _is_first(store, listed):
        arguments = (store, whole, listed, now, DELAY_S)
        threading.Thread(target=_make_later, args=arguments, name="whole-file").start()
    return found


def prepare(store: Store, scopes: list[tuple[str, int]], now: str) -> bool:
    """Make the whole file of these scopes for somebody who is expected; whether one was to be made."""
    whole, listed = store.whole, _listed(scopes)
    if whole is None or not listed or _find(store, whole, listed) is not None or not _is_first(store, listed):
        return False
    _make_later(store, whole, listed, now, 0)
    return True


def _listed(scopes: list[tuple[str, int]]) -> str:
    """The scopes, one on each line; empty where they are too small to be worth a whole file."""
    if sum(rows for _scope, rows in scopes) < FEWEST_ROWS:
        return ""
    return "\n".join(sorted(scope for scope, _rows in scopes))


def _find(store: Store, whole: WholeFile, listed: str) -> ScopeFile | None:
    with store.read() as connection:
        return scope_files.find(connection, store, listed, _shape(store, whole))


def _is_first(store: Store, listed: str) -> bool:
    """Whether nobody in this process is making it yet: if so, the caller is."""
    place = (store.files, listed)
    with _lock:
        if place in _running:
            return False
        _running.add(place)
    return True


def make(store: Store, whole: WholeFile, listed: str, now: str) -> ScopeFile:
    """Make it now; raises `errors.ServerBusy` while a scope's file is being made."""
    sources = [scope_files.find_or_make(store, scope, now) for scope in listed.splitlines()]

    def build(file: Path, key: str) -> Built:
        with store.read() as connection:
            epoch = scope_files.epoch(connection)
        files = [(store.files / one.name, one.key) for one in sources]
        whole.make(file, key, files, store.aside.gives_way)
        # What changed since the oldest of them comes with the pull.
        return Built(min(one.rev for one in sources), epoch, sum(one.rows for one in sources))

    return scope_files.make(store, listed, _shape(store, whole), now, build)


def _make_later(store: Store, whole: WholeFile, listed: str, now: str, delay_s: float) -> None:
    try:
        if store.aside.stopping.wait(delay_s):
            return
        with _one_at_a_time:
            make(store, whole, listed, now)
    except errors.ServerBusy:
        log.info("a scope's file is still being made: the whole file waits for the next laptop that asks")
    except Exception:
        # First loads go on by scopes' files; the next laptop that asks begins it anew.
        log.exception("a whole file could not be made")
    finally:
        with _lock:
            _running.discard((store.files, listed))


def _shape(store: Store, whole: WholeFile) -> str:
    return f"{scope_files.shape(store)} {whole.shape()}"
