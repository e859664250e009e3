"""Lines that are no catalogue product: typed with a sign, offered as a choice, and eco-participation."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import records
from app.quotes import adding, charging, editing, suggesting
from app.quotes.sheet import duplicate_line, move_line, remove_line
from tests.shop import Shop

D = Decimal


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
    before = shop.sheet("dsi 600")
    before = editing.set_cell(before, 0, "vat_rate", "5,5")
    after = adding.add_entry(before, "free", "Pose x 2 @ 100")
    assert editing.totals(after).total.ht == D("289.00")
    assert after.lines[1]["vat_rate"] == D("5.5")
    again = shop.stored(before, after)
    assert [line["description"] for line in again.lines] == [line["description"] for line in after.lines]


def test_every_kind_of_line_is_stored_and_counts_for_nothing(shop: Shop) -> None:
    before = after = shop.sheet("dsi 600")
    for kind, text in (
        ("section", "Accueil"),
        ("text", "Sous huit jours"),
        ("subtotal", ""),
        ("page_break", ""),
    ):
        after = adding.add_entry(after, kind, text)
    again = shop.stored(before, after)
    assert [line["kind"] for line in again.lines] == ["item", "section", "text", "subtotal", "page_break"]
    assert editing.totals(again).total.ht == D("89.00")


def test_an_empty_comment_is_refused_with_a_sentence(shop: Shop) -> None:
    with pytest.raises(ValueError, match="désignation"):
        adding.add_entry(shop.sheet(), "text", "")


def test_an_option_is_outside_the_total_until_it_is_taken(shop: Shop) -> None:
    sheet = adding.set_role(shop.sheet("dsi 600", "for 01"), 1, "option")
    assert editing.totals(sheet).total.ht == D("89.00")
    assert editing.totals(adding.choose(sheet, 1)).total.ht == D("239.00")


def test_of_neighbouring_alternatives_one_is_chosen(shop: Shop) -> None:
    sheet = shop.sheet("tap 90", "tap 60")
    sheet = adding.set_role(adding.set_role(sheet, 0, "alternate"), 1, "alternate")
    assert [line["option_group"] for line in sheet.lines] == ["A", "A"]
    assert [line["selected"] for line in sheet.lines] == [True, False]
    sheet = adding.choose(sheet, 1)
    assert [line["selected"] for line in sheet.lines] == [False, True]
    assert editing.totals(sheet).total.ht == D("78.00")


def test_an_alternative_can_begin_a_group_of_its_own(shop: Shop) -> None:
    sheet = shop.sheet("tap 90", "tap 60")
    sheet = adding.set_role(adding.set_role(sheet, 0, "alternate"), 1, "alternate")
    sheet = adding.start_group(sheet, 1)
    assert [(line["option_group"], line["selected"]) for line in sheet.lines] == [("A", True), ("B", True)]


def test_a_line_can_be_kept_out_of_the_global_discount(shop: Shop) -> None:
    sheet = editing.set_field(shop.sheet("dsi 600", "for 01"), "discount", "10 %")
    assert editing.totals(sheet).total.ht == D("215.10")
    sheet = adding.toggle_discountable(sheet, 1)
    assert editing.totals(sheet).total.ht == D("230.10")
    assert editing.totals(adding.toggle_discountable(sheet, 1)).total.ht == D("215.10")


def test_a_negative_quantity_takes_goods_back(shop: Shop) -> None:
    assert suggesting.parse_entry("tap 90 x -2") == ("tap 90", D(-2))
    sheet = shop.sheet("dsi 600 x 3", "dsi 600 x -1")
    assert editing.totals(sheet).total.ht == D("178.00")


def test_what_the_program_writes_on_a_quote_is_in_the_customers_language(shop: Shop) -> None:
    words = {"eco_participation": D("1.20"), "label_en": "Soap dispenser"}
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["DSI-600"], words)
        records.save(session, "account", shop.account, {"language": "en"})
    sheet = adding.add_entry(shop.sheet("dsi 600"), "subtotal", "")
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
    sheet = shop.sheet("dsi 600 x 6", "for 01")
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
    sheet = taxed.sheet("dsi 600 x 6", "tap 90")
    offered = adding.set_role(sheet, 0, "option")
    found = editing.totals(offered)
    assert found.options is not None
    assert (found.total.ht, found.options.ht) == (D("118.00"), D("541.20"))
    assert editing.totals(adding.choose(offered, 0)).total.ht == D("659.20")
    again = taxed.stored(sheet, offered)
    assert again.quote["total_ht"] == D("118.00")


def test_the_eco_participation_between_two_alternatives_does_not_part_them(taxed: Shop) -> None:
    sheet = taxed.sheet("dsi 600", "tap 90")
    sheet = adding.set_role(adding.set_role(sheet, 0, "alternate"), 2, "alternate")
    assert [line["option_group"] for line in sheet.lines] == ["A", None, "A"]
    assert editing.totals(sheet).total.ht == D("90.20")
    assert editing.totals(adding.choose(sheet, 2)).total.ht == D("118.00")


def test_nothing_is_earned_on_an_eco_participation_nor_taken_off_it(taxed: Shop) -> None:
    sheet = editing.set_field(taxed.sheet("dsi 600 x 2"), "discount", "10 %")
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
    assert shop.sheet().margin_floor == floor


def test_a_global_discount_lowers_the_margin_of_the_lines_that_it_touches_alone(shop: Shop) -> None:
    sheet = adding.toggle_discountable(shop.sheet("dsi 600", "for 01"), 1)
    sheet = adding.add_entry(sheet, "free", "Sans coût connu @ 11")
    sheet = editing.set_field(sheet, "discount", "10 %")
    earned = editing.margin(sheet, editing.totals(sheet))
    assert earned is not None and not earned.complete
    assert earned.amount == D("89.00") * D("0.9") - 52 + D("150.00") - 90


def test_thirty_groups_of_alternatives_each_have_a_name(shop: Shop) -> None:
    sheet = shop.sheet()
    for n in range(60):
        sheet = adding.start_group(adding.add_entry(sheet, "free", f"Variante {n} @ 5"), n)
    assert len({line["option_group"] for line in sheet.lines}) == 60


def test_a_charge_that_would_be_a_discount_is_refused(shop: Shop) -> None:
    for typed in ("Remise -5", "Port −12,50"):
        with pytest.raises(ValueError, match="négatif"):
            charging.set_charges(shop.sheet("for 01"), typed)


@pytest.mark.parametrize("typed", ["Pose x 2 @ 150", "Pose @ 150 x 2"])
def test_quantity_and_price_of_a_free_line_come_in_either_order(shop: Shop, typed: str) -> None:
    line = adding.add_free(shop.sheet(), typed).lines[-1]
    assert (line["description"], line["quantity"], line["unit_price"]) == ("Pose", D(2), D(150))


@pytest.mark.parametrize("typed", ["50eur", "50 eur", "50€", "50 euros", "50euros"])
def test_a_discount_with_a_currency_is_an_amount_however_it_is_written(typed: str):
    assert editing._typed_discount(typed) == {"discount_percent": None, "discount_amount": Decimal("50")}


def test_a_discount_without_one_is_a_percentage():
    assert editing._typed_discount("50 %")["discount_percent"] == Decimal("50")
