"""Accounts, people and territories move while laptops are away: nothing is lost, and nothing stays behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.identity import new_id
from app.syncing import SyncProblem
from sync import errors
from tests.sync.office import ISERE, RHONE, Laptop, Office


class PushFails:
    """A connection over which nothing can be sent, though rows come."""

    def __init__(self, honest: Any) -> None:
        self._honest = honest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._honest, name)

    def push(self, _request: Any) -> Any:
        raise errors.Refused("not now")


def pull_only(laptop: Laptop) -> None:
    honest, laptop.remote = laptop.remote, PushFails(laptop.remote)  # type: ignore[assignment]
    with pytest.raises(SyncProblem):
        laptop.sync()
    laptop.remote = honest


@pytest.fixture(autouse=True)
def all_end_equal(office: Office) -> Iterator[None]:
    """In the end every laptop has exactly the server's rows of its scopes."""
    yield
    import json

    for _round in range(2):
        for laptop in office.laptops:
            laptop.sync()
    for laptop in office.laptops:
        scopes = set(json.loads(laptop.sql("SELECT value FROM sync_state WHERE name = 'scopes'")[0][0]))
        marked = {id for (id,) in laptop.sql("SELECT id FROM sync_entry")}
        theirs = office.content(scopes)
        for kind, rows in laptop.content().items():
            assert [r for r in rows if r[0] not in marked] == [
                r for r in theirs[kind] if r[0] not in marked
            ], (laptop.workspace.folder.name, kind)
        assert laptop.differing() is None


def test_a_reassignment_with_unsent_work_on_both_sides_keeps_both(
    claire: Laptop, rey: Laptop, karim: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    contact = claire.add("contact", account=account, last_name="Morel")
    claire.sync(), rey.sync()
    rey.save("account", account, territory=ISERE)
    rey.sync(), karim.sync()
    claire.save("account", account, website="morel.fr")
    claire.add("task", account=account, subject="Rappeler")
    karim.save("contact", contact, job="Gérante")
    karim.add("task", account=account, subject="Passer")
    claire.sync(), karim.sync(), karim.sync()
    assert karim.get("account", account)["website"] == "https://morel.fr"
    assert karim.get("contact", contact)["job"] == "Gérante"
    assert {row["subject"] for row in karim.rows("task")} == {"Rappeler", "Passer"}
    assert claire.rows("account") == claire.rows("task") == []


def test_what_was_written_after_the_first_sync_alone_arrives_too(office: Office, rey: Laptop) -> None:
    account = rey.add("account", name="Morel", territory=RHONE)
    rey.sync()
    claire = office.enrol("claire")
    claire.sync()
    claire.save("account", account, notes="Écrit après la toute première synchronisation")
    rey.save("account", account, territory=ISERE)
    rey.sync()
    assert claire.sync()["parked"] == 0
    rey.sync()
    assert "toute première" in rey.get("account", account)["notes"]


def test_a_territory_taken_and_given_back_between_two_syncs_changes_nothing(
    claire: Laptop, julie: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), julie.sync()
    claire.save("account", account, notes="Écrit entre-temps")
    for lands in ([], [RHONE]):
        julie.save("user", claire.user, territories=lands)
        julie.sync()
    assert claire.sync()["removed"] == 0
    assert claire.get("account", account)["notes"] == "Écrit entre-temps"


def test_a_territory_that_was_taken_goes_and_comes_whole_when_it_is_given_back(
    claire: Laptop, julie: Laptop, rey: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), julie.sync()
    claire.save("account", account, notes="Écrit avant de le savoir")
    julie.save("user", claire.user, territories=[])
    julie.sync()
    assert claire.sync()["parked"] == 0
    assert claire.rows("account") == []
    rey.sync()
    rey.save("account", account, website="morel.fr")
    rey.sync()
    julie.save("user", claire.user, territories=[RHONE])
    julie.sync()
    claire.sync()
    row = claire.get("account", account)
    assert (row["notes"], row["website"]) == ("Écrit avant de le savoir", "https://morel.fr")


def test_what_was_written_before_a_territory_was_given_back_still_arrives(
    claire: Laptop, julie: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), julie.sync()
    claire.save("account", account, notes="Non envoyé")
    julie.save("user", claire.user, territories=[])
    julie.sync()
    pull_only(claire)
    assert claire.get("account", account)["notes"] == "Non envoyé", "in quarantine"
    pull_only(claire)
    julie.save("user", claire.user, territories=[RHONE])
    julie.sync()
    assert claire.sync()["parked"] == 0
    assert claire.get("account", account)["notes"] == "Non envoyé"


def test_a_rep_may_give_his_own_account_away(claire: Laptop, karim: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.add("contact", account=account, last_name="Morel")
    claire.sync()
    claire.save("account", account, territory=ISERE)
    task = claire.add("task", account=account, subject="Écrit après l'avoir donné")
    claire.sync(), karim.sync()
    assert claire.rows("account") == claire.rows("contact") == claire.rows("task") == []
    assert karim.get("task", task)["created_by"] == claire.user


def test_an_administrator_who_takes_away_his_own_access_loses_the_rows_and_no_work(
    julie: Laptop, rey: Laptop
) -> None:
    account = rey.add("account", name="Morel", territory=RHONE)
    rey.sync(), julie.sync()
    julie.save("account", account, notes="Dernier mot")
    julie.save("user", julie.user, role="rep")
    assert julie.sync()["parked"] == 0
    assert julie.rows("account") == []
    rey.sync()
    assert rey.get("account", account)["notes"] == "Dernier mot"


def test_a_move_between_the_territories_of_one_manager_takes_nothing_from_him(
    claire: Laptop, rey: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), rey.sync()
    rey.save("account", account, notes="Non envoyé")
    claire.save("account", account, territory=ISERE)
    claire.sync()
    assert rey.sync()["removed"] == 0
    assert rey.get("account", account)["scope"] == f"territory:{ISERE}"
    assert rey.get("account", account)["notes"] == "Non envoyé"


def test_a_new_territory_reaches_those_who_are_given_it(claire: Laptop, rey: Laptop, julie: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), julie.sync(), rey.sync()
    team = julie.rows("team")[0]["id"]
    ain = julie.add("territory", name="Ain", team=team)
    julie.save("account", account, territory=ain)
    julie.save("user", claire.user, territories=[RHONE, ain])
    julie.sync()
    assert claire.sync()["removed"] == 0
    assert claire.get("account", account)["scope"] == f"territory:{ain}"
    rey.sync()
    assert rey.get("account", account)["territory"] == ain, "a manager has the territories of his teams"


def test_work_in_a_territory_that_has_not_arrived_waits_for_it(claire: Laptop, julie: Laptop) -> None:
    ain = new_id()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql(
            "INSERT INTO account (id, name, territory) VALUES (?, 'Morel', ?)", (new_id(), ain)
        )
    assert claire.sync()["parked"] == 1
    julie.add("territory", ain, name="Ain")
    julie.save("user", claire.user, territories=[RHONE, ain])
    julie.sync()
    claire.sync()
    assert [row["territory"] for row in claire.rows("account")] == [ain]


def test_a_row_that_moves_twice_between_two_pulls_is_where_it_ended(
    claire: Laptop, karim: Laptop, rey: Laptop
) -> None:
    back = claire.add("account", name="Aller et retour", territory=RHONE)
    gone = claire.add("account", name="Repartie", territory=RHONE)
    claire.sync(), karim.sync(), rey.sync()
    for land in (ISERE, RHONE):
        rey.save("account", back, territory=land)
        rey.sync()
    for land in (ISERE, RHONE, ISERE):
        rey.save("account", gone, territory=land)
        rey.sync()
    claire.sync(), karim.sync()
    assert [row["id"] for row in claire.rows("account")] == [back]
    assert [row["id"] for row in karim.rows("account")] == [gone]


def test_children_created_offline_under_an_account_that_has_left_follow_it(
    claire: Laptop, karim: Laptop, rey: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), rey.sync()
    rey.save("account", account, territory=ISERE)
    rey.sync()
    quote = claire.add("quote", account=account, status="draft")
    for position in range(3):
        claire.add("quote_line", quote=quote, position=position, description="Savon", quantity="6")
    contact = claire.add("contact", account=account, last_name="Morel")
    claire.add("task", account=account, contact=contact, subject="Rappeler")
    pull_only(claire)
    assert claire.sync()["parked"] == 0
    karim.sync()
    assert len(karim.rows("quote_line")) == 3
    assert karim.rows("task")[0]["scope"] == f"territory:{ISERE}"
    assert claire.rows("quote") == claire.rows("contact") == claire.rows("task") == []


def test_what_is_written_after_the_loss_is_known_waits_for_the_manager(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), rey.sync()
    claire.save("account", account, notes="Avant")
    rey.save("account", account, territory=ISERE)
    rey.sync()
    pull_only(claire), pull_only(claire)
    claire.save("account", account, notes="Avant\nAprès")
    assert claire.sync()["parked"] == 2
    rey.sync()
    assert len(rey.rows("parked")) == 2
    assert claire.rows("account") != [], "in quarantine while its work waits"
