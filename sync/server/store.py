"""Where organisations are kept: a SQLite file each, or a PostgreSQL schema each."""

from __future__ import annotations

import getpass
import re
import secrets
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from sync import bundle, driver, errors
from sync.schema import SyncSchema
from sync.server import growth, trouble
from sync.server.aside import Aside
from sync.server.shape import shape_of
from sync.server.tables import ServerTables, server_tables
from sync.server.trouble import Trouble

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ATTEMPTS = 5
LONGEST_STOP_S = 2.0
"""For long work to break off and to clear away what it began."""
POOL = 8
"""Connections to PostgreSQL that a process keeps; it takes as many more for a moment."""
_PG_LIMITS = "SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '60s'"
"""Nobody waits for ever behind a transaction that hangs."""

Answer = TypeVar("Answer")
Evolve = Callable[[Connection, bool], None]
"""Brings the synced tables up to date; True: they were just made from the declarations."""


@dataclass(frozen=True, slots=True)
class WholeFile:
    """How a laptop's whole file is made, which only the program knows."""

    shape: Callable[[], str]
    """Says what a laptop's file is made of: only one that is made alike can be taken over."""
    make: Callable[[Path, str, list[tuple[Path, str]], Callable[[Any], None]], None]
    """Makes the encrypted file at a path, under a key, of scopes' files, each with its key; shows its connection."""


class Store:
    """One organisation's tables. Nothing here or above joins two organisations."""

    def __init__(
        self,
        engine: Engine,
        schema: SyncSchema,
        pg_schema: str | None = None,
        evolve: Evolve | None = None,
        blobs: Path | None = None,
        files: Path | None = None,
        whole: WholeFile | None = None,
    ) -> None:
        self.engine = engine
        self.whole = whole
        """How a laptop's file is made; without it first loads come by scopes alone."""
        self.files = files or Path(tempfile.gettempdir()) / "terrain-files"
        """The folder of what can be made again: the files of first loads."""
        self.blobs = blobs
        """The folder of the attachments' bytes; without one they do not travel."""
        self.schema = schema
        self.evolve = evolve
        self.tables: ServerTables = server_tables(schema)
        self.shape = shape_of(schema)
        self.pg_schema = pg_schema
        self.aside = Aside()
        # SQLite lets one write at a time and wakes the others by chance: in one process they queue.
        self._queue = nullcontext() if self.postgres else threading.RLock()

    @property
    def postgres(self) -> bool:
        return self.pg_schema is not None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot; nothing is written. Raises `errors.ServerBusy` where the database is away."""
        try:
            with self._connect("REPEATABLE READ", "BEGIN") as connection:
                yield connection
        except SQLAlchemyError as problem:
            raise trouble.as_answer(problem) from problem

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One database transaction; rolled back on raise. Raises `errors.ServerBusy` as `read` does."""
        try:
            with self._writing() as connection:
                yield connection
        except SQLAlchemyError as problem:
            raise trouble.as_answer(problem) from problem

    @contextmanager
    def _writing(self, lasting: bool = True) -> Iterator[Connection]:
        with self._queue, self._connect("READ COMMITTED", "BEGIN IMMEDIATE", lasting) as connection:
            yield connection

    def run(self, work: Callable[[Connection], Answer], *, lasting: bool = True) -> Answer:
        """`work` in a write transaction, done again as a whole after a deadlock or a lost connection.

        A connection may be lost while it commits, so `work` must bear to be done twice. What need not be
        `lasting` waits for no disk, and may be lost with the power.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._writing(lasting) as connection:
                    return work(connection)
            except SQLAlchemyError as problem:
                found = trouble.judge(problem)
                if found in (Trouble.BUG, Trouble.FULL) or attempt == _ATTEMPTS:
                    raise trouble.as_answer(problem) from problem
                time.sleep(trouble.pause_s(found, attempt))
        raise AssertionError("unreachable")

    @contextmanager
    def _connect(self, isolation: Any, begin: str, lasting: bool = True) -> Iterator[Connection]:
        if self.pg_schema is None:
            said = {"terrain_begin": begin, "terrain_synchronous": "FULL" if lasting else "NORMAL"}
            connection = self.engine.connect().execution_options(**said)
        else:
            connection = self.engine.connect().execution_options(isolation_level=isolation)
        with connection, connection.begin():
            if self.pg_schema is not None:
                limits = _PG_LIMITS if lasting else f"{_PG_LIMITS}; SET LOCAL synchronous_commit = off"
                connection.exec_driver_sql(f'SET LOCAL search_path TO "{self.pg_schema}"; {limits}')
            yield connection

    def prepare(self) -> None:
        """Create or migrate what is missing; an organisation is born with a random epoch."""
        with self.write() as connection:
            if self.pg_schema is not None:
                # Several processes that start together take turns.
                lock = f"SELECT pg_advisory_xact_lock(hashtext('{self.pg_schema}'))"
                connection.exec_driver_sql(lock)
                connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{self.pg_schema}"')
            fresh = not inspect(connection).has_table("sync_head", schema=self.pg_schema)
            if self.evolve is not None and not fresh:
                self.evolve(connection, False)
            # One question for all: asked table by table, they would be what opening an organisation takes.
            here = set(inspect(connection).get_table_names(schema=self.pg_schema))
            missing = [table for name, table in self.tables.metadata.tables.items() if name not in here]
            self.tables.metadata.create_all(connection, missing, checkfirst=False)
            if not fresh:
                growth.add_missing(connection, self.tables, self.pg_schema)
            if self.evolve is not None and fresh:
                self.evolve(connection, True)
            head = self.tables["sync_head"]
            if connection.execute(select(head.c.one)).first() is None:
                connection.execute(insert(head).values(one=1, rev=0, epoch=secrets.token_hex(8), series=0))
            exchange = self.tables["sync_exchange_key"]
            if connection.execute(select(exchange.c.one)).first() is None:
                connection.execute(insert(exchange).values(one=1, private=bundle.new_private_key()))

    def close(self) -> None:
        """Break off what goes on aside, and let go of the file or of the server."""
        self.aside.end(LONGEST_STOP_S)
        self.engine.dispose()


class Organisations:
    """All organisations of a server. `database` is a folder of SQLite files or a `postgresql://` URL."""

    def __init__(
        self,
        database: str | Path,
        schema: SyncSchema,
        evolve: Evolve | None = None,
        blobs: str | Path | None = None,
        whole: WholeFile | None = None,
    ) -> None:
        self.database = str(database)
        self._whole = whole
        self._blobs = Path(blobs) if blobs is not None else None
        self._evolve = evolve
        self.schema = schema
        self._stores: dict[str, Store] = {}
        self.busy_at = 0.0
        """When this process last ended a call that was work, by `time.monotonic`."""
        self._engine: Engine | None = None
        if self.postgres:
            url = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", self.database)
            self._engine = create_engine(
                url,
                pool_size=POOL,
                max_overflow=POOL,
                pool_timeout=10,
                pool_pre_ping=True,
                connect_args={"connect_timeout": 5},
            )

    @property
    def postgres(self) -> bool:
        return self.database.startswith(("postgresql:", "postgres:", "postgresql+psycopg:"))

    def path(self, slug: str) -> Path:
        """The SQLite file of an organisation."""
        return Path(self.database) / f"{slug}.sqlite"

    def blobs(self, slug: str) -> Path | None:
        """The folder of an organisation's attachments: the one that was named, else beside the SQLite file."""
        folder = self._blobs or (None if self.postgres else Path(self.database))
        return None if folder is None else folder / f"{slug}.blobs"

    def names(self) -> list[str]:
        """The slugs of all organisations, sorted."""
        if self._engine is None:
            return sorted(found.stem for found in Path(self.database).glob("*.sqlite"))
        statement = text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'org\\_%' ORDER BY 1")
        try:
            with self._engine.connect() as connection:
                return [name.removeprefix("org_") for (name,) in connection.execute(statement)]
        except SQLAlchemyError as problem:
            raise trouble.as_answer(problem) from problem

    def one_by_one(self, first_s: float, every_s: float, stop: threading.Event) -> Iterator[str]:
        """The slugs of all organisations, again and again, until `stop`; a database that is away is asked later."""
        wait = first_s
        while not stop.wait(wait):
            wait = every_s
            names: list[str] = []
            with suppress(errors.SyncError):
                names = self.names()
            for slug in names:
                if stop.is_set():
                    return
                yield slug

    def check(self) -> None:
        """Whether the database answers; raises `errors.ServerBusy`."""
        try:
            if self._engine is not None:
                with self._engine.connect() as connection:
                    connection.execute(text("SELECT 1"))
            elif not Path(self.database).is_dir():
                raise errors.ServerBusy(trouble.RETRY_AFTER_S, "the database does not answer")
        except SQLAlchemyError as problem:
            raise trouble.as_answer(problem) from problem
        for store in list(self._stores.values()):
            with store.read() as connection:
                connection.execute(select(store.tables["sync_head"].c.rev))

    def find(self, slug: str) -> Store | None:
        """The organisation's store, None where there is none."""
        if slug in self._stores:
            return self._stores[slug]
        if not SLUG.fullmatch(slug):
            return None
        try:
            return self._open(slug) if self._exists(slug) else None
        except SQLAlchemyError as problem:
            raise trouble.as_answer(problem) from problem

    def stamp(self, slug: str) -> object:
        """Differs once something was written to the organisation; None where that is known to the database alone."""
        if self._engine is not None:
            return None
        path = self.path(slug)
        files = [file for file in (path, path.with_name(f"{path.name}-wal")) if file.exists()]
        return [(stat.st_mtime_ns, stat.st_size) for stat in (file.stat() for file in files)]

    def ask(self, slug: str, query: str) -> list[Any]:
        """Rows of a query to one organisation, which is not opened for it: it may be one that nobody uses."""
        try:
            if self._engine is None:
                with closing(
                    sqlite3.connect(f"file:{quote(str(self.path(slug)))}?mode=rw", uri=True)
                ) as file:
                    return file.execute(query).fetchall()
            with self._engine.connect() as connection, connection.begin():
                connection.exec_driver_sql(f'SET LOCAL search_path TO "org_{slug}"; {_PG_LIMITS}')
                return [tuple(row) for row in connection.exec_driver_sql(query)]
        except (SQLAlchemyError, sqlite3.Error) as problem:
            raise errors.ServerBusy(trouble.RETRY_AFTER_S, "the database does not answer") from problem

    def _exists(self, slug: str) -> bool:
        if self._engine is None:
            return self.path(slug).is_file()
        with self._engine.connect() as connection:
            statement = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
            return connection.execute(statement, {"name": f"org_{slug}"}).first() is not None

    def create(self, slug: str) -> Store:
        """A new, empty organisation; raises `errors.Refused` for a bad or a taken name."""
        if not SLUG.fullmatch(slug):
            raise errors.Refused("bad_name", slug)
        if self.find(slug) is not None:
            raise errors.Refused("exists", slug)
        Path(self.database).mkdir(parents=True, exist_ok=True) if not self.postgres else None
        return self._open(slug)

    def _open(self, slug: str) -> Store:
        name: str | None
        if self._engine is not None:
            engine, name = self._engine, f"org_{slug}"
        else:
            engine, name = sqlite_engine(self.path(slug)), None
        folders = self.blobs(slug), self._files(slug)
        store = Store(engine, self.schema, name, self._evolve, *folders, self._whole)
        store.prepare()
        return self._stores.setdefault(slug, store)

    def _files(self, slug: str) -> Path:
        """Beside the bytes of attachments or the organisation's file, else this user's temporary folder."""
        own = Path(tempfile.gettempdir()) / f"terrain-{getpass.getuser()}"
        return (self._blobs or (own if self.postgres else Path(self.database))) / f"{slug}.files"

    def close(self) -> None:
        """Close every organisation."""
        stores = list(self._stores.values())
        for store in stores:
            store.aside.stopping.set()
        for store in stores:
            store.close()
        self._stores.clear()


def sqlite_engine(path: Path) -> Engine:
    """An engine for one SQLite file: WAL, full sync, transactions begun by us."""
    driver.take_as_they_are(sqlite3)
    engine = create_engine(
        f"{driver.SQLITE}/{path}",
        connect_args={"check_same_thread": False, "timeout": 20.0},
        execution_options=driver.COMPILED,
        pool_size=8,
        # The connection that was used last has the pages that will be asked for.
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "connect")
    def _configure(raw: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        raw.isolation_level = None
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF", "cache_size=-8000", "secure_delete=ON",
            # A push of hundreds of actions writes thousands of pages: they go over to the file for many pushes at once.
            "wal_autocheckpoint=8000",
        ):  # fmt: skip
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        said, raw = connection.get_execution_options(), connection.connection.dbapi_connection
        assert raw is not None
        # Each transaction says it for itself: none may inherit the haste of the one before.
        raw.cursor().execute(f"PRAGMA synchronous={said.get('terrain_synchronous', 'FULL')}")
        connection.exec_driver_sql(said.get("terrain_begin", "BEGIN"))

    return engine
