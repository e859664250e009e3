"""Much that would leave a laptop unannounced is looked at first: a server that errs takes nothing away."""

from __future__ import annotations

from typing import Any

import pytest

from app.syncing import SyncProblem
from sync import breaker
from sync.protocol import PullPage, Sum, VerifyAnswer, VerifyRequest
from tests.sync.office import ISERE, RHONE, Laptop, Office


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four rows are many."""
    monkeypatch.setattr(breaker, "MOST", 4)


class Erring:
    """A server that is wrong in one way or another."""

    def __init__(self, honest: Any) -> None:
        self._honest = honest
        self.verified: list[VerifyRequest] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._honest, name)

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        self.verified.append(request)
        answer: VerifyAnswer = self._honest.verify(request)
        return answer


class Emptied(Erring):
    """Says that everything begins anew, and then brings nothing."""

    def pull(self, request: Any) -> PullPage:
        page: PullPage = self._honest.pull(request)
        page.resync, page.blocks, page.sums = True, [], []
        return page


class Forgetful(Erring):
    """Does not grant what it grants."""

    def pull(self, request: Any) -> PullPage:
        page: PullPage = self._honest.pull(request)
        page.hello.scopes = [scope for scope in page.hello.scopes if not scope.startswith("territory:")]
        return page


class Denying(Erring):
    """Has all sums wrong, and says of every row that it is not there."""

    def pull(self, request: Any) -> PullPage:
        page: PullPage = self._honest.pull(request)
        page.sums = [Sum(one.scope, one.table, one.count + 1, one.total) for one in page.sums]
        return page

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        super().verify(request)
        return VerifyAnswer(head=self._honest.verify(request).head)


class Miscounting(Erring):
    """Has one sum wrong, and every row right."""

    def pull(self, request: Any) -> PullPage:
        page: PullPage = self._honest.pull(request)
        page.sums = [
            Sum(one.scope, one.table, one.count, "0" * 16) if one.table == "account" else one
            for one in page.sums
        ]
        return page


def furnish(laptop: Laptop, count: int = 6) -> list[str]:
    found = [laptop.add("account", name=f"Compte {n}", territory=RHONE) for n in range(count)]
    laptop.sync()
    return found


@pytest.mark.parametrize("error", [Emptied, Forgetful])
def test_a_server_that_contradicts_itself_removes_nothing(claire: Laptop, error: type[Erring]) -> None:
    furnish(claire)
    before, honest = claire.content(), claire.remote
    claire.remote = error(honest)
    with pytest.raises(SyncProblem) as problem:
        claire.sync()
    assert problem.value.code == "removal"
    assert claire.content() == before
    assert claire.sql("SELECT outcome, code FROM sync_history ORDER BY seq DESC LIMIT 1") == [
        ("refused", "removal")
    ]
    claire.remote = honest
    claire.sync()
    assert claire.content() == before
    assert claire.differing() is None


def test_a_scope_that_was_really_taken_away_goes_once_the_server_has_confirmed_it(
    office: Office, claire: Laptop
) -> None:
    furnish(claire)
    julie = office.enrol("julie")
    julie.sync()
    julie.save("user", office.ids["claire"], territories=[ISERE])
    julie.sync()
    claire.remote = watched = Erring(claire.remote)
    assert claire.sync()["removed"] == 6
    assert watched.verified, "the server was asked by another way"
    assert claire.rows("account") == []
    assert claire.differing() is None
    assert claire.sql("SELECT code FROM sync_history ORDER BY seq DESC LIMIT 1") == [("confirmed",)]


def test_exits_and_tombstones_need_no_confirmation(claire: Laptop, rey: Laptop) -> None:
    accounts = furnish(claire)
    rey.sync()
    for account in accounts[:3]:
        rey.save("account", account, territory=ISERE)
    for account in accounts[3:]:
        rey.delete("account", account)
    rey.sync()
    claire.remote = watched = Erring(claire.remote)
    claire.sync()
    assert claire.rows("account") == []
    assert watched.verified == []


def test_rows_that_the_server_denies_while_it_counts_them_stay(claire: Laptop) -> None:
    furnish(claire)
    before = claire.content()
    claire.remote = watched = Denying(claire.remote)
    claire.sync()
    assert claire.content() == before
    assert claire.differing() is not None, "the server's sum is never taken over"
    assert watched.verified


def test_a_server_that_counts_wrongly_is_looked_into_once(claire: Laptop) -> None:
    furnish(claire)
    before = claire.content()
    claire.remote = watched = Miscounting(claire.remote)
    claire.sync()
    asked = len(watched.verified)
    assert asked
    claire.sync()
    assert len(watched.verified) == asked
    assert claire.content() == before
    assert claire.sql("SELECT code FROM sync_history ORDER BY seq DESC LIMIT 1") == [("uncounted",)]
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'capture'")
        connection.exec_driver_sql("DELETE FROM account WHERE name = 'Compte 3'")
        connection.exec_driver_sql("UPDATE sync_sum SET count = 5 WHERE kind = 'account'")
        connection.exec_driver_sql("UPDATE sync_state SET value = 1 WHERE name = 'capture'")
    claire.sync()
    assert claire.content() == before, "a real difference in the same place is another one"


def test_a_row_that_the_server_does_not_have_goes_and_a_stale_one_is_renewed(
    claire: Laptop, rey: Laptop
) -> None:
    accounts = furnish(claire)
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'capture'")
        connection.exec_driver_sql(
            "INSERT INTO account (id, rev, scope, name) VALUES ('phantom', 3, ?, 'Fantôme')",
            (f"territory:{RHONE}",),
        )
        connection.exec_driver_sql("UPDATE account SET rev = 1, name = 'Vieux' WHERE id = ?", (accounts[0],))
        connection.exec_driver_sql("UPDATE sync_sum SET total = '12' WHERE kind = 'account'")
        connection.exec_driver_sql("UPDATE sync_state SET value = 1 WHERE name = 'capture'")
    claire.sync()
    assert sorted(row["name"] for row in claire.rows("account")) == [f"Compte {n}" for n in range(6)]
    assert claire.differing() is None
    rey.sync()
    assert claire.content() == {**rey.content(), "conflict": []}


def test_among_many_rows_the_one_that_differs_is_found_by_its_prefix(
    claire: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.server.verify._MOST_ROWS", 5)
    accounts = furnish(claire, 40)
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'capture'")
        connection.exec_driver_sql("DELETE FROM account WHERE id = ?", (accounts[17],))
        connection.exec_driver_sql("UPDATE sync_sum SET count = 39 WHERE kind = 'account'")
        connection.exec_driver_sql("UPDATE sync_state SET value = 1 WHERE name = 'capture'")
    claire.remote = watched = Erring(claire.remote)
    assert claire.sync()["pulled"] == 1
    assert claire.get("account", accounts[17])["name"] == "Compte 17"
    assert claire.differing() is None
    assert any(request.prefix for request in watched.verified)
    assert [request.ids for request in watched.verified if request.ids] == [[accounts[17]]]
