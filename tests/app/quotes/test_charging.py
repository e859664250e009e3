"""What a quote asks beside its lines: charges, deposit, and the VAT treatment that its lines follow."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import records
from app.quotes import adding, authority, charging, checking, editing, pasting, suggesting
from app.seller import find_company
from tests.shop import Shop

D = Decimal


def test_charges_are_typed_as_one_text(shop: Shop) -> None:
    sheet = charging.set_charges(shop.sheet("for 01"), "Port 12,50 ; Emballage 5 10 %")
    assert [(each["label"], each["amount"], D(each["vat_rate"])) for each in sheet.quote["charges"]] == [
        ("Port", "12.50", D(20)),
        ("Emballage", "5", D(10)),
    ]
    assert editing.totals(sheet).total.ht == D("167.50")
    assert charging.set_charges(sheet, charging.charges_text(sheet)).quote["charges"] is not None
    assert charging.set_charges(sheet, "").quote["charges"] is None
    with pytest.raises(ValueError, match=r"12[.,]50"):
        charging.set_charges(sheet, "Port")


def test_a_charge_without_a_label_is_carriage_in_the_language_of_the_quote(shop: Shop) -> None:
    english = editing.set_field(shop.sheet("for 01"), "language", "en")
    (charge,) = charging.set_charges(english, "12,50").quote["charges"]
    assert charge["label"] == "Carriage"
    (charge,) = charging.set_charges(shop.sheet("for 01"), "12,50").quote["charges"]
    assert charge["label"] == "Port"


def test_a_figure_in_the_name_of_a_charge_is_no_part_of_its_amount(shop: Shop) -> None:
    sheet = shop.sheet("for 01")
    typed = "Livraison étage 3 45,00 ; Grue 12\u202f345,67\u00a0€ 5,5 %"
    charges = charging.set_charges(sheet, typed).quote["charges"]
    assert [(each["label"], each["amount"]) for each in charges] == [
        ("Livraison étage 3", "45.00"),
        ("Grue", "12345.67"),
    ]


def test_a_deposit_is_an_acompte_unless_told(shop: Shop) -> None:
    sheet = editing.set_field(shop.sheet("for 01"), "deposit", "30 %")
    assert (sheet.quote["deposit_type"], sheet.quote["deposit_kind"]) == ("percent", "acompte")
    deposit = editing.totals(sheet).deposit
    assert deposit is not None and deposit.ttc == D("54.00")
    sheet = editing.set_field(sheet, "deposit", "")
    assert (sheet.quote["deposit_value"], sheet.quote["deposit_kind"]) == (None, None)


def test_what_a_deposit_is_can_be_said_alone(shop: Shop) -> None:
    sheet = editing.set_field(shop.sheet("for 01"), "deposit", "30 %")
    sheet = editing.set_field(sheet, "deposit", "arrhes")
    assert (sheet.quote["deposit_value"], sheet.quote["deposit_kind"]) == (D(30), "arrhes")
    with pytest.raises(ValueError, match="arrhes 30"):
        editing.set_field(editing.set_field(sheet, "deposit", ""), "deposit", "arrhes")


def test_reverse_charge_takes_the_vat_from_every_line_and_gives_it_back(shop: Shop) -> None:
    sheet = charging.set_charges(shop.sheet("for 01"), "Port 10")
    reverse = charging.set_vat_treatment(sheet, "AE")
    assert editing.totals(reverse).total.vat == 0
    again = charging.set_vat_treatment(reverse, "S")
    assert again.lines[0]["vat_rate"] == D(20)
    assert editing.totals(again).total.vat == D("32.00")


def test_after_reverse_charge_each_line_has_its_own_vat_again(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        named = {"label_fr": "Formation", "status": "active", "list_price": D(100)}
        records.add(session, "product", {**named, "sku": "FO-1", "vat_rate": D(0), "vat_category": "E"})
    sheet = adding.add_entry(shop.sheet("for 01", "fo-1"), "free", "Salle @ 40")
    own = [(line["vat_rate"], line["vat_category"]) for line in sheet.lines]
    assert own == [(D(20), "S"), (D(0), "E"), (D(0), "E")]
    again = charging.set_vat_treatment(charging.set_vat_treatment(sheet, "AE"), "S")
    assert [(line["vat_rate"], line["vat_category"]) for line in again.lines] == own
    typed = editing.set_cell(sheet, 0, "vat_rate", "10")
    assert charging.set_vat_treatment(typed, "S") == typed, "nothing is asked, nothing is changed"


def test_an_export_is_sold_without_the_vat_that_the_list_includes(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        (tarif,) = records.find_rows(session, "price_list", {"name": "Tarif B"})
        records.save(session, "price_list", tarif["id"], {"tax_mode": "TTC"})
        fixed = {"price_list": tarif["id"], "applies_to": "product", "method": "price", "price": D("96.00")}
        records.add(session, "price_rule", {**fixed, "product": shop.products["TAP-60"]})
    sheet = shop.sheet("for 01", "bob 450 x 24", "tap 60")
    sheet = charging.set_charges(adding.add_entry(sheet, "free", "Emballage @ 60"), "Port 12")
    with_vat = [D("180.00"), D("47.49"), D("96.00"), D("60")]
    assert [line["unit_price"] for line in sheet.lines] == with_vat
    abroad = charging.set_vat_treatment(sheet, "G")
    assert [line["unit_price"] for line in abroad.lines] == [D(150), D("39.58"), D("80.00"), D("50.00")]
    assert abroad.lines[1]["price_explanation"] == "Tarif B, à partir de 24, −8\u00a0%, sans TVA"
    found = editing.totals(abroad).total
    assert (found.ht, found.vat) == (150 + 24 * D("39.58") + 80 + 50 + 10, 0)
    with shop.workspace.read() as session:
        more = suggesting.suggest(session, "dsi 600", shop.account, sheet.quote["price_list"], vat="G")[0]
    assert more.price.unit_price == D("89.000000")
    assert editing.add_product(abroad, more).lines[-1]["unit_price"] == D("89.000000")
    more_of_it = editing.set_cell(abroad, 1, "quantity", "50")
    assert more_of_it.lines[1]["unit_price"] == D("37.86"), "still priced by the rules"
    again = shop.stored(sheet, abroad)
    with shop.workspace.read() as session:
        assert authority.deepest_discount(session, again.id).percent == 0
    back = charging.set_vat_treatment(again, "S")
    assert [line["unit_price"] for line in back.lines] == with_vat
    assert back.quote["charges"][0]["amount"] == "12", "as it was typed"


def test_a_company_in_franchise_has_the_prices_of_its_list(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "organisation", find_company(session)["id"], {"vat_scheme": "franchise"})
        (tarif,) = records.find_rows(session, "price_list", {"name": "Tarif B"})
        records.save(session, "price_list", tarif["id"], {"tax_mode": "TTC"})
        fixed = {"price_list": tarif["id"], "applies_to": "product", "method": "price", "price": D("96.00")}
        records.add(session, "price_rule", {**fixed, "product": shop.products["TAP-60"]})
    sheet = shop.sheet("for 01", "tap 60")
    assert [line["unit_price"] for line in sheet.lines] == [D(150), D(96)]
    assert editing.totals(sheet).total.ttc == D("246.00")


def test_what_is_added_under_reverse_charge_bears_no_vat_either(shop: Shop) -> None:
    sheet = charging.set_vat_treatment(shop.sheet("for 01"), "AE")
    with shop.workspace.read() as session:
        found = suggesting.suggest(session, "tap 90 x 2", shop.account)[0]
        rows = pasting.read_rows("DSI-600\tDistributeur\t3\t89,00 €")
        known = pasting.find_suggestions(session, rows, shop.account, None)
    sheet = pasting.add_rows(editing.add_product(sheet, found), rows, known)
    sheet = adding.add_entry(sheet, "free", "Transport @ 40")
    assert {line["vat_category"] for line in sheet.lines} == {"AE"}
    assert editing.totals(sheet).total.vat == 0


def test_a_company_without_vat_of_its_own_charges_none(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "organisation", find_company(session)["id"], {"vat_scheme": "franchise"})
        records.save(session, "account", shop.account, {"headcount": 40})
        records.add(session, "site", {"account": shop.account, "kind": "billing", "town": "Grenoble"})
    sheet = shop.sheet("for 01")
    assert (sheet.quote["vat_category"], editing.totals(sheet).total.vat) == ("E", 0)
    with shop.workspace.read() as session:
        assert not checking.points(session, sheet.id)
    with shop.workspace.transaction() as session:
        quote = editing.new_quote(session, shop.account, vat_category="S")
        before = editing.open_sheet(session, quote)
        best = suggesting.suggest(session, "for 01", shop.account)[0]
        editing.save(session, before, editing.add_product(before, best))
    with shop.workspace.read() as session:
        said = [point.text for point in checking.points(session, quote)]
    assert said == ["Votre société ne facture pas de TVA, or ce devis en compte."]
    with shop.workspace.transaction() as session:
        before = editing.open_sheet(session, quote)
        editing.save(session, before, adding.set_role(before, 0, "option"))
    with shop.workspace.read() as session:
        assert records.get(session, "quote", quote)["total_vat"] == 0
        assert [point.text for point in checking.points(session, quote)] == said, "an option may be taken"


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("arrhes 30 %", "arrhes", D(30)),
        ("20 % Arrhes", "arrhes", D(20)),
        ("acompte 50 eur", "acompte", D(50)),
    ],
)
def test_a_deposit_is_named_where_it_is_typed(shop: Shop, typed: str, kind: str, value: Decimal) -> None:
    quote = editing.set_field(shop.sheet("for 01"), "deposit", typed).quote
    assert (quote["deposit_kind"], quote["deposit_value"]) == (kind, value)
