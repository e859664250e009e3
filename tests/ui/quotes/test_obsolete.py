"""An obsolete product in the editor: the line says so, and one key or one click puts its substitute there."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt

from app import records
from app.quotes import issuing
from app.quotes.sheet import Sheet
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.quotes.entry import _as_row
from ui.quotes.line_menu import line_menu
from ui.quotes.lines_model import DESCRIPTION, QUANTITY, WhyRole
from ui.table import RowRole
from ui.widgets import Button

CTRL = Qt.KeyboardModifier.ControlModifier
# What the screen of tests says of a menu that pops up.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Opened = Callable[..., str]


def retire(shop: Shop, sku: str, *substitutes: str) -> None:
    with shop.workspace.transaction() as session:
        values = {"status": "obsolete", "substitutes": [shop.products[each] for each in substitutes]}
        records.save(session, "product", shop.products[sku], values)


def skus(hand: Hand) -> list[str]:
    sheet = hand.page.editor.draft.sheet
    assert isinstance(sheet, Sheet)
    return [line["sku"] for line in sheet.lines]


def note(hand: Hand, row: int) -> str:
    return str(hand.page.editor.table.lines.index(row, DESCRIPTION).data(WhyRole))


def test_one_key_replaces_the_product_and_one_takes_it_back(hand: Hand, opened: Opened, shop: Shop) -> None:
    retire(shop, "SAV-5", "BOB-450")
    quote = opened("dsi 600", "sav 5 x 24")
    assert "obsolète, voir BOB-450" in note(hand, 1)
    hand.key(Qt.Key.Key_R, CTRL)
    assert skus(hand) == ["DSI-600", "BOB-450"] and "obsolète" not in note(hand, 1)
    assert not hand.page.editor.obsolete.isVisible()
    hand.key(Qt.Key.Key_Z, CTRL)
    assert skus(hand) == ["DSI-600", "SAV-5"] and not hand.page.editor.draft.can_undo
    assert hand.page.editor.obsolete.isVisible()
    hand.key(Qt.Key.Key_Y, CTRL)
    hand.page.editor.draft.flush()
    hand.wait_for(lambda: [line["sku"] for line in shop.read(quote).lines] == ["DSI-600", "BOB-450"])


def test_the_bar_names_the_substitute_with_its_price_and_one_click_takes_it(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    retire(shop, "SAV-5", "BOB-450")
    opened("sav 5 x 24")
    bar = hand.page.editor.obsolete.bar
    assert bar is not None and bar.isVisible()
    assert "Savon atelier 5 L" in bar.text and "Bobine ouate" in bar.text and "39,58" in bar.text
    (button,) = [each for each in bar.findChildren(Button) if each.text() == "Remplacer"]
    hand.click(button)
    assert skus(hand) == ["BOB-450"]


def test_a_line_left_as_it_is_gives_the_bar_to_the_next_one(hand: Hand, opened: Opened, shop: Shop) -> None:
    retire(shop, "SAV-5", "BOB-450")
    retire(shop, "TAP-60", "TAP-90")
    opened("sav 5", "tap 60")
    obsolete = hand.page.editor.obsolete
    assert obsolete.bar is not None and "Savon" in obsolete.bar.text
    obsolete.bar.dismiss()
    assert obsolete.bar is not None and "Tapis" in obsolete.bar.text
    obsolete.bar.dismiss()
    assert not obsolete.isVisible() and skus(hand) == ["SAV-5", "TAP-60"]


def test_of_several_substitutes_one_is_chosen_and_the_hidden_one_is_not_among_them(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    retire(shop, "SAV-5", "BOB-450", "TAP-90", "DSI-600")
    with shop.workspace.transaction() as session:
        records.save(session, "product", shop.products["DSI-600"], {"status": "hidden"})
    opened("sav 5 x 2")
    hand.key(Qt.Key.Key_R, CTRL)
    menu = hand.page.editor.obsolete.menu
    assert menu is not None and skus(hand) == ["SAV-5"]
    words = [action.text() for action in menu.actions()]
    assert len(words) == 2 and "Bobine" in words[0] and "118,00" in words[1]
    menu.actions()[1].trigger()
    menu.close()
    assert skus(hand) == ["TAP-90"]


def test_the_lines_menu_offers_the_substitute(hand: Hand, opened: Opened, shop: Shop) -> None:
    retire(shop, "SAV-5", "BOB-450")
    opened("dsi 600", "sav 5")
    table = hand.page.editor.table
    assert not any("Remplacer" in action.text() for action in line_menu(table, 0).actions())
    line_menu(table, 1).actions()[0].trigger()
    assert skus(hand) == ["DSI-600", "BOB-450"]


def test_a_quantity_being_typed_is_taken_over_before_the_product_changes(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    retire(shop, "SAV-5", "BOB-450")
    opened("sav 5")
    hand.page.editor.table.choose(0, QUANTITY)
    hand.type("50")
    hand.key(Qt.Key.Key_R, CTRL)
    hand.settle()
    line = hand.page.editor.draft.sheet.lines[0]  # type: ignore[union-attr]
    assert (line["sku"], line["quantity"], line["unit_price"]) == ("BOB-450", 50, Decimal("37.86"))


def test_nothing_of_it_is_told_to_the_customer(hand: Hand, opened: Opened, shop: Shop) -> None:
    retire(shop, "SAV-5", "BOB-450")
    opened("sav 5")
    hand.page.editor.show_customer_mode(True)
    assert "obsolète" not in note(hand, 0) and not hand.page.editor.obsolete.isVisible()
    hand.page.editor.show_customer_mode(False)
    assert "obsolète" in note(hand, 0) and hand.page.editor.obsolete.isVisible()


def test_an_issued_quote_offers_nothing_in_place_of_what_it_says(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    retire(shop, "SAV-5", "BOB-450")
    quote = opened("sav 5")
    with shop.workspace.transaction() as session:
        issuing.issue(session, quote)
    hand.settle(200)
    assert hand.page.editor.draft.locked and not hand.page.editor.obsolete.isVisible()
    hand.key(Qt.Key.Key_R, CTRL)
    assert skus(hand) == ["SAV-5"]


def test_the_entry_field_offers_what_replaces_the_product_that_was_typed(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    retire(shop, "SAV-5", "BOB-450")
    opened("dsi 600")
    entry = hand.page.editor.entry
    entry.setFocus()
    hand.type("sav 5 x 24")
    hand.settle()
    assert entry.popup is not None
    rows = entry.popup.list.rows
    shown = [_as_row(rows.index(at).data(RowRole)) for at in range(rows.rowCount())]
    assert shown[0].badge == "Obsolète" and "remplace SAV-5" in shown[1].subtitle
    hand.key(Qt.Key.Key_Down)
    hand.key(Qt.Key.Key_Return)
    assert skus(hand) == ["DSI-600", "BOB-450"]
