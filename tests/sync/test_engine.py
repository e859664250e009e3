"""Two ends of one sync: what a person typed arrives, once, where it may be seen, and nowhere else."""

from __future__ import annotations

import pytest

from app import records
from app.syncing import SyncProblem
from tests.sync.office import ISERE, RHONE, Laptop, Office, Unreliable


def test_what_one_laptop_writes_another_shows(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE, siret="81234567800014")
    claire.add("contact", account=account, last_name="Morel", first_name="Sylvie")
    assert claire.sync()["pushed"] == 2
    rey.sync()
    assert rey.get("account", account)["siret"] == "81234567800014"
    assert rey.rows("contact")[0]["scope"] == f"territory:{RHONE}"
    assert claire.content() == {**rey.content(), "conflict": []}


def test_a_rep_receives_only_his_territory(office: Office, claire: Laptop) -> None:
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    claire.sync()
    karim = office.enrol("karim")
    karim.sync()
    assert karim.rows("account") == []
    assert karim.sql("SELECT count(*) FROM search_row WHERE id = ?", account) == [(0,)]
    assert {row["name"] for row in karim.rows("territory")} == {"Rhône", "Isère"}


def test_two_people_on_two_fields_lose_nothing_and_are_asked_nothing(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    rey.sync()
    claire.save("account", account, notes="Fermé le lundi")
    rey.save("account", account, website="morel.fr")
    for laptop in (rey, claire, rey):
        assert laptop.sync()["conflicts"] == 0
    for laptop in (claire, rey):
        row = laptop.get("account", account)
        assert (row["notes"], row["website"]) == ("Fermé le lundi", "https://morel.fr")


def test_two_people_on_one_field_keep_both_values(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE, payment_terms="30 jours")
    claire.sync()
    rey.sync()
    claire.save("account", account, payment_terms="45 jours")
    rey.save("account", account, payment_terms="60 jours")
    for laptop in (rey, claire, rey):
        laptop.sync()
    assert claire.get("account", account)["payment_terms"] == "60 jours"
    for laptop in (claire, rey):
        (conflict,) = laptop.rows("conflict")
        assert conflict["field"] == "payment_terms"
        assert [candidate["value"] for candidate in conflict["candidates"]] == ["45 jours"]
        assert laptop.differing() is None
    assert claire.content() == rey.content()


def test_a_pull_under_an_open_form_makes_what_the_person_saw_the_base(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE, payment_terms="30 jours")
    claire.sync()
    rey.sync()
    form = claire.get("account", account)
    rey.save("account", account, payment_terms="60 jours", website="morel.fr")
    rey.sync()
    claire.sync()
    claire.save("account", account, form, **{**_editable(form), "payment_terms": "45 jours"})
    claire.sync()
    row = claire.get("account", account)
    assert row["website"] == "https://morel.fr", "a field that the form did not touch keeps the other's value"
    assert row["payment_terms"] == "45 jours", "the later edit stands"
    (conflict,) = claire.rows("conflict")
    assert [candidate["value"] for candidate in conflict["candidates"]] == ["60 jours"]


def test_an_answer_that_is_lost_doubles_nothing(office: Office, claire: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    honest, lost = claire.remote, []
    claire.remote = Unreliable(honest, lambda call: call == "push" and not lost and not lost.append(call))
    with pytest.raises(SyncProblem):
        claire.sync()
    claire.save("account", account, notes="Écrit entre-temps")
    assert claire.sync()["pushed"] == 2
    assert len(office.content({f"territory:{RHONE}"})["account"]) == 1
    assert claire.get("account", account)["notes"] == "Écrit entre-temps"
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)]


def test_an_account_that_moves_leaves_nothing_behind(office: Office, claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Zygomatique", territory=RHONE)
    contact = claire.add("contact", account=account, last_name="Xylophane")
    claire.sync()
    rey.sync()
    rey.save("account", account, territory=ISERE)
    rey.sync()
    assert claire.sync()["removed"] == 2
    for table in ("account", "contact", "sync_news", "sync_shadow", "sync_entry", "search_row", "draft"):
        assert claire.sql(f"SELECT count(*) FROM {table} WHERE id IN (?, ?)", account, contact) == [(0,)], (
            table
        )
    karim = office.enrol("karim")
    karim.sync()
    assert karim.get("contact", contact)["last_name"] == "Xylophane"
    assert claire.differing() is None
    assert rey.sync()["removed"] == 0


def test_work_under_an_account_that_moved_meanwhile_still_arrives(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.save("account", account, territory=ISERE)
    rey.sync()
    report = claire.add("visit_report", account=account, type="customer_visit", summary="Bon accueil")
    claire.sync()
    rey.sync()
    assert rey.get("visit_report", report)["summary"] == "Bon accueil"
    assert claire.rows("account") == []
    assert claire.rows("visit_report") == []


def test_what_a_rep_may_not_write_is_parked_and_can_be_withdrawn(office: Office, claire: Laptop) -> None:
    julie = office.enrol("julie")
    product = julie.add("product", sku="DSI-600", label_fr="Distributeur", list_price="89")
    julie.sync()
    claire.sync()
    claire.save("product", product, list_price="1")
    assert claire.sync()["parked"] == 1
    assert str(claire.get("product", product)["list_price"]) == "1.000000", "shown, marked, not lost"
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_transaction SET state = 'withdrawing' WHERE state = 'parked'")
    claire.sync()
    assert str(claire.get("product", product)["list_price"]) == "89.000000"
    julie.sync()
    assert str(julie.get("product", product)["list_price"]) == "89.000000"


def test_a_deletion_against_a_foreign_edit_keeps_the_record(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    contact = claire.add("contact", account=account, last_name="Morel")
    claire.sync()
    rey.sync()
    rey.save("contact", contact, job="Gérante")
    rey.sync()
    claire.delete("account", account)
    claire.sync()
    rey.sync()
    for laptop in (claire, rey):
        assert laptop.get("account", account)["name"] == "Morel"
        assert laptop.get("contact", contact)["job"] == "Gérante"
    assert claire.differing() is None


def test_a_deletion_travels_with_its_subtree(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.add("contact", account=account, last_name="Morel")
    claire.sync()
    rey.sync()
    claire.delete("account", account)
    for laptop in (claire, rey):
        laptop.sync()
        assert laptop.rows("account") == laptop.rows("contact") == []
        assert laptop.differing() is None


def test_who_has_seen_what_others_changed_below_deletes_without_a_question(
    claire: Laptop, rey: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    contact = claire.add("contact", account=account, last_name="Morel")
    claire.sync()
    rey.sync()
    rey.save("contact", contact, job="Gérante")
    rey.sync()
    claire.sync()
    claire.delete("account", account)
    assert claire.sync()["conflicts"] == 0
    rey.sync()
    for laptop in (claire, rey):
        assert laptop.rows("account") == laptop.rows("contact") == []


def test_a_laptop_that_worked_alone_keeps_all_its_work_when_it_enrols(office: Office, rey: Laptop) -> None:
    from app.workspace import Workspace

    alone = Laptop(Workspace.create(office.folder / "alone")[0], office.service.connect(), "")
    account = alone.add("account", name="Écrite seule", territory=None)
    alone.add("contact", account=account, last_name="Martin")
    alone.save("account", account, notes="Note")
    alone.workspace.close()
    claire = office.enrol("claire", "alone")
    assert claire.sync()["pushed"] == 3 + 1, "and its place in her territory"
    assert claire.get("account", account)["notes"] == "Note"
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)]
    assert claire.rows("contact")[0]["rev"] > 0


def test_a_transaction_larger_than_a_request_goes_in_parts(claire: Laptop, rey: Laptop) -> None:
    with claire.workspace.transaction() as session:
        for number in range(1300):
            records.add(session, "account", {"name": f"Compte {number}", "territory": RHONE})
    claire.add("account", name="Après", territory=RHONE)
    assert claire.sync()["pushed"] == 2
    rey.sync()
    assert len(rey.rows("account")) == 1301


def test_a_quote_changed_by_two_people_forks_and_both_stand(claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    quote = claire.add("quote", account=account, status="draft")
    line = claire.add("quote_line", quote=quote, position=1, description="Savon", quantity="6")
    claire.sync()
    rey.sync()
    rey.save("quote_line", line, quantity="12")
    rey.sync()
    claire.save("quote_line", line, quantity="24")
    claire.sync()
    rey.sync()
    for laptop in (claire, rey):
        assert sorted(int(row["quantity"]) for row in laptop.rows("quote_line")) == [12, 24]
        assert len(laptop.rows("quote")) == 2
    assert claire.content() == rey.content()
    assert claire.differing() is None


def test_nothing_to_do_costs_one_round_trip(claire: Laptop) -> None:
    calls: list[str] = []
    claire.remote = Unreliable(claire.remote, lambda call: bool(calls.append(call)))
    claire.sync()
    assert calls == ["pull"]


def test_a_first_load_that_stopped_goes_on_where_it_stopped(
    office: Office, claire: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync import first_load

    for number in range(40):
        claire.add("account", name=f"Compte {number} " + "x" * 1000, territory=RHONE)
    claire.sync()
    second = office.enrol("claire")
    pulls: list[str] = []
    monkeypatch.setattr(first_load, "FIRST_LOAD_BYTES", 10_000)
    honest = second.remote
    second.remote = Unreliable(
        honest, lambda call: call == "pull" and bool(pulls.append(call) or len(pulls) == 2)
    )
    with pytest.raises(SyncProblem):
        second.sync()
    assert 0 < len(second.rows("account")) < 40
    second.remote = honest
    second.sync()
    assert second.content() == claire.content()
    assert second.differing() is None


def _editable(form: dict[str, object]) -> dict[str, object]:
    from app.entity import fields

    return {name: value for name, value in form.items() if name in fields("account")}
