"""A first load: scopes as files first, slice by slice, then by the pull what they lack; it resumes where it broke."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from sync import blobs, bulk, capture, errors, scope_file, state, sums
from sync.apply import Applier
from sync.file_messages import FileAnswer, FileCarrier, FileRequest, FilesRequest
from sync.laptop import Lane, Laptop, Progress, Report
from sync.protocol import Hello, PullPage, Rows, SyncProtocol
from sync.scope_file import PageTable, TooSlow

FIRST_LOAD_BYTES = 8_000_000
"""A page of a first load: larger, since each costs a commit."""
SLICE_S = 0.05
"""Of this thread's work while it holds the write lane: somebody who saves meanwhile does not notice it."""
FEWEST, FIRST_SLICE, MOST = 500, 5_000, 20_000
"""Rows of a slice, multiples of the first: the thread that fetches adds the rows up by so many."""

_STANDING = "first_load"
_BY_PAGES = ("not_found", "not_allowed", "not_implemented")


class _Standing(msgspec.Struct):
    """How far a load is; it is kept in the encrypted file, and so is the key."""

    device: str = ""
    epoch: str = ""
    done: list[str] = []
    """Scopes of which all rows are here."""
    current: FileAnswer | None = None
    table: str = ""
    row: int = 0
    slow: bool = False

    def begin(self, answer: FileAnswer) -> None:
        """A file is here and its rows are next."""
        self.current, self.table, self.row = answer, "", 0

    def end(self) -> None:
        """All rows of the file are here."""
        assert self.current is not None
        self.done.append(self.current.scope)
        self.current, self.table, self.row = None, "", 0


@dataclass
class FirstLoad:
    """Fills a laptop that has nothing, or nothing but unsent work."""

    laptop: Laptop
    remote: SyncProtocol
    progress: Progress
    report: Report
    obey: Callable[[Connection, Hello], None]
    """What the server says of this device; raises."""
    pull: Callable[[str, int], PullPage]
    apply: Callable[[PullPage], None]
    standing: _Standing = field(default_factory=_Standing)
    expected: int = 0
    """Rows that come by files."""

    def run(self) -> None:
        """All of it; raises SyncError, and goes on from there the next time."""
        self.report.first_load = True
        self._begin()
        self._take_files()
        self._take_pages()
        with self.laptop.write(True) as connection:
            state.put(connection, "loading", 0)
            state.put(connection, _STANDING, None)
        end(self.laptop)

    def _begin(self) -> None:
        with self.laptop.write(False) as connection:
            device = state.get(connection, "device") or ""
            self.standing = _read(connection)
            if state.get(connection, "loading") != 1 or self.standing.device != device:
                self._start_afresh(connection, device)
            self.laptop.loading(connection, True)

    def _start_afresh(self, connection: Connection, device: str) -> None:
        self.standing = _Standing(device)
        self._keep(connection)
        state.put(connection, "loading", 1)
        state.put(connection, "cursor", None)
        # Its attachments are looked for after it, by another run perhaps.
        state.put(connection, blobs.OPEN, 1)
        with capture.paused(connection):
            # Rows of an earlier identity would be counted twice, or outlive what the server has.
            Applier(connection, self.laptop.schema, "", True).start_afresh()
        bulk.drop_indexes(connection, self.laptop.schema)

    # Pages

    def _take_pages(self) -> None:
        with self.laptop.write(False) as connection:
            cursor = state.get(connection, "cursor") or ""
        with _without_collector(), ThreadPoolExecutor(1, "sync-pull") as lane:
            coming = lane.submit(self.pull, cursor, FIRST_LOAD_BYTES)
            more = True
            while more:
                self.progress("pulling", self.report.pulled, 0)
                page = coming.result()
                more = page.more
                if more:
                    # The next page travels while this one is applied.
                    coming = lane.submit(self.pull, page.cursor, FIRST_LOAD_BYTES)
                self.apply(page)
        self.progress("applying", self.report.pulled, self.report.pulled)

    # Files

    def _take_files(self) -> None:
        laptop, remote = self.laptop, self.remote
        if laptop.folder is None or laptop.beside is None or not isinstance(remote, FileCarrier):
            return
        self._go_on(laptop.folder)
        with laptop.write(False) as connection:
            cursor = state.get(connection, "cursor") or ""
        # A load that began with pages ends with pages: files would bring their rows a second time.
        if self.standing.slow or (cursor and not self.standing.done):
            return
        try:
            self._take_scopes(remote, laptop.folder, self._scopes(remote), cursor)
        except TooSlow:
            self.standing.slow = True
            with laptop.write(False) as connection:
                self._keep(connection)
        except errors.Refused as refusal:
            # An older server, or a scope that was taken away meanwhile: the pull says what to do.
            if refusal.code not in _BY_PAGES:
                raise
        scope_file.remove_all(laptop.folder)

    def _scopes(self, remote: FileCarrier) -> list[str]:
        """What is still to be loaded."""
        answer = remote.files(FilesRequest(_now(), self.laptop.version))
        with self.laptop.write(False) as connection:
            self.obey(connection, answer.hello)
            state.keep_hello(connection, answer.hello)
            if self.standing.epoch not in ("", answer.hello.epoch):
                # The server came back from a copy in the middle of the load.
                self._start_afresh(connection, self.standing.device)
            self.standing.epoch = answer.hello.epoch
            self._keep(connection)
        self.expected = sum(rows for _scope, rows in answer.scopes)
        return [scope for scope, _rows in answer.scopes if scope not in self.standing.done]

    def _take_scopes(self, remote: FileCarrier, folder: Path, scopes: list[str], cursor: str) -> None:
        def fetch(scope: str, cursor: str) -> tuple[FileAnswer, Path, list[PageTable]]:
            answer, path = scope_file.fetch(remote, FileRequest(scope, cursor), folder)
            with scope_file.opened(path, answer.key) as file:
                return answer, path, scope_file.require_sound(file, self.laptop.schema, answer, FEWEST)

        with ThreadPoolExecutor(1, "sync-files") as lane:
            coming = [lane.submit(fetch, scopes[0], cursor)] if scopes else []
            for after in [*scopes[1:], None] if scopes else []:
                answer, path, tables = coming.pop().result()
                if after is not None:
                    # The next file travels while this one is applied.
                    coming.append(lane.submit(fetch, after, answer.cursor))
                if answer.hello.epoch != self.standing.epoch:
                    raise errors.Offline("the server came back from a copy")
                self.standing.begin(answer)
                self._load(path, tables)

    def _go_on(self, folder: Path) -> None:
        """Finish the file in the middle of which the last attempt stopped, without the server."""
        answer = self.standing.current
        if answer is None:
            return
        path = folder / f"{scope_file.PREFIX}{answer.name}"
        if path.is_file():
            try:
                with scope_file.opened(path, answer.key) as file:
                    tables = scope_file.require_sound(file, self.laptop.schema, answer, FEWEST)
            except errors.Protocol:
                path.unlink()
            else:
                self._load(path, tables)
                return
        with self.laptop.write(False) as connection, capture.paused(connection):
            _forget(connection, self.laptop, answer.scope)
            self.standing.current = None
            self._keep(connection)

    def _load(self, path: Path, tables: list[PageTable]) -> None:
        """The rows of one file, from where an earlier attempt stopped."""
        answer, standing = self.standing.current, self.standing
        assert answer is not None and self.laptop.beside is not None
        names = [table.name for table in tables]
        with scope_file.opened(path, answer.key) as file, self.laptop.beside(path, answer.key) as lane:
            for table in tables[names.index(standing.table) if standing.table in names else 0 :]:
                if table.name in self.laptop.schema.tables:
                    self._load_table(lane, file, table, answer)
            standing.end()
            with lane() as connection:
                state.put(connection, "cursor", answer.cursor)
                self._keep(connection)
        path.unlink(missing_ok=True)

    def _load_table(self, lane: Lane, file: Any, table: PageTable, answer: FileAnswer) -> None:
        standing, rows = self.standing, FIRST_SLICE
        after = standing.row if table.name == standing.table else 0
        while after < table.last:
            upto = min(after + rows, table.last)
            live = scope_file.total_of(file, table, after, upto)
            began = time.thread_time()
            with lane() as connection, bulk.without_triggers(connection, self.laptop.schema, [table.name]):
                copied = self._copy(connection, table, after, upto)
                if copied is None:
                    copied = self._merge(connection, table, after, upto, answer.hello)
                else:
                    _count(connection, answer.scope, table.name, live)
                standing.table, standing.row = table.name, upto
                self._keep(connection)
            rows = _adapted(rows, time.thread_time() - began)
            after = upto
            self.report.pulled += copied
            self.progress("pulling", self.report.pulled, max(self.expected, self.report.pulled))
            # The lane goes to whoever waits for it.
            time.sleep(0.001)

    def _copy(self, connection: Connection, table: PageTable, after: int, upto: int) -> int | None:
        """Rows that are all new here, inside SQLite; None, and nothing done, where one is here already."""
        if not set(table.columns) <= set(self.laptop.schema.tables[table.name].columns()):
            return None
        names = ", ".join(f'"{name}"' for name in table.columns)
        try:
            with connection.begin_nested():
                return connection.exec_driver_sql(
                    f'INSERT INTO main."{table.name}" ({names}) {_slice(table)}', (after, upto)
                ).rowcount
        except IntegrityError:
            return None

    def _merge(self, connection: Connection, table: PageTable, after: int, upto: int, hello: Hello) -> int:
        """Rows some of which have unsent entries, came with another scope, or have columns that we do not know."""
        rows = [tuple(row) for row in connection.exec_driver_sql(_slice(table), (after, upto))]
        applier = Applier(connection, self.laptop.schema, hello.user, True)
        applier.rows([Rows(table.name, list(table.columns), list(rows))], hello.head)
        applier.finish()
        return applier.applied.pulled

    def _keep(self, connection: Connection) -> None:
        state.put(connection, _STANDING, msgspec.json.encode(self.standing).decode())


def end(laptop: Laptop) -> None:
    """All rows are here: search and sums of lists are noted as to be made, and the indexes, now or by the program."""
    with laptop.write(True) as connection:
        laptop.loading(connection, False)
    if not laptop.finishes:
        finish(laptop)


def finish(laptop: Laptop) -> None:
    """Make the indexes that a load left for afterwards, while the program is used; nothing where there are all."""

    def plain() -> AbstractContextManager[Connection]:
        return laptop.write(True)

    with plain() as connection:
        unfinished = is_unfinished(connection)
    if unfinished:
        bulk.restore_indexes_apart(laptop.yielding or plain, plain)


def is_unfinished(connection: Connection) -> bool:
    """Whether a load ended but what belongs after it did not."""
    return bulk.lacks_indexes(connection) and state.get(connection, "loading") != 1


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rows of pages are in no circle: the collector would look through all of them, and hold up every thread."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _read(connection: Connection) -> _Standing:
    kept = state.get(connection, _STANDING)
    return msgspec.json.decode(kept, type=_Standing) if kept else _Standing()


def _slice(table: PageTable) -> str:
    names = ", ".join(f'"{name}"' for name in table.columns)
    return f'SELECT {names} FROM page."{table.name}" WHERE rowid > ? AND rowid <= ? ORDER BY rowid'


def _adapted(rows: int, passed: float) -> int:
    """How many rows the next slice takes, so that it holds the lane for `SLICE_S`."""
    wanted = int(rows * SLICE_S / max(passed, 0.001))
    return min(MOST, max(FEWEST, wanted // FEWEST * FEWEST))


def _count(connection: Connection, scope: str, table: str, live: tuple[int, int]) -> None:
    if not live[0]:
        return
    row = connection.exec_driver_sql(
        "SELECT count, total FROM sync_sum WHERE scope = ? AND kind = ?", (scope, table)
    ).first()
    count, total = (row[0], int(row[1], 16)) if row else (0, 0)
    connection.exec_driver_sql(
        "INSERT INTO sync_sum (scope, kind, count, total) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (scope, kind) DO UPDATE SET count = excluded.count, total = excluded.total",
        (scope, table, count + live[0], sums.to_wire(total + live[1])),
    )


def _forget(connection: Connection, laptop: Laptop, scope: str) -> None:
    """The file in the middle of which a load stopped is gone: what it brought goes too, and comes again."""
    for table in laptop.schema.tables:
        connection.exec_driver_sql(
            f'DELETE FROM "{table}" WHERE scope = ? AND id NOT IN'
            " (SELECT id FROM sync_entry WHERE kind = ? AND rev IS NULL)",
            (scope, table),
        )
        connection.exec_driver_sql(f'UPDATE "{table}" SET rev = 0 WHERE scope = ? AND rev <> 0', (scope,))
    connection.exec_driver_sql("DELETE FROM sync_sum WHERE scope = ?", (scope,))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
