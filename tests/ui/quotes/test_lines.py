"""Every kind of line by keyboard: signs in the entry field, choices in the table, rows from a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app import records
from app.quotes import charging, editing
from app.quotes.sheet import Sheet
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.quotes.line_menu import line_menu
from ui.quotes.lines_model import NET
from ui.widgets.notices import Toast

CTRL = Qt.KeyboardModifier.ControlModifier
D = Decimal
# What the screen of tests says of a menu that pops up.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Opened = Callable[..., str]


def sheet(hand: Hand) -> Sheet:
    found = hand.page.editor.draft.sheet
    assert found is not None
    return found


def enter(hand: Hand, text: str) -> None:
    hand.page.editor.entry.setFocus()
    hand.type(text)
    hand.key(Qt.Key.Key_Return)
    hand.settle()


def note(hand: Hand, row: int) -> str:
    from ui.quotes.lines_model import DESCRIPTION, WhyRole

    return str(hand.page.editor.table.lines.index(row, DESCRIPTION).data(WhyRole))


def test_lines_that_are_no_product_are_typed_with_a_sign(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 2")
    for text in ('" Sous huit jours', "+ Pose x 2 @ 100", "=", "---"):
        enter(hand, text)
    kinds = ["item", "text", "item", "subtotal", "page_break"]
    assert [line["kind"] for line in sheet(hand).lines] == kinds
    net = hand.page.editor.table.lines.index(3, NET).data()
    assert net.replace("\u202f", "").startswith("378,00")
    hand.settle(500)
    with shop.workspace.read() as session:
        lines = records.find_rows(session, "quote_line", {"quote": quote}, order="position")
    assert [line["kind"] for line in lines] == kinds


def test_a_sign_without_words_stays_and_is_explained(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    enter(hand, "# ")
    assert len(sheet(hand).lines) == 1
    assert hand.page.editor.entry.text() == "# "
    assert hand.page.editor.problem.isVisible()


@pytest.mark.parametrize("text", ["bob 450 x 99999999999999999999", "bob 450 x 0,00001"])
def test_a_quantity_that_cannot_be_kept_is_explained_and_stays(hand: Hand, opened: Opened, text: str) -> None:
    opened("dsi 600")
    enter(hand, text)
    assert len(sheet(hand).lines) == 1
    assert hand.page.editor.entry.text() == text and hand.page.editor.problem.isVisible()


def test_a_size_adds_the_product_of_that_size(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    enter(hand, "tapis 60 x 90")
    assert [(line["sku"], line["quantity"]) for line in sheet(hand).lines[1:]] == [("TAP-60", 1)]
    hand.page.editor.entry.setFocus()
    hand.type("tapis 90 x 150")
    hand.settle()
    hand.key(Qt.Key.Key_Down)
    hand.key(Qt.Key.Key_Return)
    assert [(line["sku"], line["quantity"]) for line in sheet(hand).lines[2:]] == [("TAP-90", 150)]


def test_down_in_the_empty_entry_offers_the_other_lines(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    entry = hand.page.editor.entry
    entry.setFocus()
    hand.key(Qt.Key.Key_Down)
    assert entry.menu.isVisible() and len(entry.menu.actions()) == 5
    entry.menu.actions()[3].trigger()
    entry.menu.close()
    hand.settle()
    assert sheet(hand).lines[-1]["kind"] == "subtotal"


def test_the_line_menu_makes_an_option_and_space_takes_it(hand: Hand, opened: Opened) -> None:
    opened("dsi 600", "for 01")
    table = hand.page.editor.table
    table.choose(1)
    table.setFocus()
    next(each for each in line_menu(table, 1).actions() if each.text() == "Option").trigger()
    assert editing.totals(sheet(hand)).total.ht == D(89)
    assert note(hand, 1).startswith("Option")
    hand.key(Qt.Key.Key_Space)
    assert editing.totals(sheet(hand)).total.ht == D(239)
    hand.key(Qt.Key.Key_Z, CTRL)
    hand.settle()
    assert editing.totals(sheet(hand)).total.ht == D(89)


def test_rows_from_a_spreadsheet_come_in_one_step_and_go_in_one(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    hand.page.editor.entry.setFocus()
    QGuiApplication.clipboard().setText("BOB-450\t24\nPose\t2\t150,00\n")
    hand.key(Qt.Key.Key_V, CTRL)
    hand.settle()
    assert [line["sku"] for line in sheet(hand).lines] == ["DSI-600", "BOB-450", None]
    hand.page.editor.draft.undo()
    assert [line["sku"] for line in sheet(hand).lines] == ["DSI-600"]


def test_what_is_taken_for_a_sum_is_left_out_by_name(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    hand.page.editor.entry.setFocus()
    text = "Désignation\tQté\tPU\nPose\t2\t150,00\nTotal Quartz 5W30\t\t30,00\n"
    QGuiApplication.clipboard().setText(text)
    hand.key(Qt.Key.Key_V, CTRL)
    hand.settle()
    assert [line["description"] for line in sheet(hand).lines][1:] == ["Pose"]
    (toast,) = hand.window.findChildren(Toast)
    assert toast.text.startswith("1 ligne collée. 1 ligne de totaux") and "Total Quartz 5W30" in toast.text


def test_rows_pasted_onto_a_line_go_under_it(hand: Hand, opened: Opened) -> None:
    opened("dsi 600", "bob 450")
    table = hand.page.editor.table
    table.choose(0)
    QGuiApplication.clipboard().setText("FOR-01\t1")
    hand.key(Qt.Key.Key_V, CTRL)
    hand.settle()
    assert [line["sku"] for line in sheet(hand).lines] == ["DSI-600", "FOR-01", "BOB-450"]


def test_a_line_tells_its_margin_but_not_to_a_customer(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    assert "41,6" in note(hand, 0)
    hand.page.editor.show_customer_mode(True)
    assert "41,6" not in note(hand, 0)
    hand.page.editor.show_customer_mode(False)


def test_a_line_below_the_floor_says_so(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    hand.page.editor.draft.act(lambda s: editing.set_cell(s, 0, "unit_price", "55"))
    assert "sous le seuil" in note(hand, 0)


def test_discount_and_charges_stand_above_the_total_that_they_make(hand: Hand, opened: Opened) -> None:
    opened("for 01")
    draft, shown = hand.page.editor.draft, hand.page.editor.totals.amounts
    draft.act(lambda s: editing.set_field(s, "discount", "10 %"))
    draft.act(lambda s: charging.set_charges(s, "Port 12,50"))
    hand.settle()
    names = sorted((each for each in shown if shown[each].isVisible()), key=lambda each: shown[each].y())
    assert names == ["lines", "discount", "charges", "ht", "vat0", "ttc"]


def test_charges_and_deposit_are_typed_under_the_lines(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("for 01")
    panel = hand.page.editor.extras
    for field, text in ((panel.charges, "Port 12,50"), (panel.deposit, "30 %")):
        field.setFocus()
        field.clear()
        hand.type(text)
        hand.key(Qt.Key.Key_Return)
    assert editing.totals(sheet(hand)).total.ht == D("162.50")
    assert panel.kind.isVisible()
    said = hand.page.editor.totals._labels["deposit"]
    assert said.text() == "Acompte"
    hand.click(panel.kind)
    hand.settle(500)
    assert said.text() == "Arrhes"
    with shop.workspace.read() as session:
        stored = records.get(session, "quote", quote)
    assert (stored["deposit_value"], stored["deposit_kind"]) == (D(30), "arrhes")
    assert stored["charges"][0]["label"] == "Port"


def test_the_reason_of_a_price_follows_the_language_of_the_program(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    opened("bob 450 x 24")
    assert note(hand, 0).startswith("Tarif B, à partir de 24")
    hand.window.set_language("en")
    hand.wait_for(lambda: note(hand, 0).startswith("Tarif B, from 24"))


def test_the_words_of_a_line_have_one_minus(hand: Hand, opened: Opened) -> None:
    opened("bob 450 x 24")
    hand.page.editor.draft.act(lambda sheet: editing.set_cell(sheet, 0, "discount_percent", "35"))
    assert note(hand, 0).startswith("Tarif B, à partir de 24, −8\u00a0% · marge −8,8\u00a0%")


def test_a_shown_negative_quantity_is_typed_on_in(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 6")
    hand.page.editor.table.choose(0)
    hand.type("-2")
    hand.key(Qt.Key.Key_Return)
    hand.page.editor.table.setFocus()
    hand.page.editor.table.choose(0)
    hand.key(Qt.Key.Key_F2)
    assert hand.cell_editor().text() == "−2"
    hand.key(Qt.Key.Key_End)
    hand.type("5")
    hand.key(Qt.Key.Key_Return)
    assert sheet(hand).lines[0]["quantity"] == D(-25)
