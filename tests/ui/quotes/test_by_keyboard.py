"""A quote from the open window to the printed page, and no hand leaves the keyboard."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app import records
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui import printing, undoing
from ui.quotes.preview import FullPreview
from ui.shortcuts import ShortcutsSheet
from ui.window import MainWindow

Key, Held = Qt.Key, Qt.KeyboardModifier
CTRL, SHIFT, ALT, NONE = Held.ControlModifier, Held.ShiftModifier, Held.AltModifier, Held.NoModifier
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class Keyboard(Hand):
    """Keys go to the window in front, as from a real keyboard: it knows where the focus is, or a menu."""

    def press(self, key: Qt.Key | str, held: Qt.KeyboardModifier = NONE) -> None:
        self.presses += 1
        QTest.keyClick(self._window_in_front(), key, held)
        self.settle(20)

    def write(self, text: str) -> None:
        for sign in text:
            self.press(sign)

    def line(self, text: str) -> None:
        """What a line is made of, and Enter."""
        self.write(text)
        self.press(Key.Key_Return)

    def _window_in_front(self) -> Any:
        if QGuiApplication.focusWindow() is None:
            # Every desktop puts the window under a closed dialog in front; without a screen nobody does.
            self.window.activateWindow()
            QTest.qWaitForWindowActive(self.window)
        return QGuiApplication.focusWindow()

    @property
    def focus(self) -> QWidget:
        self._window_in_front()
        return super().focus

    def lines(self) -> list[tuple[str, Decimal, str]]:
        """Reference, quantity and part of each line."""
        sheet = self.page.editor.draft.sheet
        assert sheet is not None
        return [(line["sku"], line["quantity"], line["choice_kind"]) for line in sheet.lines]


@pytest.fixture
def keyboard(desk: MainWindow) -> Keyboard:
    undoing.connect(desk)
    return Keyboard(desk)


def new_quote(keyboard: Keyboard) -> None:
    keyboard.press(Key.Key_N, CTRL)
    keyboard.write("morel")
    keyboard.press(Key.Key_Return)


def issue(keyboard: Keyboard) -> None:
    keyboard.press(Key.Key_N, CTRL | SHIFT)
    keyboard.press(Key.Key_Down)
    keyboard.press(Key.Key_Return)


def test_a_quote_is_made_issued_looked_at_and_printed_by_keyboard_alone(
    keyboard: Keyboard, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(printing.QPrinterInfo, "availablePrinterNames", staticmethod(list))
    monkeypatch.setattr(
        QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(Path(url.toLocalFile())) or True)
    )
    savon, bobine, tapis = ("SAV-5", 24, "item"), ("BOB-450", 24, "item"), ("TAP-60", 2, "item")
    option = ("BOB-450", 24, "option")

    keyboard.press(Key.Key_1, CTRL)
    new_quote(keyboard)
    editor = keyboard.page.editor
    assert keyboard.focus is editor.entry

    for text in ("savon x 24", "bob x 24", "tapis 90 x 2"):
        keyboard.line(text)
    assert keyboard.lines() == [savon, bobine, tapis]
    assert keyboard.focus is editor.entry

    keyboard.press(Key.Key_Up)  # from the empty field to the last line, in its quantity
    keyboard.press(Key.Key_Tab)
    keyboard.press(Key.Key_Tab)
    keyboard.line("5")
    assert editor.draft.sheet.lines[2]["discount_percent"] == 5

    keyboard.press(Key.Key_Up)
    keyboard.press(Key.Key_Up)
    keyboard.press(Key.Key_F10, SHIFT)
    keyboard.press(Key.Key_Down)
    keyboard.press(Key.Key_Down)
    keyboard.press(Key.Key_Return)
    assert keyboard.lines() == [savon, option, tapis]

    keyboard.press(Key.Key_D, CTRL)
    keyboard.press(Key.Key_Down, ALT)
    assert keyboard.lines() == [savon, option, tapis, option]
    keyboard.press(Key.Key_Up, ALT)
    assert keyboard.lines() == [savon, option, option, tapis]

    keyboard.press(Key.Key_Z, CTRL)
    assert keyboard.lines() == [savon, option, tapis, option]
    keyboard.press(Key.Key_Y, CTRL)
    assert keyboard.lines() == [savon, option, option, tapis]

    issue(keyboard)
    keyboard.wait_for(lambda: editor.draft.locked)
    assert keyboard.focus is editor.table

    keyboard.press(Key.Key_K, CTRL)
    keyboard.line("pleine")
    keyboard.wait_for(lambda: bool(shown(keyboard)))
    assert keyboard.focus is shown(keyboard)[0].view
    keyboard.press(Key.Key_Escape)
    assert keyboard.focus is editor.table

    keyboard.press(Key.Key_P, CTRL)
    keyboard.wait_for(lambda: bool(opened))
    assert opened[0].read_bytes().startswith(b"%PDF")

    with shop.workspace.read() as session:
        (quote,) = records.find_rows(session, "quote")
    assert quote["status"] == "issued" and quote["number"]
    assert keyboard.presses <= 80


def shown(keyboard: Keyboard) -> list[FullPreview]:
    return [each for each in keyboard.window.findChildren(FullPreview) if each.isVisible()]


def test_the_quote_after_an_issued_one_is_typed_in_at_once(keyboard: Keyboard) -> None:
    keyboard.press(Key.Key_1, CTRL)
    new_quote(keyboard)
    keyboard.line("savon x 24")
    issue(keyboard)
    keyboard.wait_for(lambda: keyboard.page.editor.draft.locked)
    new_quote(keyboard)
    keyboard.line("bob x 24")
    assert keyboard.lines() == [("BOB-450", 24, "item")]


def test_an_action_of_the_palette_leaves_the_keyboard_where_it_was(keyboard: Keyboard) -> None:
    keyboard.press(Key.Key_1, CTRL)
    new_quote(keyboard)
    keyboard.press(Key.Key_K, CTRL)
    keyboard.line("contraste")
    keyboard.line("savon x 24")
    assert keyboard.lines() == [("SAV-5", 24, "item")]


def test_the_preview_shows_that_the_keyboard_is_there(keyboard: Keyboard) -> None:
    keyboard.press(Key.Key_1, CTRL)
    new_quote(keyboard)
    view = keyboard.page.editor.preview.view
    before = edge(view)
    keyboard.press(Key.Key_F6)
    assert keyboard.focus is view
    assert edge(view) != before


def edge(view: QWidget) -> list[int]:
    """The colours along the left edge, between the corners."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return [image.pixel(1, y) for y in range(12, image.height() - 12)]


def test_the_sheet_of_shortcuts_tells_the_keys_of_the_lines(keyboard: Keyboard) -> None:
    keyboard.press(Key.Key_1, CTRL)
    new_quote(keyboard)
    keyboard.line("savon x 24")
    keyboard.press(Key.Key_F1)
    sheet = QApplication.activeModalWidget()
    assert isinstance(sheet, ShortcutsSheet)
    told = {label.text() for label in sheet.findChildren(QLabel)}
    assert {
        "Dupliquer la ligne",
        "Monter la ligne",
        "Menu de la ligne\u00a0: option, variante",
        "F10",
    } <= told
