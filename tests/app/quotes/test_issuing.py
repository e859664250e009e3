"""A quote's life: draft, number, frozen paper, revisions."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from app import errors, formats, records
from app.quotes import issuing, paper


@pytest.fixture
def draft(workspace) -> str:
    """A draft over 75.60 with VAT."""
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Hôtel Bellevue"})
        billing = {"account": account, "kind": "billing", "line1": "1 rue de la Paix", "town": "Lyon"}
        records.add(session, "site", {"account": account, "kind": "visit", "town": "Bron"})
        records.add(session, "site", billing)
        quote = records.add(session, "quote", {"account": account, "status": "draft", "number": "typed"})
        for position, quantity in enumerate((2, 4), start=1):
            line = {"quote": quote, "kind": "item", "position": position, "description": f"Savon {position}"}
            records.add(
                session, "quote_line", {**line, "quantity": quantity, "unit_price": "10.50", "vat_rate": 20}
            )
    return quote


def issued(workspace, quote: str) -> str:
    with workspace.transaction() as session:
        return issuing.issue(session, quote)


def get(workspace, quote: str) -> records.Record:
    with workspace.read() as session:
        return records.get(session, "quote", quote)


def in_series(workspace, series: str) -> None:
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("INSERT OR REPLACE INTO sync_state VALUES ('series', ?)", (series,))


def test_totals_are_stored_with_the_nets_of_the_lines(workspace, draft):
    with workspace.transaction() as session:
        total = issuing.refresh_totals(session, draft)
        nets = [line["net"] for line in issuing.find_lines(session, draft)]
    assert nets == [Decimal("21.00"), Decimal("42.00")]
    assert total == {name: get(workspace, draft)[name] for name in ("total_ht", "total_vat", "total_ttc")}
    assert total["total_ttc"] == Decimal("75.60")


def test_numbers_follow_each_other_in_the_series_of_the_laptop(workspace, draft):
    in_series(workspace, "K7")
    year = formats.now().year % 100
    assert issued(workspace, draft) == f"D{year}-K7-00001"
    with workspace.transaction() as session:
        second = issuing.duplicate(session, draft)
    assert issued(workspace, second) == f"D{year}-K7-00002"


def test_a_number_is_not_drawn_again_when_its_quote_goes_away(workspace, draft):
    in_series(workspace, "K7")
    with workspace.transaction() as session:
        second = issuing.duplicate(session, draft)
    first = issued(workspace, draft)
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("DELETE FROM quote WHERE id = ?", (draft,))
    assert issued(workspace, second) != first


def test_what_fails_draws_no_number(workspace, draft):
    in_series(workspace, "K7")
    with pytest.raises(RuntimeError), workspace.transaction() as session:
        issuing.issue(session, draft)
        raise RuntimeError("the power went")
    assert get(workspace, draft)["status"] == "draft"
    assert issued(workspace, draft).endswith("-00001")


def test_a_laptop_alone_has_a_series_of_its_own(workspace, draft):
    first = issued(workspace, draft)
    assert first.split("-")[1].startswith("L")
    assert len(first.split("-")[1]) == 4


def test_the_paper_is_frozen_whatever_happens_to_the_customer(workspace, draft):
    number = issued(workspace, draft)
    with workspace.read() as session:
        pdf = paper.pdf(session, draft)
    quote = get(workspace, draft)
    with workspace.transaction() as session:
        records.save(session, "account", quote["account"], {"name": "Another name"})
    with workspace.read() as session:
        kept = paper.document(session, draft)
        assert paper.pdf(session, draft) == pdf
    assert (kept.number, kept.buyer.name, kept.draft) == (number, "Hôtel Bellevue", False)
    assert kept.buyer.address[0] == "1 rue de la Paix", "the billing address, not the visited one"
    assert kept.document_hash() == quote["document_hash"]


def test_an_issued_quote_and_its_lines_cannot_be_edited(workspace, draft):
    issued(workspace, draft)
    with workspace.read() as session:
        line = issuing.find_lines(session, draft)[0]["id"]
    for kind, id, values in (("quote", draft, {"subject": "x"}), ("quote_line", line, {"quantity": 9})):
        with pytest.raises(errors.NotAllowed), workspace.transaction() as session:
            records.save(session, kind, id, values)
    with pytest.raises(errors.NotAllowed), workspace.transaction() as session:
        records.delete(session, "quote", draft)
    with pytest.raises(errors.NotAllowed), workspace.transaction() as session:
        records.add(session, "quote_line", {"quote": draft, "kind": "item"})
    with workspace.transaction() as session:
        records.save(session, "quote", draft, {"status": "accepted"})


def test_what_cannot_be_issued_says_why(workspace, draft):
    with workspace.transaction() as session:
        account = get(workspace, draft)["account"]
        empty = records.add(session, "quote", {"account": account, "status": "draft"})
        records.add(session, "quote_line", {"quote": empty, "kind": "text", "description": "Only words"})
        waiting = issuing.duplicate(session, draft)
        records.save(session, "quote", waiting, {"status": "to_approve"})
    issued(workspace, draft)
    for quote in (empty, waiting, draft):
        with pytest.raises(errors.NotAllowed):
            issued(workspace, quote)


def test_validity_comes_from_the_quote_then_from_the_company(workspace, draft):
    with workspace.transaction() as session:
        records.add(session, "organisation", {"name": "Terrain SAS", "quote_validity_days": 10})
    issued(workspace, draft)
    quote = get(workspace, draft)
    assert quote["valid_until"] == quote["issued_on"] + timedelta(days=10)


def test_a_revision_supersedes_only_once_it_is_issued(workspace, draft):
    number = issued(workspace, draft)
    with workspace.transaction() as session:
        second = issuing.revise(session, draft)
    assert get(workspace, draft)["status"] == "issued"
    assert issued(workspace, second) == f"{number}-R2"
    assert get(workspace, draft)["status"] == "superseded"
    with workspace.transaction() as session:
        third = issuing.revise(session, second)
    assert issued(workspace, third) == f"{number}-R3"
    assert get(workspace, third)["total_ttc"] == Decimal("75.60")
    assert get(workspace, third)["supersedes"] == second


def test_a_draft_is_changed_not_revised(workspace, draft):
    with pytest.raises(errors.NotAllowed), workspace.transaction() as session:
        issuing.revise(session, draft)


def test_a_copy_has_no_number_and_no_past(workspace, draft):
    issued(workspace, draft)
    with workspace.transaction() as session:
        copy = issuing.duplicate(session, draft)
    quote = get(workspace, copy)
    for name in ("number", "supersedes", "snapshot", "issued_on", "document_hash"):
        assert quote[name] is None
    assert quote["status"] == "draft"
    with workspace.read() as session:
        assert len(issuing.find_lines(session, copy)) == 2
        assert paper.document(session, copy).draft


def test_an_offer_whose_last_day_has_passed_is_not_issued(workspace, draft):
    from datetime import date

    with workspace.transaction() as session:
        records.save(session, "quote", draft, {"valid_until": date(2020, 1, 31)})
    with workspace.transaction() as session, pytest.raises(errors.Invalid) as refusal:
        issuing.issue(session, draft)
    assert "valid_until" in refusal.value.problems
    assert get(workspace, draft)["status"] == "draft"
