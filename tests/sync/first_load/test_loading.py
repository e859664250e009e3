"""A first load by files brings what pages bring, and resumes at the byte and at the row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from app import search
from app.syncing import SyncProblem
from app.workspace import Workspace
from sync import errors, first_load, scope_file, state, whole_load
from sync.file_messages import FileAnswer, FileContent, FileGet
from tests.sync.first_load.between import (
    SECRET,
    Between,
    forget_where_it_stood,
    is_complete,
    leftovers,
    scopes_of,
    stop_after,
)
from tests.sync.office import ISERE, RHONE, Office


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


def test_what_comes_ahead_of_a_territory_comes_once_more_and_stands_once(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.server.pull._MOST_ROWS", 5)
    with filled.store.write() as connection:
        users = filled.store.tables.synced["user"]
        own = users.update().where(users.c.id == filled.ids["rey"]).values(territories=f'["{ISERE}"]')
        connection.execute(own)
    monkeypatch.setattr(first_load.FirstLoad, "_take_files", lambda _load: None)
    monkeypatch.setattr(whole_load, "take", lambda *_asked: None)
    rey = filled.enrol("rey")
    report = rey.sync()
    twice = report["pulled"] - sum(len(rows) for rows in rey.content().values())
    assert twice > 9, "his own accounts came ahead"
    assert is_complete(rey, filled, scopes_of(rey))
    assert rey.differing() is None


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


@pytest.mark.parametrize("slices", [1, 3, 5, 7, 9])
def test_a_load_that_died_between_two_slices_goes_on_with_the_next(
    filled: Office, monkeypatch: pytest.MonkeyPatch, slices: int
) -> None:
    rey = filled.enrol("rey")
    with monkeypatch.context() as patch:
        stop_after(slices, patch)
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
        stop_after(6, patch)
        with pytest.raises(KeyboardInterrupt):
            rey.sync()
    for file in leftovers(rey):
        file.unlink()
    rey.sync()
    assert is_complete(rey, filled, scopes_of(rey))


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
