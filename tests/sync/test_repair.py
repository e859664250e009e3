"""What a laptop does when its rows, its scopes or its server are not as they should be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.doctor import examine
from app.syncing import SyncProblem
from app.workspace import Workspace
from sync import capture, counting, state
from sync.clock import format_time
from sync.protocol import PullPage
from tests.sync.office import ISERE, RHONE, Laptop, Office, Unreliable


class Lying:
    """A server whose pages are changed on the way."""

    def __init__(self, honest: Any, change: Callable[[PullPage], None]) -> None:
        self._honest, self._change = honest, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._honest, name)

    def pull(self, request: Any) -> PullPage:
        page: PullPage = self._honest.pull(request)
        self._change(page)
        return page


def test_a_row_that_was_lost_here_is_found_and_fetched_alone(claire: Laptop) -> None:
    kept = claire.add("account", name="Reste", territory=RHONE)
    lost = claire.add("account", name="Disparue", territory=RHONE)
    claire.sync()
    claire.save("account", kept, notes="Écrit avant la réparation")
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'capture'")
        connection.exec_driver_sql("DELETE FROM account WHERE id = ?", (lost,))
        connection.exec_driver_sql("UPDATE sync_sum SET count = count - 1 WHERE kind = 'account'")
        connection.exec_driver_sql("UPDATE sync_state SET value = 1 WHERE name = 'capture'")
    asked: list[str] = []
    claire.remote = Unreliable(claire.remote, lambda call: bool(asked.append(call)))
    assert claire.sync()["pulled"] == 2, "the edit that comes back, and the lost row"
    assert asked.count("pull") == 1
    assert claire.differing() is None
    assert claire.get("account", lost)["name"] == "Disparue"
    assert claire.get("account", kept)["notes"] == "Écrit avant la réparation"
    assert claire.sql("SELECT outcome, code FROM sync_history ORDER BY seq DESC LIMIT 1") == [
        ("done", "repaired")
    ]


@pytest.fixture
def lost(claire: Laptop) -> str:
    """A row that went from the file without anybody counting it; its id."""
    claire.add("account", name="Reste", territory=RHONE)
    id = claire.add("account", name="Disparue", territory=RHONE)
    claire.sync()
    claire.sync()
    with claire.workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql("DELETE FROM account WHERE id = ?", (id,))
    return id


def test_a_row_that_went_uncounted_is_missed_the_next_day(claire: Laptop, lost: str) -> None:
    with claire.workspace.exclusive() as connection:
        yesterday = format_time(datetime.now(UTC) - timedelta(days=1, minutes=1))
        state.put(connection, "counted_at", yesterday)
    assert claire.sync()["pulled"] == 1
    assert claire.get("account", lost)["name"] == "Disparue"
    assert claire.differing() is None
    assert claire.sql("SELECT outcome, code FROM sync_history ORDER BY seq DESC LIMIT 1") == [
        ("done", "repaired")
    ]
    assert claire.sync()["pulled"] == 0


def test_the_sync_after_doctor_mends_what_it_found(claire: Laptop, lost: str) -> None:
    def is_well() -> bool:
        return next(check.ok for check in examine(claire.workspace.folder) if check.name == "sums")

    assert not is_well()
    assert claire.sync()["pulled"] == 1
    assert claire.get("account", lost)["name"] == "Disparue"
    assert is_well()


def test_an_unsent_deletion_is_in_the_sum_as_the_server_has_it(claire: Laptop) -> None:
    kept = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    claire.delete("account", kept)
    with claire.workspace.read() as session:
        assert counting.find_wrong(session.connection()) == []


def _short(page: PullPage) -> None:
    page.blocks[0].rows[0] = list(page.blocks[0].rows[0])[:-1]


def _of_another_type(page: PullPage) -> None:
    row = list(page.blocks[0].rows[0])
    row[page.blocks[0].columns.index("name")] = 5
    page.blocks[0].rows[0] = row


def _beyond_the_head(page: PullPage) -> None:
    row = list(page.blocks[0].rows[0])
    row[page.blocks[0].columns.index("rev")] = 1 << 60
    page.blocks[0].rows[0] = row


def _negative(page: PullPage) -> None:
    row = list(page.blocks[0].rows[0])
    row[page.blocks[0].columns.index("rev")] = -3
    page.blocks[0].rows[0] = row


@pytest.mark.parametrize("damage", [_short, _of_another_type, _beyond_the_head, _negative])
def test_a_damaged_page_is_refused_whole(
    claire: Laptop, rey: Laptop, damage: Callable[[PullPage], None]
) -> None:
    rey.add("account", name="Morel", territory=RHONE)
    rey.sync()
    before, honest = claire.content(), claire.remote
    claire.remote = Lying(honest, damage)
    with pytest.raises(SyncProblem) as problem:
        claire.sync()
    assert problem.value.code == "protocol"
    assert claire.content() == before
    claire.remote = honest
    claire.sync()
    assert claire.rows("account")[0]["name"] == "Morel"


def test_a_row_kept_for_unsent_work_goes_when_the_work_is_answered(
    claire: Laptop, rey: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.save("account", account, territory=ISERE)
    rey.sync()
    claire.save("account", account, notes="Écrit sans le savoir")
    with monkeypatch.context() as patch:
        patch.setattr("sync.engine.Engine._push", lambda _engine: None)
        claire.sync()
    assert claire.get("account", account)["notes"] == "Écrit sans le savoir"
    assert claire.differing() is None, "a row in quarantine is in no sum"
    claire.sync()
    rey.sync()
    assert claire.rows("account") == []
    assert rey.get("account", account)["notes"] == "Écrit sans le savoir"
    bodies = claire.sql("SELECT cast(body AS text) FROM sync_transaction")
    assert not [body for (body,) in bodies if account in body], "nor does what was sent stay"


def test_a_copied_profile_becomes_a_laptop_of_its_own_and_keeps_its_work(
    office: Office, claire: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    folder = office.folder / "copy"
    claire.workspace.close()
    shutil.copytree(claire.workspace.folder, folder)
    copy = Laptop(Workspace.open(folder), claire.remote, claire.user)
    office.laptops.append(copy)
    claire.save("account", account, website="morel.fr")
    copy.save("account", account, notes="Écrit sur la copie")
    claire.sync()
    copy.sync()
    device = "SELECT value FROM sync_state WHERE name = 'device'"
    assert copy.sql(device) != claire.sql(device)
    assert copy.differing() is None
    assert copy.get("account", account)["notes"] == "Écrit sur la copie"
    claire.sync()
    assert claire.get("account", account)["notes"] == "Écrit sur la copie"
