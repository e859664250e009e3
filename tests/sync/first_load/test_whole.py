"""A laptop that has nothing takes over a file that the server made whole: rows, indexes, lists and search."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import drafts, records, search, syncing, whole_file
from app.workspace import Workspace
from sync import errors, scope_file
from sync.file_messages import FileGet, FilesAnswer, FilesRequest
from sync.server import expected, scope_files, whole_files
from tests.sync.first_load.between import SECRET, Between, is_complete, leftovers, scopes_of
from tests.sync.office import ISERE, RHONE, Laptop, Office


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole files of few rows, begun when somebody asks."""
    monkeypatch.setattr(whole_files, "FEWEST_ROWS", 1)
    monkeypatch.setattr(whole_files, "DELAY_S", 0.0)


@dataclass
class Asked(Between):
    """A connection that keeps what is asked of scopes and whole files."""

    answers: list[FilesAnswer] = field(default_factory=list)

    def files(self, request: FilesRequest) -> FilesAnswer:
        self.answers.append(self.honest.files(request))
        return self.answers[-1]


def wait() -> None:
    """Until what was begun is made."""
    for thread in threading.enumerate():
        if thread.name == "whole-file":
            thread.join()


def ready(office: Office, name: str = "rey") -> Laptop:
    """A laptop that has nothing yet, of somebody for whom a whole file is ready."""
    first = office.enrol(name)
    first.sync()
    wait()
    laptop = office.enrol(name)
    laptop.remote = Asked(laptop.remote)
    return laptop


def whole_of(laptop: Laptop) -> Any:
    """What the laptop was offered last."""
    assert isinstance(laptop.remote, Asked)
    return laptop.remote.answers[-1].whole


def made_of(laptop: Laptop) -> list[Any]:
    """What lists, search and sums show."""
    queries = (
        "SELECT kind, id, title, subtitle, folded FROM search_row ORDER BY kind, id",
        "SELECT * FROM account_summary ORDER BY account",
        "SELECT * FROM list_count",
        "SELECT * FROM sync_sum ORDER BY scope, kind",
        "SELECT type, name, sql FROM sqlite_master ORDER BY type, name",
    )
    return [laptop.sql(query) for query in queries]


def found(laptop: Laptop, text: str) -> list[str]:
    with laptop.workspace.read() as session:
        return [hit.title for hit in search.find(session, text, 100)]


def test_a_whole_file_gives_what_scopes_give(filled: Office) -> None:
    late = ready(filled)
    report = late.sync()
    assert whole_of(late) is not None and late.remote.scopes == [], "no scope is asked for"  # type: ignore[attr-defined]
    assert is_complete(late, filled, scopes_of(late))
    assert report["pulled"] == sum(len(rows) for rows in late.content().values())
    by_scopes = filled.laptops[-2]
    assert made_of(late) == made_of(by_scopes)
    assert sorted(found(late, SECRET)) == sorted(found(by_scopes, SECRET)) != []
    assert late.sync()["pulled"] == 0


def test_while_a_whole_file_comes_it_is_said_how_much_is_here(filled: Office) -> None:
    late, told = ready(filled), list[tuple[str, int, int]]()
    syncing.sync_now(late.workspace, lambda *step: told.append(step), late.remote)
    rows = whole_of(late).rows
    here = [done for phase, done, of in told if phase == "pulling" and of == rows]
    assert here[0] == 0 and here[-1] == rows and here == sorted(here)


def test_each_of_its_pages_is_sealed_on_the_laptop(filled: Office) -> None:
    late = ready(filled)
    late.sync()
    assert whole_of(late) is not None
    late.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert late.sql("PRAGMA cipher_use_hmac") == [("1",)]
    assert late.sql("PRAGMA cipher_integrity_check") == []
    assert late.sql("PRAGMA integrity_check") == [("ok",)]


def test_it_is_there_before_a_new_colleague_has_a_laptop(filled: Office) -> None:
    service = filled.service
    expected.prepare(service.store, service.grant_rule, service.now())
    rey = filled.enrol("rey")
    rey.remote = Asked(rey.remote)
    rey.sync()
    assert whole_of(rey) is not None
    assert is_complete(rey, filled, scopes_of(rey))


def test_who_has_loaded_is_expected_no_more(filled: Office) -> None:
    service = filled.service
    for name in ("claire", "karim", "rey", "julie"):
        filled.enrol(name).sync()
    wait()
    with service.store.write() as connection:
        scope_files.kill_all(connection, service.store)
    expected.prepare(service.store, service.grant_rule, service.now())
    with service.store.read() as connection:
        assert connection.scalar(select(service.store.tables["scope_file"].c.name)) is None


def test_it_is_made_of_files_that_nobody_asked_for_in_a_long_time(filled: Office) -> None:
    ready(filled)
    service, old = filled.service, time.time() - 2 * scope_files.UNUSED_S
    with service.store.write() as connection:
        files = service.store.tables["scope_file"]
        connection.execute(delete(files).where(files.c.scope.contains("\n")))
    for file in service.store.files.iterdir():
        os.utime(file, (old, old))
    expected.prepare(service.store, service.grant_rule, service.now())
    late = filled.enrol("rey")
    late.remote = Asked(late.remote)
    late.sync()
    assert is_complete(late, filled, scopes_of(late))


def test_one_of_its_sources_that_is_gone_is_not_taken_for_an_empty_one(
    filled: Office, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        whole_file.make(tmp_path / "whole", "00" * 32, [(tmp_path / "gone", "11" * 32)])


def test_what_changed_since_it_was_made_comes_with_the_pull(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So many changes make a file no older.
    monkeypatch.setattr(scope_files, "FEWEST_ROWS", 10)
    late, early = ready(filled), filled.laptops[-2]
    new = early.add("account", name="Neu hinzugekommen", territory=RHONE)
    changed, gone = (row["id"] for row in early.rows("account", territory=ISERE)[:2])
    early.save("account", changed, name="Umbenannt")
    early.delete("account", gone)
    early.sync()
    late.sync()
    assert whole_of(late) is not None
    assert is_complete(late, filled, scopes_of(late))
    assert late.get("account", new)["name"] == "Neu hinzugekommen"
    assert found(late, "umbenannt")[0] == "Umbenannt" and "Neu hinzugekommen" in found(late, "hinzu")
    assert late.sql("SELECT * FROM sync_news") == [], "to somebody who begins nothing is news"


def test_what_the_laptop_has_of_its_own_stays(filled: Office) -> None:
    late = ready(filled)
    with late.workspace.exclusive() as connection, Session(connection) as session:
        drafts.keep(session, "account", "new", {"name": "Angefangen"})
        session.flush()
    with late.workspace.exclusive() as connection:
        connection.exec_driver_sql("INSERT INTO local_setting (name, value) VALUES ('mine', '5')")
    own = ("device", "series", "user", "place")
    names = "SELECT name, value FROM sync_state WHERE name IN (SELECT value FROM json_each(?)) ORDER BY name"
    before = late.sql(names, msgspec.json.encode(own).decode())
    late.sync()
    assert whole_of(late) is not None
    assert late.sql(names, msgspec.json.encode(own).decode()) == before
    assert [row[1] for row in late.sql('SELECT kind, "values" FROM draft')] == ['{"name": "Angefangen"}']
    assert late.sql("SELECT value FROM local_setting WHERE name = 'mine'") == [("5",)]
    account = late.add("account", name="Danach", territory=RHONE)
    late.sync()
    assert account in {row[0] for row in filled.content({f"territory:{RHONE}"})["account"]}


def test_a_laptop_with_unsent_work_loads_scope_by_scope(filled: Office) -> None:
    late = ready(filled)
    late.add("account", name="Noch nicht gesendet")
    late.sync()
    assert late.remote.scopes, "scopes were asked for"  # type: ignore[attr-defined]
    assert is_complete(late, filled, scopes_of(late))
    assert "Noch nicht gesendet" in {row["name"] for row in late.rows("account")}


def test_it_is_dead_once_a_row_leaves_one_of_its_scopes(filled: Office) -> None:
    late, early = ready(filled), filled.laptops[-2]
    shape = whole_file.shape()
    offered = late.remote.files(FilesRequest(whole=shape)).whole  # type: ignore[attr-defined]
    assert offered is not None
    moved = early.rows("account", territory=RHONE)[0]["id"]
    early.save("account", moved, territory=ISERE)
    early.sync()
    with pytest.raises(errors.Refused):
        late.remote.get_file(FileGet(offered.name))  # type: ignore[attr-defined]
    assert late.remote.files(FilesRequest(whole=shape)).whole is None  # type: ignore[attr-defined]
    wait()
    late.sync()
    assert whole_of(late) is not None, "another one was made"
    assert is_complete(late, filled, scopes_of(late))
    assert late.get("account", moved)["territory"] == ISERE


def test_who_sees_less_can_not_have_it(filled: Office) -> None:
    rey = ready(filled)
    offered = rey.remote.files(FilesRequest(whole=whole_file.shape())).whole  # type: ignore[attr-defined]
    karim = filled.enrol("karim")
    with pytest.raises(errors.Refused):
        karim.remote.get_file(FileGet(offered.name))  # type: ignore[attr-defined]
    karim.sync()
    assert is_complete(karim, filled, scopes_of(karim))
    assert f"territory:{RHONE}" not in scopes_of(karim)


def test_it_is_offered_only_to_a_file_of_the_same_make(filled: Office) -> None:
    late = ready(filled)
    for shape in ("", "of another release"):
        assert late.remote.files(FilesRequest(whole=shape)).whole is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TRIGGER foreign_one AFTER INSERT ON account BEGIN DELETE FROM contact; END",
        "CREATE VIEW foreign_one AS SELECT * FROM account",
        "CREATE TABLE foreign_one (x)",
        "ALTER TABLE account ADD COLUMN foreign_one",
    ],
)
def test_nothing_foreign_comes_in_with_it(filled: Office, tmp_path: Path, foreign: str) -> None:
    late = ready(filled)
    offered = late.remote.files(FilesRequest(whole=whole_file.shape())).whole  # type: ignore[attr-defined]
    forged = tmp_path / "forged"
    forged.write_bytes(b"".join(late.remote.get_file(FileGet(offered.name)).pieces))  # type: ignore[attr-defined]
    file = sqlcipher.connect(str(forged), isolation_level=None)
    file.execute(f"PRAGMA key = \"x'{offered.key}'\"")
    file.execute("PRAGMA cipher_use_hmac = OFF")
    file.execute(foreign)
    file.close()
    shutil.copy(forged, filled.store.files / offered.name)

    class Forger(Asked):
        def files(self, request: FilesRequest) -> FilesAnswer:
            answer = super().files(request)
            if answer.whole is None:
                return answer
            content = forged.read_bytes()
            answer.whole = msgspec.structs.replace(
                answer.whole, size=len(content), sha256=sha256(content).hexdigest()
            )
            return answer

    late.remote = Forger(late.remote.honest)  # type: ignore[attr-defined]
    late.sync()
    assert late.remote.scopes, "it was left aside, and scopes were asked for"
    assert is_complete(late, filled, scopes_of(late))
    assert "foreign_one" not in str(late.sql("SELECT name, sql FROM sqlite_master"))


def test_a_file_that_is_not_what_its_sha256_says_is_left_aside(filled: Office) -> None:
    late = ready(filled)
    offered = late.remote.files(FilesRequest(whole=whole_file.shape())).whole  # type: ignore[attr-defined]
    path = filled.store.files / offered.name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    late.sync()
    assert late.remote.scopes, "scopes were asked for"  # type: ignore[attr-defined]
    assert is_complete(late, filled, scopes_of(late))


@pytest.mark.parametrize("place", [0.02, 0.5, 0.98])
def test_a_file_that_is_damaged_between_its_check_and_its_taking_over_is_left_aside(
    filled: Office, monkeypatch: pytest.MonkeyPatch, place: float
) -> None:
    late = ready(filled)
    fetch = scope_file.fetch_described

    def fetched(*arguments: Any) -> Path:
        path = fetch(*arguments)
        content = bytearray(path.read_bytes())
        content[int(len(content) * place)] ^= 1
        path.write_bytes(content)
        return path

    monkeypatch.setattr(scope_file, "fetch_described", fetched)
    late.sync()
    assert late.remote.scopes, "scopes were asked for"  # type: ignore[attr-defined]
    assert is_complete(late, filled, scopes_of(late))
    assert late.sql("PRAGMA integrity_check") == [("ok",)]


def test_a_laptop_that_dies_in_the_middle_has_nothing_or_all(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = ready(filled)
    own, calls = whole_file._own, []

    def dying(raw: Any, synced: set[str]) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return own(raw, synced)

    with monkeypatch.context() as patch:
        patch.setattr(whole_file, "_own", dying)
        with pytest.raises(KeyboardInterrupt):
            late.sync()
    assert late.rows("account") == [] and leftovers(late)
    folder = late.workspace.folder
    late.workspace.close()
    late.workspace = Workspace.open(folder)
    late.sync()
    assert whole_of(late) is not None
    assert is_complete(late, filled, scopes_of(late))


def test_what_another_program_writes_at_that_moment_is_kept(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = ready(filled)
    own, calls = whole_file._own, []

    def interrupted(raw: Any, synced: set[str]) -> Any:
        found = own(raw, synced)
        calls.append(1)
        if len(calls) == 1:
            other = Workspace.open(late.workspace.folder)
            with other.transaction() as session:
                records.add(session, "account", {"name": "Dazwischen"})
            other.close()
        return found

    monkeypatch.setattr(whole_file, "_own", interrupted)
    late.sync()
    assert len(calls) == 2, "it was noticed, and scopes were loaded instead"
    late.sync()
    assert "Dazwischen" in {row["name"] for row in late.rows("account")}
    assert is_complete(late, filled, scopes_of(late))
