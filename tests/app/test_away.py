"""“While you were away”: what others did to one's customers, grouped, told once, and forgotten when seen."""

from __future__ import annotations

from typing import Any

from app import away
from tests.sync.office import ISERE, RHONE, Laptop, Office


def news(laptop: Laptop) -> list[away.News]:
    with laptop.workspace.read() as session:
        found, count = away.find_news(session)
    assert count == len(found)
    return list(found)


def dismiss(laptop: Laptop, *place: Any) -> None:
    with laptop.workspace.exclusive() as connection:
        away.dismiss(connection, *place)


def test_what_others_changed_is_told_by_record(claire: Laptop, rey: Laptop):
    id = claire.add("account", name="Boulangerie Morel", phone="04 78 61 22 10", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.save("account", id, phone="04 78 61 22 19", payment_terms="45 jours")
    rey.add("contact", account=id, last_name="Morel", first_name="Paul")
    rey.add("task", account=id, subject="Rappeler")
    rey.sync()
    claire.sync()
    (one,) = news(claire)
    assert one.place == ("account", id)
    assert (one.title, one.by) == ("Boulangerie Morel", "Rey")
    assert set(one.what.split(", ")) == {"Téléphone", "Conditions de règlement", "Contact", "Tâche"}
    changed = {detail.field: (detail.before, detail.after) for detail in one.details if not detail.record}
    assert changed["Conditions de règlement"] == ("", "45 jours")
    assert any("Paul" in detail.record or "Morel" in detail.record for detail in one.details)


def test_what_one_did_oneself_is_no_news(claire: Laptop):
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    claire.sync()
    claire.save("account", id, notes="Fermé le lundi")
    claire.sync()
    assert news(claire) == []


def test_what_another_changed_on_a_record_on_which_one_worked_too_is_told(claire: Laptop, rey: Laptop):
    id = claire.add("account", name="Boulangerie Morel", phone="04 78 61 22 10", territory=RHONE)
    claire.sync(), rey.sync()
    rey.save("account", id, phone="04 78 61 22 19")
    rey.sync()
    claire.save("account", id, payment_terms="30 jours")
    claire.sync()
    assert claire.get("account", id)["updated_by"] == claire.user, "the row names its last writer alone"
    (one,) = news(claire)
    assert (one.what, [(d.before, d.after) for d in one.details]) == (
        "Téléphone",
        [("04 78 61 22 10", "04 78 61 22 19")],
    )


def test_several_changes_of_a_field_are_one_with_the_value_that_the_user_knew(claire: Laptop, rey: Laptop):
    id = claire.add("account", name="Morel", payment_terms="30 jours", territory=RHONE)
    claire.sync()
    rey.sync()
    for terms in ("45 jours", "60 jours"):
        rey.save("account", id, payment_terms=terms)
        rey.sync()
        claire.sync()
    (one,) = news(claire)
    assert [(d.before, d.after) for d in one.details] == [("30 jours", "60 jours")]


def test_a_new_customer_is_one_line_with_all_that_belongs_to_it(claire: Laptop, rey: Laptop):
    id = rey.add("account", name="Garage Lopez", territory=RHONE)
    for name in ("Lopez", "Martin", "Petit"):
        rey.add("contact", account=id, last_name=name)
    rey.sync()
    claire.sync()
    (one,) = news(claire)
    assert one.what == "Nouveau, Contact (3)"


def test_a_record_that_was_looked_at_is_no_news_until_it_changes_again(claire: Laptop, rey: Laptop):
    ids = [rey.add("account", name=name, territory=RHONE) for name in ("One", "Two")]
    rey.sync()
    claire.sync()
    assert len(news(claire)) == 2
    dismiss(claire, ("account", ids[0]))
    assert [one.title for one in news(claire)] == ["Two"]
    rey.save("account", ids[0], notes="new")
    rey.sync()
    claire.sync()
    assert {one.title for one in news(claire)} == {"One", "Two"}


def test_all_news_can_be_put_away_at_once(claire: Laptop, rey: Laptop):
    rey.add("account", name="One", territory=RHONE)
    rey.sync()
    claire.sync()
    dismiss(claire)
    assert news(claire) == []


def test_a_record_that_left_leaves_no_news(claire: Laptop, rey: Laptop):
    id = rey.add("account", name="One", territory=RHONE)
    rey.sync()
    claire.sync()
    rey.save("account", id, territory=ISERE)
    rey.sync()
    claire.sync()
    assert news(claire) == []


def test_the_first_load_and_the_catalogue_are_no_news(office: Office, rey: Laptop):
    julie = office.enrol("julie")
    julie.sync()
    rey.add("account", name="One", territory=RHONE)
    rey.sync()
    julie.add("product", sku="A1", label_fr="Savon")
    julie.sync()
    rey.sync()
    assert news(rey) == []
    karim = office.enrol("claire", "late")
    karim.sync()
    assert news(karim) == []


def test_what_others_deleted_is_told_where_it_is_missed(claire: Laptop, rey: Laptop):
    id = claire.add("account", name="Morel", territory=RHONE)
    contact = claire.add("contact", account=id, first_name="Paul", last_name="Durand")
    claire.sync()
    rey.sync()
    rey.delete("contact", contact)
    rey.sync()
    claire.sync()
    (one,) = news(claire)
    assert (one.place, one.by, one.is_deleted) == (("account", id), "Rey", False)
    assert [detail.field for detail in one.details] == ["Supprimé"]
    assert "Durand" in one.details[0].record


def test_a_deleted_customer_is_told_with_all_that_went_with_it(claire: Laptop, rey: Laptop):
    id = claire.add("account", name="Morel", territory=RHONE)
    claire.add("contact", account=id, last_name="Durand")
    claire.sync()
    rey.sync()
    rey.delete("account", id)
    rey.sync()
    claire.sync()
    (one,) = news(claire)
    assert (one.place, one.title, one.is_deleted) == (("account", id), "Morel", True)
    assert one.what == "Supprimé, Contact"


def test_what_was_made_and_deleted_while_one_was_away_is_no_news(claire: Laptop, rey: Laptop):
    claire.sync()
    id = rey.add("account", name="Morel", territory=RHONE)
    rey.sync()
    rey.delete("account", id)
    rey.sync()
    claire.sync()
    assert news(claire) == []
