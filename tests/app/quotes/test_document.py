"""The frozen document: built from records, kept as JSON, recognised by its hash."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from app.errors import Invalid
from app.quotes.composing import full_number, quote_totals
from app.quotes.document import QuoteDocument
from tests.app.quotes import samples


def test_a_snapshot_gives_the_document_back():
    document = samples.full(12)
    kept = json.loads(json.dumps(document.to_dict()))
    assert QuoteDocument.from_dict(kept) == document
    assert QuoteDocument.from_dict(kept).document_hash() == document.document_hash()


def test_the_files_of_a_document_are_named_in_the_snapshot_by_their_digests():
    document = samples.document(1)
    pictured = replace(document, lines=(replace(document.lines[0], picture="ab12"),), logo="cd34")
    assert QuoteDocument.from_dict(json.loads(json.dumps(pictured.to_dict()))) == pictured
    assert pictured.files() == {"ab12", "cd34"}


def test_a_snapshot_of_a_newer_program_can_still_be_read():
    kept = samples.document(1).to_dict()
    kept["colour"] = "blue"
    kept["lines"][0]["weight"] = "3"
    assert QuoteDocument.from_dict(kept) == samples.document(1)


def test_one_changed_cent_changes_the_hash():
    one = samples.document([samples.line(0)])
    other = samples.document([samples.line(0, unit_price=Decimal("84.31"))])
    assert one.document_hash() != other.document_hash()
    assert len(one.document_hash()) == 64


def test_the_scale_of_a_stored_number_does_not_change_the_hash():
    one = samples.document([samples.line(0, quantity=Decimal("2"), vat_rate=Decimal("20"))])
    other = samples.document([samples.line(0, quantity=Decimal("2.0000"), vat_rate=Decimal("20.00"))])
    assert one.document_hash() == other.document_hash()


def test_lines_stand_in_the_order_of_their_positions():
    rows = [samples.line(2), samples.line(0), samples.line(1)]
    references = [line.reference for line in samples.document(rows).lines]
    assert references == ["VAL-1000", "VAL-1007", "VAL-1014"]


def test_a_subtotal_sums_its_section_without_what_is_only_offered():
    rows = [
        {"kind": "section", "description": "A"},
        samples.line(0, unit_price=Decimal(10), quantity=Decimal(1)),
        samples.line(1, unit_price=Decimal(99), quantity=Decimal(1), choice_kind="option"),
        samples.line(3, unit_price=Decimal(5), quantity=Decimal(2)),
        {"kind": "subtotal"},
        samples.line(4, unit_price=Decimal(7), quantity=Decimal(1)),
        {"kind": "subtotal"},
    ]
    for position, row in enumerate(rows):
        row["position"] = position
    subtotals = [line.amount for line in samples.document(rows).lines if line.kind == "subtotal"]
    assert subtotals == ["20.00", "7.00"]


def test_the_totals_of_records_know_the_document_discount_and_the_charges():
    quote = {
        "tax_mode": "HT",
        "discount_type": "amount",
        "discount_value": Decimal("10.0000"),
        "charges": [{"label": "Port", "amount": "15.00", "vat_rate": "20"}],
    }
    found = quote_totals(quote, [samples.line(0, unit_price=Decimal(100), quantity=Decimal(1))])
    assert (str(found.total.ht), str(found.total.ttc)) == ("105.00", "126.00")


def test_a_bad_line_is_named():
    with pytest.raises(Invalid) as refusal:
        samples.document([samples.line(0), samples.line(1, unit_price=Decimal(-1))])
    assert set(refusal.value.problems) == {"lines.2.unit_price"}


def test_a_charge_that_is_no_number_is_named():
    with pytest.raises(Invalid) as refusal:
        samples.document(1, charges=[{"label": "Port", "amount": "beaucoup", "vat_rate": "20"}])
    assert set(refusal.value.problems) == {"doc_charges.1.amount"}


def test_a_draft_says_so_and_needs_no_number():
    document = samples.document(1, status="draft", number=None)
    assert document.draft and document.number == ""


@pytest.mark.parametrize(
    ("number", "revision", "shown"),
    [
        ("D26-K7-00042", 1, "D26-K7-00042"),
        ("D26-K7-00042", None, "D26-K7-00042"),
        ("D26-K7-00042", 2, "D26-K7-00042-R2"),
        ("D26-K7-00042-R2", 2, "D26-K7-00042-R2"),
        (None, 3, ""),
    ],
)
def test_a_revision_shows_in_the_number(number, revision, shown):
    assert full_number({"number": number, "revision": revision}) == shown


def test_what_came_after_the_first_quotes_leaves_their_hash_as_it_was():
    firm, consumer = samples.document(2), samples.document(2, account={"customer_kind": "consumer"})
    assert "consumer" not in firm.to_dict() and consumer.to_dict()["consumer"] is True
    for each in (firm, consumer):
        again = QuoteDocument.from_dict(each.to_dict())
        assert again == each and again.document_hash() == each.document_hash()
