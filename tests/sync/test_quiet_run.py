"""A sync that finds all as the last one left it keeps its time and no more; it takes nothing else for that."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from app import syncing
from app.workspace import Workspace
from sync import engine, state
from sync.engine import Engine
from tests.sync.office import RHONE, Laptop, Office


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cursors with which pages were applied."""
    found: list[str] = []
    whole = Engine._apply_once

    def apply_once(self: Engine, pages: object, first_load: bool, last: object, confirmed: object) -> object:
        found.append(last.cursor)  # type: ignore[attr-defined]
        return whole(self, pages, first_load, last, confirmed)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.Engine, "_apply_once", apply_once)
    return found


def _state(laptop: Laptop, name: str) -> object:
    return laptop.sql("SELECT value FROM sync_state WHERE name = ?", name)[0][0]


def test_nothing_new_is_not_applied_and_the_time_is_kept(claire: Laptop, applied: list[str]) -> None:
    claire.add("account", name="Dupont", territory=RHONE)
    claire.sync()
    before = _state(claire, "last_sync")
    del applied[:]
    claire.sync()
    assert applied == []
    assert str(_state(claire, "last_sync")) > str(before)


def test_what_others_did_elsewhere_moves_the_cursor_on(
    office: Office, claire: Laptop, applied: list[str]
) -> None:
    claire.sync()
    karim = office.enrol("karim")
    karim.sync()
    karim.add("task", subject="Only mine")
    karim.sync()
    del applied[:]
    claire.sync()
    assert len(applied) == 1


def test_a_sum_that_differs_is_not_taken_for_nothing_new(claire: Laptop, applied: list[str]) -> None:
    claire.add("account", name="Dupont", territory=RHONE)
    claire.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_sum SET count = count + 1 WHERE kind = 'account'")
    del applied[:]
    claire.sync()
    assert len(applied) == 1


def test_an_answer_that_no_pull_has_passed_yet_is_not_nothing_new(claire: Laptop) -> None:
    id = claire.add("account", name="Dupont", territory=RHONE)
    claire.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql(
            "INSERT INTO sync_entry (tx, kind, id, op, field, base, new, at, base_rev, rev)"
            " VALUES ('of-a-run-that-died', 'account', ?, 'update', 'phone', NULL, '1', '', 1, 1)",
            (id,),
        )
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)]


def test_a_sync_has_the_collector_search_only_what_the_sync_makes(claire: Laptop) -> None:
    before, during = gc.get_freeze_count(), list[int]()
    claire.add("account", name="Dupont", territory=RHONE)
    syncing.sync_now(claire.workspace, lambda *_told: during.append(gc.get_freeze_count()), claire.remote)
    assert min(during) > before + 10_000
    assert gc.get_freeze_count() == before


def test_what_may_be_forgotten_is_looked_for_once_a_day(claire: Laptop) -> None:
    claire.add("account", name="Dupont", territory=RHONE)
    claire.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_transaction SET answered_at = '2020-01-01T00:00:00.000Z'")
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_transaction") == [(1,)]
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = '2020-01-01' WHERE name = 'pruned'")
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_transaction") == [(0,)]


def test_what_the_same_cursor_brings_again_does_not_wait_for_the_disk_unless_own_work_goes_with_it(
    claire: Laptop, julie: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[bool] = []
    whole = Workspace.exclusive

    @contextmanager
    def exclusive(self: Workspace, bulk: bool = False, yielding: bool = False) -> Iterator[Connection]:
        with whole(self, bulk, yielding) as connection:
            before = state.get(connection, "cursor")
            yield connection
            if state.get(connection, "cursor") != before:
                moved.append(bulk)

    julie.add("account", name="Dupont", territory=RHONE)
    julie.sync()
    monkeypatch.setattr(Workspace, "exclusive", exclusive)
    claire.sync()
    assert moved == [True]
    claire.add("account", name="Durand", territory=RHONE)
    claire.sync()
    assert moved == [True, False]
