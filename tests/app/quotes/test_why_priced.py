"""Why a line has its price is told in the language of who reads it, not of who wrote it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import records
from app.i18n import set_language
from app.quotes import editing
from app.quotes.adding import add_free
from app.quotes.product_line import why_priced
from tests.shop import Shop

D = Decimal
FRENCH, ENGLISH = "Tarif B, à partir de 24, −8\u00a0%", "Tarif B, from 24, −8\u00a0%"


def why(shop: Shop, quote: str, at: int = 0) -> str:
    sheet = shop.read(quote)
    return why_priced(sheet, sheet.lines[at])


def test_a_rule_is_explained_to_an_english_reader_in_english(shop: Shop) -> None:
    quote = shop.quote("bob 450 x 24")
    assert why(shop, quote) == FRENCH
    set_language("en")
    assert why(shop, quote) == ENGLISH
    assert shop.read(quote).lines[0]["price_explanation"] == FRENCH, "what was stored is not rewritten"


def test_a_price_typed_by_hand_is_so_in_both_languages(shop: Shop) -> None:
    before = shop.sheet("bob 450 x 24")
    after = add_free(editing.set_cell(before, 0, "unit_price", "30"), "Pose @ 40")
    shop.save(before, after)
    set_language("en")
    assert [why(shop, before.id, at) for at in (0, 1)] == ["Price typed by hand"] * 2


def test_a_price_of_before_the_list_price_changed_has_the_same_reason_in_both_languages(shop: Shop) -> None:
    quote = shop.quote("bob 450 x 24")
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["BOB-450"], {"list_price": D("44.31")})
    assert why(shop, quote) == FRENCH
    set_language("en")
    assert why(shop, quote) == ENGLISH


@pytest.mark.parametrize("gone", [False, True])
def test_a_price_that_the_rules_no_longer_make_keeps_the_reason_it_had(shop: Shop, gone: bool) -> None:
    quote = shop.quote("bob 450 x 24")
    with shop.workspace.transaction() as session:
        (rule,) = records.find_rows(session, "price_rule", {"min_quantity": D(24)})
        if gone:
            records.delete(session, "price_rule", rule["id"])
        else:
            records.save(session, "price_rule", rule["id"], {"percent": D(9)})
    set_language("en")
    assert why(shop, quote) == FRENCH


def test_another_rule_that_makes_the_same_price_is_not_the_reason(shop: Shop) -> None:
    quote = shop.quote("bob 450 x 24")
    with shop.workspace.transaction() as session:
        same = {"applies_to": "product", "product": shop.products["BOB-450"], "price": D("39.58")}
        (tarif,) = records.find_rows(session, "price_list", {"name": "Tarif B"})
        records.add(session, "price_rule", {**same, "method": "price", "price_list": tarif["id"]})
    set_language("en")
    assert why(shop, quote) == FRENCH
