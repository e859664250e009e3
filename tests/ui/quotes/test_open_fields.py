"""What stands in an open field is on its way: taken before anything goes on, and lost by no power cut."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import drafts, records
from app.quotes import editing
from app.quotes.sheet import Sheet
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand, window_on

D = Decimal
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
QUANTITY, PRICE = 2, 3
Opened = Callable[..., str]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def stored(shop: Shop, quote: str) -> Sheet:
    with shop.workspace.read() as session:
        return editing.open_sheet(session, quote)


def kept(shop: Shop, quote: str) -> list[str]:
    """What the laptop keeps of the quote's open fields."""
    with shop.workspace.read() as session:
        found = drafts.find(session, "quote", quote)
    return [] if found is None else list(found.values.values())


def type_into(hand: Hand, column: int, text: str) -> None:
    hand.page.editor.table.setFocus()
    hand.page.editor.table.choose(0, column)
    hand.type(text)


def empty_the_price(hand: Hand) -> None:
    hand.page.editor.table.choose(0, PRICE)
    hand.key(Qt.Key.Key_F2)
    hand.key(Qt.Key.Key_A, CTRL)
    hand.key(Qt.Key.Key_Delete)


def have_it_signed(hand: Hand) -> None:
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)
    hand.settle(300)


def is_draft(shop: Shop, quote: str) -> bool:
    return stored(shop, quote).quote["status"] in (None, "draft")


# Before anything goes on


def test_a_quote_is_signed_with_the_quantity_that_was_just_typed(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    quote = opened("dsi 600 x 6")
    type_into(hand, QUANTITY, "12")
    have_it_signed(hand)
    sheet = stored(shop, quote)
    assert (sheet.quote["status"], sheet.lines[0]["quantity"]) == ("issued", D(12))
    assert sheet.quote["total_ht"] == D(1068)


def test_a_quote_is_signed_with_the_discount_that_was_just_typed(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    quote = opened("dsi 600 x 6")
    hand.page.editor.totals.discount.setFocus()
    hand.type("10 %")
    hand.settle(600)
    have_it_signed(hand)
    sheet = stored(shop, quote)
    assert (sheet.quote["status"], sheet.quote["discount_value"]) == ("issued", D(10))
    assert sheet.quote["total_ht"] == D("480.60")


def test_nothing_is_issued_while_a_cell_holds_no_number(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    type_into(hand, QUANTITY, "24x")
    have_it_signed(hand)
    assert is_draft(shop, quote)
    assert hand.page.editor.problem.isVisible() and hand.page.editor.problem.text()
    cell = hand.cell_editor()
    assert (cell.text(), cell.property("state"), hand.focus is cell) == ("24x", "error", True)
    hand.key(Qt.Key.Key_Backspace)
    have_it_signed(hand)
    assert stored(shop, quote).lines[0]["quantity"] == D(24)


def test_a_click_issues_nothing_either_while_a_cell_holds_no_number(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    quote = opened("dsi 600 x 6")
    type_into(hand, QUANTITY, "24x")
    hand.page.editor.issue_button.setFocus(Qt.FocusReason.MouseFocusReason)
    hand.click(hand.page.editor.issue_button)
    hand.settle(100)
    assert is_draft(shop, quote)
    assert hand.cell_editor().text() == "24x" and hand.focus is hand.cell_editor()


def test_nothing_is_issued_while_a_field_holds_what_cannot_be_read(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    quote = opened("dsi 600 x 6")
    discount = hand.page.editor.totals.discount
    discount.setFocus()
    hand.type("dix")
    hand.page.editor.entry.setFocus()
    have_it_signed(hand)
    assert is_draft(shop, quote)
    assert (discount.text(), discount.property("state"), discount.hasFocus()) == ("dix", "error", True)
    assert hand.page.editor.problem.text()


def test_an_emptied_price_makes_no_free_product(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    empty_the_price(hand)
    have_it_signed(hand)
    assert is_draft(shop, quote) and stored(shop, quote).lines[0]["unit_price"] == D(89)
    assert hand.page.editor.problem.text()
    hand.type("0")
    hand.key(Qt.Key.Key_Return)
    hand.wait_for(lambda: stored(shop, quote).lines[0]["unit_price"] == 0)


@pytest.mark.parametrize("pause", [0, 600])
def test_back_takes_along_what_was_just_typed(hand: Hand, opened: Opened, shop: Shop, pause: int) -> None:
    other = shop.quote("tap 60")
    hand.window.go("quotes", other)
    hand.settle()
    quote = opened("dsi 600 x 6")
    hand.page.editor.subject.setFocus()
    hand.type("Nouvelle boutique")
    hand.settle(pause)
    hand.key(Qt.Key.Key_BracketLeft, CTRL)
    hand.settle(100)
    draft = hand.page.editor.draft
    assert draft.sheet is not None and draft.sheet.id == other
    assert stored(shop, quote).quote["subject"] == "Nouvelle boutique"
    assert not stored(shop, other).quote["subject"] and kept(shop, quote) == []


def test_back_takes_along_an_open_cell_and_waits_while_it_cannot(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    other = shop.quote("tap 60")
    hand.window.go("quotes", other)
    hand.settle()
    quote = opened("dsi 600 x 6")
    type_into(hand, QUANTITY, "12x")
    hand.key(Qt.Key.Key_BracketLeft, CTRL)
    hand.settle(100)
    draft = hand.page.editor.draft
    assert draft.sheet is not None and draft.sheet.id == quote, "it waits"
    assert hand.cell_editor().text() == "12x" and hand.page.editor.problem.text()
    hand.key(Qt.Key.Key_Backspace)
    hand.key(Qt.Key.Key_BracketLeft, CTRL)
    hand.settle(100)
    assert draft.sheet.id == other
    assert stored(shop, quote).lines[0]["quantity"] == D(12)


def test_closing_the_window_takes_an_open_cell_along(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    type_into(hand, QUANTITY, "77")
    hand.window.close()
    hand.settle()
    assert stored(shop, quote).lines[0]["quantity"] == D(77)


def test_the_full_preview_shows_what_was_just_typed(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    type_into(hand, QUANTITY, "12")
    hand.page.editor.desk.show_full()
    hand.settle(100)
    assert stored(shop, quote).lines[0]["quantity"] == D(12)
    window = QApplication.activeWindow()
    assert window is not None and window is not hand.window
    window.close()


# A pause, and a power cut


@pytest.mark.parametrize("typed", ["8", "", "8x"])
def test_a_half_typed_price_is_kept_beside_the_quote_and_not_in_it(
    hand: Hand, opened: Opened, shop: Shop, typed: str
) -> None:
    quote = opened("dsi 600 x 6")
    empty_the_price(hand)
    hand.type(typed)
    hand.wait_for(lambda: kept(shop, quote) == [typed])
    line = stored(shop, quote).lines[0]
    assert (line["unit_price"], line["price_explanation"]) != (D(0), "Prix saisi à la main")
    assert line["unit_price"] == D(89) and stored(shop, quote).quote["total_ht"] == D(534)
    hand.key(Qt.Key.Key_Escape)
    hand.wait_for(lambda: kept(shop, quote) == [])
    assert stored(shop, quote).lines[0]["unit_price"] == D(89)


class PowerCut(QObject):
    """From now on a window does nothing more: another one that comes up does not make it keep its fields."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        QApplication.instance().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        left = event.type() in (QEvent.Type.FocusOut, QEvent.Type.WindowDeactivate)
        return left and isinstance(watched, QWidget) and watched.window() is self._window


def test_after_a_power_cut_the_open_cell_is_open_again(
    hand: Hand, opened: Opened, shop: Shop, tmp_path: Path, qtbot: QtBot
) -> None:
    quote = opened("dsi 600 x 6", "bob 450")
    type_into(hand, QUANTITY, "12")
    hand.wait_for(lambda: kept(shop, quote) == ["12"])
    assert stored(shop, quote).lines[0]["quantity"] == D(6)
    PowerCut(hand.window)
    with window_on(shop.workspace, tmp_path / "again") as window:
        qtbot.addWidget(window)
        again = Hand(window)
        window.go("quotes", quote)
        again.settle()
        assert again.cell_editor().text() == "12" and again.focus is again.cell_editor()
        assert window._toast is not None
        again.key(Qt.Key.Key_Return)
        again.wait_for(lambda: stored(shop, quote).lines[0]["quantity"] == D(12))
        assert kept(shop, quote) == [] and again.page.editor.draft.can_undo
        window.close()


@pytest.mark.parametrize("name", ["subject", "discount", "charges", "deposit", "delivery_terms"])
def test_after_a_power_cut_a_field_stands_as_it_was_typed(
    hand: Hand, opened: Opened, shop: Shop, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    quote = opened("dsi 600 x 6")
    hand.page.editor.open_fields.lines[name].setFocus()
    hand.type("12 %" if name in ("discount", "deposit") else "Port 12")
    text = hand.page.editor.open_fields.lines[name].text()
    hand.wait_for(lambda: kept(shop, quote) == [text])
    PowerCut(hand.window)
    with window_on(shop.workspace, tmp_path / "again") as window:
        qtbot.addWidget(window)
        again = Hand(window)
        window.go("quotes", quote)
        again.settle()
        field = again.page.editor.open_fields.lines[name]
        assert (field.text(), field.hasFocus()) == (text, True)
        QTest.keyClick(field, Qt.Key.Key_Escape)
        again.wait_for(lambda: kept(shop, quote) == [])
        assert field.text() != text
        window.close()


def test_what_was_kept_of_a_line_that_is_gone_is_forgotten(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = shop.quote("dsi 600", "bob 450")
    with shop.workspace.transaction() as session:
        drafts.keep(session, "quote", quote, {"no-such-line/quantity": "12"})
    hand.window.go("quotes", quote)
    hand.wait_for(lambda: kept(shop, quote) == [])
    assert stored(shop, quote).lines[0]["quantity"] == D(1)


# What others do meanwhile


@pytest.mark.parametrize("last", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_a_line_that_a_colleague_removed_while_one_types_stays_removed(
    hand: Hand, opened: Opened, shop: Shop, last: Qt.Key
) -> None:
    quote = opened("dsi 600 x 6", "bob 450")
    type_into(hand, QUANTITY, "1")
    hand.settle(600)
    with shop.workspace.transaction(origin="sync") as session:
        records.delete(session, "quote_line", stored(shop, quote).lines[1]["id"])
    hand.settle()
    hand.key(last)
    draft = hand.page.editor.draft
    hand.wait_for(lambda: draft.sheet is not None and len(draft.sheet.lines) == 1)
    hand.settle(500)
    assert [line["sku"] for line in stored(shop, quote).lines] == ["DSI-600"]
    total = D(89) if last == Qt.Key.Key_Return else D(534)
    shown = hand.page.editor.draft.totals
    assert shown is not None and shown.total.ht == total
    if last == Qt.Key.Key_Return:
        assert stored(shop, quote).quote["total_ht"] == total


# Clicks


def click_cell(hand: Hand, row: int, column: int) -> None:
    table = hand.page.editor.table
    place = table.visualRect(table.lines.index(row, column)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    hand.settle(50)


def test_a_click_on_another_cell_leaves_open_what_cannot_be_taken(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 6", "bob 450 x 2")
    type_into(hand, QUANTITY, "24x")
    click_cell(hand, 1, PRICE)
    table, cell = hand.page.editor.table, hand.cell_editor()
    assert (cell.text(), cell.property("state"), hand.focus is cell) == ("24x", "error", True)
    assert (table.currentIndex().row(), table.currentIndex().column()) == (0, QUANTITY)
    assert hand.page.editor.problem.isVisible()
    hand.key(Qt.Key.Key_Backspace)
    click_cell(hand, 1, PRICE)
    assert hand.page.editor.draft.sheet.lines[0]["quantity"] == D(24)
    assert (table.currentIndex().row(), table.currentIndex().column()) == (1, PRICE)


# What is still to be added


def test_nothing_is_issued_while_a_line_is_half_entered(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    entry = hand.page.editor.entry
    entry.setFocus()
    hand.type("bob 450 x 24")
    hand.settle()
    for freeze in (lambda: hand.click(hand.page.editor.issue_button), lambda: have_it_signed(hand)):
        freeze()
        hand.settle(100)
        assert is_draft(shop, quote) and entry.text() == "bob 450 x 24" and hand.focus is entry
        assert "bob 450 x 24" in hand.page.editor.problem.text()
    hand.key(Qt.Key.Key_Return)
    hand.settle()
    have_it_signed(hand)
    assert [line["quantity"] for line in stored(shop, quote).lines] == [D(6), D(24)]
    assert not is_draft(shop, quote)


def test_what_was_to_be_added_waits_in_its_own_quote(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    hand.page.editor.entry.setFocus()
    hand.type("bob 450 x")
    other = shop.quote("tap 60")
    hand.window.go("quotes", other)
    hand.settle(100)
    assert hand.page.editor.entry.text() == "" and kept(shop, quote) == ["bob 450 x"]
    hand.window.go("quotes", quote)
    hand.settle(100)
    assert hand.page.editor.entry.text() == "bob 450 x"
    hand.page.editor.entry.setFocus()
    hand.type(" 24")
    hand.key(Qt.Key.Key_Return)
    hand.settle(700)
    assert kept(shop, quote) == [] and len(stored(shop, quote).lines) == 2
