"""An obsolete product on a quote or sought for it: what replaces it is offered, at its own price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import records
from app.quotes import editing, pasting, suggesting
from app.quotes.adding import set_role
from app.quotes.product_line import is_obsolete, replace_product, replacements
from app.quotes.sheet import Sheet
from tests.shop import Shop

D = Decimal


def change(shop: Shop, sku: str, **values: object) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products[sku], values)


def retire(shop: Shop, sku: str, *substitutes: str) -> None:
    """The product is no longer sold; these replace it."""
    change(shop, sku, status="obsolete", substitutes=[shop.products[each] for each in substitutes])


def offered(sheet: Sheet, at: int = 0) -> list[tuple[str, Decimal]]:
    return [(product["sku"], price.unit_price) for product, price in replacements(sheet, at)]


@pytest.fixture
def aging(shop: Shop) -> Shop:
    """The shop in which paper (BOB-450) replaces the soap (SAV-5)."""
    retire(shop, "SAV-5", "BOB-450")
    return shop


def test_a_line_offers_what_replaces_its_obsolete_product_at_its_quantity(aging: Shop) -> None:
    sheet = aging.sheet("sav 5 x 24", "bob 450")
    assert [is_obsolete(sheet, line) for line in sheet.lines] == [True, False]
    assert offered(sheet) == [("BOB-450", D("39.58"))]
    assert offered(sheet, 1) == []


def test_the_substitute_takes_the_line_over_with_its_own_price_and_reason(aging: Shop) -> None:
    sheet = aging.sheet("sav 5 x 24")
    sheet = editing.set_cell(set_role(sheet, 0, "option"), 0, "discount_percent", "5")
    ((product, _price),) = replacements(sheet, 0)
    before, after = sheet.lines[0], replace_product(sheet, 0, product).lines[0]
    assert (after["id"], after["quantity"], after["choice_kind"]) == (before["id"], D(24), "option")
    assert (after["sku"], after["description"]) == ("BOB-450", "Bobine ouate 450 f. (lot de 6)")
    assert (after["unit_price"], after["cost"], after["discount_percent"]) == (D("39.58"), D(28), D(5))
    assert after["price_explanation"] == "Tarif B, à partir de 24, −8\u00a0%"


def test_the_replaced_product_is_stored_and_its_price_follows_the_quantity(aging: Shop) -> None:
    sheet = aging.sheet("sav 5 x 24")
    stored = aging.stored(sheet, replace_product(sheet, 0, replacements(sheet, 0)[0][0]))
    assert [line["product"] for line in stored.lines] == [aging.products["BOB-450"]]
    assert offered(stored) == []
    assert editing.set_cell(stored, 0, "quantity", "50").lines[0]["unit_price"] == D("37.86")


def test_the_eco_participation_is_that_of_the_new_product(aging: Shop) -> None:
    change(aging, "SAV-5", eco_participation=D("0.50"))
    change(aging, "BOB-450", eco_participation=D("0.02"))
    sheet = aging.sheet("sav 5 x 24", "tap 90")
    after = replace_product(sheet, 0, replacements(sheet, 0)[0][0])
    assert [(line["sku"], line["unit_price"]) for line in after.lines[:2]] == [
        ("BOB-450", D("39.58")),
        ("BOB-450", D("0.02")),
    ]
    change(aging, "BOB-450", eco_participation=None)
    sheet = aging.read(sheet.id)
    after = replace_product(sheet, 0, replacements(sheet, 0)[0][0])
    assert [line["sku"] for line in after.lines] == ["BOB-450", "TAP-90"]


def test_a_hidden_substitute_is_never_offered_and_one_no_longer_sold_gives_way_to_its_own(shop: Shop) -> None:
    retire(shop, "SAV-5", "DSI-600", "TAP-60")
    retire(shop, "TAP-60", "TAP-90", "SAV-5")
    change(shop, "DSI-600", status="hidden")
    assert offered(shop.sheet("sav 5")) == [("TAP-90", D("118.00"))]


def test_what_replaces_an_obsolete_product_stands_behind_it_while_it_is_sought(aging: Shop) -> None:
    with aging.workspace.read() as session:
        found = suggesting.suggest(session, "sav 5 x 24", aging.account)
    assert [(each.product["sku"], each.replaces) for each in found[:2]] == [
        ("SAV-5", ""),
        ("BOB-450", "SAV-5"),
    ]
    assert (found[1].quantity, found[1].price.unit_price) == (D(24), D("39.58"))


def test_a_substitute_that_is_found_itself_is_found_once_and_says_what_it_replaces(shop: Shop) -> None:
    retire(shop, "TAP-60", "TAP-90")
    with shop.workspace.read() as session:
        found = suggesting.suggest(session, "tapis", shop.account)
    assert [(each.product["sku"], each.replaces) for each in found] == [("TAP-90", "TAP-60"), ("TAP-60", "")]


def test_an_obsolete_product_that_was_just_added_or_pasted_offers_its_substitute(aging: Shop) -> None:
    empty = aging.sheet()
    with aging.workspace.read() as session:
        typed = suggesting.suggest(session, "sav 5", aging.account)[0]
        rows = pasting.read_rows("SAV-5\t24")
        known = pasting.find_suggestions(session, rows, aging.account, None)
        named = suggesting.of_product(session, aging.products["SAV-5"], aging.account)
    assert offered(editing.add_product(empty, typed)) == [("BOB-450", D("41.30"))]
    assert offered(pasting.add_rows(empty, rows, known)) == [("BOB-450", D("39.58"))]
    assert offered(editing.add_product(empty, named)) == [("BOB-450", D("41.30"))]
