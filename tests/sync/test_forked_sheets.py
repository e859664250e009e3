"""A quote that lies open while it becomes two: what was typed is in the version that the person had in view."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import drafts, records
from app.errors import NotAllowed
from app.quotes import editing, forked, issuing
from app.quotes.sheet import Sheet
from tests.sync.office import RHONE, Laptop
from tests.sync.test_reassignment import pull_only


def _a_shared_quote(claire: Laptop, rey: Laptop) -> str:
    account = claire.add("account", name="Morel", territory=RHONE)
    quote = claire.add("quote", account=account, status="draft", currency="EUR", tax_mode="HT")
    with claire.workspace.transaction() as session:
        for position, description in enumerate(("Savon", "Gel"), start=1):
            line = {"quote": quote, "kind": "item", "position": position, "description": description}
            records.add(session, "quote_line", {**line, "quantity": 1, "unit_price": 10, "vat_rate": 20})
    claire.sync()
    rey.sync()
    return quote


def _opened(laptop: Laptop, quote: str) -> Sheet:
    with laptop.workspace.read() as session:
        return editing.open_sheet(session, quote)


def _saved(laptop: Laptop, before: Sheet, after: Sheet) -> Sheet:
    with laptop.workspace.transaction() as session:
        return editing.save(session, before, after)


def _order(laptop: Laptop, quote: str, quantity: str) -> Sheet:
    sheet = _opened(laptop, quote)
    return _saved(laptop, sheet, editing.set_cell(sheet, 0, "quantity", quantity))


def _both_ordered(claire: Laptop, rey: Laptop) -> tuple[str, Sheet]:
    """A quote of which his change has gone up and hers has not; the quote, and the sheet that she sees."""
    quote = _a_shared_quote(claire, rey)
    _order(rey, quote, "5")
    rey.sync()
    return quote, _order(claire, quote, "3")


def _totals(laptop: Laptop) -> dict[Decimal, Decimal]:
    """By what each quote says that it comes to: the sum of its lines."""
    return {
        quote["total_ht"]: sum(
            (line["net"] for line in laptop.rows("quote_line", quote=quote["id"])), Decimal()
        )
        for quote in laptop.rows("quote")
    }


def test_a_sheet_that_was_open_before_the_fork_is_saved_into_its_own_version(
    claire: Laptop, rey: Laptop
) -> None:
    quote, open_since = _both_ordered(claire, rey)
    claire.sync()
    stored = _saved(claire, open_since, editing.set_cell(open_since, 1, "quantity", "7"))
    assert stored.id != quote
    claire.sync()
    rey.sync()
    for laptop in (claire, rey):
        assert _totals(laptop) == {Decimal(60): Decimal(60), Decimal(100): Decimal(100)}
    assert claire.content() == rey.content() and claire.differing() is None


def test_a_sheet_that_was_open_while_another_person_changed_the_quote_forks_it(
    claire: Laptop, rey: Laptop
) -> None:
    quote = _a_shared_quote(claire, rey)
    open_since = _opened(claire, quote)
    _order(rey, quote, "5")
    rey.sync()
    claire.sync()
    _saved(claire, open_since, editing.set_cell(open_since, 1, "quantity", "7"))
    claire.sync()
    rey.sync()
    for laptop in (claire, rey):
        assert _totals(laptop) == {Decimal(60): Decimal(60), Decimal(80): Decimal(80)}


def test_of_two_revisions_the_one_that_is_issued_second_gets_the_next_letter(
    claire: Laptop, rey: Laptop
) -> None:
    quote = _a_shared_quote(claire, rey)
    with claire.workspace.transaction() as session:
        number = issuing.issue(session, quote)
    claire.sync()
    rey.sync()
    drafts = {}
    for laptop in (claire, rey):
        with laptop.workspace.transaction() as session:
            drafts[laptop.user] = issuing.revise(session, quote)
    with claire.workspace.transaction() as session:
        assert issuing.issue(session, drafts[claire.user]) == f"{number}-R2"
    claire.sync()
    rey.sync()
    with rey.workspace.transaction() as session:
        assert issuing.issue(session, drafts[rey.user]) == f"{number}-R3"


def test_of_two_revisions_that_went_out_under_one_number_both_stand_and_people_are_told(
    claire: Laptop, rey: Laptop
) -> None:
    quote = _a_shared_quote(claire, rey)
    with claire.workspace.transaction() as session:
        issuing.issue(session, quote)
    claire.sync()
    rey.sync()
    for laptop in (claire, rey):
        with laptop.workspace.transaction() as session:
            issuing.issue(session, issuing.revise(session, quote))
    claire.sync()
    rey.sync()
    claire.sync()
    for laptop in (claire, rey):
        assert [one["status"] for one in laptop.rows("quote", revision=2)] == ["issued", "issued"]
        assert len(laptop.rows("conflict", record_kind="quote", field="id")) == 1


def test_an_account_with_an_issued_quote_is_closed_and_not_deleted(claire: Laptop, rey: Laptop) -> None:
    quote = _a_shared_quote(claire, rey)
    with claire.workspace.transaction() as session:
        issuing.issue(session, quote)
    with pytest.raises(NotAllowed), claire.workspace.transaction() as session:
        records.delete(session, "account", records.get(session, "quote", quote)["account"])
    assert len(claire.rows("quote")) == 1


def test_of_a_draft_that_left_but_for_unsent_work_no_total_of_half_the_lines_is_made(
    claire: Laptop, rey: Laptop, julie: Laptop
) -> None:
    quote = _a_shared_quote(claire, rey)
    _order(claire, quote, "2")
    claire.sync()
    _order(claire, quote, "3")
    julie.sync()
    julie.save("user", claire.user, territories=[])
    julie.sync()
    pull_only(claire)
    assert len(claire.rows("quote_line", quote=quote)) == 1, "the other line left"
    with pytest.raises(NotAllowed):
        _order(claire, quote, "4")
    with pytest.raises(NotAllowed), claire.workspace.transaction() as session:
        issuing.issue(session, quote)
    claire.sync()
    rey.sync()
    assert claire.rows("quote") == []
    assert _totals(rey) == {Decimal(40): Decimal(40)}


def test_what_stood_in_an_open_cell_is_found_in_its_own_version_after_the_fork(
    claire: Laptop, rey: Laptop
) -> None:
    quote, seen = _both_ordered(claire, rey)
    line = seen.lines[1]["id"]
    with claire.workspace.transaction() as session:
        drafts.keep(session, "quote", quote, {f"{line}/quantity": "7", "entry": "gel x 2"})
    claire.sync()
    claire.sync()
    (own,) = (row["id"] for row in claire.rows("quote") if row["id"] != quote)
    moved = _opened(claire, own).lines[1]["id"]
    assert moved != line
    with claire.workspace.transaction() as session:
        assert forked.follow_id(session, seen) == own, "what is kept from now on goes there too"
        for id, texts in ((own, {f"{moved}/quantity": "7", "entry": "gel x 2"}), (quote, None)):
            kept = drafts.find(session, "quote", id)
            assert (kept and forked.follow_texts(session, id, kept.values)) == texts
