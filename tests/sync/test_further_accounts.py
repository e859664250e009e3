"""A contact's further accounts stand in a list: after a merger it names the survivor, wherever it comes from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import undo
from app.accounts import merging
from app.conflicts import resolving
from sync.protocol import HelloRequest, Op, PushRequest, seal
from tests.sync.office import ISERE, RHONE, Laptop, Office
from tests.sync.test_erasure import erase
from tests.sync.test_restored_server import put_aside, put_back


def at(*accounts: str) -> list[dict[str, str]]:
    return [{"account": account, "role": "Conseil"} for account in accounts]


@pytest.fixture
def three(claire: Laptop, rey: Laptop) -> tuple[str, str, str]:
    """Two accounts that are one, and a contact elsewhere who works for the second too."""
    stays, gone, home = (
        claire.add("account", name=name, territory=RHONE) for name in ("Morel", "M.", "Dupuis")
    )
    contact = claire.add("contact", account=home, last_name="Ada", other_accounts=at(gone))
    claire.sync(), rey.sync()
    return stays, gone, contact


def merge(laptop: Laptop, account: str, into: str) -> None:
    with laptop.workspace.transaction("merge", undoable=True) as session:
        merging.merge(session, account, into)


def further(laptop: Laptop, contact: str) -> Any:
    return laptop.get("contact", contact)["other_accounts"]


def everywhere(contact: str, *laptops: Laptop) -> Any:
    """The one list that all have, after everybody's sync."""
    for laptop in (*laptops, *laptops):
        assert laptop.sync()["parked"] == 0
        assert laptop.differing() is None
        assert laptop.rows("conflict") == []
    (found, *others) = (further(laptop, contact) for laptop in laptops)
    assert others == [found] * len(others)
    return found


def name_a_third(rey: Laptop, gone: str, contact: str) -> str:
    """A colleague adds an account to the contact's list, which names the other one still."""
    third = rey.add("account", name="Troisième", territory=RHONE)
    rey.save("contact", contact, other_accounts=at(gone, third))
    return third


def test_the_list_names_the_survivor_on_every_laptop(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    stays, gone, contact = three
    merge(claire, gone, stays)
    assert further(claire, contact) == at(stays)
    assert everywhere(contact, claire, rey) == at(stays)


def test_one_that_names_both_names_the_survivor_once(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    stays, gone, contact = three
    claire.save("contact", contact, other_accounts=at(gone, stays))
    merge(claire, gone, stays)
    assert everywhere(contact, claire, rey) == at(stays)


def test_a_list_that_the_merger_did_not_see_is_led_by_the_server(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    stays, gone, contact = three
    hidden = rey.add("account", name="Isère", territory=ISERE)
    other = rey.add("contact", account=hidden, last_name="Loin", other_accounts=at(gone))
    rey.sync()
    merge(claire, gone, stays)
    assert everywhere(contact, claire, rey) == at(stays)
    assert further(rey, other) == at(stays)


def test_what_a_laptop_wrote_with_the_old_name_is_led(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    stays, gone, contact = three
    third = name_a_third(rey, gone, contact)
    new = rey.add("contact", account=third, last_name="Neuf", other_accounts=at(gone))
    merge(claire, gone, stays)
    claire.sync()
    assert everywhere(contact, rey, claire) == at(stays, third)
    assert everywhere(new, rey, claire) == at(stays)


def test_what_others_wrote_to_the_list_before_the_merger_came_is_kept(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    stays, gone, contact = three
    third = name_a_third(rey, gone, contact)
    rey.sync()
    merge(claire, gone, stays)
    assert everywhere(contact, claire, rey) == at(stays, third)


def test_an_open_form_that_shows_the_old_list_saves_the_survivor(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    stays, gone, contact = three
    form = rey.get("contact", contact)
    third = rey.add("account", name="Troisième", territory=RHONE)
    merge(claire, gone, stays)
    claire.sync(), rey.sync()
    rey.save("contact", contact, form, other_accounts=at(gone, third))
    assert further(rey, contact) == at(stays, third)
    assert everywhere(contact, rey, claire) == at(stays, third)


def test_the_merger_and_its_list_are_taken_back_together(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    stays, gone, contact = three
    merge(claire, gone, stays)
    assert everywhere(contact, claire, rey) == at(stays)
    with claire.workspace.transaction(origin="undo") as session:
        assert undo.take_back(session) is not None
    assert further(claire, contact) == at(gone)
    assert everywhere(contact, claire, rey) == at(gone)
    assert rey.get("account", gone)["merged_into"] is None


@pytest.mark.parametrize("again", ["claire", "rey"])
def test_after_a_restore_the_list_names_the_survivor_again(
    office: Office, claire: Laptop, rey: Laptop, three: tuple[str, str, str], again: str
) -> None:
    stays, gone, contact = three
    copy = put_aside(office)
    merge(claire, gone, stays)
    assert everywhere(contact, claire, rey) == at(stays)
    rey.save("contact", contact, job="Gérante")
    rey.sync(), claire.sync()
    put_back(office, copy)
    first, second = (claire, rey) if again == "claire" else (rey, claire)
    assert everywhere(contact, first, second) == at(stays)


@pytest.mark.parametrize("decision", ["mine", "theirs"])
def test_a_version_in_question_that_names_the_old_one_is_led_when_it_is_taken(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str], decision: str
) -> None:
    stays, gone, contact = three
    third = claire.add("account", name="Troisième", territory=RHONE)
    claire.sync(), rey.sync()
    rey.save("contact", contact, other_accounts=at(gone, third))
    claire.save("contact", contact, other_accounts=at(third))
    rey.sync(), claire.sync(), rey.sync()
    (conflict,) = rey.rows("conflict")
    merge(claire, gone, stays)
    claire.sync(), rey.sync()
    with rey.workspace.transaction() as session:
        resolving.resolve(session, conflict["id"], "other_accounts", decision)
    rey.sync(), claire.sync(), rey.sync()
    assert further(claire, contact) == further(rey, contact)
    assert further(rey, contact) in (at(third), at(stays, third))
    assert [row["state"] for row in claire.rows("conflict")] == ["resolved"]


def test_a_merger_into_an_erased_account_leaves_the_list_as_it_was(
    office: Office, claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    stays, gone, contact = three
    merge(claire, gone, stays)
    erase(office, "account", stays)
    assert everywhere(contact, claire, rey) == at(gone)


def test_a_list_does_not_tell_into_which_hidden_account_one_was_merged(
    claire: Laptop, rey: Laptop, three: tuple[str, str, str]
) -> None:
    _stays, _gone, contact = three
    hidden, survivor = (rey.add("account", name=name, territory=ISERE) for name in ("H", "S"))
    rey.sync()
    merge(rey, hidden, survivor)
    rey.sync()
    known = json.dumps(further(claire, contact), sort_keys=True, separators=(",", ":"))
    new = json.dumps(at(hidden), sort_keys=True, separators=(",", ":"))
    assert claire.remote is not None
    n = claire.remote.hello(HelloRequest("")).last_n + 1
    op = Op("contact", contact, "update", 0, {"other_accounts": (known, new)})
    (result,) = claire.remote.push(PushRequest("", [seal("guess", n, [op])])).results
    assert result.outcome == "applied"
    claire.sync()
    assert further(claire, contact) == at(hidden)
