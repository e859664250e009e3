"""What waits because its author had lost a right is tried again when that comes back: nobody has to think of it."""

from __future__ import annotations

import pytest

from sync.protocol import Op, PushRequest, seal
from tests.sync.office import ISERE, RHONE, Laptop, Office
from tests.sync.test_restored_server import put_aside, put_back


@pytest.fixture
def away(rey: Laptop, claire: Laptop) -> str:
    """An account of a territory that is not Claire's."""
    account = rey.add("account", name="Siège", territory=ISERE)
    rey.sync(), claire.sync()
    return account


def grant(julie: Laptop, claire: Laptop, *territories: str) -> None:
    julie.sync()
    julie.save("user", claire.user, territories=list(territories))
    julie.sync()


def waiting(laptop: Laptop) -> list[tuple[str, str]]:
    return laptop.sql("SELECT state, reason FROM sync_transaction WHERE state = 'parked' ORDER BY n")


def test_after_a_restore_work_is_tried_again_when_the_grant_is_there_again(
    office: Office, claire: Laptop, rey: Laptop, julie: Laptop, away: str
) -> None:
    copy = put_aside(office)
    grant(julie, claire, RHONE, ISERE)
    claire.sync()
    task = claire.add("task", account=away, subject="Rappeler")
    claire.save("account", away, website="siege.fr")
    assert claire.sync()["parked"] == 0
    put_back(office, copy)
    claire.sync(), claire.sync()
    assert waiting(claire), "the server knows of no grant"
    julie.sync(), julie.sync()
    claire.sync()
    rey.sync()
    assert waiting(claire) == []
    for laptop in (claire, rey):
        assert [row["id"] for row in laptop.rows("task", account=away)] == [task]
        assert laptop.get("account", away)["website"] == "https://siege.fr"
        assert laptop.differing() is None
    assert rey.rows("parked") == []


def test_work_of_a_rep_who_gets_a_territory_back_is_done_with_what_waited_behind_it(
    claire: Laptop, rey: Laptop, julie: Laptop, away: str
) -> None:
    grant(julie, claire, RHONE, ISERE)
    claire.sync(), claire.sync()
    grant(julie, claire, RHONE)
    _push_as_if_unaware(claire, away)
    rey.sync()
    assert len(rey.rows("parked")) == 2
    grant(julie, claire, RHONE, ISERE)
    claire.sync(), rey.sync()
    assert claire.get("account", away)["website"] == rey.get("account", away)["website"] == "b.fr"
    assert rey.rows("parked") == []


def test_a_grant_of_something_else_leaves_what_waits_as_it_is(
    office: Office, claire: Laptop, rey: Laptop, julie: Laptop, away: str
) -> None:
    elsewhere = julie.add("territory", name="Savoie")
    julie.sync()
    _push_as_if_unaware(claire, away)
    rey.sync()
    before = rey.rows("parked")
    grant(julie, claire, RHONE, elsewhere)
    claire.sync(), rey.sync()
    assert rey.rows("parked") == before
    assert len(before) == 2
    assert rey.get("account", away)["website"] is None


def test_work_of_somebody_else_is_not_done_by_the_rights_of_who_gets_some(
    office: Office, claire: Laptop, rey: Laptop, julie: Laptop, away: str
) -> None:
    other = office.enrol("karim")
    grant(julie, other, RHONE)
    _push_as_if_unaware(other, away)
    grant(julie, claire, RHONE, ISERE)
    claire.sync(), rey.sync()
    assert rey.get("account", away)["website"] is None
    assert len(rey.rows("parked")) == 2


def _push_as_if_unaware(laptop: Laptop, account: str) -> None:
    """Two changes of an account that its author may not see."""
    assert laptop.remote is not None
    laptop.sync(), laptop.sync()
    ((n,),) = laptop.sql("SELECT COALESCE(MAX(n), 0) FROM sync_transaction")
    first = Op("account", account, "update", 0, {"website": (None, "a.fr")})
    second = Op("account", account, "update", 0, {"website": ("a.fr", "b.fr")})
    sealed = [seal("first", n + 1, [first]), seal("second", n + 2, [second])]
    answer = laptop.remote.push(PushRequest("", sealed))
    assert [one.outcome for one in answer.results] == ["parked", "parked"]
