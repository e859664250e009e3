"""Lines that are no catalogue product: typed with a sign, pasted from a spreadsheet, offered as a choice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import records
from app.quotes import adding, authority, charging, checking, editing, pasting, suggesting
from app.quotes.sheet import Sheet, duplicate_line, move_line, remove_line
from app.seller import find_company
from tests.shop import Shop

D = Decimal


def sheet_of(shop: Shop, *entries: str) -> Sheet:
    return shop.read(shop.quote(*entries))


def stored(shop: Shop, before: Sheet, after: Sheet) -> Sheet:
    shop.save(before, after)
    return shop.read(before.id)


def paste(shop: Shop, sheet: Sheet, text: str) -> Sheet:
    rows = pasting.read_rows(text)
    with shop.workspace.read() as session:
        known = pasting.find_suggestions(session, rows, sheet.quote["account"], sheet.quote["price_list"])
    return pasting.add_rows(sheet, rows, known)


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("# Accueil", "section", "Accueil"),
        ('" Livré sous huit jours', "text", "Livré sous huit jours"),
        ("=", "subtotal", ""),
        ("= Accueil", "subtotal", "Accueil"),
        ("---", "page_break", ""),
        ("+ Pose x 2 @ 150", "free", "Pose x 2 @ 150"),
    ],
)
def test_a_sign_before_the_text_says_which_line_is_meant(typed: str, kind: str, text: str) -> None:
    assert adding.read_sign(typed) == (kind, text)


def test_words_without_a_sign_seek_a_product() -> None:
    assert adding.read_sign("bob 450 x 24") is None


@pytest.mark.parametrize(
    ("typed", "label", "quantity", "price"),
    [
        ("Pose sur site x 2 @ 150", "Pose sur site", "2", "150"),
        ("Pose sur site à 1 250,50", "Pose sur site", "1", "1250.50"),
        ("Reprise x -1 @ 40 €", "Reprise", "-1", "40"),
        ("Porte 2 vantaux", "Porte 2 vantaux", "1", "0"),
    ],
)
def test_a_free_line_says_its_quantity_and_price(typed: str, label: str, quantity: str, price: str) -> None:
    assert adding.parse_free(typed) == (label, D(quantity), D(price))


def test_a_free_line_counts_with_the_vat_of_the_line_before(shop: Shop) -> None:
    before = sheet_of(shop, "dsi 600")
    before = editing.set_cell(before, 0, "vat_rate", "5,5")
    after = adding.add_entry(before, "free", "Pose x 2 @ 100")
    assert editing.totals(after).total.ht == D("289.00")
    assert after.lines[1]["vat_rate"] == D("5.5")
    again = stored(shop, before, after)
    assert [line["description"] for line in again.lines] == [line["description"] for line in after.lines]


def test_every_kind_of_line_is_stored_and_counts_for_nothing(shop: Shop) -> None:
    before = after = sheet_of(shop, "dsi 600")
    for kind, text in (
        ("section", "Accueil"),
        ("text", "Sous huit jours"),
        ("subtotal", ""),
        ("page_break", ""),
    ):
        after = adding.add_entry(after, kind, text)
    again = stored(shop, before, after)
    assert [line["kind"] for line in again.lines] == ["item", "section", "text", "subtotal", "page_break"]
    assert editing.totals(again).total.ht == D("89.00")


def test_an_empty_comment_is_refused_with_a_sentence(shop: Shop) -> None:
    with pytest.raises(ValueError, match="désignation"):
        adding.add_entry(sheet_of(shop), "text", "")


def test_an_option_is_outside_the_total_until_it_is_taken(shop: Shop) -> None:
    sheet = adding.set_role(sheet_of(shop, "dsi 600", "for 01"), 1, "option")
    assert editing.totals(sheet).total.ht == D("89.00")
    assert editing.totals(adding.choose(sheet, 1)).total.ht == D("239.00")


def test_of_neighbouring_alternatives_one_is_chosen(shop: Shop) -> None:
    sheet = sheet_of(shop, "tap 90", "tap 60")
    sheet = adding.set_role(adding.set_role(sheet, 0, "alternate"), 1, "alternate")
    assert [line["option_group"] for line in sheet.lines] == ["A", "A"]
    assert [line["selected"] for line in sheet.lines] == [True, False]
    sheet = adding.choose(sheet, 1)
    assert [line["selected"] for line in sheet.lines] == [False, True]
    assert editing.totals(sheet).total.ht == D("78.00")


def test_an_alternative_can_begin_a_group_of_its_own(shop: Shop) -> None:
    sheet = sheet_of(shop, "tap 90", "tap 60")
    sheet = adding.set_role(adding.set_role(sheet, 0, "alternate"), 1, "alternate")
    sheet = adding.start_group(sheet, 1)
    assert [(line["option_group"], line["selected"]) for line in sheet.lines] == [("A", True), ("B", True)]


def test_a_line_can_be_kept_out_of_the_global_discount(shop: Shop) -> None:
    sheet = editing.set_field(sheet_of(shop, "dsi 600", "for 01"), "discount", "10 %")
    assert editing.totals(sheet).total.ht == D("215.10")
    sheet = adding.toggle_discountable(sheet, 1)
    assert editing.totals(sheet).total.ht == D("230.10")
    assert editing.totals(adding.toggle_discountable(sheet, 1)).total.ht == D("215.10")


def test_a_negative_quantity_takes_goods_back(shop: Shop) -> None:
    assert suggesting.parse_entry("tap 90 x -2") == ("tap 90", D(-2))
    sheet = sheet_of(shop, "dsi 600 x 3", "dsi 600 x -1")
    assert editing.totals(sheet).total.ht == D("178.00")


def test_what_the_program_writes_on_a_quote_is_in_the_customers_language(shop: Shop) -> None:
    words = {"eco_participation": D("1.20"), "label_en": "Soap dispenser"}
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["DSI-600"], words)
        records.save(session, "account", shop.account, {"language": "en"})
    sheet = adding.add_entry(sheet_of(shop, "dsi 600"), "subtotal", "")
    assert [line["description"] for line in sheet.lines] == [
        "Soap dispenser",
        "Eco-participation",
        "Subtotal",
    ]
    quote = shop.quote(language="fr")
    with shop.workspace.transaction() as session:
        before = editing.open_sheet(session, quote)
        best = suggesting.suggest(session, "dsi 600", shop.account)[0]
        after = adding.add_entry(editing.add_product(before, best), "subtotal", "")
    said = [line["description"] for line in after.lines]
    assert said == ["Distributeur savon inox 600 ml", "Écoparticipation", "Sous-total"], "as this quote is"


def test_eco_participation_comes_with_its_product_and_follows_it(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["DSI-600"], {"eco_participation": D("1.20")})
    sheet = sheet_of(shop, "dsi 600 x 6", "for 01")
    assert [line["choice_kind"] for line in sheet.lines] == ["item", "eco", "item"]
    assert (sheet.lines[1]["quantity"], sheet.lines[1]["discountable"]) == (D(6), False)
    assert editing.set_cell(sheet, 0, "quantity", "8").lines[1]["quantity"] == D(8)
    assert [line["sku"] for line in move_line(sheet, 0, 1).lines] == ["FOR-01", "DSI-600", "DSI-600"]
    assert [line["sku"] for line in move_line(sheet, 2, -1).lines] == ["FOR-01", "DSI-600", "DSI-600"]
    assert len(duplicate_line(sheet, 0).lines) == 5
    assert [line["sku"] for line in remove_line(sheet, 0).lines] == ["FOR-01"]


@pytest.fixture
def taxed(shop: Shop) -> Shop:
    """The shop, with 1.20 of eco-participation on the dispenser."""
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["DSI-600"], {"eco_participation": D("1.20")})
    return shop


def test_eco_participation_is_in_the_total_where_its_product_is(taxed: Shop) -> None:
    sheet = sheet_of(taxed, "dsi 600 x 6", "tap 90")
    offered = adding.set_role(sheet, 0, "option")
    found = editing.totals(offered)
    assert found.options is not None
    assert (found.total.ht, found.options.ht) == (D("118.00"), D("541.20"))
    assert editing.totals(adding.choose(offered, 0)).total.ht == D("659.20")
    again = stored(taxed, sheet, offered)
    assert again.quote["total_ht"] == D("118.00")


def test_the_eco_participation_between_two_alternatives_does_not_part_them(taxed: Shop) -> None:
    sheet = sheet_of(taxed, "dsi 600", "tap 90")
    sheet = adding.set_role(adding.set_role(sheet, 0, "alternate"), 2, "alternate")
    assert [line["option_group"] for line in sheet.lines] == ["A", None, "A"]
    assert editing.totals(sheet).total.ht == D("90.20")
    assert editing.totals(adding.choose(sheet, 2)).total.ht == D("118.00")


def test_nothing_is_earned_on_an_eco_participation_nor_taken_off_it(taxed: Shop) -> None:
    sheet = editing.set_field(sheet_of(taxed, "dsi 600 x 2"), "discount", "10 %")
    earned = editing.margin(sheet, editing.totals(sheet))
    assert earned is not None and earned.complete
    assert earned.amount == D("178.00") - D("17.80") - 2 * D(52)
    for typed in ("5 %", "1 €"):
        with pytest.raises(ValueError, match="écoparticipation"):
            editing.set_cell(sheet, 1, "discount_percent", typed)


@pytest.mark.parametrize(
    ("kept", "floor"), [("31.5", D("31.5")), (30, D(30)), ("none", D(25)), (None, D(25))]
)
def test_the_company_says_below_which_margin_it_warns(shop: Shop, kept: object, floor: Decimal) -> None:
    with shop.workspace.transaction() as session:
        records.add(session, "setting", {"name": "margin_floor", "value": kept})
    assert sheet_of(shop).margin_floor == floor


def test_a_global_discount_lowers_the_margin_of_the_lines_that_it_touches_alone(shop: Shop) -> None:
    sheet = adding.toggle_discountable(sheet_of(shop, "dsi 600", "for 01"), 1)
    sheet = adding.add_entry(sheet, "free", "Sans coût connu @ 11")
    sheet = editing.set_field(sheet, "discount", "10 %")
    earned = editing.margin(sheet, editing.totals(sheet))
    assert earned is not None and not earned.complete
    assert earned.amount == D("89.00") * D("0.9") - 52 + D("150.00") - 90


def test_rows_of_a_spreadsheet_become_lines(shop: Shop) -> None:
    after = paste(shop, sheet_of(shop), "DSI-600\t6\t80,00\t5 %\nPose le soir\t2\t150,00\t\n")
    assert [
        (line["sku"], line["quantity"], line["unit_price"], line["discount_percent"]) for line in after.lines
    ] == [
        ("DSI-600", D(6), D(80), D(5)),
        (None, D(2), D(150), None),
    ]
    assert editing.totals(after).total.ht == D("756.00")


def test_headings_say_which_column_is_which(shop: Shop) -> None:
    text = "Qté\tDésignation\tRéf.\tRemise\n3\tBobine\tBOB-450\t10\n1\tPose\tXX-9\t\n"
    after = paste(shop, sheet_of(shop), text)
    assert [(line["sku"], line["description"]) for line in after.lines] == [
        ("BOB-450", "Bobine ouate 450 f. (lot de 6)"),
        ("XX-9", "Pose"),
    ]
    assert (after.lines[0]["quantity"], after.lines[0]["discount_percent"]) == (D(3), D(10))


@pytest.mark.parametrize(
    "headings",
    [
        "Réf.\tDésignation\tUnité\tQté\tP.U. HT\tRemise\tTotal HT",
        "\ufeffSKU\tLabel\tUnit\tQty\tUnit price\tDiscount\tTotal",
    ],
)
def test_the_headings_of_a_quote_are_understood(shop: Shop, headings: str) -> None:
    row = "X-1\tBâche\tm²\t2,5\t1\u202f234,56\u00a0€\t5 %\t2\u202f932,08\u00a0€"
    (line,) = paste(shop, sheet_of(shop), f"{headings}\n{row}").lines
    assert (line["sku"], line["description"], line["unit"]) == ("X-1", "Bâche", "MTK")
    assert (line["quantity"], line["unit_price"], line["discount_percent"]) == (D("2.5"), D("1234.56"), D(5))


def test_a_thousand_rows_of_a_spreadsheet_are_pasted_as_they_are(shop: Shop) -> None:
    rows = [
        f"DSI-600\tDistributeur\t{n % 7},5\t1\u202f234,5{n % 10}\u00a0€\t{n % 10} %"
        if n % 2
        else f"X-{n}\tPièce n° {n}\t-{n % 5}\t12,50\u00a0€\t"
        for n in range(1000)
    ]
    sheet = paste(
        shop, sheet_of(shop), "Réf\tDésignation\tQuantité\tPrix unitaire HT\tRemise\n" + "\n".join(rows)
    )
    assert len(sheet.lines) == 1000
    assert [line["quantity"] for line in sheet.lines[:4]] == [D(0), D("1.5"), D(-2), D("3.5")]
    expected = sum(
        (D(f"{n % 7}.5") * D(f"1234.5{n % 10}") * (100 - n % 10) / 100 if n % 2 else -(n % 5) * D("12.5"))
        for n in range(1000)
    )
    assert abs(editing.totals(sheet).total.ht - expected) < 5, "cents are rounded line by line"


def test_thirty_groups_of_alternatives_each_have_a_name(shop: Shop) -> None:
    sheet = sheet_of(shop)
    for n in range(60):
        sheet = adding.start_group(adding.add_entry(sheet, "free", f"Variante {n} @ 5"), n)
    assert len({line["option_group"] for line in sheet.lines}) == 60


def test_a_price_before_the_quantity_is_known_by_its_cents(shop: Shop) -> None:
    (row,) = pasting.read_rows("Pose\t150,00\t2")
    assert (row.label, row.quantity, row.price) == ("Pose", D(2), D(150))


@pytest.mark.parametrize("heading", ["Unit", "Unit cost", "Unit HT", "Unité", "Prix unitaire"])
def test_what_one_costs_is_the_price_however_its_column_is_headed(heading: str) -> None:
    (row,) = pasting.read_rows(f"Description\tQty\t{heading}\tTotal\nX\t2\t15,00\t30,00")
    assert (row.label, row.quantity, row.price, row.unit) == ("X", D(2), D(15), "")


def test_a_column_of_units_beside_the_price_stays_one() -> None:
    (row,) = pasting.read_rows("Description\tQty\tUnit\tUnit price\nX\t2\tm²\t15,00")
    assert (row.price, row.unit) == (D(15), "MTK")
    (row,) = pasting.read_rows("Description\tQty\tUnit\nX\t2\tm²")
    assert (row.price, row.unit) == (None, "MTK")


def test_a_row_that_cannot_be_priced_is_named(shop: Shop) -> None:
    with pytest.raises(ValueError, match="2"):
        paste(shop, sheet_of(shop), "Pose\t1\t10,00\t5 %\nDépose\t1\t10,00\t120 %")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Pose\tune\t10", "une"),
        ("Pose\t12abc\t10", "12abc"),
        ("Pose\t1\tn.c.", "n.c."),
        ("Pose\t1\t10\tselon", "selon"),
    ],
)
def test_a_figure_that_cannot_be_read_is_refused_and_not_guessed(row: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"2.*{said}"):
        pasting.read_rows(f"Désignation\tQté\tPU\tRemise\nDépose\t1\t10\n{row}")


def test_figures_keep_their_sense_with_a_unit_beside_them() -> None:
    text = "Désignation\tQté\tPU\nCâble\t12,5 m\t4,20 € / m\nRéglage\t3 h\t-\nVis\t12 pcs.\t\n"
    found = [(row.quantity, row.unit, row.price) for row in pasting.read_rows(text)]
    assert found == [(D("12.5"), "MTR", D("4.20")), (D(3), "HUR", None), (D(12), "C62", None)]


def test_words_alone_are_a_comment_and_sums_are_left_out(shop: Shop) -> None:
    text = (
        "Réf\tDésignation\tQté\tPU HT\tTotal HT\n\tLot 1 : accueil\t\t\t\nDSI-600\tDistributeur\t2\t80\t160\n"
        "\tSous-total\t\t\t160\n\tTotal HT\t\t160\t160\n\tTVA 20 %\t\t\t32\nTOTAL-9\tTotal Quartz 5W30\t1\t30\t30\n"
    )
    after = paste(shop, sheet_of(shop), text)
    assert [(line["kind"], line["description"]) for line in after.lines] == [
        ("text", "Lot 1 : accueil"),
        ("item", "Distributeur savon inox 600 ml"),
        ("item", "Total Quartz 5W30"),
    ]
    assert editing.totals(after).total.ht == D("190.00")


def test_a_column_of_vat_rates_is_taken_over_and_one_of_amounts_is_not(shop: Shop) -> None:
    text = "Désignation\tQté\tPU\tTVA\nLivre\t1\t10\t5,5 %\nPose\t1\t10\t20"
    after = paste(shop, sheet_of(shop), text)
    assert [line["vat_rate"] for line in after.lines] == [D("5.5"), D(20)]
    reverse = charging.set_vat_treatment(sheet_of(shop), "AE")
    assert {line["vat_rate"] for line in paste(shop, reverse, text).lines} == {D(0)}
    amounts = paste(shop, sheet_of(shop), text.replace("5,5 %", "0,55").replace("\t20", "\t2,00"))
    assert {line["vat_rate"] for line in amounts.lines} == {D(20)}


def test_charges_are_typed_as_one_text(shop: Shop) -> None:
    sheet = charging.set_charges(sheet_of(shop, "for 01"), "Port 12,50 ; Emballage 5 10 %")
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
    english = editing.set_field(sheet_of(shop, "for 01"), "language", "en")
    (charge,) = charging.set_charges(english, "12,50").quote["charges"]
    assert charge["label"] == "Carriage"
    (charge,) = charging.set_charges(sheet_of(shop, "for 01"), "12,50").quote["charges"]
    assert charge["label"] == "Port"


def test_a_figure_in_the_name_of_a_charge_is_no_part_of_its_amount(shop: Shop) -> None:
    sheet = sheet_of(shop, "for 01")
    typed = "Livraison étage 3 45,00 ; Grue 12\u202f345,67\u00a0€ 5,5 %"
    charges = charging.set_charges(sheet, typed).quote["charges"]
    assert [(each["label"], each["amount"]) for each in charges] == [
        ("Livraison étage 3", "45.00"),
        ("Grue", "12345.67"),
    ]


def test_a_deposit_is_an_acompte_unless_told(shop: Shop) -> None:
    sheet = editing.set_field(sheet_of(shop, "for 01"), "deposit", "30 %")
    assert (sheet.quote["deposit_type"], sheet.quote["deposit_kind"]) == ("percent", "acompte")
    deposit = editing.totals(sheet).deposit
    assert deposit is not None and deposit.ttc == D("54.00")
    sheet = editing.set_field(sheet, "deposit", "")
    assert (sheet.quote["deposit_value"], sheet.quote["deposit_kind"]) == (None, None)


def test_what_a_deposit_is_can_be_said_alone(shop: Shop) -> None:
    sheet = editing.set_field(sheet_of(shop, "for 01"), "deposit", "30 %")
    sheet = editing.set_field(sheet, "deposit", "arrhes")
    assert (sheet.quote["deposit_value"], sheet.quote["deposit_kind"]) == (D(30), "arrhes")
    with pytest.raises(ValueError, match="arrhes 30"):
        editing.set_field(editing.set_field(sheet, "deposit", ""), "deposit", "arrhes")


def test_reverse_charge_takes_the_vat_from_every_line_and_gives_it_back(shop: Shop) -> None:
    sheet = charging.set_charges(sheet_of(shop, "for 01"), "Port 10")
    reverse = charging.set_vat_treatment(sheet, "AE")
    assert editing.totals(reverse).total.vat == 0
    again = charging.set_vat_treatment(reverse, "S")
    assert again.lines[0]["vat_rate"] == D(20)
    assert editing.totals(again).total.vat == D("32.00")


def test_after_reverse_charge_each_line_has_its_own_vat_again(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        named = {"label_fr": "Formation", "status": "active", "list_price": D(100)}
        records.add(session, "product", {**named, "sku": "FO-1", "vat_rate": D(0), "vat_category": "E"})
    sheet = adding.add_entry(sheet_of(shop, "for 01", "fo-1"), "free", "Salle @ 40")
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
    sheet = sheet_of(shop, "for 01", "bob 450 x 24", "tap 60")
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
    again = stored(shop, sheet, abroad)
    with shop.workspace.read() as session:
        assert authority.deepest_discount(session, again.id).percent == 0
    back = charging.set_vat_treatment(again, "S")
    assert [line["unit_price"] for line in back.lines] == with_vat
    assert back.quote["charges"][0]["amount"] == "12.00"


def test_a_company_in_franchise_has_the_prices_of_its_list(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "organisation", find_company(session)["id"], {"vat_scheme": "franchise"})
        (tarif,) = records.find_rows(session, "price_list", {"name": "Tarif B"})
        records.save(session, "price_list", tarif["id"], {"tax_mode": "TTC"})
        fixed = {"price_list": tarif["id"], "applies_to": "product", "method": "price", "price": D("96.00")}
        records.add(session, "price_rule", {**fixed, "product": shop.products["TAP-60"]})
    sheet = sheet_of(shop, "for 01", "tap 60")
    assert [line["unit_price"] for line in sheet.lines] == [D(150), D(96)]
    assert editing.totals(sheet).total.ttc == D("246.00")


def test_what_is_added_under_reverse_charge_bears_no_vat_either(shop: Shop) -> None:
    sheet = charging.set_vat_treatment(sheet_of(shop, "for 01"), "AE")
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
    sheet = sheet_of(shop, "for 01")
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


def test_a_charge_that_would_be_a_discount_is_refused(shop: Shop) -> None:
    for typed in ("Remise -5", "Port −12,50"):
        with pytest.raises(ValueError, match="négatif"):
            charging.set_charges(sheet_of(shop, "for 01"), typed)


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("arrhes 30 %", "arrhes", D(30)),
        ("20 % Arrhes", "arrhes", D(20)),
        ("acompte 50 eur", "acompte", D(50)),
    ],
)
def test_a_deposit_is_named_where_it_is_typed(shop: Shop, typed: str, kind: str, value: Decimal) -> None:
    quote = editing.set_field(sheet_of(shop, "for 01"), "deposit", typed).quote
    assert (quote["deposit_kind"], quote["deposit_value"]) == (kind, value)


def test_a_cell_of_several_lines_is_one_row(shop: Shop) -> None:
    (line,) = paste(shop, sheet_of(shop), '"Pose\nsur deux jours"\t2\t10,00\n').lines
    assert (line["description"], line["quantity"]) == ("Pose sur deux jours", D(2))


def test_a_lone_quote_sign_is_an_inch(shop: Shop) -> None:
    (first, second) = paste(shop, sheet_of(shop), '"Tuyau 5\t2\t10,00\nTuyau 3/4"\t1\t8,00').lines
    assert (first["description"], second["description"]) == ('"Tuyau 5', 'Tuyau 3/4"')


@pytest.mark.parametrize("text", ["", "\n \t\n", "1\t2\t3", "x\n" * (pasting.MOST_ROWS + 1)])
def test_what_cannot_be_pasted_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        pasting.read_rows(text)


@pytest.mark.parametrize("typed", ["Pose x 2 @ 150", "Pose @ 150 x 2"])
def test_quantity_and_price_of_a_free_line_come_in_either_order(shop: Shop, typed: str) -> None:
    line = adding.add_free(sheet_of(shop), typed).lines[-1]
    assert (line["description"], line["quantity"], line["unit_price"]) == ("Pose", D(2), D(150))


@pytest.mark.parametrize("typed", ["50eur", "50 eur", "50€", "50 euros", "50euros"])
def test_a_discount_with_a_currency_is_an_amount_however_it_is_written(typed: str):
    assert editing._typed_discount(typed) == {"discount_percent": None, "discount_amount": Decimal("50")}


def test_a_discount_without_one_is_a_percentage():
    assert editing._typed_discount("50 %")["discount_percent"] == Decimal("50")
