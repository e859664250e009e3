"""Another VAT treatment and back: what somebody typed keeps its meaning, and comes back as it was typed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import records
from app.quotes import adding, authority, charging, editing
from app.quotes.product_line import replace_product
from app.quotes.sheet import Sheet
from tests.shop import Shop

D = Decimal


@pytest.fixture
def retail(shop: Shop) -> Shop:
    """The shop whose customer's list has prices with VAT."""
    with shop.workspace.transaction() as session:
        (tarif,) = records.find_rows(session, "price_list", {"name": "Tarif B"})
        records.save(session, "price_list", tarif["id"], {"tax_mode": "TTC"})
    return shop


def there_and_back(shop: Shop, sheet: Sheet, category: str = "AE") -> Sheet:
    """Another treatment, stored and opened again, as on another day; then VAT again."""
    return charging.set_vat_treatment(
        shop.stored(shop.read(sheet.id), charging.set_vat_treatment(sheet, category)), "S"
    )


def charges(sheet: Sheet) -> list[tuple[Decimal, Decimal]]:
    return [(D(charge["amount"]), D(charge["vat_rate"])) for charge in sheet.quote["charges"]]


@pytest.mark.parametrize("category", ["AE", "G", "E"])
def test_a_charge_has_its_own_vat_rate_again(shop: Shop, category: str) -> None:
    sheet = charging.set_charges(shop.sheet("for 01"), "Port 10 ; Livres 30 5,5 %")
    assert charging.set_vat_treatment(sheet, category).quote["charges"][1]["vat_rate"] == "0"
    assert there_and_back(shop, sheet, category).quote["charges"] == sheet.quote["charges"]


def test_what_a_manager_approved_is_still_that_after_reverse_charge_and_back(shop: Shop) -> None:
    sheet = charging.set_charges(adding.add_entry(shop.sheet("for 01"), "free", "Sac @ 2"), "Livres 30 5,5 %")
    sheet = shop.stored(shop.read(sheet.id), editing.set_cell(sheet, 0, "vat_rate", "10"))

    def content() -> str:
        with shop.workspace.read() as session:
            return authority.content_hash(session, sheet.id)

    approved = content()
    back = there_and_back(shop, sheet)
    assert content() != approved
    shop.stored(shop.read(sheet.id), back)
    assert content() == approved


def test_a_charge_typed_anew_meanwhile_keeps_its_amount_and_its_own_rate(shop: Shop) -> None:
    sheet = charging.set_charges(shop.sheet("for 01"), "Livres 30 5,5 %")
    without = charging.set_charges(charging.set_vat_treatment(sheet, "AE"), "Livres 45 ; Port 10")
    assert charges(charging.set_vat_treatment(without, "S")) == [(D(45), D("5.5")), (D(10), D(20))]


def test_a_rate_typed_on_a_line_comes_back_with_the_line_that_follows_it(shop: Shop) -> None:
    sheet = adding.add_entry(shop.sheet("for 01", "dsi 600"), "free", "Livre @ 40")
    sheet = editing.set_cell(editing.set_cell(sheet, 0, "vat_rate", "10"), 2, "vat_rate", "5,5")
    back = there_and_back(shop, sheet)
    assert [line["vat_rate"] for line in back.lines] == [D(10), D(20), D("5.5")]
    assert [line["with_vat"] for line in back.lines] == [None, None, None]


def test_a_product_put_on_the_line_meanwhile_has_its_own_vat(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["DSI-600"], {"vat_rate": D("5.5")})
    sheet = editing.set_cell(shop.sheet("for 01"), 0, "vat_rate", "10")
    with shop.workspace.read() as session:
        product = records.get(session, "product", shop.products["DSI-600"])
    other = replace_product(charging.set_vat_treatment(sheet, "AE"), 0, product)
    assert charging.set_vat_treatment(other, "S").lines[0]["vat_rate"] == D("5.5")


def test_a_discount_given_as_an_amount_is_without_vat_where_none_is_due(retail: Shop) -> None:
    sheet = editing.set_field(retail.sheet("for 01"), "discount", "12 €")
    sheet = editing.set_cell(sheet, 0, "discount_percent", "6 €")
    abroad = charging.set_vat_treatment(sheet, "G")
    assert (abroad.lines[0]["discount_amount"], abroad.quote["discount_value"]) == (D("5.00"), D("10.00"))
    before, after = editing.totals(sheet).total, editing.totals(abroad).total
    assert (before.ttc, before.ht, after.ht) == (D("162.00"), D("135.00"), D("135.00"))


def test_a_discount_over_several_rates_takes_the_same_part_of_them(retail: Shop) -> None:
    sheet = adding.add_entry(retail.sheet("for 01"), "free", "Livre @ 105,5")
    sheet = editing.set_field(editing.set_cell(sheet, 1, "vat_rate", "5,5"), "discount", "28,55 €")
    abroad = charging.set_vat_treatment(sheet, "G")
    assert abroad.quote["discount_value"] == D("25.00"), "a tenth of 285.50 was a tenth of 250.00"
    assert editing.totals(abroad).total.ht == D("225.00")


def test_without_vat_in_the_prices_a_discount_stays_as_it_was_typed(shop: Shop) -> None:
    sheet = editing.set_field(shop.sheet("for 01"), "discount", "12 €")
    sheet = editing.set_cell(sheet, 0, "discount_percent", "6 €")
    reverse = charging.set_vat_treatment(sheet, "AE")
    assert (reverse.lines[0]["discount_amount"], reverse.quote["discount_value"]) == (D(6), D(12))


@pytest.mark.parametrize("category", ["AE", "E"])
@pytest.mark.parametrize("typed", ["0,99", "1,01", "17,35"])
def test_what_was_typed_with_vat_comes_back_to_the_cent(retail: Shop, typed: str, category: str) -> None:
    """0.99 without VAT is 0.83, and 0.83 with it is 1.00: it is remembered, not worked out."""
    sheet = adding.add_entry(retail.sheet("for 01"), "free", f"Emballage x 5 @ {typed}")
    sheet = editing.set_cell(sheet, 1, "discount_percent", f"{typed} €")
    sheet = charging.set_charges(editing.set_field(sheet, "discount", f"{typed} €"), f"Port {typed}")
    back = there_and_back(retail, sheet, category)
    amount = D(typed.replace(",", "."))
    assert (back.lines[1]["unit_price"], back.lines[1]["discount_amount"]) == (amount, amount)
    assert (back.quote["discount_value"], back.quote["charges"][0]["amount"]) == (amount, str(amount))
    assert editing.totals(back) == editing.totals(sheet)


def test_through_two_treatments_without_vat_it_comes_back_too(retail: Shop) -> None:
    sheet = adding.add_entry(retail.sheet("for 01"), "free", "Emballage @ 0,99")
    franchise = charging.set_vat_treatment(sheet, "E")
    back = charging.set_vat_treatment(charging.set_vat_treatment(franchise, "AE"), "S")
    assert back.lines[1]["unit_price"] == D("0.99")


def test_what_was_typed_anew_without_vat_is_not_put_back(retail: Shop) -> None:
    sheet = adding.add_entry(retail.sheet("for 01"), "free", "Emballage @ 60")
    abroad = editing.set_cell(charging.set_vat_treatment(sheet, "G"), 1, "unit_price", "70")
    abroad = editing.set_field(abroad, "discount", "10 €")
    back = charging.set_vat_treatment(abroad, "S")
    assert (back.lines[1]["unit_price"], back.quote["discount_value"]) == (D("84.00"), D("12.00"))


def test_a_line_given_whole_stays_given(retail: Shop) -> None:
    sheet = adding.add_entry(retail.sheet("for 01"), "free", "Sac x 10 @ 1,01")
    sheet = editing.set_cell(sheet, 1, "discount_percent", "10,10 €")
    abroad = editing.totals(charging.set_vat_treatment(sheet, "G"))
    assert abroad.lines[1].net == 0


def test_a_deposit_is_what_is_paid_whatever_the_vat(retail: Shop) -> None:
    sheet = editing.set_field(retail.sheet("for 01"), "deposit", "60 €")
    abroad = charging.set_vat_treatment(sheet, "G")
    for each in (sheet, abroad):
        deposit = editing.totals(each).deposit
        assert deposit is not None and deposit.ttc == D(60)
