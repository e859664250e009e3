"""First loads as files: a scope built once as an encrypted file, kept on disk, dead at the first exit from it.

The row in `scope_file` is the only place of a file's key. It is deleted in the transaction that lets a row
leave the scope, and looked up at each request, so that no process serves a file that is no longer allowed.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillBuilding
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select

from sync import errors
from sync.file_messages import FileContent
from sync.server import head, scope_build
from sync.server.blobs import read
from sync.server.scope_build import Built
from sync.server.scopes import Grants
from sync.server.store import Store

log = logging.getLogger(__name__)

FEWEST_ROWS = 2_000
"""A smaller scope comes with the pull: a file would cost it a round trip more."""
WAIT_S = 20.0
"""How long a call waits for a file that is being made, well below a client's patience."""
SUPERSEDED_S = 3_600.0
"""A file that a newer one replaces stays so long for those who are fetching it."""
UNUSED_S = 7 * 86_400.0
LOCK = "lock"
"""Beside the files, and held by the one process of the machine that makes some ahead."""

_building = ThreadPoolExecutor(2, "scope-file")
_lock = threading.Lock()
_running: dict[tuple[Path, str], Future[ScopeFile]] = {}


@dataclass(frozen=True, slots=True)
class ScopeFile:
    """A scope as it stood at `rev`."""

    name: str
    scope: str
    """Of a laptop's whole file its scopes, one on each line."""
    rev: int
    key: str
    sha256: str
    size: int
    rows: int


def in_order(connection: Connection, store: Store, grants: Grants) -> list[tuple[str, int]]:
    """The scopes worth a file with their rows: the company, one's own, then those that one oversees."""
    sums = store.tables["scope_sum"]
    statement = (
        select(sums.c.scope, func.sum(sums.c["count"]))
        .where(sums.c.scope.in_(grants.scopes))
        .group_by(sums.c.scope)
    )
    found = [(scope, int(rows)) for scope, rows in connection.execute(statement) if rows >= FEWEST_ROWS]

    def place(one: tuple[str, int]) -> tuple[int, int, str]:
        scope, rows = one
        own = 1 if scope in grants.own or scope.startswith("user:") else 2
        return (own if ":" in scope else 0, rows, scope)

    return sorted(found, key=place)


def find_or_make(store: Store, scope: str, now: str) -> ScopeFile:
    """A file of the scope that is new enough, made where there is none; `errors.ServerBusy` if that takes long."""
    found = _find_now(store, scope)
    if found is not None:
        return found
    place = (store.files, scope)
    with _lock:
        coming = _running.get(place)
        if coming is None:
            coming = _running[place] = _building.submit(_make_unless_there, store, scope, now)
            coming.add_done_callback(lambda _done: _running.pop(place, None))
    try:
        return coming.result(WAIT_S)
    except StillBuilding:
        raise errors.ServerBusy(2.0) from None


def _find_now(store: Store, scope: str) -> ScopeFile | None:
    with store.read() as connection:
        return find(connection, store, scope, shape(store))


def _make_unless_there(store: Store, scope: str, now: str) -> ScopeFile:
    def build(file: Path, key: str) -> Built:
        return scope_build.build(store, scope, file, key)

    # Another call's may have been finished between this call's look and its turn.
    return _find_now(store, scope) or make(store, scope, shape(store), now, build)


def find_path(connection: Connection, store: Store, name: str, scopes: Iterable[str]) -> Path:
    """Where the bytes lie; `not_found` for a file that is dead, of another scope, or of another server."""
    files = store.tables["scope_file"]
    if not name.isalnum():  # one of ours is; and a database cannot be asked about every text
        raise errors.Refused("not_found", name)
    row = connection.execute(select(files).where(files.c.name == name)).mappings().first()
    if (
        row is None
        or not set(row["scope"].splitlines()) <= set(scopes)
        or not _is_alive(connection, store, row["scope"], row["rev"])
    ):
        raise errors.Refused("not_found", name)
    path = store.files / name
    if row["epoch"] != head.current(connection, store)[1] or not path.is_file():
        raise errors.Refused("not_found", name)
    return path


def content(path: Path, offset: int) -> FileContent:
    """The bytes of a file from `offset` on."""
    size = path.stat().st_size
    return FileContent(size, read(path, offset, size))


def find(connection: Connection, store: Store, scope: str, shape: str) -> ScopeFile | None:
    """The newest file of the scope, or of these scopes, if it is alive, of this shape and new enough."""
    rev, epoch = head.current(connection, store)
    files = store.tables["scope_file"]
    same = (files.c.scope == scope) & (files.c.epoch == epoch) & (files.c.shape == shape)
    statement = select(files).where(same).order_by(files.c.rev.desc()).limit(1)
    row = connection.execute(statement).mappings().first()
    if row is None or not (store.files / row["name"]).is_file():
        return None
    if not _is_alive(connection, store, scope, row["rev"]):
        return None
    upto = row["rev"]
    if not _changed(connection, store, scope, upto):
        # As good as new: the pull that follows need not look at what changed elsewhere since.
        upto = rev
    elif rev - upto > max(FEWEST_ROWS, row["rows"] // 20):
        return None
    return ScopeFile(row["name"], scope, upto, row["key"], row["sha256"], row["size"], row["rows"])


def kill_all(connection: Connection, store: Store) -> None:
    """No file can be read any more: something in one of them was erased."""
    connection.execute(delete(store.tables["scope_file"]))


def remove_dead(store: Store, older_than_s: float) -> None:
    """Remove files from the disk that have no key, if they are older than that: younger ones are being made."""
    if not store.files.is_dir():
        return
    with store.read() as connection:
        known = set(connection.scalars(select(store.tables["scope_file"].c.name)))
    for path in store.files.iterdir():
        if path.name not in known and path.name != LOCK and _age_s(path) >= older_than_s:
            # Windows keeps a file that is being sent; it goes the next time. A folder is nothing of ours.
            with suppress(PermissionError, IsADirectoryError):
                path.unlink(missing_ok=True)


def _is_alive(connection: Connection, store: Store, scope: str, rev: int) -> bool:
    """Whether nothing left the scope or was erased since: a commit at the same moment may have missed the row."""
    exits, erased = store.tables["scope_exit"], store.tables["sync_erased"]
    gone_from = exits.c.scope.in_(scope.splitlines())
    left = select(exits.c.id).where(gone_from & (exits.c.rev > rev)).limit(1)
    gone = select(erased.c.id).where(erased.c.rev > rev).limit(1)
    return connection.execute(left).first() is None and connection.execute(gone).first() is None


def _changed(connection: Connection, store: Store, scope: str, rev: int) -> bool:
    return any(
        connection.execute(
            select(table.c.id).where(table.c.scope.in_(scope.splitlines()) & (table.c.rev > rev)).limit(1)
        ).first()
        for table in store.tables.synced.values()
    )


def epoch(connection: Connection) -> str:
    """The server's present life."""
    return head.standing(connection).epoch


def shape(store: Store) -> str:
    """Says which columns a file has: one of an older release is made anew."""
    listed = [(table.name, *table.columns()) for table in store.schema.tables.values()]
    return hashlib.sha256(repr(listed).encode()).hexdigest()[:16]


def make(store: Store, scope: str, shape: str, now: str, build: Callable[[Path, str], Built]) -> ScopeFile:
    """Make the file beside its place, then put it there whole; several processes may do so at once.

    Raises `errors.ServerBusy` where a row left meanwhile, or the server stops.
    """
    with store.aside.work():
        try:
            store.aside.require_time()
            return _make(store, scope, shape, now, build)
        except Exception:
            # Broken off in the middle, what was begun is gone.
            store.aside.require_time()
            raise


def _make(store: Store, scope: str, shape: str, now: str, build: Callable[[Path, str], Built]) -> ScopeFile:
    store.files.mkdir(mode=0o700, parents=True, exist_ok=True)
    name, key = secrets.token_hex(16), secrets.token_hex(32)
    part = store.files / f"{name}.part"
    try:
        built = build(part, key)
        with part.open("rb") as made:
            sha256 = hashlib.file_digest(made, "sha256").hexdigest()
            os.fsync(made.fileno())
        size = part.stat().st_size
        part.replace(store.files / name)
    finally:
        part.unlink(missing_ok=True)

    def keep(connection: Connection) -> bool:
        if not _is_alive(connection, store, scope, built.rev):
            return False
        connection.execute(
            insert(store.tables["scope_file"]).values(
                name=name, scope=scope, epoch=built.epoch, shape=shape, rev=built.rev, key=key,
                sha256=sha256, size=size, rows=built.rows, built_at=now,
            )
        )  # fmt: skip
        return True

    if not store.run(keep):
        # A row left the scope meanwhile: no key to it is kept.
        (store.files / name).unlink(missing_ok=True)
        raise errors.ServerBusy(1.0)
    # Not before: what is old may be just what this one is made of.
    _sweep(store, name)
    return ScopeFile(name, scope, built.rev, key, sha256, size, built.rows)


def _sweep(store: Store, spared: str) -> None:
    """Remove files that are old or have a successor, and what a crash left; not the one that was just made."""
    files = store.tables["scope_file"]
    with store.read() as connection:
        rows = connection.execute(select(files.c.name, files.c.scope, files.c.rev)).all()
    newest: dict[str, int] = {}
    for _name, scope, rev in rows:
        newest[scope] = max(rev, newest.get(scope, 0))
    gone = [
        name
        for name, scope, rev in rows
        if name != spared
        and _age_s(store.files / name) > (UNUSED_S if rev == newest[scope] else SUPERSEDED_S)
    ]
    if gone:
        store.run(lambda connection: connection.execute(delete(files).where(files.c.name.in_(gone))))
    remove_dead(store, SUPERSEDED_S)


def _age_s(path: Path) -> float:
    """Since it was made; of one that is elsewhere or gone, for ever."""
    return time.time() - path.stat().st_mtime if path.is_file() else float("inf")
