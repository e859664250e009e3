"""Discounts beyond one's authority: asked, approved, asked again after a change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import errors, records
from app.quotes import authority, checking, issuing
from tests.app.quotes.conftest import become, give, status


def deepest(workspace, quote) -> Decimal:
    with workspace.read() as session:
        return authority.deepest_discount(session, quote).percent


@pytest.mark.parametrize(
    ("line", "head", "percent"),
    [
        ({}, {}, "0"),
        ({"discount_percent": 12}, {}, "12"),
        ({"unit_price": 88}, {}, "12"),
        ({"unit_price": 130}, {}, "0"),
        ({"discount_amount": 30}, {}, "15"),
        ({}, {"discount_type": "percent", "discount_value": 12}, "12"),
        ({"discount_percent": 10}, {"discount_type": "percent", "discount_value": 10}, "19"),
        ({"discount_percent": 10}, {"discount_type": "amount", "discount_value": 18}, "19"),
        ({"discountable": False}, {"discount_type": "percent", "discount_value": 12}, "0"),
        ({"choice_kind": "eco", "unit_price": 0}, {}, "0"),
    ],
)
def test_the_deepest_discount_counts_however_it_is_given(workspace, quote, line, head, percent):
    give(workspace, quote, **line)
    with workspace.transaction() as session:
        records.save(session, "quote", quote, head)
    assert deepest(workspace, quote) == Decimal(percent)


def test_under_a_list_with_vat_a_lower_price_is_as_deep_a_discount(workspace, quote):
    with workspace.transaction() as session:
        with_vat = records.add(session, "price_list", {"name": "Public TTC", "tax_mode": "TTC"})
        records.save(session, "quote", quote, {"price_list": with_vat, "tax_mode": "TTC"})
    give(workspace, quote, unit_price=102)
    assert deepest(workspace, quote) == Decimal(15), "of 120.00 with VAT, not of 100.00 without"


@pytest.mark.parametrize(
    ("values", "percent"),
    [
        # 200.00 of goods: what a line of free text gives back is a discount on the whole,
        ({"description": "Geste commercial", "quantity": -1, "unit_price": 30}, "15.00"),
        ({"description": "Geste", "quantity": -1, "unit_price": 30, "choice_kind": "option"}, "15.00"),
        ({"description": "Geste", "quantity": -1, "unit_price": 900}, "100.00"),
        # and no less where it is called an eco-participation;
        ({"description": "Éco", "quantity": -1, "unit_price": 30, "choice_kind": "eco"}, "15.00"),
        # goods taken back at their price are none, dearer ones are.
        ({"description": "Retour", "quantity": -1, "unit_price": 100, "product": "A1"}, "0"),
        ({"description": "Retour", "quantity": -1, "unit_price": 130, "product": "A1"}, "15.00"),
        ({"description": "Retour", "quantity": -1, "unit_price": 80, "product": "A1"}, "0"),
    ],
)
def test_what_a_negative_line_gives_back_is_a_discount(workspace, quote, values, percent):
    with workspace.transaction() as session:
        if "product" in values:
            (product,) = records.find_rows(session, "product", {"sku": values["product"]})
            values = {**values, "product": product["id"]}
        line = {"quote": quote, "kind": "item", "position": 2, "vat_rate": 20}
        records.add(session, "quote_line", {**line, **values})
    with workspace.read() as session:
        found = authority.deepest_discount(session, quote)
    assert found.percent == Decimal(percent)
    assert found.line == (values["description"] if found.percent else "")


def test_a_discount_within_one_s_authority_needs_nobody(workspace, quote):
    give(workspace, quote, discount_percent=10)
    with workspace.transaction() as session:
        issuing.issue(session, quote)
    assert status(workspace, quote) == "issued"


def test_beyond_it_the_quote_is_not_issued_until_a_manager_agrees(workspace, quote, people):
    give(workspace, quote, discount_percent=12)
    with workspace.transaction() as session:
        with pytest.raises(errors.NotAllowed, match="12"):
            issuing.issue(session, quote)
        authority.request_approval(session, quote, "Concurrent à 88 €")
    assert status(workspace, quote) == "to_approve"
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        issuing.issue(session, quote)
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        authority.approve(session, quote)
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        authority.approve(session, quote)
    become(workspace, people["rep"])
    with workspace.transaction() as session:
        issuing.issue(session, quote)
    assert status(workspace, quote) == "issued"


def test_a_change_after_the_approval_asks_again(workspace, quote, people):
    give(workspace, quote, discount_percent=12)
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        authority.approve(session, quote)
    become(workspace, people["rep"])
    give(workspace, quote, discount_percent=14)
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        issuing.issue(session, quote)


@pytest.mark.parametrize(
    "change", [{"description": "Autre chose"}, {"unit": "MTK"}, {"option_group": "A"}, {"quantity": 3}]
)
def test_what_is_sold_is_part_of_what_was_approved(workspace, quote, people, change):
    give(workspace, quote, discount_percent=12)
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        authority.approve(session, quote)
    become(workspace, people["rep"])
    give(workspace, quote, **change)
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed, match=r"n’est plus|any more"):
        issuing.issue(session, quote)


def test_an_approval_over_fewer_facts_is_asked_for_again_and_says_why(workspace, quote, people, monkeypatch):
    give(workspace, quote, discount_percent=12)
    fewer = tuple(
        name for name in authority.LINE_CONTENT if name not in ("description", "unit", "option_group")
    )
    become(workspace, people["manager"])
    with monkeypatch.context() as patched, workspace.transaction() as session:
        patched.setattr(authority, "LINE_CONTENT", fewer)
        authority.approve(session, quote)
    become(workspace, people["rep"])
    with workspace.transaction() as session:
        (first, *_rest) = checking.points(session, quote)
        assert first.where == "approval" and ("n’est plus" in first.text or "any more" in first.text)
        with pytest.raises(errors.NotAllowed, match=r"n’est plus|any more"):
            issuing.issue(session, quote)
        assert records.get(session, "quote", quote)["approval"]["by"] == people["manager"], "it is kept"


def test_a_manager_has_limits_too(workspace, quote, people):
    give(workspace, quote, discount_percent=30)
    become(workspace, people["manager"])
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed, match="30"):
        authority.approve(session, quote)


def test_a_refused_quote_is_a_draft_again_with_the_reason(workspace, quote, people):
    give(workspace, quote, discount_percent=12)
    with workspace.transaction() as session:
        authority.request_approval(session, quote)
    become(workspace, people["manager"])
    with workspace.transaction() as session:
        authority.refuse_approval(session, quote, "Restez à 10 %")
        kept = records.get(session, "quote", quote)
    assert kept["status"] == "draft" and kept["approval"]["answer_note"] == "Restez à 10 %"


def test_one_s_own_limit_wins_over_the_role_s(workspace, quote, people):
    with workspace.transaction() as session:
        records.save(session, "user", people["rep"], {"discount_authority": 15})
    give(workspace, quote, discount_percent=15)
    with workspace.transaction() as session:
        issuing.issue(session, quote)
