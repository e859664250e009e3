"""What the server could not apply is sent again: until it is answered the laptop shows what its user wants."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app import records
from app.conflicts import correcting
from app.conflicts.correcting import Waiting
from app.errors import Invalid, NotFound
from sync import outbox
from tests.sync.office import RHONE, Laptop, Office


def _waiting(laptop: Laptop) -> Waiting:
    with laptop.workspace.read() as session:
        (found,) = correcting.find_waiting(session)
    return found


def _send_again(laptop: Laptop, **values: Any) -> None:
    """With other values of the one record that waits."""
    waiting = _waiting(laptop)
    names = {wanted.field.name: wanted.name for wanted in waiting.wanted}
    with laptop.workspace.transaction() as session:
        correcting.send_again(session, waiting, {names[field]: value for field, value in values.items()})


def _take_back(laptop: Laptop) -> None:
    waiting = _waiting(laptop)
    with laptop.workspace.transaction() as session:
        correcting.take_back(session, waiting)
    laptop.sync()


@pytest.fixture
def soap(claire: Laptop) -> str:
    """A product that she may not add."""
    id = claire.add("product", sku="A", label_fr="Savon", label_en="Soap")
    assert claire.sync()["parked"] == 1
    return id


@pytest.fixture
def shared(claire: Laptop, office: Office) -> tuple[str, Laptop]:
    """A product of the office that her laptop has, and the office's laptop."""
    julie = office.enrol("julie")
    id = julie.add("product", sku="B", label_fr="Gants")
    julie.sync()
    claire.sync()
    return id, julie


def test_a_new_record_that_is_sent_again_stays_and_can_be_changed(claire: Laptop, soap: str) -> None:
    _send_again(claire)
    for _round in range(2):
        claire.sync()
        assert claire.get("product", soap)["label_fr"] == "Savon"
    assert _waiting(claire).place is not None
    claire.save("product", soap, label_fr="Savon doux")
    assert claire.get("product", soap)["label_fr"] == "Savon doux"


def test_a_new_record_that_is_corrected_shows_what_was_corrected_beside_the_rest(
    claire: Laptop, soap: str
) -> None:
    _send_again(claire, label_fr="Savon doux")
    claire.sync()
    row = claire.get("product", soap)
    assert (row["sku"], row["label_fr"], row["label_en"]) == ("A", "Savon doux", "Soap")


def test_a_new_record_that_is_sent_again_and_then_taken_back_goes(claire: Laptop, soap: str) -> None:
    _send_again(claire)
    claire.sync()
    _take_back(claire)
    with pytest.raises(NotFound):
        claire.get("product", soap)
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)]
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_shadow") == [(0,)]
    assert claire.differing() is None


def test_work_on_top_of_a_new_record_stays_on_top_when_that_is_sent_again(claire: Laptop, soap: str) -> None:
    with claire.workspace.read() as session:
        (first,) = correcting.find_waiting(session)
    claire.save("product", soap, sku="A2")
    with claire.workspace.transaction() as session:
        correcting.send_again(session, first, {})
    claire.sync()
    row = claire.get("product", soap)
    assert (row["sku"], row["label_fr"]) == ("A2", "Savon")


def test_a_new_record_that_the_server_takes_at_last_is_the_same_everywhere(
    claire: Laptop, rey: Laptop, office: Office, soap: str
) -> None:
    _send_again(claire, label_fr="Savon doux")
    claire.sync()
    claire.sync()
    julie = office.enrol("julie")
    julie.sync()
    waiting = _waiting(julie)
    with julie.workspace.transaction() as session:
        correcting.send_again(session, waiting, {})
    for laptop in (julie, julie, claire, claire):
        laptop.sync()
    assert julie.get("product", soap)["label_fr"] == "Savon doux"
    assert claire.get("product", soap)["label_fr"] == "Savon doux"
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)]
    assert claire.differing() is None and julie.differing() is None


def test_a_change_that_is_sent_again_stays_until_it_is_taken_back(
    claire: Laptop, shared: tuple[str, Laptop]
) -> None:
    gloves, julie = shared
    claire.save("product", gloves, label_fr="Gants fins")
    claire.sync()
    _send_again(claire)
    claire.sync()
    assert claire.get("product", gloves)["label_fr"] == "Gants fins"
    _send_again(claire, label_fr="Gants longs")
    julie.save("product", gloves, sku="B2")
    julie.sync()
    claire.sync()
    row = claire.get("product", gloves)
    assert (row["sku"], row["label_fr"]) == ("B2", "Gants longs")
    _take_back(claire)
    row = claire.get("product", gloves)
    assert (row["sku"], row["label_fr"]) == ("B2", "Gants")


def test_a_deletion_that_is_sent_again_stays_until_it_is_taken_back(
    claire: Laptop, shared: tuple[str, Laptop]
) -> None:
    gloves, _julie = shared
    claire.delete("product", gloves)
    claire.sync()
    _send_again(claire)
    claire.sync()
    assert claire.rows("product", id=gloves) == []
    _take_back(claire)
    assert claire.get("product", gloves)["label_fr"] == "Gants"
    assert claire.differing() is None


@pytest.fixture
def pair(claire: Laptop) -> tuple[str, str]:
    """Two products that she added in one action."""
    with claire.workspace.transaction() as session:
        soap, gloves = (
            records.add(session, "product", {"sku": sku, "label_fr": label})
            for sku, label in (("A", "Savon"), ("B", "Gants"))
        )
    claire.sync()
    return soap, gloves


def _sent(laptop: Laptop) -> dict[str, str]:
    """The labels that leave with the next sync, by record."""
    with laptop.workspace.exclusive() as connection:
        (sealed,) = outbox.waiting(connection)
    ops = [msgspec.json.decode(raw) for raw in sealed.ops]
    return {op["id"]: op["fields"]["label_fr"][1] for op in ops}


def test_correcting_one_of_two_records_leaves_the_other_as_it_was(
    claire: Laptop, pair: tuple[str, str]
) -> None:
    soap, gloves = pair
    waiting = _waiting(claire)
    assert waiting.title == "Article, Savon (+1)"
    assert {one.record for one in waiting.wanted} == {"Article, Savon", "Article, Gants"}
    (name,) = (one.name for one in waiting.wanted if (one.id, one.field.name) == (soap, "label_fr"))
    with claire.workspace.transaction() as session:
        correcting.send_again(session, waiting, {name: "Savon doux"})
    assert _sent(claire) == {soap: "Savon doux", gloves: "Gants"}
    claire.sync()
    assert {id: claire.get("product", id)["label_fr"] for id in pair} == {
        soap: "Savon doux",
        gloves: "Gants",
    }


def test_a_name_that_means_several_records_is_refused_and_nothing_is_sent(
    claire: Laptop, pair: tuple[str, str]
) -> None:
    waiting = _waiting(claire)
    for name in ("label_fr", "product.label_fr"):
        with pytest.raises(Invalid) as refused, claire.workspace.transaction() as session:
            correcting.send_again(session, waiting, {name: "Savon doux"})
        assert all(f"product.{id}.label_fr" in str(refused.value) for id in pair)
    assert _waiting(claire) == waiting


def test_a_colleague_who_decides_names_the_record_too(
    claire: Laptop, office: Office, pair: tuple[str, str]
) -> None:
    soap, gloves = pair
    julie = office.enrol("julie")
    julie.sync()
    waiting = _waiting(julie)
    assert {one.record for one in waiting.wanted} == {"Article, Savon", "Article, Gants"}
    with pytest.raises(Invalid), julie.workspace.transaction() as session:
        correcting.send_again(session, waiting, {"label_fr": "Savon doux"})
    with julie.workspace.transaction() as session:
        correcting.send_again(session, waiting, {f"product.{soap}.label_fr": "Savon doux"})
    julie.sync()
    julie.sync()
    assert {id: julie.get("product", id)["label_fr"] for id in pair} == {
        soap: "Savon doux",
        gloves: "Gants",
    }


def test_one_of_several_lines_of_a_quote_is_corrected(claire: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    with claire.workspace.transaction() as session:
        quote = records.add(session, "quote", {"account": account, "status": "draft"})
        lines = [
            records.add(session, "quote_line", {"quote": quote, "description": text, "quantity": 1})
            for text in ("Pont", "Rail")
        ]
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_transaction SET state = 'parked' WHERE state = 'sealed'")
    waiting = _waiting(claire)
    with claire.workspace.transaction() as session:
        correcting.send_again(session, waiting, {f"quote_line.{lines[0]}.quantity": "4"})
    with claire.workspace.exclusive() as connection:
        (sealed,) = outbox.waiting(connection)
    ops = {op["id"]: op["fields"] for op in map(msgspec.json.decode, sealed.ops)}
    assert [ops[id]["quantity"][1] for id in lines] == [40000, 10000]
