"""The quote editor by keyboard: lines, totals, undo, saving, and the quote that was issued."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QToolButton, QWidget

from app import records
from app.quotes import editing
from app.quotes.sheet import Sheet
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.quotes.entry import EntryField
from ui.quotes.lines_model import NET

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
D = Decimal
Opened = Callable[..., str]
DESCRIPTION, QUANTITY, PRICE, DISCOUNT, VAT = 1, 2, 3, 4, 5


def skus(hand: Hand) -> list[str]:
    sheet = hand.page.editor.draft.sheet
    assert sheet is not None
    return [line["sku"] for line in sheet.lines]


def stored(shop: Shop, quote: str) -> Sheet:
    with shop.workspace.read() as session:
        return editing.open_sheet(session, quote)


def test_one_step_from_an_account_starts_its_quote(hand: Hand, shop: Shop) -> None:
    hand.window.go("quotes", account=shop.account)
    hand.settle()
    assert hand.focus is hand.page.editor.entry
    assert hand.page.editor.head.customer.accessibleName() == "Client\u00a0: Boulangerie Morel, Mme Morel"
    assert hand.window.route is not None and hand.window.route.record is not None


def test_coming_back_to_a_new_quote_makes_no_second_one(hand: Hand, shop: Shop) -> None:
    hand.window.go("quotes", account=shop.account)
    hand.settle()
    hand.window.go("catalogue")
    hand.window.back()
    hand.settle()
    with shop.workspace.read() as session:
        assert records.count(session, "quote") == 1


def test_a_line_takes_eight_keys_and_enter(hand: Hand, opened: Opened) -> None:
    opened()
    hand.page.editor.entry.setFocus()
    hand.presses = 0
    hand.type("bob x 24")
    hand.key(Qt.Key.Key_Return)
    hand.settle()
    assert hand.presses <= 9
    assert skus(hand) == ["BOB-450"]
    assert hand.page.editor.draft.sheet.lines[0]["quantity"] == D(24)  # type: ignore[union-attr]
    assert hand.focus is hand.page.editor.entry


def test_enter_in_the_empty_entry_adds_nothing(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    hand.page.editor.entry.setFocus()
    hand.key(Qt.Key.Key_Return)
    hand.settle()
    assert skus(hand) == ["DSI-600"]
    assert not hand.page.editor.draft.locked


def test_a_text_that_fits_nothing_stays_and_is_explained(hand: Hand, opened: Opened) -> None:
    opened()
    hand.page.editor.entry.setFocus()
    hand.type("zzz x 3")
    hand.key(Qt.Key.Key_Return)
    hand.settle()
    assert hand.page.editor.entry.text() == "zzz x 3"
    assert "zzz" in hand.page.editor.problem.text()


def suggested(hand: Hand) -> EntryField:
    """The entry field with the suggestions for a few letters under it."""
    entry = hand.page.editor.entry
    entry.setFocus()
    hand.type("tap")
    hand.settle()
    assert entry.popup is not None and entry.popup.isVisible()
    return entry


def test_suggestions_show_while_typing_and_arrows_choose(hand: Hand, opened: Opened) -> None:
    opened()
    entry = suggested(hand)
    assert entry.popup is not None
    first = entry.popup.current
    hand.key(Qt.Key.Key_Down)
    second = entry.popup.current
    assert first is not None and second is not None and first.product["sku"] != second.product["sku"]
    hand.key(Qt.Key.Key_Return)
    assert skus(hand) == [second.product["sku"]]
    assert not entry.popup.isVisible()


def test_no_suggestions_hang_where_the_field_was(hand: Hand, opened: Opened) -> None:
    opened()
    entry = suggested(hand)
    assert entry.popup is not None
    hand.window.resize(1100, 680)
    hand.settle(50)
    assert not entry.popup.isVisible() and entry.text() == "tap"


def test_a_heading_is_typed_with_a_hash(hand: Hand, opened: Opened) -> None:
    opened()
    hand.page.editor.entry.setFocus()
    hand.type("#Sanitaires")
    hand.key(Qt.Key.Key_Return)
    sheet = hand.page.editor.draft.sheet
    assert sheet is not None
    assert (sheet.lines[0]["kind"], sheet.lines[0]["description"]) == ("section", "Sanitaires")


def test_tab_walks_the_cells_and_enter_the_lines(hand: Hand, opened: Opened) -> None:
    opened("dsi 600", "bob 450")
    table = hand.page.editor.table
    table.choose(0, DESCRIPTION)
    seen = []
    for _step in range(6):
        hand.key(Qt.Key.Key_Tab)
        seen.append((table.currentIndex().row(), table.currentIndex().column()))
    assert seen == [(0, QUANTITY), (0, PRICE), (0, DISCOUNT), (0, VAT), (1, DESCRIPTION), (1, QUANTITY)]
    table.choose(0, PRICE)
    hand.key(Qt.Key.Key_Return)
    assert (table.currentIndex().row(), table.currentIndex().column()) == (1, PRICE)
    hand.key(Qt.Key.Key_Return)
    assert hand.focus is hand.page.editor.entry
    hand.key(Qt.Key.Key_Up)
    assert hand.focus is table


def test_typing_in_a_cell_replaces_it_and_totals_follow_each_key(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 6")
    editor = hand.page.editor
    editor.table.choose(0, QUANTITY)
    hand.type("1")
    assert editor.totals.amounts["ht"].text() == "89,00\u00a0€"
    hand.type("0")
    assert editor.totals.amounts["ht"].text() == "890,00\u00a0€"
    assert editor.table.lines.index(0, NET).data() == "890,00\u00a0€"
    assert editor.totals.amounts["ttc"].text() == "1\u202f068,00\u00a0€"
    assert editor.draft.sheet is not None and editor.draft.sheet.lines[0]["quantity"] == D(6)
    hand.key(Qt.Key.Key_Tab)
    assert editor.draft.sheet.lines[0]["quantity"] == D(10)


def test_escape_takes_back_what_was_typed(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 6")
    editor = hand.page.editor
    editor.table.choose(0, QUANTITY)
    hand.type("10")
    hand.key(Qt.Key.Key_Escape)
    assert editor.totals.amounts["ht"].text() == "534,00\u00a0€"
    assert editor.draft.sheet is not None and editor.draft.sheet.lines[0]["quantity"] == D(6)


def test_french_numbers_and_percentages_are_read(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    table = hand.page.editor.table
    for column, text in ((QUANTITY, "1 250,5"), (DISCOUNT, "12 %"), (PRICE, "33,335")):
        table.choose(0, column)
        hand.type(text)
        hand.key(Qt.Key.Key_Tab)
    sheet = hand.page.editor.draft.sheet
    assert sheet is not None
    line = sheet.lines[0]
    assert (line["quantity"], line["discount_percent"], line["unit_price"]) == (
        D("1250.5"),
        D(12),
        D("33.335"),
    )


def test_a_wrong_number_stays_in_its_cell_to_be_corrected(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 6")
    editor = hand.page.editor
    editor.table.choose(0, QUANTITY)
    hand.type("six")
    hand.key(Qt.Key.Key_Return)
    assert hand.cell_editor().text() == "six"
    assert hand.cell_editor().property("state") == "error"
    assert editor.problem.text()
    hand.key(Qt.Key.Key_A, CTRL)
    hand.type("7")
    hand.key(Qt.Key.Key_Return)
    assert editor.draft.sheet is not None and editor.draft.sheet.lines[0]["quantity"] == D(7)
    assert not editor.problem.text()


def test_lines_are_copied_moved_and_removed_by_key(hand: Hand, opened: Opened) -> None:
    opened("dsi 600", "bob 450", "for-01")
    table = hand.page.editor.table
    table.choose(0)
    hand.key(Qt.Key.Key_D, CTRL)
    assert skus(hand) == ["DSI-600", "DSI-600", "BOB-450", "FOR-01"]
    assert table.currentIndex().row() == 1
    hand.key(Qt.Key.Key_Down, ALT)
    assert skus(hand) == ["DSI-600", "BOB-450", "DSI-600", "FOR-01"]
    assert table.currentIndex().row() == 2
    hand.key(Qt.Key.Key_Up, ALT)
    hand.key(Qt.Key.Key_Delete)
    assert skus(hand) == ["DSI-600", "BOB-450", "FOR-01"]


def test_the_copy_of_a_product_stands_under_its_eco_participation_and_is_gone_to(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["DSI-600"], {"eco_participation": D("1.20")})
    opened("dsi 600", "for-01")
    table = hand.page.editor.table
    table.choose(0)
    hand.key(Qt.Key.Key_D, CTRL)
    assert [line["choice_kind"] for line in table.lines.lines] == ["item", "eco", "item", "eco", "item"]
    assert table.currentIndex().row() == 2
    hand.key(Qt.Key.Key_Delete)
    assert skus(hand) == ["DSI-600", "DSI-600", "FOR-01"]


def test_each_step_is_undone_and_done_again(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600", "bob 450")
    table = hand.page.editor.table
    table.choose(0)
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_D, CTRL)
    hand.settle(500)
    hand.key(Qt.Key.Key_Z, CTRL)
    assert skus(hand) == ["BOB-450"]
    hand.key(Qt.Key.Key_Z, CTRL)
    assert skus(hand) == ["DSI-600", "BOB-450"]
    hand.key(Qt.Key.Key_Y, CTRL)
    assert skus(hand) == ["BOB-450"]
    hand.key(Qt.Key.Key_Z, CTRL)
    hand.wait_for(lambda: not hand.page.editor.draft.dirty)
    assert [line["sku"] for line in stored(shop, quote).lines] == ["DSI-600", "BOB-450"]


def test_undo_works_from_the_empty_entry_field(hand: Hand, opened: Opened) -> None:
    opened()
    hand.page.editor.entry.setFocus()
    hand.type("dsi")
    hand.key(Qt.Key.Key_Return)
    hand.settle()
    hand.key(Qt.Key.Key_Z, CTRL)
    assert skus(hand) == []


def test_a_pause_saves_in_one_transaction(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    commits: list[Any] = []
    shop.workspace.subscribe(commits.append)
    table = hand.page.editor.table
    table.choose(0, QUANTITY)
    hand.type("8")
    hand.key(Qt.Key.Key_Tab)
    hand.key(Qt.Key.Key_Tab)
    hand.type("5")
    hand.key(Qt.Key.Key_Return)
    hand.wait_for(lambda: not hand.page.editor.draft.dirty)
    assert len(commits) == 1
    sheet = stored(shop, quote)
    assert (sheet.lines[0]["quantity"], sheet.quote["total_ht"]) == (D(8), D("676.40"))
    assert hand.page.editor.saved_label.text().startswith("Enregistré sur cet ordinateur à ")


def test_leaving_the_page_saves_at_once(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    hand.page.editor.table.choose(0, QUANTITY)
    hand.type("8")
    hand.key(Qt.Key.Key_Return)
    hand.window.go("catalogue")
    hand.settle()
    assert stored(shop, quote).lines[0]["quantity"] == D(8)


def test_enter_in_the_head_issues_nothing(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600")
    hand.page.editor.head.fields["payment_terms"].line.setFocus()
    hand.key(Qt.Key.Key_A, CTRL)
    hand.type("Comptant")
    hand.key(Qt.Key.Key_Return)
    hand.wait_for(lambda: not hand.page.editor.draft.dirty)
    sheet = stored(shop, quote)
    assert (sheet.quote["payment_terms"], sheet.quote["status"]) == ("Comptant", "draft")


def test_the_global_discount_is_typed_in_place(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 10")
    totals = hand.page.editor.totals
    totals.discount.setFocus()
    hand.type("10")
    hand.key(Qt.Key.Key_Return)
    assert totals.amounts["ht"].text() == "801,00\u00a0€"
    assert totals.amounts["discount"].text() == "−89,00\u00a0€"


def test_customer_mode_hides_margin_and_reasons(hand: Hand, opened: Opened) -> None:
    opened("bob 450 x 24")
    editor = hand.page.editor
    assert editor.margin.percent.isVisible()
    hand.key(Qt.Key.Key_F8)
    assert not editor.margin.percent.isVisible()
    index = editor.table.lines.index(0, DESCRIPTION)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == ""
    hand.key(Qt.Key.Key_F8)
    assert editor.margin.percent.isVisible()
    assert "à partir de 24" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_in_customer_mode_no_word_says_that_there_are_costs(hand: Hand, opened: Opened) -> None:
    opened("bob 450 x 24")
    assert any("marge" in text.lower() for text in _visible_texts(hand.page))
    hand.key(Qt.Key.Key_F8)
    said = _visible_texts(hand.page)
    assert "Mode client. F8 pour le quitter." in said
    assert not [text for text in said if re.search("co[uû]t|marge", text, re.IGNORECASE)]


def _visible_texts(page: QWidget) -> list[str]:
    """What can be read on a page, tool tips and the names that are read out among it."""
    shown = [each for each in page.findChildren(QWidget) if each.isVisible()]
    names = ("text", "toolTip", "accessibleName", "accessibleDescription", "placeholderText")
    asked = [getattr(each, name) for each in shown for name in names if hasattr(each, name)]
    return [text for ask in asked if isinstance(text := ask(), str) and text]


def test_an_issued_quote_cannot_be_edited(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    editor = hand.page.editor
    hand.click(editor.issue_button)
    hand.settle()
    assert stored(shop, quote).quote["status"] == "issued"
    assert editor.draft.locked
    assert editor.banner.isVisible() and not editor.entry.isVisible()
    assert editor.title.text().startswith("Devis D")
    table = editor.table
    table.setFocus()
    table.choose(0, QUANTITY)
    hand.type("9")
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_D, CTRL)
    hand.settle(600)
    assert [line["quantity"] for line in stored(shop, quote).lines] == [D(6)]
    assert table.viewport().findChildren(QLineEdit) == []


def test_a_revision_opens_as_a_draft(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened("dsi 600 x 6")
    hand.click(hand.page.editor.issue_button)
    hand.settle()
    hand.click(hand.page.editor.issue_button)
    hand.settle()
    sheet = hand.page.editor.draft.sheet
    assert sheet is not None
    assert (sheet.quote["supersedes"], sheet.quote["status"]) == (quote, "draft")
    assert not hand.page.editor.draft.locked


def test_an_empty_quote_is_not_issued_and_says_why(hand: Hand, opened: Opened, shop: Shop) -> None:
    quote = opened()
    hand.click(hand.page.editor.issue_button)
    hand.settle()
    assert stored(shop, quote).quote["status"] == "draft"
    assert hand.page.editor.problem.text()


def test_what_another_laptop_changed_appears_when_nothing_is_typed(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    quote = opened("dsi 600 x 6")
    with shop.workspace.transaction() as session:
        before = editing.open_sheet(session, quote)
        editing.save(session, before, editing.set_cell(before, 0, "quantity", "9"))
    hand.settle(50)
    sheet = hand.page.editor.draft.sheet
    assert sheet is not None and sheet.lines[0]["quantity"] == D(9)


def test_every_control_has_a_name(hand: Hand, opened: Opened) -> None:
    opened("dsi 600")
    for widget in hand.page.editor.findChildren(QAbstractButton):
        of_qt = widget.objectName().startswith("qt_") or isinstance(widget, QToolButton)
        assert of_qt or widget.accessibleName() or widget.text(), widget
    for field in hand.page.editor.findChildren(QLineEdit):
        assert field.accessibleName(), field


def test_the_list_opens_a_quote(hand: Hand, shop: Shop) -> None:
    quote = shop.quote("dsi 600", subject="Sanitaires du fournil")
    hand.window.go("quotes")
    hand.settle()
    page = hand.page
    assert page.list.list.rows.rowCount() == 1
    assert "Sanitaires" in page.list.list.rows.index(0).data()
    page.list.search.setFocus()
    hand.type("sanit")
    hand.settle(200)
    assert page.list.list.rows.rowCount() == 1
    page.list.list.choose_first()
    page.list.list.setFocus()
    hand.key(Qt.Key.Key_Return)
    hand.settle()
    assert page.editing and page.editor.draft.sheet is not None and page.editor.draft.sheet.id == quote
    assert QApplication.activeWindow() is hand.window
