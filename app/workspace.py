"""A laptop's open file: read, one transaction per user action, and word of what changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from app import records, search, undo
from app.errors import Damaged, DiskFull, SystemProblem
from app.features import sync_schema
from app.i18n import translate as _
from app.settings import Settings
from app.store import keys, place, reserve, schema
from app.store.engine import explained, open_engine
from app.store.raw import CACHE_KIB, attach
from sync import outbox
from sync.file_messages import CIPHER
from sync.schema import SyncSchema

FILE = "terrain.db"
_FOLD_IN = "PRAGMA main.wal_checkpoint(PASSIVE)"
_LONG_LOG, _LONGEST_LOG = 500, 8_000
"""Pages: a longer one is brought into the file beside what goes on, and before anything else goes on."""
_CACHE_ASIDE_KIB = 8_000
_PATIENCE_S = 1.0
"""Of a bulk transaction for people who save one thing after the other."""
_STEPS = 20_000
"""Of SQLite's machine between two looks at who waits: about a millisecond."""
Origin = Literal["local", "sync", "undo"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What one commit changed: screens that show these kinds refresh."""

    kinds: frozenset[str]
    ids: frozenset[str]
    origin: Origin = "local"


class Workspace:
    """One profile's file, open. Sessions are short; no ORM object leaves the block that made it."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder, self.engine = folder, engine
        self.schema: SyncSchema = sync_schema()
        self.settings = Settings(self)
        self.vault = keys.Vault(folder)
        self._write_lane = threading.RLock()
        self._writer: Connection | None = None
        self._is_open = True
        self._seen_version: int | None = None
        """Of the file, as the lane's connection counts what other programs commit."""
        self._waiting, self._counter = 0, threading.Lock()
        self._folding: threading.Thread | None = None
        self._subscribers: list[Callable[[Changes], None]] = []

    @classmethod
    def exists(cls, folder: Path) -> bool:
        """Whether `folder` holds a profile."""
        return (folder / keys.ENVELOPE).is_file()

    @classmethod
    def create(cls, folder: Path) -> tuple[Workspace, str]:
        """A new profile in `folder` and its recovery passphrase, to be shown once.

        Raises KeyMissing without keyring and passphrase, ReadOnly, DiskFull. Whatever fails, the
        folder is no profile: its envelope is written last. A file that lies there already is moved aside.
        """
        if cls.exists(folder):
            raise FileExistsError(folder)
        key, recovery = keys.make_key()
        envelope = keys.new_envelope(key, recovery)
        if not keys.keep_key(envelope, key):
            envelope = keys.new_envelope(key, recovery, keys.require_passphrase()) | {
                "profile": envelope["profile"]
            }
        with explained(folder / FILE), schema.writable(folder):
            folder.mkdir(parents=True, exist_ok=True)
            schema.set_aside(folder / FILE)
            workspace = cls(folder, open_engine(folder / FILE, key))
            try:
                schema.create(workspace.engine, workspace.schema)
                workspace._settle()
                keys.write_envelope(folder, envelope)
            except BaseException:
                workspace.close()
                schema.remove_file(folder / FILE)
                raise
        return workspace, recovery

    @classmethod
    def open(cls, folder: Path, key: bytes | None = None) -> Workspace:
        """The profile in `folder`, migrated where an older Terrain wrote it (a copy is made first).

        `key` is its key where that is known already: a passphrase costs a second to try. Raises
        KeyMissing, WrongKey, Damaged, FileTooNew, Locked, ReadOnly, DiskFull.
        """
        key = key or keys.load_key(folder)
        if not (folder / FILE).is_file():
            # SQLite would make an empty file, and the loss would look like a fresh start.
            raise Damaged(
                _(
                    "The file “{file}” is gone. Restore the last copy with `terrain restore FILE`.",
                    file=folder / FILE,
                )
            )
        if not (folder / FILE).stat().st_size:
            raise schema.emptied(folder / FILE)
        try:
            workspace = cls._opened(folder, key)
        except DiskFull:
            # What is there can still be read.
            if not reserve.give(folder):
                raise
            workspace = cls._opened(folder, key)
        reserve.keep(folder)
        return workspace

    @classmethod
    def _opened(cls, folder: Path, key: bytes) -> Workspace:
        with explained(folder / FILE), schema.writable(folder):
            workspace = cls(folder, open_engine(folder / FILE, key))
            try:
                schema.upgrade(workspace.engine, workspace.schema, folder / FILE)
                workspace._settle()
            except BaseException:
                workspace.close()
                raise
        return workspace

    def _settle(self) -> None:
        """Notice a file that was copied, moved or put back, before it draws a number."""
        with self.engine.connect() as connection:
            at_home = place.is_known(connection, self.folder / FILE)
            connection.rollback()
        if not at_home:
            with self.exclusive() as connection:
                place.settle(connection, self.folder / FILE)

    def close(self) -> None:
        """Let go of the file."""
        if self._folding is not None:
            self._folding.join()
        self._is_open = False
        if self._write_lane.acquire(blocking=False):
            self._give_back_writer()
            self._write_lane.release()
        self.engine.dispose()

    def subscribe(self, listener: Callable[[Changes], None]) -> Callable[[], None]:
        """Call `listener` after each commit, on the committing thread; returns how to stop that."""
        self._subscribers.append(listener)
        return lambda: self._subscribers.remove(listener)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one snapshot of the file; what it writes is dropped."""
        with self.snapshot() as connection, Session(connection) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The same without a session, for what asks the file but for no records."""
        with explained(self.folder / FILE), self.engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def transaction(
        self, label: str = "", origin: Origin = "local", undoable: bool = False
    ) -> Iterator[Session]:
        """One user action: all of it is kept and sealed for sync on leaving, nothing on an error.

        An undoable one is remembered; its number in `app.undo` is then `session.info["step"]`, or None.
        """
        with self.exclusive() as connection:
            outbox.seal_entries(connection, self.schema, {})
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                records.begin(session)
                yield session
                session.flush()
                records.check_links(session)
                session.commit()
            changed = connection.exec_driver_sql(
                "SELECT DISTINCT kind, id FROM sync_entry WHERE tx IS NULL"
            ).all()
            if undoable:
                session.info["step"] = undo.remember(connection, label)
            outbox.seal_entries(connection, self.schema, records.bases(session), label)
            search.refresh(connection)
        if changed:
            self.emit(Changes(frozenset(k for k, _id in changed), frozenset(i for _k, i in changed), origin))

    @contextmanager
    def exclusive(self, bulk: bool = False, yielding: bool = False) -> Iterator[Connection]:
        """The write lane: one connection inside BEGIN IMMEDIATE, committed on leaving.

        A bulk load may be lost to a power cut, never broken by it: it does not wait for the disk. One that
        is `yielding` breaks off with SQLite's interrupt as soon as anybody waits for the lane.
        """
        with self._turn(bulk), explained(self.folder / FILE), self._own_connection() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute(f"PRAGMA synchronous = {'NORMAL' if bulk else 'FULL'}")
            if yielding:
                raw.set_progress_handler(lambda: self._waiting > 0, _STEPS)
            try:
                with connection.begin():
                    yield connection
                self._shorten_log(raw)
            finally:
                if yielding:
                    raw.set_progress_handler(None, _STEPS)
                raw.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def _own_connection(self) -> Iterator[Connection]:
        """The connection of those who hold the lane, with the pages of the last writer in its memory.

        What another connection writes makes SQLite forget all of them, and a page is decrypted at each reading.
        """
        if self._writer is None:
            self._writer = self.engine.connect().execution_options(begin="IMMEDIATE")
            self._seen_version = None
        keeps = False
        try:
            yield self._writer
            keeps = self._is_open
        finally:
            if not keeps:
                self._give_back_writer()

    def _give_back_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    @contextmanager
    def _turn(self, bulk: bool) -> Iterator[None]:
        """The lane for one transaction; a bulk one lets those who wait go first."""
        latest = time.monotonic() + _PATIENCE_S
        while bulk and self._waiting and time.monotonic() < latest:
            time.sleep(0.001)
        with self._counter:
            self._waiting += 1
        self._write_lane.acquire()
        with self._counter:
            self._waiting -= 1
        try:
            yield
        finally:
            self._write_lane.release()

    @contextmanager
    def beside(self, file: Path, key: str) -> Iterator[search.Lane]:
        """Many bulk transactions in the write lane, one for each call, with an encrypted file as `page`."""
        with explained(self.folder / FILE), self.engine.connect() as plain:
            raw: Any = plain.connection.dbapi_connection
            attach(raw, str(file), "page", key, CIPHER)
            raw.execute("PRAGMA synchronous = NORMAL")
            connection = plain.execution_options(begin="IMMEDIATE")

            @contextmanager
            def lane() -> Iterator[Connection]:
                with self._turn(True):
                    with connection.begin():
                        yield connection
                    self._shorten_log(raw)

            try:
                yield lane
            finally:
                raw.execute("DETACH page")
                with suppress(sqlcipher.Error):
                    raw.execute(_FOLD_IN)
                raw.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def aside(self) -> Iterator[search.Lanes]:
        """One connection for work that is prepared in its memory while others write, then taken into the file.

        Gives two kinds of transactions, one for each call: reading, and bulk in the write lane.
        """
        with explained(self.folder / FILE), self.engine.connect() as plain:
            raw: Any = plain.connection.dbapi_connection
            raw.execute("PRAGMA synchronous = NORMAL")
            # Several are at work at once, and read each page one time.
            raw.execute(f"PRAGMA cache_size = -{_CACHE_ASIDE_KIB}")

            @contextmanager
            def read() -> Iterator[Connection]:
                connection = plain.execution_options(begin="DEFERRED")
                with connection.begin():
                    yield connection

            @contextmanager
            def write() -> Iterator[Connection]:
                connection = plain.execution_options(begin="IMMEDIATE")
                with self._turn(True):
                    with connection.begin():
                        yield connection
                    self._shorten_log(raw)

            try:
                yield read, write
            finally:
                raw.execute("PRAGMA shrink_memory")
                raw.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                raw.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def turn(self) -> Iterator[Any]:
        """The write lane for a connection of the driver outside any transaction: for what is done to a whole file."""
        with self._turn(True), explained(self.folder / FILE), self.engine.connect() as plain:
            raw: Any = plain.connection.dbapi_connection
            raw.execute("PRAGMA synchronous = NORMAL")
            try:
                yield raw
            finally:
                raw.execute("PRAGMA synchronous = FULL")
                self._fold_in()

    def _shorten_log(self, raw: Any) -> None:
        """After a commit: a log that has become long goes into the file, and nobody who saves waits for the disk."""
        # What was committed stays so on a disk that is full: that is told to whoever finds no room for more.
        with suppress(sqlcipher.Error):
            _busy, pages, done = raw.execute("PRAGMA main.wal_checkpoint(NOOP)").fetchone()
            if pages - done > _LONGEST_LOG:
                raw.execute(_FOLD_IN)
            elif pages - done > _LONG_LOG:
                self._fold_in()

    def _fold_in(self) -> None:
        """Bring the log into the file, on a thread of its own: whoever goes on does not wait for the disk."""
        if self._folding is not None and self._folding.is_alive():
            return

        def work() -> None:
            with (
                suppress(SystemProblem, sqlcipher.Error),
                explained(self.folder / FILE),
                self.engine.connect() as plain,
            ):
                raw: Any = plain.connection.dbapi_connection
                raw.execute(_FOLD_IN)

        self._folding = threading.Thread(target=work, name="log", daemon=True)
        self._folding.start()

    def notice_others(self) -> bool:
        """Whether another program has written into the file since the last look; then subscribers are told.

        What it wrote is not told apart: all kinds may have changed. While somebody writes here nothing is looked at.
        """
        if not self._write_lane.acquire(blocking=False):
            return False
        try:
            with explained(self.folder / FILE), self._own_connection() as connection:
                raw: Any = connection.connection.dbapi_connection
                (version,) = raw.execute("PRAGMA data_version").fetchone()
                before, self._seen_version = self._seen_version, version
        finally:
            self._write_lane.release()
        found = before is not None and before != version
        if found:
            self.emit(Changes(frozenset(self.schema.tables), frozenset()))
        return found

    def emit(self, changes: Changes) -> None:
        """Tell all subscribers."""
        for listener in list(self._subscribers):
            listener(changes)
