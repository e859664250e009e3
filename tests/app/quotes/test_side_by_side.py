"""A quote changed on two sides: both versions beside each other, and a text shown without its marks."""

from __future__ import annotations

import pytest

from app.conflicts import review
from app.quotes import editing, side_by_side
from tests.sync.office import RHONE, Laptop, Office


@pytest.fixture
def laptops(office: Office) -> tuple[Laptop, Laptop]:
    found = office.enrol("claire"), office.enrol("rey")
    for laptop in found:
        laptop.sync()
    return found


def test_both_versions_of_a_quote_stand_line_by_line(laptops: tuple[Laptop, Laptop]):
    claire, rey = laptops
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    with claire.workspace.transaction("Quote") as session:
        quote = editing.new_quote(session, account)
    lines = {
        name: claire.add(
            "quote_line", quote=quote, position=at, description=name, quantity=quantity,
            unit_price=price, vat_rate="20",
        )
        for at, (name, quantity, price) in enumerate((("Distributeur", "6", "89"), ("Bobine", "12", "18.5")))
    }  # fmt: skip
    claire.sync()
    rey.sync()
    rey.save("quote_line", lines["Distributeur"], quantity="8")
    rey.sync()
    claire.save("quote_line", lines["Distributeur"], quantity="10")
    claire.add(
        "quote_line", quote=quote, position=2, description="Savon", quantity="4",
        unit_price="22", vat_rate="20",
    )  # fmt: skip
    claire.sync()
    claire.sync()
    with claire.workspace.read() as session:
        (record,) = [one for one in review.find_disputed(session) if one.kind == "quote"]
        (other,) = record.questions[0].others
        found = side_by_side.compare(session, record.id, other)
    rows = {row.label: (row.state, row.left, row.right) for row in found.lines}
    assert rows["Bobine"][0] == "same"
    state, left, right = rows["Distributeur"]
    assert state == "changed"
    assert left.startswith("8 ") and right.startswith("10 ")
    assert rows["Savon"][:2] == ("added", "")
    assert (found.left.by, found.left.mine) == ("Rey", False)
    assert found.right.mine and found.right.draft
    assert found.left.total != found.right.total


def test_a_text_that_both_changed_is_shown_without_marks_as_each_wrote_it(laptops: tuple[Laptop, Laptop]):
    claire, rey = laptops
    id = claire.add("account", name="Morel", notes="Fermé le lundi.", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.save("account", id, notes="Fermé lundi et mardi.")
    rey.sync()
    claire.save("account", id, notes="Fermé le lundi. Passer par la cour.")
    claire.sync()
    claire.sync()
    assert "<<<<<<<" in claire.get("account", id)["notes"]
    with claire.workspace.read() as session:
        (record,) = review.find_disputed(session)
    (question,) = record.questions
    mine, theirs = question.versions
    assert (mine.mine, mine.text) == (True, "Fermé le lundi. Passer par la cour.")
    assert (theirs.mine, theirs.text) == (False, "Fermé lundi et mardi.")
    with claire.workspace.transaction("Conflict") as session:
        review.decide(session, {question.id: ("notes", mine.decision)})
    assert claire.get("account", id)["notes"] == "Fermé le lundi. Passer par la cour."
    assert claire.rows("conflict", state="open") == []
