"""Every step in the editor is undone by one Ctrl Z and done again by one Ctrl Y, and both are stored."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app import records
from app.quotes import adding, editing
from app.quotes.sheet import LINE_FIELDS
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui import undoing
from ui.quotes.details import with_details
from ui.quotes.line_menu import line_menu

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
Opened = Callable[..., str]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def enter(hand: Hand, text: str) -> None:
    hand.page.editor.entry.setFocus()
    hand.type(text)
    hand.settle()
    hand.key(Qt.Key.Key_Return)
    hand.settle()


def key(hand: Hand, pressed: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    hand.page.editor.table.setFocus()
    hand.page.editor.table.choose(0)
    hand.key(pressed, modifiers)


def cell(hand: Hand, column: int, text: str) -> None:
    hand.page.editor.table.setFocus()
    hand.page.editor.table.choose(0, column)
    hand.type(text)
    hand.key(Qt.Key.Key_Return)


def field(line: Any, text: str) -> None:
    line.setFocus()
    line.setText(text)
    line.setModified(True)
    line.keep()


def menu(hand: Hand, words: str) -> None:
    found = {each.text().partition("\t")[0]: each for each in line_menu(hand.page.editor.table, 1).actions()}
    found[words].trigger()


def paste(hand: Hand) -> None:
    QGuiApplication.clipboard().setText("SAV-5\t3\nPose\t2\t150,00\n")
    key(hand, Qt.Key.Key_V, CTRL)


def details(hand: Hand) -> None:
    draft = hand.page.editor.draft
    assert draft.sheet is not None
    values = {name: draft.sheet.quote[name] for name in ("site", "in_main_activity", "follow_up_on", "notes")}
    more = {"customer_reference": "BC 7", "language": "both", "sale_place": "remote", "vat_category": "AE"}
    assert not draft.act(lambda sheet: with_details(sheet, {**values, **more, "introduction": "Bonjour"}))


STEPS: dict[str, Callable[[Hand], object]] = {
    "a product": lambda hand: enter(hand, "sav x 3"),
    "a section": lambda hand: enter(hand, "# Suite"),
    "free text": lambda hand: enter(hand, "+ Pose x 2 @ 100"),
    "a page break": lambda hand: enter(hand, "---"),
    "a quantity": lambda hand: cell(hand, 2, "9"),
    "a negative quantity": lambda hand: cell(hand, 2, "-2"),
    "a price": lambda hand: cell(hand, 3, "70"),
    "a discount": lambda hand: cell(hand, 4, "7,5"),
    "a description": lambda hand: cell(hand, 1, "Autre"),
    "a copy": lambda hand: key(hand, Qt.Key.Key_D, CTRL),
    "a move": lambda hand: key(hand, Qt.Key.Key_Down, ALT),
    "a removal": lambda hand: key(hand, Qt.Key.Key_Delete),
    "rows of a spreadsheet": paste,
    "an option": lambda hand: menu(hand, "Option"),
    "an alternative": lambda hand: menu(hand, "Variante"),
    "no global discount": lambda hand: menu(hand, "Soumise à la remise globale"),
    "the global discount": lambda hand: field(hand.page.editor.totals.discount, "5 %"),
    "charges": lambda hand: field(hand.page.editor.extras.charges, "Port 12,50"),
    "a deposit": lambda hand: field(hand.page.editor.extras.deposit, "30 %"),
    "the subject": lambda hand: field(hand.page.editor.subject, "Sanitaires"),
    "the validity": lambda hand: field(hand.page.editor.head.fields["valid_until"].line, "+45"),
    "the terms of payment": lambda hand: field(
        hand.page.editor.head.fields["payment_terms"].line, "Comptant"
    ),
    "the details": details,
}
HEAD = ("subject", "valid_until", "payment_terms", "discount_value", "charges", "deposit_value", "language")
UNCOUNTED = ("position", "net", "created_at", "updated_at")


def content(shop: Shop, quote: str) -> tuple[Any, ...]:
    """What the file holds of the quote: what was never filled in and what was emptied are the same."""
    with shop.workspace.read() as session:
        sheet = editing.open_sheet(session, quote)
    names = [name for name in LINE_FIELDS if name not in UNCOUNTED]
    head = tuple(
        sheet.quote[name] or None for name in (*HEAD, "customer_reference", "sale_place", "introduction")
    )
    return head, tuple(tuple(line[name] for name in ("id", *names)) for line in sheet.lines)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_one_step_goes_and_comes_back_by_one_key_each(
    hand: Hand, shop: Shop, opened: Opened, step: Callable[[Hand], object]
) -> None:
    quote = opened("dsi 600 x 6", "tap 90")
    draft = hand.page.editor.draft

    def saved() -> tuple[Any, ...]:
        draft.flush()
        hand.settle()
        return content(shop, quote)

    before = saved()
    step(hand)
    hand.settle()
    after = saved()
    assert after != before, "the step did something"
    hand.page.editor.table.setFocus()
    draft.undo()
    assert saved() == before
    assert not draft.can_undo, "one step was one step"
    draft.redo()
    assert saved() == after


def test_the_total_follows_each_undo(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 6")
    draft = hand.page.editor.draft
    shown = hand.page.editor.totals.amounts["ht"]
    first = shown.text()
    draft.act(lambda sheet: editing.set_cell(sheet, 0, "quantity", "7"))
    draft.act(lambda sheet: adding.add_section(sheet, "Suite"))
    assert draft.totals is not None and draft.totals.total.ht == Decimal(623)
    draft.undo()
    assert shown.text() != first
    draft.undo()
    assert shown.text() == first


def test_control_z_in_a_fresh_revision_takes_the_revision_back(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    undoing.connect(hand.window)
    issued = opened("dsi 600 x 6")
    hand.click(hand.page.editor.issue_button)
    hand.settle(100)
    hand.click(hand.page.editor.issue_button)
    hand.settle(100)
    editor = hand.page.editor
    assert editor.draft.sheet.id != issued and editor.draft.sheet.quote["revision"] == 2
    hand.key(Qt.Key.Key_Z, CTRL)
    hand.settle(200)
    assert editor.draft.sheet.id == issued and editor.draft.locked
    with shop.workspace.read() as session:
        assert [each["id"] for each in records.find_rows(session, "quote")] == [issued]
        assert records.get(session, "quote", issued)["status"] == "issued"
