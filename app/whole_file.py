"""A laptop's whole file: made at the server of the files of scopes, and taken over, page by page, by a laptop."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection

from app import search
from app.features import sync_schema
from app.store import schema
from app.store.engine import open_engine
from app.store.raw import PAGE_SIZE, attach, connect
from app.workspace import Workspace
from sync import bulk, scope_file, sums
from sync.file_messages import CIPHER
from sync.schema import SyncSchema

DERIVED = ("search_row", "search_text", "account_summary", "list_count", "sync_sum")
"""Tables that are made of the synced ones alone; the full text keeps its own under names that begin with its."""
_UNSEALED = (("use_hmac", "OFF"),)
"""The cipher's settings while the file travels: the SHA-256 of the whole is compared once, and does the work of a
seal on each page, which costs as much as all the rest."""
_PAGES = 1_000
"""Copied between two looks at whether somebody else wrote meanwhile."""
_PIECE = 1 << 20
"""Bytes read at once for a digest."""


class _Damaged(Exception):
    """The file is not what was fetched any more."""


class _Written(Exception):
    """Another program wrote to the laptop's file after its own tables were read."""


# At the server


@functools.cache
def shape() -> str:
    """Says what a laptop's file of this release is made of."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(Path(folder) / "empty", bytes(32))
        schema.create(engine, sync_schema())
        with engine.connect() as connection:
            found = shape_of(connection)
        engine.dispose()
    return found


def shape_of(connection: Connection) -> str:
    """Says what the file behind a connection is made of."""
    raw = _raw(connection)
    pages = raw.execute("PRAGMA page_size").fetchone()
    return hashlib.sha256(repr((_UNSEALED, pages, _objects(raw))).encode()).hexdigest()


def make(
    file: Path,
    key: str,
    sources: list[tuple[Path, str]],
    shown: Callable[[Any], None] = lambda _connection: None,
) -> None:
    """Make the encrypted `file` under the raw `key` in hexadecimal, of scopes' files with their keys.

    The driver's connection is `shown` first, to be interrupted where the server stops.
    """
    known = sync_schema()
    _make_empty(file, key, known)
    engine = open_engine(file, bytes.fromhex(key), _UNSEALED)
    try:
        with engine.connect() as plain:
            shown(_raw(plain))
            # A file that breaks off is thrown away, and nobody sees it before it is whole.
            for pragma in ("journal_mode = OFF", "synchronous = OFF"):
                _raw(plain).execute(f"PRAGMA {pragma}")
            connection = plain.execution_options(begin="IMMEDIATE")
            with connection.begin():
                bulk.drop_indexes(connection, known)
            for path, its_key in sources:
                with _attached(_raw(plain), path, its_key), connection.begin():
                    _copy(connection, known, path)
                _count(connection, known, path, its_key)
            with connection.begin():
                bulk.restore_indexes(connection)
                search.rebuild(connection)
    finally:
        engine.dispose()


def _make_empty(file: Path, key: str, known: SyncSchema) -> None:
    """A laptop's file without a row. Its pages leave room for the seals that they get on the laptop.

    Copying is what gives them that room in a file that has no seals.
    """
    with tempfile.TemporaryDirectory() as folder, closing(_opened(file, key, "MEMORY")) as unsealed:
        engine = open_engine(Path(folder) / "empty", bytes.fromhex(key))
        try:
            schema.create(engine, known)
            with engine.connect() as sealed:
                _raw(sealed).backup(unsealed)
        finally:
            engine.dispose()


@contextmanager
def _attached(raw: Any, path: Path, key: str) -> Iterator[None]:
    attach(raw, str(path), "page", key, CIPHER)
    try:
        yield
    finally:
        raw.execute("DETACH page")


def _copy(connection: Connection, known: SyncSchema, path: Path) -> None:
    found = connection.exec_driver_sql("SELECT name FROM page.sqlite_master").scalars().all()
    if not found:
        # SQLite takes a file that is gone for an empty one.
        raise FileNotFoundError(path)
    with bulk.without_triggers(connection, known):
        for table in (name for name in known.tables if name in found):
            columns = connection.exec_driver_sql("SELECT name FROM pragma_table_info(?, 'page')", (table,))
            names = ", ".join(f'"{name}"' for name in columns.scalars().all())
            connection.exec_driver_sql(
                f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM page."{table}" ORDER BY rowid'
            )


def _count(connection: Connection, known: SyncSchema, path: Path, key: str) -> None:
    with connection.begin(), scope_file.opened(path, key) as page:
        for (table,) in page.execute("SELECT name FROM sqlite_schema").fetchall():
            if table in known.tables:
                scope, last = page.execute(f'SELECT min(scope), max(rowid) FROM "{table}"').fetchone()
                count, total = scope_file.total(page, table, 0, last)
                connection.exec_driver_sql(
                    "INSERT INTO sync_sum (scope, kind, count, total) VALUES (?, ?, ?, ?)",
                    (scope, table, count, sums.to_wire(total)),
                )


# On the laptop


def take(workspace: Workspace, file: Path, key: str, cursor: str, digest: str) -> bool:
    """Take over all that a whole file has, in one step, and stand at the `cursor`; the laptop's own tables stay.

    False, and nothing is done, where the file is not made exactly as the laptop's own, or the laptop has rows, or
    where the file's SHA-256 is not `digest` any more: its pages have no seals of their own, and get them here.
    """
    synced = set(workspace.schema.tables)
    with _Digest(file) as found, workspace.engine.connect() as watching:
        while True:
            with workspace.turn() as ours, closing(_opened(file, key, "WAL")) as theirs:
                try:
                    if _objects(ours) != _objects(theirs) or _has_rows(ours, synced):
                        return False
                    _take(ours, theirs, _raw(watching), cursor, synced, lambda: found.require(digest))
                    return True
                except _Written:
                    # Closing brings what was written beside the file into it.
                    found.wait()
                except (_Damaged, sqlcipher.DatabaseError):
                    if found.wait() == digest:
                        raise
                    return False


class _Digest:
    """The SHA-256 of a file, added up on another core while its pages are copied.

    What is written to the file meanwhile lies in a log beside it, but for its first page, which is read before that.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.open("rb")
        self._found = hashlib.sha256(self._file.read(PAGE_SIZE))
        self._thread = ThreadPoolExecutor(1, "digest")

    def __enter__(self) -> Self:
        self._rest = self._thread.submit(self._add_rest)
        return self

    def __exit__(self, *_problem: object) -> None:
        self._thread.shutdown()
        self._file.close()

    def _add_rest(self) -> None:
        while piece := self._file.read(_PIECE):
            self._found.update(piece)

    def wait(self) -> str:
        """The digest, once it is there."""
        self._rest.result()
        return self._found.hexdigest()

    def require(self, digest: str) -> None:
        """Raise where the file is another one by now."""
        if self.wait() != digest:
            raise _Damaged


def _take(
    ours: Any, theirs: Any, watching: Any, cursor: str, synced: set[str], prove: Callable[[], None]
) -> None:
    own = _own(ours, synced)
    theirs.execute("BEGIN")
    for table, rows in own.items():
        theirs.execute(f'DELETE FROM "{table}"')
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            theirs.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
    theirs.execute(
        "INSERT INTO sync_state (name, value) VALUES ('cursor', ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (cursor,),
    )
    theirs.execute("COMMIT")
    (pages,) = theirs.execute("PRAGMA page_count").fetchall()[0]
    step = min(_PAGES, pages // 2)
    looked = False

    def look(_status: int, left: int, _all: int) -> None:
        nonlocal looked
        # From the first page on nobody else can write: what counts is what was written until then.
        if not looked and _own(watching, synced) != own:
            raise _Written
        looked = True
        if 0 < left <= step:
            # The next step is the last one, and ends the transaction.
            prove()

    theirs.backup(ours, pages=step, progress=look)


def _has_rows(raw: Any, synced: set[str]) -> bool:
    return any(raw.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchall() for table in synced)


def _own(raw: Any, synced: set[str]) -> dict[str, list[Any]]:
    """What the laptop has of its own: what it is, its settings, and what was never sent."""
    tables = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return {
        table: raw.execute(f'SELECT * FROM "{table}"').fetchall()
        for (table,) in tables
        if table not in synced and not table.startswith((*DERIVED, "sqlite_"))
    }


def _opened(file: Path, key: str, journal: str) -> Any:
    theirs = connect(file, bytes.fromhex(key), _UNSEALED)
    for pragma in (
        # Before the log, or all that was just fetched is waited for until it is on the disk.
        "synchronous = OFF",
        f"journal_mode = {journal}",
        "wal_autocheckpoint = 0",
        "trusted_schema = OFF",
        "cell_size_check = ON",
    ):
        theirs.execute(f"PRAGMA {pragma}")
    return theirs


def _objects(raw: Any) -> list[Any]:
    return sorted(raw.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema").fetchall())


def _raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection
