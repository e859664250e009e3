"""A small company with a real server and real encrypted laptops, for the tests of the sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from app import device, records, syncing
from app.demo.seeding import stored
from app.identity import new_id
from app.quotes import issuing
from app.serve import fill, grants, organisations
from app.workspace import Workspace
from sync import errors
from sync.protocol import EnrolRequest, SyncProtocol
from sync.server.service import Service, Session
from sync.server.store import Store
from tests.blank import blank_workspace

PASSWORD = "a long password"
_LINE = {
    "kind": "item",
    "position": 1,
    "description": "Pont",
    "quantity": 1,
    "unit_price": 900,
    "vat_rate": 20,
}
RHONE, ISERE = new_id(), new_id()
USERS = {
    "claire": ("rep", [RHONE]),
    "karim": ("rep", [ISERE]),
    "rey": ("manager", [RHONE, ISERE]),
    "julie": ("office", []),
}


def issue_a_quote(session: OrmSession, account: str) -> str:
    """An issued quote of one line, of 900 € before VAT; its id."""
    quote = records.add(session, "quote", {"account": account, "status": "draft"})
    records.add(session, "quote_line", {**_LINE, "quote": quote})
    issuing.issue(session, quote)
    return quote


@dataclass
class Laptop:
    """One laptop: its file, and the server as it sees it."""

    workspace: Workspace
    remote: SyncProtocol
    user: str

    def sync(self) -> dict[str, Any]:
        try:
            return syncing.sync_now(self.workspace, remote=self.remote)
        finally:
            self._follow()

    def _follow(self) -> None:
        """Speak as the device that the file is now: a copy has become one of its own."""
        if not Workspace.exists(self.workspace.folder):
            return  # wiped
        with self.workspace.read() as session:
            token = syncing.token_of(self.workspace.folder, session.connection())
        remote: Any = self.remote
        if token and getattr(remote, "token", token) != token and hasattr(remote, "renewed"):
            self.remote = remote.renewed(token)

    def add(self, kind: str, id: str | None = None, **values: Any) -> str:
        with self.workspace.transaction() as session:
            return records.add(session, kind, values, id)

    def save(self, kind: str, id: str, loaded: dict[str, Any] | None = None, **values: Any) -> None:
        with self.workspace.transaction() as session:
            records.save(session, kind, id, values, loaded)

    def delete(self, kind: str, id: str) -> None:
        with self.workspace.transaction() as session:
            records.delete(session, kind, id)

    def get(self, kind: str, id: str) -> dict[str, Any]:
        with self.workspace.read() as session:
            return records.get(session, kind, id)

    def rows(self, kind: str, **where: Any) -> list[dict[str, Any]]:
        with self.workspace.read() as session:
            return records.find_rows(session, kind, where)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with self.workspace.read() as session:
            return [tuple(row) for row in session.connection().exec_driver_sql(statement, values)]

    def content(self) -> dict[str, list[Any]]:
        """Every live row that the server knows, of every synced table, as it is declared."""
        found = {}
        for kind, table in self.workspace.schema.tables.items():
            names = ", ".join(f'"{name}"' for name in table.columns())
            live = f'"{kind}" WHERE deleted_at IS NULL AND rev > 0 ORDER BY id'
            found[kind] = self.sql(f"SELECT {names} FROM {live}")
        return found

    def differing(self) -> str | None:
        return self.sql("SELECT value FROM sync_state WHERE name = 'differing'")[0][0]


@dataclass
class Office:
    """The server and whoever enrolled with it."""

    folder: Path
    service: Service
    ids: dict[str, str]
    laptops: list[Laptop] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.service.store

    def enrol(self, name: str, folder: str | None = None) -> Laptop:
        """A laptop of the user; an existing folder keeps its work."""
        place = self.folder / (folder or f"{name}-{len(self.laptops)}")
        workspace = Workspace.open(place) if Workspace.exists(place) else blank_workspace(place)
        request = EnrolRequest(
            f"{name}@example.fr", PASSWORD, "", name, former=device.digest_of_token(workspace)
        )
        answer = self.service.connect().enrol(request)
        device.keep_identity(workspace, "http://127.0.0.1/demo", None, answer)
        laptop = Laptop(workspace, self.service.connect(answer.token), self.ids[name])
        self.laptops.append(laptop)
        return laptop

    def content(self, scopes: set[str]) -> dict[str, list[Any]]:
        """The server's live rows in `scopes`, as a laptop keeps them."""
        with self.store.read() as connection:
            return {
                kind: sorted(
                    tuple(row)
                    for row in connection.execute(table.select().where(table.c.deleted_at.is_(None)))
                    if row.scope in scopes
                )
                for kind, table in self.store.tables.synced.items()
            }


@contextmanager
def an_office(folder: Path) -> Iterator[Office]:
    """Two territories, a rep in each, their manager, and the office."""
    ids = {name: new_id() for name in USERS}

    def rows() -> Iterator[tuple[str, dict[str, Any]]]:
        team = new_id()
        yield "team", {"id": team, "name": "Sud-Est", "manager": ids["rey"]}
        yield "territory", {"id": RHONE, "name": "Rhône", "team": team}
        yield "territory", {"id": ISERE, "name": "Isère", "team": team}
        for name, (role, territories) in USERS.items():
            yield "user", {"id": ids[name], "name": name.title(), "email": f"{name}@example.fr",
                           "role": role, "territories": territories, "teams": [], "active": True}  # fmt: skip

    fill(
        folder / "server",
        "demo",
        stored(rows()),
        {id: (f"{n}@example.fr", PASSWORD) for n, id in ids.items()},
    )
    known = organisations(folder / "server")
    store = known.find("demo")
    assert store is not None
    office = Office(folder, Service(store, grants, "demo"), ids)
    yield office
    for laptop in office.laptops:
        laptop.workspace.close()
    known.close()


@dataclass
class Unreliable:
    """A connection that loses one answer: the server did the work, the laptop never hears of it."""

    session: Session
    lose: Callable[[str], bool]

    @property
    def token(self) -> str:
        return self.session.token

    def renewed(self, token: str) -> Unreliable:
        return Unreliable(self.session.renewed(token), self.lose)

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.session, name)

        def attempt(request: Any) -> Any:
            answer = call(request)
            if self.lose(name):
                raise errors.Offline("the answer was lost")
            return answer

        return attempt
