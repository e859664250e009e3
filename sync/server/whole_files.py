"""First loads taken over whole: a laptop's file of all that somebody sees, made once for all who see the same.

It is made of the files of its scopes, by a thread of its own when whoever asked first has been served with those.
As theirs, its key is forgotten in the commit that lets a row leave one of its scopes.
"""

from __future__ import annotations

import logging
import threading
import time
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
    whole, listed = store.whole, "\n".join(sorted(scope for scope, _rows in scopes))
    if whole is None or not shape or sum(rows for _scope, rows in scopes) < FEWEST_ROWS:
        return None
    if shape != whole.shape():
        return None
    with store.read() as connection:
        found = scope_files.find(connection, store, listed, _shape(store, whole))
    if found is None:
        _begin(store, whole, listed, now)
    return found


def make(store: Store, whole: WholeFile, listed: str, now: str) -> ScopeFile:
    """Make it now; raises `errors.ServerBusy` while a scope's file is being made."""
    sources = [scope_files.find_or_make(store, scope, now) for scope in listed.splitlines()]

    def build(file: Path, key: str) -> Built:
        with store.read() as connection:
            epoch = scope_files.epoch(connection)
        whole.make(file, key, [(store.files / one.name, one.key) for one in sources])
        # What changed since the oldest of them comes with the pull.
        return Built(min(one.rev for one in sources), epoch, sum(one.rows for one in sources))

    return scope_files.make(store, listed, _shape(store, whole), now, build)


def _begin(store: Store, whole: WholeFile, listed: str, now: str) -> None:
    place = (store.files, listed)
    with _lock:
        if place in _running:
            return
        _running.add(place)
    arguments = (store, whole, listed, now, place)
    threading.Thread(target=_make_later, args=arguments, name="whole-file", daemon=True).start()


def _make_later(store: Store, whole: WholeFile, listed: str, now: str, place: tuple[Path, str]) -> None:
    try:
        time.sleep(DELAY_S)
        with _one_at_a_time:
            make(store, whole, listed, now)
    except errors.ServerBusy:
        log.info("a scope's file is still being made: the whole file waits for the next laptop that asks")
    except Exception:
        # First loads go on by scopes' files; the next laptop that asks begins it anew.
        log.exception("a whole file could not be made")
    finally:
        with _lock:
            _running.discard(place)


def _shape(store: Store, whole: WholeFile) -> str:
    return f"{scope_files.shape(store)} {whole.shape()}"
