"""Editing a quote as a sheet: typing, pricing, saving what changed and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from app import records
from app.errors import Invalid, NotAllowed
from app.quotes import editing, issuing, pasting, suggesting
from app.quotes.sheet import Sheet, duplicate_line, move_line, remove_line
from tests.shop import Shop

D = Decimal


def entries(shop: Shop) -> int:
    with shop.workspace.read() as session:
        found = session.connection().exec_driver_sql(
            "SELECT count(*) FROM sync_entry WHERE kind = 'quote_line'"
        )
        return int(found.scalar_one())


@pytest.mark.parametrize(
    ("text", "words", "quantity"),
    [
        ("bob 450 x 24", "bob 450", "24"),
        ("bob 450 × 24", "bob 450", "24"),
        ("bob 450*24", "bob 450", "24"),
        ("bob 450 x 1 250,5", "bob 450", "1250.5"),
        ("24 x bob 450", "bob 450", "24"),
        ("bob 450", "bob 450", None),
        ("savon inox", "savon inox", None),
        ("bob 450x24", "bob 450", "24"),
        ("450x24", "450", "24"),
        ("savon ×6", "savon", "6"),
        ("savon inox 600", "savon inox 600", None),
        ("tube inox304", "tube inox304", None),
        ("MAX-2", "MAX-2", None),
    ],
)
def test_a_quantity_is_read_behind_the_cross(text: str, words: str, quantity: str | None) -> None:
    assert suggesting.parse_entry(text) == (words, None if quantity is None else D(quantity))


def test_a_few_letters_and_a_quantity_find_the_product_at_its_step(shop: Shop) -> None:
    with shop.workspace.read() as session:
        best = suggesting.suggest(session, "bob 450 x 24", shop.account)[0]
    assert (best.product["sku"], best.quantity, best.price.unit_price) == ("BOB-450", D(24), D("39.58"))
    assert best.price.explanation == "Tarif B, à partir de 24, −8\u00a0%"


def test_the_x_that_ends_a_word_or_a_reference_is_no_cross(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        values = {"status": "active", "list_price": D(10), "vat_rate": D(20), "vat_category": "S"}
        for sku in ("EX-1", "450X24"):
            records.add(session, "product", {**values, "sku": sku, "label_fr": "Joint"})
    with shop.workspace.read() as session:
        found = {
            typed: suggesting.suggest(session, typed, shop.account)[0]
            for typed in ("savon inox 600", "EX-1", "450x24", "ex-1 x 3")
        }
    assert {typed: (each.product["sku"], each.quantity) for typed, each in found.items()} == {
        "savon inox 600": ("DSI-600", D(1)),
        "EX-1": ("EX-1", D(1)),
        "450x24": ("450X24", D(1)),
        "ex-1 x 3": ("EX-1", D(3)),
    }


def test_a_size_in_a_name_is_not_taken_for_a_quantity_alone(shop: Shop) -> None:
    with shop.workspace.read() as session:
        found = suggesting.suggest(session, "tapis 90 × 150", shop.account)
    said = [(each.product["sku"], each.quantity) for each in found]
    assert said[:2] == [("TAP-90", D(1)), ("TAP-90", D(150))], "the one of that size, then so many of it"


@pytest.mark.parametrize(
    "typed", ["tapis 90 x 150 x 3", "tapis 90x150 x 3", "tapis 90 × 150 x 3", "3 x tapis 90*150"]
)
def test_so_many_of_a_size_are_found_whichever_cross_is_typed(shop: Shop, typed: str) -> None:
    with shop.workspace.read() as session:
        found = suggesting.suggest(session, typed, shop.account)
    assert [(each.product["sku"], each.quantity) for each in found] == [("TAP-90", D(3))]


@pytest.mark.parametrize("typed", ["vis 6 x 20", "vis 6x20", "vis 6 × 20 x 100"])
def test_a_size_written_in_one_is_found_however_it_is_typed(shop: Shop, typed: str) -> None:
    with shop.workspace.transaction() as session:
        values = {
            "sku": "VB",
            "label_fr": "Vis à bois 6x20",
            "status": "active",
            "list_price": D(1),
            "cost": D(0),
        }
        records.add(session, "product", {**values, "vat_rate": D(20), "vat_category": "S", "unit": "C62"})
    with shop.workspace.read() as session:
        assert suggesting.suggest(session, typed, shop.account)[0].product["sku"] == "VB"


def test_a_quantity_of_nought_is_nought(shop: Shop) -> None:
    with shop.workspace.read() as session:
        assert suggesting.suggest(session, "bob 450 x 0", shop.account)[0].quantity == 0


@pytest.mark.parametrize("typed", ["bob450", "bob 450 x", "BOB-450 ×", "450bob"])
def test_the_product_stays_found_however_its_reference_is_begun(shop: Shop, typed: str) -> None:
    with shop.workspace.read() as session:
        assert suggesting.suggest(session, typed, shop.account)[0].product["sku"] == "BOB-450"


@pytest.mark.parametrize(("name", "typed"), [("quantity", "0,00001"), ("unit_price", "0,0000001")])
def test_a_number_too_small_to_be_kept_is_not_taken_for_nothing(shop: Shop, name: str, typed: str) -> None:
    with shop.workspace.read() as session:
        sheet = editing.open_sheet(session, shop.quote("for 01"))
    with pytest.raises(ValueError, match="petit"):
        editing.set_cell(sheet, 0, name, typed)
    assert editing.set_cell(sheet, 0, name, "0").lines[0][name] == 0


def test_a_typed_reference_comes_before_a_name_with_the_same_words(shop: Shop) -> None:
    with shop.workspace.read() as session:
        for typed, sku in (("tap 90", "TAP-90"), ("tap 60", "TAP-60"), ("tap90 x 2", "TAP-90")):
            assert suggesting.suggest(session, typed, shop.account)[0].product["sku"] == sku


def test_the_beginning_of_a_bar_code_finds_the_products_of_its_maker(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        for number, id in enumerate(shop.products.values()):
            records.save(session, "product", id, {"ean": f"329904402{number:04}"})
    with shop.workspace.read() as session:
        found = suggesting.suggest(session, "329904", shop.account)
        assert len(found) == len(shop.products)
        assert [each.product["ean"] for each in suggesting.suggest(session, "3299 0440 20003", None)] == [
            "3299044020003"
        ]


def test_a_reference_or_a_bar_code_finds_its_product_first(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["SAV-5"], {"ean": "3299044020168"})
    with shop.workspace.read() as session:
        assert suggesting.suggest(session, "tap-60", None)[0].product["sku"] == "TAP-60"
        assert suggesting.suggest(session, "3299044020168", None)[0].product["sku"] == "SAV-5"


def test_a_new_quote_knows_what_the_account_knows(shop: Shop) -> None:
    sheet = shop.sheet()
    assert sheet.quote["status"] == "draft"
    assert sheet.quote["number"] is None
    assert sheet.quote["contact"] == shop.contact
    assert sheet.quote["payment_terms"] == "30 jours"
    assert sheet.book.name == "Tarif B"


def test_the_price_follows_the_quantity(shop: Shop) -> None:
    sheet = shop.sheet("bob 450 x 6")
    assert sheet.lines[0]["unit_price"] == D("41.30")
    sheet = editing.set_cell(sheet, 0, "quantity", "60")
    assert sheet.lines[0]["unit_price"] == D("37.86")
    assert "50" in sheet.lines[0]["price_explanation"]


def test_a_price_typed_by_hand_stays_when_the_quantity_changes(shop: Shop) -> None:
    sheet = editing.set_cell(shop.sheet("bob 450 x 6"), 0, "unit_price", "40")
    sheet = editing.set_cell(sheet, 0, "quantity", "60")
    assert sheet.lines[0]["unit_price"] == D(40)
    assert sheet.lines[0]["price_explanation"] == "Prix saisi à la main"


@pytest.mark.parametrize(
    ("text", "percent", "amount"),
    [("12 %", D(12), None), ("12,5", D("12.5"), None), ("10 €", None, D(10)), ("", None, None)],
)
def test_a_discount_is_a_percentage_or_an_amount(shop: Shop, text: str, percent: Any, amount: Any) -> None:
    line = editing.set_cell(shop.sheet("dsi 600"), 0, "discount_percent", text).lines[0]
    assert (line["discount_percent"], line["discount_amount"]) == (percent, amount)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("quantity", "beaucoup"),
        ("discount_percent", "120"),
        ("unit_price", "-3"),
        ("description", " "),
        ("quantity", "9999999999"),
    ],
)
def test_what_has_no_honest_total_is_refused_in_its_cell(shop: Shop, cell: str, text: str) -> None:
    sheet = shop.sheet("dsi 600")
    with pytest.raises(ValueError, match=r"."):
        editing.set_cell(sheet, 0, cell, text)


def test_a_saved_sheet_reads_back_with_its_totals(shop: Shop) -> None:
    quote = shop.quote("dsi 600 x 6", "bob 450 x 24", "for-01")
    before = shop.read(quote)
    after = editing.set_field(editing.set_cell(before, 0, "discount_percent", "5"), "discount", "10 %")
    shop.save(before, after)
    stored = shop.read(quote)
    assert [line["net"] for line in stored.lines] == [D("507.30"), D("949.92"), D("150.00")]
    assert stored.quote["total_ht"] == D("1446.50")
    assert stored.quote["total_ttc"] == editing.totals(stored).total.ttc


def test_saving_writes_only_the_lines_that_changed(shop: Shop) -> None:
    quote = shop.quote("dsi 600 x 6", "bob 450 x 24", "for-01")
    before = shop.read(quote)
    known = entries(shop)
    shop.save(before, editing.set_cell(before, 2, "quantity", "2"))
    # The quantity and the net, and who changed it when: fields of one line.
    with shop.workspace.read() as session:
        touched = session.connection().exec_driver_sql(
            "SELECT DISTINCT id FROM sync_entry WHERE kind = 'quote_line' ORDER BY rowid DESC LIMIT 50"
        )
        assert before.lines[2]["id"] in {row[0] for row in touched}
    assert known < entries(shop) <= known + 4


def test_moving_a_line_keeps_every_line(shop: Shop) -> None:
    quote = shop.quote("dsi 600", "bob 450", "for-01")
    before = shop.read(quote)
    shop.save(before, move_line(before, 2, -1))
    assert [line["sku"] for line in shop.read(quote).lines] == ["DSI-600", "FOR-01", "BOB-450"]
    assert move_line(before, 0, -1) is before


def test_a_removed_line_comes_back_as_itself_when_undone(shop: Shop) -> None:
    quote = shop.quote("dsi 600", "bob 450")
    first = shop.read(quote)
    without = shop.save(first, remove_line(first, 0))
    assert [line["sku"] for line in shop.read(quote).lines] == ["BOB-450"]
    shop.save(without, first)
    again = shop.read(quote)
    assert [line["id"] for line in again.lines] == [line["id"] for line in first.lines]
    assert again.quote["total_ht"] == first.quote["total_ht"]


def test_a_duplicate_is_a_line_of_its_own(shop: Shop) -> None:
    before = shop.sheet("dsi 600", "bob 450")
    after = duplicate_line(before, 0)
    assert [line["sku"] for line in after.lines] == ["DSI-600", "DSI-600", "BOB-450"]
    assert len({line["id"] for line in after.lines}) == 3


def test_an_issued_quote_cannot_be_saved(shop: Shop) -> None:
    quote = shop.quote("dsi 600")
    before = shop.read(quote)
    with shop.workspace.transaction() as session:
        issuing.issue(session, quote)
    with pytest.raises(NotAllowed):
        shop.save(before, editing.set_cell(before, 0, "quantity", "2"))


def test_what_another_changed_in_the_meantime_stays_theirs(shop: Shop) -> None:
    quote = shop.quote("dsi 600")
    before = shop.read(quote)
    with shop.workspace.transaction() as session:
        records.save(session, "quote", quote, {"delivery_terms": "Franco dès 300 €"})
    shop.save(before, editing.set_field(before, "payment_terms", "Comptant"))
    stored = shop.read(quote).quote
    assert (stored["payment_terms"], stored["delivery_terms"]) == ("Comptant", "Franco dès 300 €")


def test_the_margin_counts_costs_and_the_global_discount(shop: Shop) -> None:
    sheet = shop.sheet("dsi 600 x 2")
    found = editing.margin(sheet, editing.totals(sheet))
    assert found is not None
    assert (found.amount, round(found.percent, 2), found.enough) == (D(74), D("41.57"), True)
    sheet = editing.set_field(sheet, "discount", "40 %")
    found = editing.margin(sheet, editing.totals(sheet))
    assert found is not None and not found.enough


def test_a_validity_is_typed_as_one_says_it(shop: Shop) -> None:
    sheet = editing.set_field(shop.sheet(), "valid_until", "21/12/2026")
    assert str(sheet.quote["valid_until"]) == "2026-12-21"
    assert editing.set_field(sheet, "valid_until", "+30").quote["valid_until"] != sheet.quote["valid_until"]
    with pytest.raises(ValueError, match=r"."):
        editing.set_field(sheet, "valid_until", "jamais")


def test_what_the_customer_had_before_comes_first_and_without_text_it_is_all_there_is(workspace) -> None:
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Hôtel Bellevue"})
        ids = [
            records.add(session, "product", {"sku": f"SAV-{n}", "label_fr": f"Savon {n}", "list_price": 5})
            for n in range(3)
        ]
        quote = records.add(session, "quote", {"account": account, "status": "draft"})
        line = {"quote": quote, "kind": "item", "quantity": 1, "unit_price": 5}
        records.add(session, "quote_line", {**line, "product": ids[2], "description": "Savon 2"})
    with workspace.read() as session:
        typed = [each.product["id"] for each in suggesting.suggest(session, "savon", account)]
        nothing = [each.product["id"] for each in suggesting.suggest(session, "", account)]
        exact = [each.product["id"] for each in suggesting.suggest(session, "sav-0", account)]
    assert typed[0] == ids[2] and set(typed) == set(ids)
    assert nothing == [ids[2]] and exact[0] == ids[0]


def pasted(shop: Shop, count: int) -> tuple[Sheet, Sheet]:
    """A stored draft, and it with so many rows of a spreadsheet in it."""
    sheet = shop.sheet("tap 90")
    rows = pasting.read_rows("\n".join(f"DSI-600\t{n % 9 + 1}" for n in range(count)))
    with shop.workspace.read() as session:
        known = pasting.find_suggestions(session, rows, shop.account, None)
    return sheet, pasting.add_rows(sheet, rows, known)


def test_pasted_rows_are_written_and_taken_back_as_sets(shop: Shop) -> None:
    few, many = pasted(shop, 10), pasted(shop, 300)
    said: list[str] = []

    def note(*given: Any) -> None:
        said.append(given[2])

    def statements(before: Sheet, after: Sheet) -> int:
        with shop.workspace.transaction() as session:
            engine = session.connection().engine
            event.listen(engine, "before_cursor_execute", note)
            said.clear()
            editing.save(session, before, after)
            event.remove(engine, "before_cursor_execute", note)
            return len(said)

    assert statements(*few) == statements(*many), "written"
    assert statements(*few[::-1]) == statements(*many[::-1]), "taken back"
    for before, after in (few, many):
        assert [line["sku"] for line in shop.read(before.id).lines] == ["TAP-90"]
        with shop.workspace.transaction() as session:
            editing.save(session, before, after)
        again = shop.read(before.id)
        assert [line["id"] for line in again.lines] == [line["id"] for line in after.lines]
        assert again.quote["total_ht"] == editing.totals(after).total.ht


def test_a_record_of_a_known_id_is_not_added_twice(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        task = records.add(session, "task", {"subject": "Rappeler"})
        with pytest.raises(Invalid):
            records.add_all(session, "task", {task: {"subject": "Encore"}})
