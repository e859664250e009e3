"""A server that was put back from last night's copy: nothing is lost, not even the work of a laptop that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.syncing import SyncProblem
from sync.server.admin import Administration
from sync.server.copies import copy_sqlite
from tests.sync.office import RHONE, Laptop, Office


def put_aside(office: Office) -> Path:
    """Last night's copy."""
    copy = office.folder / "copy.sqlite"
    copy_sqlite(office.folder / "server" / "demo.sqlite", copy)
    return copy


def put_back(office: Office, copy: Path) -> None:
    copy_sqlite(copy, office.folder / "server" / "demo.sqlite")
    Administration(office.store).renew()


def last_code(laptop: Laptop) -> str | None:
    return laptop.sql("SELECT code FROM sync_history ORDER BY seq DESC LIMIT 1")[0][0]


def test_what_the_server_had_acknowledged_and_lost_goes_to_it_again(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE, notes="Avant")
    claire.sync()
    rey.sync()
    copy = put_aside(office)
    claire.save("account", account, notes="Après la copie")
    contact = claire.add("contact", account=account, last_name="Morel")
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)], "all is acknowledged"
    put_back(office, copy)
    assert claire.sync()["pushed"] == 2
    assert last_code(claire) == "recovered"
    rey.sync()
    for laptop in (claire, rey):
        assert laptop.get("account", account)["notes"] == "Après la copie"
        assert laptop.get("contact", contact)["last_name"] == "Morel"
        assert laptop.differing() is None
    assert claire.content() == rey.content()
    assert claire.sync()["pushed"] == 0, "once is enough"


def test_new_work_is_sent_with_what_was_lost_in_its_order(office: Office, claire: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    copy = put_aside(office)
    claire.save("account", account, payment_terms="30 jours")
    claire.sync()
    put_back(office, copy)
    claire.save("account", account, payment_terms="45 jours")
    report = claire.sync()
    assert (report["pushed"], report["conflicts"]) == (2, 0)
    assert claire.get("account", account)["payment_terms"] == "45 jours"
    assert claire.differing() is None


def test_the_rows_of_a_laptop_that_is_gone_come_back_from_another_one(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    kept = claire.add("account", name="Connu de la copie", territory=RHONE, notes="Avant")
    claire.sync()
    rey.sync()
    copy = put_aside(office)
    gone = office.enrol("claire")
    gone.sync()
    account = gone.add("account", name="Écrit après la copie", territory=RHONE)
    gone.add("contact", account=account, last_name="Perdu")
    quote = gone.add("quote", account=account, status="draft", subject="Savon")
    for position in range(3):
        gone.add("quote_line", quote=quote, position=position, description=f"Ligne {position}", quantity="6")
    gone.save("quote", quote, status="issued")
    gone.save("account", kept, notes="Après la copie")
    gone.sync()
    rey.sync()
    put_back(office, copy)
    rey.sync()
    assert last_code(rey) == "recovered"
    claire.sync()
    for laptop in (rey, claire):
        assert laptop.get("account", account)["name"] == "Écrit après la copie"
        assert laptop.get("account", kept)["notes"] == "Après la copie"
        assert [row["last_name"] for row in laptop.rows("contact")] == ["Perdu"]
        assert laptop.get("quote", quote)["status"] == "issued"
        assert len(laptop.rows("quote_line", quote=quote)) == 3
        assert laptop.differing() is None
    assert claire.content() == rey.content()
    assert rey.sql("SELECT count(*) FROM sync_entry") == [(0,)]


def test_a_row_that_somebody_deleted_before_the_copy_does_not_come_back(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    rey.sync()
    claire.delete("account", account)
    claire.sync()
    put_back(office, put_aside(office))
    rey.sync()
    assert rey.rows("account") == []
    assert rey.differing() is None


def test_a_laptop_that_the_copy_does_not_know_signs_in_again_and_brings_its_work(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    copy = put_aside(office)
    late = office.enrol("claire", "late")
    late.sync()
    account = late.add("account", name="Morel", territory=RHONE)
    late.sync()
    put_back(office, copy)
    with pytest.raises(SyncProblem) as problem:
        late.sync()
    assert problem.value.code == "sign_in_needed"
    late.workspace.close()
    late = office.enrol("claire", "late")
    late.sync()
    rey.sync()
    for laptop in (late, rey):
        assert laptop.get("account", account)["name"] == "Morel"
        assert laptop.differing() is None


def test_a_revision_never_means_two_things(office: Office, claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    quote = claire.add("quote", account=account, status="draft", subject="Savon")
    claire.sync()
    rey.sync()
    copy = put_aside(office)
    for number in range(5):
        claire.save("quote", quote, subject=f"Savon {number}")
    claire.sync()
    claire.save("quote", quote, notes="Sur la base d'une version perdue")
    put_back(office, copy)
    rey.save("quote", quote, subject="Lessive")
    rey.sync()
    claire.sync()
    rey.sync()
    subjects = {row["subject"] for row in rey.rows("quote")}
    assert subjects == {"Lessive", "Savon 4"}, "the two versions of the document stand side by side"
    assert claire.content() == rey.content()


def test_a_text_in_question_that_several_laptops_bring_back_is_joined_once(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    julie = office.enrol("julie")
    account = claire.add("account", name="Morel", territory=RHONE, notes="Avant")
    for laptop in (claire, rey, julie):
        laptop.sync()
    copy = put_aside(office)
    rey.save("account", account, notes="De Rey")
    claire.save("account", account, notes="De Claire")
    rey.sync(), claire.sync(), rey.sync(), julie.sync()
    put_back(office, copy)
    early = office.enrol("julie")
    early.sync()
    early.save("account", account, notes="Depuis la panne")
    early.sync()
    for laptop in (julie, rey, claire, julie, early, rey):
        laptop.sync()
        text = laptop.get("account", account)["notes"].split("\n")
        assert text.count("<<<<<<<") == text.count(">>>>>>>") == 1
    for laptop in (claire, rey, julie, early):
        text = laptop.get("account", account)["notes"].split("\n")
        assert sorted(text[1:-1:2]) == ["De Claire", "De Rey", "Depuis la panne"]
        assert laptop.differing() is None
    (conflict,) = claire.rows("conflict")
    assert conflict["state"] == "open"
