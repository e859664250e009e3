"""A first load by files brings what pages bring, resumes at the byte and at the row, and takes nothing forged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import sqlcipher3.dbapi2 as sqlcipher

from app import records, search
from app.serve import InProcessServer, fill, grants, organisations
from app.syncing import SyncProblem
from app.workspace import Workspace
from sync import errors, first_load, scope_file, state
from sync.client import HttpClient
from sync.file_messages import PRAGMAS, FileAnswer, FileContent, FileGet, FileRequest
from sync.protocol import EnrolRequest
from sync.server import scope_files
from sync.server.service import Service
from tests.sync.office import ISERE, PASSWORD, RHONE, Laptop, Office, an_office
from tests.sync.server.conftest import postgres_url  # noqa: F401 - a fixture

SECRET = "Quincaillerie-des-Brotteaux"


@pytest.fixture(autouse=True)
def every_scope_has_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one of a single row; and a slice has few rows, so that there are several."""
    monkeypatch.setattr(scope_files, "FEWEST_ROWS", 1)
    monkeypatch.setattr(first_load, "FEWEST", 4)
    monkeypatch.setattr(first_load, "MOST", 4)
    monkeypatch.setattr(first_load, "FIRST_SLICE", 4)


@pytest.fixture
def filled(office: Office) -> Office:
    """Some customers in each territory, written by their manager."""
    rey = office.enrol("rey")
    rey.sync()
    with rey.workspace.transaction() as session:
        for number in range(9):
            for territory in (RHONE, ISERE):
                account = records.add(
                    session, "account",
                    {"name": f"{SECRET} {number}", "territory": territory, "tags": ["été", "½"]},
                )  # fmt: skip
                records.add(session, "contact", {"account": account, "last_name": f"Nom {number}"})
    rey.sync()
    return office


@dataclass
class Between:
    """A connection on which something happens to scopes' files."""

    honest: Any
    on_file: Callable[[FileAnswer], FileAnswer] = lambda answer: answer
    on_bytes: Callable[[FileGet, Iterator[bytes]], Iterator[bytes]] = lambda _request, pieces: pieces
    asked: list[FileGet] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.honest, name)

    def files(self, request: Any) -> Any:
        return self.honest.files(request)

    def file(self, request: FileRequest) -> FileAnswer:
        self.scopes.append(request.scope)
        return self.on_file(self.honest.file(request))

    def get_file(self, request: FileGet) -> FileContent:
        self.asked.append(request)
        content = self.honest.get_file(request)
        return FileContent(content.size, self.on_bytes(request, content.pieces))


def forget_where_it_stood(laptop: Laptop) -> None:
    """As a file does that gets another identity: everything is loaded again, under what is unsent."""
    with laptop.workspace.exclusive() as connection:
        state.put(connection, "cursor", None)


def leftovers(laptop: Laptop) -> list[Path]:
    return list(laptop.workspace.folder.glob(f"{scope_file.PREFIX}*"))


def is_complete(laptop: Laptop, office: Office, scopes: set[str]) -> bool:
    """Whether the laptop has exactly the server's rows, knows so by its sums, and left no file behind."""
    return laptop.content() == office.content(scopes) and laptop.differing() is None and not leftovers(laptop)


def scopes_of(laptop: Laptop) -> set[str]:
    (scopes,) = laptop.sql("SELECT value FROM sync_state WHERE name = 'scopes'")[0]
    return set(msgspec.json.decode(scopes))


def test_a_load_by_files_brings_what_pages_bring(filled: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    by_files, by_pages = filled.enrol("rey"), filled.enrol("rey")
    by_files.remote = between = Between(by_files.remote)
    assert (
        by_files.sync()["pulled"]
        == by_pages.sync()["pulled"]
        == len([row for rows in filled.content(scopes_of(by_files)).values() for row in rows])
    )
    assert f"territory:{RHONE}" in between.scopes
    assert is_complete(by_files, filled, scopes_of(by_files))
    tables = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'search%' ORDER BY name"
    assert by_files.sql(tables) == by_pages.sql(tables), "triggers and indexes are back"
    assert by_files.content() == by_pages.content()
    with by_files.workspace.read() as session:
        assert len(search.find(session, "brotteaux", kinds=["account"])) == 18
    by_files.add("account", name="Nach der Ladung", territory=RHONE)
    assert by_files.sync()["pushed"] == 1


def test_a_reps_own_territory_comes_before_those_that_he_oversees(filled: Office) -> None:
    julie = filled.enrol("julie")
    julie.remote = between = Between(julie.remote)
    julie.sync()
    assert between.scopes[0] == "company"
    with filled.store.write() as connection:
        users = filled.store.tables.synced["user"]
        own = users.update().where(users.c.id == filled.ids["rey"]).values(territories=f'["{ISERE}"]')
        connection.execute(own)
    rey = filled.enrol("rey")
    rey.remote = between = Between(rey.remote)
    rey.sync()
    assert between.scopes.index(f"territory:{ISERE}") < between.scopes.index(f"territory:{RHONE}")


def test_a_broken_transfer_goes_on_at_the_byte_where_it_broke(filled: Office) -> None:
    rey = filled.enrol("rey")

    def cut(request: FileGet, pieces: Iterator[bytes]) -> Iterator[bytes]:
        whole = b"".join(pieces)
        if request.offset == 0:
            yield whole[:1000]
            raise errors.Offline("cut")
        yield whole

    rey.remote = between = Between(rey.remote, on_bytes=cut)
    rey.sync()
    assert [one.offset for one in between.asked[:2]] == [0, 1000]
    assert is_complete(rey, filled, scopes_of(rey))


def test_a_transfer_that_stays_broken_goes_on_in_the_next_sync(filled: Office) -> None:
    rey = filled.enrol("rey")
    honest = rey.remote

    def cut(request: FileGet, pieces: Iterator[bytes]) -> Iterator[bytes]:
        if request.offset == 0:
            yield next(pieces)[:3000]
        raise errors.Offline("cut")

    rey.remote = Between(honest, on_bytes=cut)
    with pytest.raises(SyncProblem) as problem:
        rey.sync()
    assert problem.value.code == "offline"
    rey.remote = between = Between(honest)
    rey.sync()
    assert between.asked[0].offset == 3000
    assert is_complete(rey, filled, scopes_of(rey))


def _stop_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The laptop dies after so many slices."""
    copy, done = first_load.FirstLoad._copy, []

    def dying(load: Any, *arguments: Any) -> Any:
        if len(done) == count:
            raise KeyboardInterrupt
        done.append(arguments)
        return copy(load, *arguments)

    monkeypatch.setattr(first_load.FirstLoad, "_copy", dying)


@pytest.mark.parametrize("slices", [1, 3, 5, 7, 9])
def test_a_load_that_died_between_two_slices_goes_on_with_the_next(
    filled: Office, monkeypatch: pytest.MonkeyPatch, slices: int
) -> None:
    rey = filled.enrol("rey")
    with monkeypatch.context() as patch:
        _stop_after(slices, patch)
        with pytest.raises(KeyboardInterrupt):
            rey.sync()
    here = sum(len(rows) for rows in rey.content().values())
    folder = rey.workspace.folder
    rey.workspace.close()
    rey.workspace = Workspace.open(folder)
    assert rey.sync()["pulled"] == sum(len(rows) for rows in rey.content().values()) - here
    assert is_complete(rey, filled, scopes_of(rey))


def test_a_file_that_vanished_in_the_middle_of_a_load_is_fetched_again(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rey = filled.enrol("rey")
    with monkeypatch.context() as patch:
        _stop_after(6, patch)
        with pytest.raises(KeyboardInterrupt):
            rey.sync()
    for file in leftovers(rey):
        file.unlink()
    rey.sync()
    assert is_complete(rey, filled, scopes_of(rey))


def _with_sha(answer: FileAnswer, **changes: Any) -> FileAnswer:
    return msgspec.structs.replace(answer, **changes)


@pytest.mark.parametrize(
    "forged",
    [
        {"sha256": "0" * 64},
        {"size": 5_000},
        {"size": 1 << 60},
        {"size": 0},
        {"rows": 1},
        {"rev": 1},
        {"key": "ab" * 32},
        {"key": "x' --"},
        {"name": "../../escaped"},
        {"scope": "territory:other"},
    ],
    ids=str,
)
def test_a_file_that_is_not_what_was_said_changes_nothing(filled: Office, forged: dict[str, Any]) -> None:
    rey = filled.enrol("rey")
    honest = rey.remote
    rey.remote = Between(honest, on_file=lambda answer: _with_sha(answer, **forged))
    with pytest.raises(SyncProblem) as problem:
        rey.sync()
    assert problem.value.code == "protocol"
    assert not any(rey.content().values())
    rey.remote = honest
    rey.sync()
    assert is_complete(rey, filled, scopes_of(rey))


HOSTILE = [
    "CREATE VIEW evil AS SELECT 1",
    "CREATE TRIGGER evil AFTER INSERT ON account BEGIN SELECT 1; END",
    "CREATE INDEX evil ON account (name)",
    "CREATE TABLE evil (a)",
    "ALTER TABLE account ADD COLUMN evil TEXT AS (upper(name))",
    "ALTER TABLE account ADD COLUMN evil TEXT DEFAULT 'x'",
    "ALTER TABLE account RENAME COLUMN scope TO place",
    "UPDATE account SET scope = 'office'",
    "UPDATE account SET rev = 9000000",
    "UPDATE account SET rev = -1",
    "UPDATE account SET id = ''",
    "DELETE FROM account",
]


@pytest.mark.parametrize("statement", HOSTILE)
def test_a_file_with_anything_else_in_it_changes_nothing(
    filled: Office, statement: str, tmp_path: Path
) -> None:
    """The server itself lies, so that size and SHA-256 are right."""
    import hashlib

    bodies: dict[str, bytes] = {}
    rey = filled.enrol("rey")
    honest = rey.remote

    def forge(answer: FileAnswer) -> FileAnswer:
        if not answer.scope.startswith("territory:"):
            return answer
        file = tmp_path / answer.name
        file.write_bytes(b"".join(honest.get_file(FileGet(answer.name)).pieces))
        with closing(sqlcipher.connect(str(file), isolation_level=None)) as opened:
            opened.execute(f"PRAGMA key = \"x'{answer.key}'\"")
            for pragma in PRAGMAS:
                opened.execute(f"PRAGMA {pragma}")
            opened.execute(statement)
        bodies[answer.name] = body = file.read_bytes()
        return _with_sha(answer, size=len(body), sha256=hashlib.sha256(body).hexdigest())

    class Forging(Between):
        def get_file(self, request: FileGet) -> FileContent:
            body = bodies.get(request.name)
            if body is None:
                return super().get_file(request)
            return FileContent(len(body), iter([body[request.offset :]]))

    rey.remote = Forging(honest, on_file=forge)
    with pytest.raises(SyncProblem) as problem:
        rey.sync()
    assert problem.value.code == "protocol"
    assert not rey.rows("account") and not rey.rows("contact")


def test_unsent_work_of_a_laptop_that_loads_again_lies_on_top(filled: Office) -> None:
    claire = filled.enrol("claire")
    claire.sync()
    account = claire.rows("account")[0]["id"]
    claire.save("account", account, notes="Écrit avant")
    new = claire.add("account", name="Neu", territory=RHONE)
    gone = claire.rows("contact")[0]["id"]
    claire.delete("contact", gone)
    forget_where_it_stood(claire)
    claire.remote = between = Between(claire.remote)

    def unsent(_request: Any) -> Any:
        raise errors.Refused("too_big")

    between.push = unsent  # type: ignore[attr-defined]
    with pytest.raises(SyncProblem):
        claire.sync()
    assert f"territory:{RHONE}" in between.scopes
    assert claire.get("account", account)["notes"] == "Écrit avant"
    assert claire.get("account", new)["name"] == "Neu"
    assert [row for row in claire.rows("contact") if row["id"] == gone] == []
    assert claire.differing() is None, "what is unsent is in no sum"
    claire.remote = between.honest
    claire.sync()
    assert is_complete(claire, filled, scopes_of(claire))
    assert "Écrit avant" in {row["notes"] for row in claire.rows("account")}


def test_a_row_that_moved_between_two_files_is_there_once(filled: Office) -> None:
    """The one file was made before the move and the other after it."""
    claire, rey = filled.enrol("claire"), filled.enrol("rey")
    claire.sync()
    rey.sync()
    moved = next(row for row in rey.rows("account") if row["territory"] == RHONE)["id"]
    rey.save("account", moved, territory=ISERE)
    late = filled.enrol("rey")
    honest = late.remote

    def move(answer: FileAnswer) -> FileAnswer:
        if answer.scope == f"territory:{RHONE}":
            body = b"".join(honest.get_file(FileGet(answer.name)).pieces)
            kept[answer.name] = body
            rey.sync()
        return answer

    kept: dict[str, bytes] = {}

    class Slow(Between):
        def get_file(self, request: FileGet) -> FileContent:
            body = kept.get(request.name)
            return FileContent(len(body), iter([body])) if body else super().get_file(request)

    late.remote = Slow(honest, on_file=move)
    late.sync()
    assert is_complete(late, filled, scopes_of(late))
    assert late.get("account", moved)["territory"] == ISERE


def test_nothing_lies_in_clear_while_a_load_runs(filled: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    rey = filled.enrol("rey")
    keep, looked = first_load.FirstLoad._keep, []

    def look(load: Any, connection: Any) -> None:
        keep(load, connection)
        key = load.standing.current.key if load.standing.current else "no key"
        for file in rey.workspace.folder.iterdir():
            content = file.read_bytes()
            assert SECRET.encode() not in content and key.encode() not in content, file.name
            looked.append(file.name.startswith(scope_file.PREFIX))

    monkeypatch.setattr(first_load.FirstLoad, "_keep", look)
    rey.sync()
    assert any(looked)


def test_a_slow_line_goes_on_by_pages(filled: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope_file, "MEASURED_S", 0.0)
    monkeypatch.setattr(scope_file, "SLOW_BYTES_S", 1e15)
    rey = filled.enrol("rey")

    def dribble(_request: FileGet, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield from (piece[at : at + 4096] for at in range(0, len(piece), 4096))

    rey.remote = between = Between(rey.remote, on_bytes=dribble)
    rey.sync()
    assert len(between.asked) == 1
    assert is_complete(rey, filled, scopes_of(rey))


def test_somebody_who_saves_during_a_load_is_let_in_and_loses_nothing(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire = filled.enrol("claire")
    claire.sync()
    forget_where_it_stood(claire)
    copy, saved = first_load.FirstLoad._copy, threading.Event()

    def save() -> None:
        claire.add("task", subject="Mitten im Laden")
        saved.set()

    started: list[threading.Thread] = []

    def slow(load: Any, *arguments: Any) -> Any:
        if not started:
            started.append(threading.Thread(target=save))
            started[0].start()
        return copy(load, *arguments)

    monkeypatch.setattr(first_load.FirstLoad, "_copy", slow)
    claire.sync()
    started[0].join()
    assert saved.is_set() and [row["subject"] for row in claire.rows("task")] == ["Mitten im Laden"]
    claire.sync()
    assert is_complete(claire, filled, scopes_of(claire))


def test_an_older_server_without_files_is_loaded_by_pages(filled: Office) -> None:
    rey = filled.enrol("rey")

    class Older(Between):
        def files(self, request: Any) -> Any:
            raise errors.Refused("not_found")

    rey.remote = Older(rey.remote)
    rey.sync()
    assert is_complete(rey, filled, scopes_of(rey))


def test_what_a_crash_left_of_a_load_goes_with_the_next_sync(filled: Office) -> None:
    rey = filled.enrol("rey")
    rey.sync()
    (rey.workspace.folder / f"{scope_file.PREFIX}abc").write_bytes(b"?")
    with rey.workspace.exclusive() as connection:
        connection.exec_driver_sql("DROP INDEX contact_account")
        sql = "CREATE INDEX contact_account ON contact (account, deleted_at)"
        state.put(connection, "indexes", msgspec.json.encode([sql]).decode())
    rey.sync()
    assert not leftovers(rey)
    assert rey.sql("SELECT 1 FROM sqlite_master WHERE name = 'contact_account'")


def test_over_http_a_file_comes_by_ranges_to_whom_it_belongs(filled: Office) -> None:
    for laptop in filled.laptops:
        laptop.workspace.close()
    with InProcessServer(filled.folder / "server") as server:
        address = server.address("demo")
        rey, karim = HttpClient(address), HttpClient(address)
        for client, name in ((rey, "rey"), (karim, "karim")):
            client.token = client.enrol(EnrolRequest(f"{name}@example.fr", PASSWORD)).token
        answer = rey.file(FileRequest(f"territory:{RHONE}"))
        whole = b"".join(rey.get_file(FileGet(answer.name)).pieces)
        rest = rey.get_file(FileGet(answer.name, 1000))
        assert (rest.size, b"".join(rest.pieces)) == (answer.size, whole[1000:])
        for stranger in (karim, HttpClient(address), HttpClient(address, "forged")):
            with pytest.raises(errors.SyncError):
                stranger.get_file(FileGet(answer.name))
        with pytest.raises(errors.Refused) as refusal:
            karim.file(FileRequest(f"territory:{RHONE}"))
        assert refusal.value.code == "not_allowed"
        laptop = filled.enrol("rey")
        laptop.remote = HttpClient(address, laptop.remote.token)  # type: ignore[attr-defined]
        laptop.sync()
        assert is_complete(laptop, filled, scopes_of(laptop))


def test_a_laptop_loads_files_of_an_organisation_on_postgresql(
    postgres_url: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    slug = f"load-{uuid4().hex[:8]}"
    known = organisations(postgres_url)
    with an_office(tmp_path) as template:
        with template.store.read() as connection:
            rows = [
                (name, {key: value for key, value in row.items() if key not in ("rev", "scope")})
                for name, table in template.store.tables.synced.items()
                for row in connection.execute(table.select()).mappings()
            ]
        fill(postgres_url, slug, rows, {template.ids["rey"]: ("rey@example.fr", PASSWORD)})
        store = known.find(slug)
        assert store is not None
        office = Office(tmp_path, Service(store, grants, slug), template.ids)
        rey = office.enrol("rey")
        rey.sync()
        for number in range(9):
            rey.add("account", name=f"{SECRET} {number}", territory=RHONE, visit_interval=number or None)
        rey.sync()
        late = office.enrol("rey")
        late.remote = between = Between(late.remote)
        late.sync()
        assert f"territory:{RHONE}" in between.scopes
        assert is_complete(late, office, scopes_of(late))
        for laptop in office.laptops:
            laptop.workspace.close()
    known.close()
