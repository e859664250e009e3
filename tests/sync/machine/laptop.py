"""A laptop of the machine: the real capture, outbox and engine on a file without a disk."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from app import local
from sync import capture, engine, errors, extra, identity, outbox, state
from sync.clock import format_time
from sync.local import LOCAL
from sync.protocol import EnrolRequest
from tests.sync.machine import company
from tests.sync.machine.lane import Lane
from tests.sync.machine.network import Network, Remote

Row = dict[str, Any]
PASSWORD = "correct horse battery"
STATEMENTS = 1_000
"""More than the engine has: each is made ready once."""


class Laptop:
    """One laptop, its user and its clock; what it does to its rows is what any program does to them."""

    def __init__(self, name: str, user: str, clock: Callable[[], datetime], release: int) -> None:
        self.name, self.user, self.release = name, user, release
        self.schema = company.schema(release)
        self.astray = timedelta(0)
        """By how much this laptop's clock is wrong."""
        self._clock = clock
        self.raw = sqlcipher.connect(
            ":memory:", check_same_thread=False, isolation_level=None, cached_statements=STATEMENTS
        )
        self.raw.create_function("strftime", -1, lambda *_format: self.now())
        self._engine = create_engine(
            "sqlite://", module=sqlcipher, creator=lambda: self.raw, poolclass=StaticPool
        )
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        self._lane = Lane(self.raw)
        self.remote: Remote | None = None
        self.password = ""

    def create(self) -> None:
        """The tables and triggers of an empty file."""
        with self._declaring() as connection:
            self.schema.metadata.create_all(connection)
            LOCAL.create_all(connection)
            local.drafts.create(connection)
            capture.install(connection, self.schema)

    def close(self) -> None:
        self._engine.dispose()
        self.raw.close()

    def now(self) -> str:
        """What this laptop believes the time to be."""
        return format_time(self._clock() + self.astray)

    @contextmanager
    def write(self, _bulk: bool = False) -> Iterator[Connection]:
        with self._lane.transaction() as lane:
            yield cast(Connection, lane)

    @contextmanager
    def _declaring(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    # What a person does

    @contextmanager
    def action(self, bases: outbox.Bases | None = None) -> Iterator[Connection]:
        """One user action: all of it is kept and sealed, or nothing."""
        with self.write() as connection:
            outbox.seal_entries(connection, self.schema, {})
            yield connection
            outbox.seal_entries(connection, self.schema, bases or {})

    def insert(self, connection: Connection, kind: str, **values: Any) -> None:
        now = self.now()
        values = {"owner": self.user, "created_at": now, "updated_at": now, "updated_by": self.user} | values
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        connection.exec_driver_sql(f'INSERT INTO "{kind}" ({names}) VALUES ({marks})', tuple(values.values()))

    def update(self, connection: Connection, kind: str, id: str, **values: Any) -> None:
        values |= {"updated_at": self.now(), "updated_by": self.user}
        sets = ", ".join(f'"{name}" = ?' for name in values)
        connection.exec_driver_sql(f'UPDATE "{kind}" SET {sets} WHERE id = ?', (*values.values(), id))

    def bury(self, connection: Connection, kind: str, id: str, moment: str) -> None:
        """A deletion means the subtree."""
        connection.exec_driver_sql(
            f'UPDATE "{kind}" SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL', (moment, id)
        )
        for child, link in self.schema.children(kind):
            for below in self.sql(
                f'SELECT id FROM "{child.name}" WHERE "{link}" = ? AND deleted_at IS NULL', id
            ):
                self.bury(connection, child.name, below[0], moment)

    def unbury(self, connection: Connection, kind: str, id: str, moment: str) -> None:
        """What went in one deletion comes back in one."""
        connection.exec_driver_sql(f'UPDATE "{kind}" SET deleted_at = NULL WHERE id = ?', (id,))
        for child, link in self.schema.children(kind):
            for below in self.sql(
                f'SELECT id FROM "{child.name}" WHERE "{link}" = ? AND deleted_at = ?', id, moment
            ):
                self.unbury(connection, child.name, below[0], moment)

    # What a person sees

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.raw.execute(statement, values).fetchall()

    def ids(self, kind: str, where: str = "deleted_at IS NULL") -> list[str]:
        return [id for (id,) in self.sql(f'SELECT id FROM "{kind}" WHERE {where} ORDER BY id')]

    def row(self, kind: str, id: str) -> Row | None:
        cursor = self.raw.execute(f'SELECT * FROM "{kind}" WHERE id = ?', (id,))
        found = cursor.fetchone()
        return None if found is None else dict(zip([c[0] for c in cursor.description], found, strict=True))

    def state(self, name: str) -> Any:
        found = self.sql("SELECT value FROM sync_state WHERE name = ?", name)
        return found[0][0] if found else None

    def scopes(self) -> set[str]:
        return set(json.loads(self.state("scopes") or "[]"))

    def waiting(self) -> int:
        return int(
            self.sql("SELECT count(*) FROM sync_transaction WHERE state IN ('sealed', 'withdrawing')")[0][0]
        )

    def parked(self) -> list[str]:
        """The transactions that wait for their author."""
        return [
            uuid
            for (uuid,) in self.sql("SELECT uuid FROM sync_transaction WHERE state = 'parked' ORDER BY n")
        ]

    # Sync

    def enrol(self, network: Network, password: str) -> None:
        """Become a device of the user."""
        self.knows(network, password)
        self.sign_in()

    def knows(self, network: Network, password: str) -> None:
        """Where the server is, and by which password its user signs in."""
        self.remote = network.remote(self, "")
        self.password = password

    def sign_in(self) -> None:
        """Become a device of the user, by his password, with all that is to be sent."""
        assert self.remote is not None
        former = hashlib.sha256(self.remote.token.encode()).hexdigest()
        request = EnrolRequest(f"{self.user}@acme.example", self.password, former=former)
        answer = self.remote.renewed("").enrol(request)
        with self.write() as connection:
            identity.adopt(connection, self.schema, answer)
        self.remote = self.remote.renewed(answer.token)

    def engine(self) -> engine.Engine:
        assert self.remote is not None
        sides = {
            "schema": self.schema,
            "write": self.write,
            "loading": lambda _connection, _begins: None,
            "applied": lambda _connection: None,
            "beside": None,
            "folder": Path("/nowhere"),
            "version": str(self.release),
        }
        known = {one.name for one in dataclasses.fields(engine.Laptop)}
        laptop = engine.Laptop(**{name: side for name, side in sides.items() if name in known})
        return engine.Engine(laptop, self.remote)

    def sync(self) -> engine.Report:
        """One complete sync, as the program runs it: a copied file becomes a device of its own first.

        A server that came back from a copy may not know the device: then its user signs in again.
        """
        try:
            try:
                return self.engine().run()
            except errors.SignInNeeded:
                self.sign_in()
            return self.engine().run()
        except errors.Refused as problem:
            if problem.code != "cloned":
                raise
        self._take_new_identity()
        return self.engine().run()

    def push(self) -> None:
        """Half a sync, as if the laptop were closed after it."""
        half = self.engine()
        try:
            half._push()
        except engine._NewEpoch:
            half._recover()

    def pull(self) -> None:
        """The other half: it never waits for the first."""
        half = self.engine()
        try:
            half._pull()
        except engine._NewEpoch:
            half._recover()

    def copy_of(self, other: Laptop, letters: str) -> None:
        """Take over another laptop's file, as a restored image or a copied folder does."""
        other.raw.backup(self.raw)
        self.password = other.password
        with self.write() as connection:
            # Opening a file in another place is noticed: its numbers must not meet the original's.
            state.put(connection, "restored", letters)

    def set_release(self, release: int) -> None:
        self.release, self.schema = release, company.schema(release)

    def turn_clock(self, days: int) -> None:
        self.astray = timedelta(days=days)

    def draw_number(self, connection: Connection) -> str:
        """The next number of this laptop's own series, kept in the action that uses it."""
        series = f"{state.get(connection, 'series')}{state.get(connection, 'restored') or ''}"
        number = (state.get(connection, f"number:{series}") or 0) + 1
        state.put(connection, f"number:{series}", number)
        return f"{series}-{number}"

    def upgrade(self) -> None:
        """Install the new release."""
        old = self.schema
        self.set_release(company.NEW)
        with self._declaring() as connection:
            for name, table in self.schema.tables.items():
                for column in set(table.columns()) - set(old.tables[name].columns()):
                    connection.exec_driver_sql(f'ALTER TABLE "{name}" ADD COLUMN "{column}" TEXT')
            with capture.paused(connection):
                extra.replay(connection, self.schema)
            capture.install(connection, self.schema)

    def _take_new_identity(self) -> None:
        assert self.remote is not None
        with self.write() as connection:
            waiting = [one.uuid for one in outbox.waiting(connection)]
        answer, known = identity.ask_for_another(self.remote, waiting, self.now(), EnrolRequest())
        with self.write() as connection:
            identity.part_from(connection, self.schema, answer, known)
        self.remote = self.remote.renewed(answer.token)
