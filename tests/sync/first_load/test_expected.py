"""The server makes first loads ahead: soon, once for all its processes, at no cost to others; and it can stop."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.serve import grants, organisations
from sync import errors, file_lock
from sync.server import aside, expected, scope_build, scope_files, whole_files
from sync.server.expected import Watch
from sync.server.store import Store, WholeFile
from tests.sync.office import Office

LONG = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 100000) SELECT count(*) FROM n"
ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture(autouse=True)
def few_rows_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_files, "FEWEST_ROWS", 1)
    monkeypatch.setattr(expected, "_made_at", {})


def prepare(office: Office) -> None:
    service = office.service
    expected.prepare(service.store, service.grant_rule, service.now())


def made(store: Store) -> int:
    """How many whole files there are."""
    with store.read() as connection:
        scopes = connection.scalars(select(store.tables["scope_file"].c.scope))
        return sum("\n" in scope for scope in scopes)


def on_disk(store: Store) -> set[str]:
    return {file.name for file in store.files.iterdir()} - {scope_files.LOCK}


def test_of_several_processes_one_makes_what_is_expected(filled: Office) -> None:
    store = filled.store
    store.files.mkdir(exist_ok=True)
    before = made(store)
    with file_lock.held(store.files / scope_files.LOCK) as free:
        assert free
        prepare(filled)
        assert made(store) == before, "another one is at it"
    prepare(filled)
    assert made(store) > before


def test_a_folder_among_the_files_holds_nothing_up(filled: Office) -> None:
    store = filled.store
    folder = store.files / "somebody's"
    folder.mkdir(parents=True)
    prepare(filled)
    scope_files.remove_dead(store, 0)
    assert made(store) and folder.is_dir()


def test_a_new_colleague_is_noticed_at_the_next_look(filled: Office) -> None:
    known = organisations(Path(str(filled.store.engine.url.database)).parent)
    (slug,) = known.names()
    watch = Watch(known, grants)
    watch.look(slug)
    store = known.find(slug)
    assert store is not None and made(store) > 0
    with store.write() as connection:
        scope_files.kill_all(connection, store)
    expected._made_at.clear()
    watch.look(slug)
    assert made(store) == 0, "the same people are looked at again after a while"
    with store.write() as connection:
        credentials = store.tables["user_credential"]
        row = connection.execute(credentials.select()).mappings().first()
        assert row is not None
        other = filled.ids["rey"] + "-again"
        connection.execute(credentials.insert().values({**row, "user": other, "email": "new@example.fr"}))
    watch.look(slug)
    assert made(store) > 0
    known.close()


def test_where_nothing_was_written_nothing_is_asked(filled: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    known = organisations(Path(str(filled.store.engine.url.database)).parent)
    (slug,) = known.names()
    for name in ("claire", "karim", "rey", "julie"):
        filled.enrol(name).sync()
    opened: list[str] = []
    monkeypatch.setattr(known, "find", opened.append)
    watch = Watch(known, grants)
    watch.look(slug)
    watch.look(slug)
    assert opened == [], "nobody is expected"
    asked: list[str] = []
    monkeypatch.setattr(known, "ask", lambda *words: asked.append(words[0]))
    watch.look(slug)
    assert asked == []
    known.close()


def test_a_server_that_stops_leaves_nothing_of_a_whole_file_that_is_being_made(filled: Office) -> None:
    store, begun = filled.store, threading.Event()
    assert store.whole is not None

    def endless(file: Path, key: str, sources: list[Any], shown: Any) -> None:
        connection = sqlite3.connect(file)
        shown(connection)
        connection.execute("CREATE TABLE half (x)")
        begun.set()
        connection.execute(ENDLESS)

    store.whole = WholeFile(store.whole.shape, endless)
    making = threading.Thread(target=prepare, args=(filled,))
    making.start()
    assert begun.wait(60)
    store.close()
    making.join()
    assert made(store) == 0
    assert not [name for name in on_disk(store) if name.endswith((".part", ".plain"))]


def test_a_server_that_stops_makes_no_scopes_file_any_more(filled: Office) -> None:
    store = filled.store
    store.close()
    with pytest.raises(errors.ServerBusy):
        scope_files.make(
            store, "company", "shape", "now", lambda file, key: scope_build.build(store, "company", file, key)
        )
    assert not store.files.exists() or not [n for n in on_disk(store) if n.endswith((".part", ".plain"))]


def test_who_is_served_now_goes_before_who_is_expected(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = organisations(Path(str(filled.store.engine.url.database)).parent)
    watch, moment = Watch(known, grants), 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: moment)
    assert not watch.gives_way()
    known.busy_at = moment
    assert watch.gives_way()
    moment += expected.QUIET_S
    assert not watch.gives_way(), "a pause is enough"
    known.busy_at = moment
    assert watch.gives_way()
    moment += expected.LONGEST_WAIT_S
    known.busy_at = moment
    assert not watch.gives_way(), "it does not wait for ever"
    known.close()


def test_what_nobody_waits_for_stands_still_while_a_call_is_answered(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "_LONGEST_PAUSE_S", 600.0)
    beside, ended = filled.store.aside, threading.Event()

    def count() -> None:
        connection = sqlite3.connect(":memory:")
        beside.gives_way(connection)
        connection.execute(LONG)
        ended.set()

    with beside.call():
        making = threading.Thread(target=count)
        making.start()
        assert not ended.wait(0.2)
    assert ended.wait(60)
    making.join()
