"""Where a record belongs is not asked with what was erased for an answer: of two versions the other one stands."""

from __future__ import annotations

import pytest

from app.accounts import merging
from app.conflicts import resolving
from tests.sync.office import RHONE, Laptop, Office
from tests.sync.test_erasure import erase
from tests.sync.test_restored_server import put_aside, put_back


@pytest.fixture
def known(claire: Laptop, rey: Laptop) -> dict[str, str]:
    """Four accounts by name, and a contact and a task of the first."""
    ids = {
        name: claire.add("account", name=name, territory=RHONE) for name in ("home", "one", "other", "gone")
    }
    ids["contact"] = claire.add("contact", account=ids["home"], last_name="Ada")
    ids["task"] = claire.add("task", account=ids["home"], subject="Rappeler")
    claire.sync(), rey.sync()
    return ids


def check_asks_nothing(office: Office, gone: str, *laptops: Laptop) -> None:
    for laptop in (*laptops, *laptops):
        assert laptop.sync()["parked"] == 0
        assert laptop.differing() is None
    for laptop in laptops:
        assert [row for row in laptop.rows("conflict") if row["state"] == "open"] == []
        assert gone not in str(laptop.sql("SELECT base, candidates, resolution FROM conflict"))


def disagree(claire: Laptop, rey: Laptop, known: dict[str, str]) -> None:
    """Two move one contact, each to another account."""
    rey.save("contact", known["contact"], account=known["gone"])
    claire.save("contact", known["contact"], account=known["one"])
    rey.sync(), claire.sync(), rey.sync()


def test_a_version_that_is_erased_is_asked_about_no_more(
    office: Office, claire: Laptop, rey: Laptop, known: dict[str, str]
) -> None:
    disagree(claire, rey, known)
    assert [row["state"] for row in claire.rows("conflict")] == ["open"]
    assert claire.get("contact", known["contact"])["account"] == known["one"]
    erase(office, "account", known["gone"])
    check_asks_nothing(office, known["gone"], claire, rey)
    assert rey.get("contact", known["contact"])["account"] == known["one"]


def test_a_decision_for_it_that_comes_later_leaves_what_stands(
    office: Office, claire: Laptop, rey: Laptop, known: dict[str, str]
) -> None:
    disagree(claire, rey, known)
    (conflict,) = rey.rows("conflict")
    with rey.workspace.transaction() as session:
        resolving.resolve(session, conflict["id"], "account", known["gone"])
    erase(office, "account", known["gone"])
    check_asks_nothing(office, known["gone"], claire, rey)
    assert rey.get("contact", known["contact"])["account"] == known["one"]


def test_a_second_merger_into_an_account_that_is_erased_is_asked_about_no_more(
    office: Office, claire: Laptop, rey: Laptop, known: dict[str, str]
) -> None:
    for laptop, into in ((claire, "one"), (rey, "gone")):
        with laptop.workspace.transaction() as session:
            merging.merge(session, known["home"], known[into])
        laptop.sync()
    assert [row["field"] for row in rey.rows("conflict")] == ["merged_into"]
    erase(office, "account", known["gone"])
    check_asks_nothing(office, known["gone"], claire, rey)
    for kind in ("contact", "task"):
        assert rey.get(kind, known[kind])["account"] == known["one"]


@pytest.mark.parametrize("first", ["moved", "erased"])
def test_an_offline_merger_into_an_erased_account_asks_nothing_of_what_moved_meanwhile(
    office: Office, claire: Laptop, rey: Laptop, known: dict[str, str], first: str
) -> None:
    with claire.workspace.transaction() as session:
        merging.merge(session, known["home"], known["gone"])
    if first == "erased":
        erase(office, "account", known["gone"])
    rey.save("contact", known["contact"], account=known["one"])
    rey.sync()
    if first == "moved":
        erase(office, "account", known["gone"])
    check_asks_nothing(office, known["gone"], claire, rey)
    assert claire.get("contact", known["contact"])["account"] == known["one"]
    assert claire.get("task", known["task"])["account"] == known["home"]


@pytest.mark.parametrize("standing", ["living", "erased"])
def test_of_a_link_to_an_erased_record_and_another_one_the_other_stands(
    office: Office, claire: Laptop, rey: Laptop, known: dict[str, str], standing: str
) -> None:
    second = claire.add("contact", account=known["one"], last_name="Bo")
    lost = claire.add("contact", account=known["one"], last_name="Cy")
    claire.sync(), rey.sync()
    early, late = (second, lost) if standing == "living" else (lost, second)
    claire.save("task", known["task"], contact=late)
    rey.save("task", known["task"], contact=early)
    rey.sync()
    erase(office, "contact", lost)
    check_asks_nothing(office, lost, claire, rey)
    assert claire.get("task", known["task"])["contact"] == second


def test_a_question_that_a_laptop_brings_back_after_a_restore_names_nothing_erased(
    office: Office, claire: Laptop, rey: Laptop, known: dict[str, str]
) -> None:
    copy = put_aside(office)
    disagree(claire, rey, known)
    put_back(office, copy)
    erase(office, "account", known["gone"])
    check_asks_nothing(office, known["gone"], rey, claire)


@pytest.mark.parametrize("meanwhile", [False, True])
def test_what_is_moved_by_hand_out_of_an_erased_account_goes_where_it_was_moved(
    office: Office, claire: Laptop, rey: Laptop, known: dict[str, str], meanwhile: bool
) -> None:
    with claire.workspace.transaction() as session:
        merging.merge(session, known["home"], known["gone"])
    claire.save("contact", known["contact"], account=known["one"])
    erase(office, "account", known["gone"])
    if meanwhile:
        rey.save("contact", known["contact"], account=known["other"])
        rey.sync()
        claire.sync(), rey.sync()
        (conflict,) = [row for row in rey.rows("conflict") if row["state"] == "open"]
        asked = {rey.get("contact", known["contact"])["account"], conflict["candidates"][0]["value"]}
        assert asked == {known["one"], known["other"]}
        assert known["gone"] not in str(conflict)
    else:
        check_asks_nothing(office, known["gone"], claire, rey)
        assert rey.get("contact", known["contact"])["account"] == known["one"]
    assert rey.get("task", known["task"])["account"] == known["home"]
