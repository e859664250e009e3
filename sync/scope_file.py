"""A scope's file on the laptop: fetched with resume, proved by its SHA-256, its schema and its rows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from sync import errors, sums
from sync.file_messages import PRAGMAS, REQUIRED, FileAnswer, FileCarrier, FileGet, FileRequest, create_table
from sync.patience import Patience
from sync.schema import SyncSchema
from sync.soundness import is_integer

PREFIX = "first-load-"
LONGEST_WAIT_S = 600.0
"""For a server that says that it is making the file."""
ATTEMPTS = 3
"""To fetch without a single byte more; each byte more gives them back."""
SLOW_BYTES_S = 3_000_000.0
"""Below this a page of compressed JSON, a third of the bytes, is here sooner although it costs more work."""
MEASURED_S = 3.0
MAX_FILE_BYTES = 16_000_000_000
Told = Callable[[int], None]
"""Is told how many bytes of the file are here."""


class TooSlow(Exception):
    """The line is better used by the pull."""


@dataclass(frozen=True, slots=True)
class PageTable:
    """One table of the file."""

    name: str
    columns: tuple[str, ...]
    last: int
    """The highest rowid."""
    step: int = 1
    live: tuple[tuple[int, int], ...] = ()
    """How many rows are live, and their sum, of each so many rowids."""


def _untold(_here: int) -> None:
    return None


def fetch(remote: FileCarrier, request: FileRequest, folder: Path) -> tuple[FileAnswer, Path]:
    """The file of a scope, complete and proved; what an earlier attempt left of it is used.

    Raises `errors.SyncError`, and TooSlow where the line is slow.
    """
    for left in range(ATTEMPTS - 1, -1, -1):
        answer = _ask(remote, request)
        try:
            return answer, _proved(remote, answer, request, folder)
        except errors.Refused as refusal:
            # A row left the scope meanwhile: the file is dead, and another one is made.
            if refusal.code != "not_found" or not left:
                raise
    raise AssertionError("unreachable")


def fetch_described(remote: FileCarrier, answer: FileAnswer, folder: Path, told: Told = _untold) -> Path:
    """The file that an answer describes, complete and proved; raises as `fetch` does."""
    return _proved(remote, answer, FileRequest(answer.scope), folder, told)


def _proved(
    remote: FileCarrier,
    answer: FileAnswer,
    request: FileRequest,
    folder: Path,
    told: Told = _untold,
) -> Path:
    if answer.scope != request.scope or not 0 < answer.size <= MAX_FILE_BYTES:
        raise errors.Protocol("a scope's file is described wrongly")
    if not _is_name(answer.name) or not _is_key(answer.key):
        raise errors.Protocol("a scope's file is described wrongly")
    path = folder / f"{PREFIX}{answer.name}"
    for left in range(2, 0, -1):
        if _download(remote, answer, path, told) == answer.sha256:
            return path
        # What an earlier attempt left may have been damaged on the disk: once more from the start.
        path.unlink()
        if left == 1:
            raise errors.Protocol("a scope's file is not what its SHA-256 says")
    raise AssertionError("unreachable")


def remove_all(folder: Path, but: str = "") -> None:
    """Remove the files of earlier loads, all `but` one."""
    for path in folder.glob(f"{PREFIX}*"):
        if path.name != f"{PREFIX}{but}":
            path.unlink(missing_ok=True)


def _ask(remote: FileCarrier, request: FileRequest) -> FileAnswer:
    return Patience(longest_s=LONGEST_WAIT_S).obeyed(lambda: remote.file(request))


class _Digest:
    """The SHA-256 of a file's bytes, added up on another core while the next ones come."""

    def __init__(self, path: Path) -> None:
        self._digest = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1, "digest")
        self._last: Future[None] | None = None
        if path.exists():
            with path.open("rb") as here:
                self._digest = hashlib.file_digest(here, "sha256")

    def add(self, piece: bytes) -> None:
        """One piece waits at most: the line is not read faster than this."""
        if self._last is not None:
            self._last.result()
        self._last = self._thread.submit(self._digest.update, piece)

    def end(self) -> str:
        """In hexadecimal, of all that was added."""
        self._thread.shutdown()
        return self._digest.hexdigest()


def _download(remote: FileCarrier, answer: FileAnswer, path: Path, told: Told) -> str:
    """Fetch what is missing of the file; the SHA-256 of what is there then."""
    if path.exists() and path.stat().st_size > answer.size:
        path.unlink()
    path.touch()
    digest, attempts = _Digest(path), ATTEMPTS
    try:
        while (here := path.stat().st_size) < answer.size:
            try:
                _go_on(remote, answer, path, here, digest, told)
            except errors.Offline:
                attempts = ATTEMPTS if path.stat().st_size > here else attempts - 1
                if not attempts:
                    raise
    finally:
        found = digest.end()
    return found


def _go_on(
    remote: FileCarrier,
    answer: FileAnswer,
    path: Path,
    here: int,
    digest: _Digest,
    told: Told,
) -> None:
    content = remote.get_file(FileGet(answer.name, here))
    if content.size != answer.size:
        raise errors.Protocol("a scope's file has another size than was said")
    began, start = time.monotonic(), here
    with path.open("ab") as file:
        for piece in content.pieces:
            here += len(piece)
            if here > answer.size:
                raise errors.Protocol("a scope's file is larger than was said")
            file.write(piece)
            digest.add(piece)
            told(here)
            passed = time.monotonic() - began
            if passed > MEASURED_S and here < answer.size and (here - start) / passed < SLOW_BYTES_S:
                raise TooSlow
    if here < answer.size:
        raise errors.Offline("the file was cut off")


@contextmanager
def opened(path: Path, key: str) -> Iterator[Any]:
    """A connection of its own to the file; the schema in it is trusted with nothing."""
    with closing(sqlcipher.connect(str(path), isolation_level=None, check_same_thread=False)) as file:
        file.execute("PRAGMA cipher_log_level = NONE")
        file.execute(f"PRAGMA key = \"x'{key}'\"")
        for pragma in (*PRAGMAS, "trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            file.execute(f"PRAGMA {pragma}")
        yield file


def require_sound(file: Any, schema: SyncSchema, answer: FileAnswer, step: int) -> list[PageTable]:
    """The tables of the file, in the order of ours; raises `errors.Protocol` before anything is taken from it.

    Their rows are added up by so many rowids.
    """
    try:
        tables = _require_tables(file, schema)
        # STRICT and NOT NULL make this a proof of each value's type, and it reads each page once.
        if file.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise errors.Protocol("a scope's file is damaged")
        rows = sum(_require_rows(file, table, answer) for table in tables)
    except sqlcipher.Error as problem:
        raise errors.Protocol(f"a scope's file cannot be read: {problem}") from problem
    if rows != answer.rows:
        raise errors.Protocol(f"a scope's file has {rows} rows for {answer.rows}")
    found = {table.name: table for table in tables}
    return [_added_up(file, found[name], step) for name in schema.tables if name in found]


def _added_up(file: Any, table: PageTable, step: int) -> PageTable:
    parts = (total(file, table.name, after, after + step) for after in range(0, table.last, step))
    return replace(table, step=step, live=tuple(parts))


def _require_tables(file: Any, schema: SyncSchema) -> list[PageTable]:
    """Only tables, each made by the one statement that may make it: no view, trigger, index or expression."""
    tables = []
    for kind, name, sql in file.execute("SELECT type, name, sql FROM sqlite_schema").fetchall():
        rows = file.execute("SELECT name, type FROM pragma_table_xinfo(?)", (name,)).fetchall()
        columns = [(column, declared == "INTEGER") for column, declared in rows]
        if kind != "table" or sql != create_table(name, columns):
            raise errors.Protocol(f"a scope's file has a {kind} {name} that does not belong there")
        names = tuple(column for column, _whole in columns)
        if not set(REQUIRED) <= set(names):
            raise errors.Protocol(f"{name} in a scope's file lacks columns")
        # A table of a newer server is read like any other, and then left alone.
        synced = schema.tables.get(name)
        ours = {column.name: is_integer(column.type) for column in synced.table.columns} if synced else {}
        if any(ours.get(column, whole) != whole for column, whole in columns):
            raise errors.Protocol(f"{name} in a scope's file has values of another type")
        last = file.execute(f'SELECT max(rowid) FROM "{name}"').fetchone()[0]
        tables.append(PageTable(name, names, last or 0))
    return tables


def _require_rows(file: Any, table: PageTable, answer: FileAnswer) -> int:
    count, first, last, scope, other, nameless = file.execute(
        f"SELECT count(*), min(rev), max(rev), min(scope), max(scope), total(id = '') FROM \"{table.name}\""
    ).fetchone()
    if count and not (first > 0 and last <= answer.rev and scope == other == answer.scope and not nameless):
        raise errors.Protocol(f"rows of {table.name} in a scope's file do not belong there")
    return int(count)


def total(file: Any, table: str, after: int, upto: int) -> tuple[int, int]:
    """How many of these rows are live, and their sum as `sync.sums` has it."""
    rows = file.execute(
        f'SELECT id, rev FROM "{table}" WHERE rowid > ? AND rowid <= ? AND deleted_at IS NULL', (after, upto)
    ).fetchall()
    return len(rows), sums.total(table, rows)


def total_of(file: Any, table: PageTable, after: int, upto: int) -> tuple[int, int]:
    """The same of a table that was added up: these rows are read again only where they begin or end between steps."""
    if after % table.step or (upto % table.step and upto != table.last):
        return total(file, table.name, after, upto)
    parts = table.live[after // table.step : -(-upto // table.step)]
    return sum(count for count, _sum in parts), sum(one for _count, one in parts) % sums.MODULUS


def _is_name(name: str) -> bool:
    return name.isalnum() and name.isascii() and len(name) <= 64


def _is_key(key: str) -> bool:
    return len(key) == 64 and all(sign in "0123456789abcdef" for sign in key)
