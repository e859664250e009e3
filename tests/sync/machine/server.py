"""The server of the machine: the real one, on a database that is set back in no time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from sqlalchemy import Connection, create_engine, delete, event, insert, select
from sqlalchemy.pool import StaticPool

from sync import errors
from sync.server import erasure
from sync.server.admin import Administration
from sync.server.head import current
from sync.server.past import Key
from sync.server.service import Service
from sync.server.store import Store
from tests.sync.machine import company
from tests.sync.machine.laptop import STATEMENTS

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


class Clock:
    """The true time, which goes on by itself."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        self.moment += timedelta(milliseconds=200)
        return self.moment


class _Listed:
    """The list of what was erased."""

    def __init__(self, known: dict[Key, str]) -> None:
        self._known = known

    def read(self) -> dict[Key, str]:
        return dict(self._known)

    def add(self, keys: list[Key], at: str) -> None:
        self._known.update(dict.fromkeys(keys, at))


class Server:
    """One organisation, with its copies and their return."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, Clock()
        self.listed: dict[Key, str] = {}
        """What was erased: the list that lies outside the database, and that no copy sets back."""
        self.service = Service(store, company.grants, "acme", self.clock)
        self.administration = Administration(store, self.clock)

    def copy(self) -> Any:
        """A backup."""
        with self.store.read() as connection:
            return {
                name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for name, table in self.store.tables.metadata.tables.items()
            }

    def put_back(self, copy: Any) -> None:
        """The database as it was when the copy was made."""
        with self.store.write() as connection:
            for name, table in self.store.tables.metadata.tables.items():
                connection.execute(delete(table))
                if copy[name]:
                    connection.execute(insert(table), copy[name])

    def restore(self, copy: Any) -> None:
        """Disaster: last night's backup takes the place of what there was."""
        self.put_back(copy)
        self.administration.renew()
        with self.outside():
            erasure.reapply(self.store)

    def erase(self, kind: str, id: str) -> None:
        """The administrator erases a record for ever; nothing where it is gone already."""
        with self.outside(), suppress(errors.Refused):
            self.administration.erase(kind, id)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """With the list in memory: a run leaves no files."""
        with mock.patch.object(erasure, "erased_list", lambda _store: _Listed(self.listed)):
            yield

    def erased(self) -> set[str]:
        """The ids of all that was erased, or was to come below it."""
        return {id for _table, id in self.listed}

    def head(self) -> int:
        """The newest revision."""
        with self.store.read() as connection:
            return current(connection, self.store)[0]

    def close(self) -> None:
        self.store.close()


class InMemory(Server):
    """SQLite without a file: copies are copies of pages."""

    def __init__(self) -> None:
        self._raw = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None, cached_statements=STATEMENTS
        )
        self._raw.execute("PRAGMA foreign_keys=OFF")
        engine = create_engine("sqlite://", creator=lambda: self._raw, poolclass=StaticPool)

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            self._raw.execute(connection.get_execution_options().get("terrain_begin", "BEGIN"))

        store = Store(engine, company.schema())
        store.prepare()
        super().__init__(store)

    def head(self) -> int:
        return int(self._raw.execute("SELECT rev FROM sync_head").fetchone()[0])

    def copy(self) -> sqlite3.Connection:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        self._raw.backup(kept)
        return kept

    def put_back(self, copy: sqlite3.Connection) -> None:
        copy.backup(self._raw)
