"""The program's window on the shop, with the quotes and the catalogue."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app.workspace import Workspace
from tests.shop import Shop, shop
from ui import customer_mode
from ui.pages import PAGES
from ui.preferences import Preferences
from ui.quotes.page import QuotesPage
from ui.tasks import Tasks
from ui.window import MainWindow

__all__ = ["shop"]
SHOWN = ("quotes", "catalogue", "settings")


@contextmanager
def window_on(workspace: Workspace, folder: Path) -> Iterator[MainWindow]:
    """The window at 1366 × 768, active, on a file."""
    tasks = Tasks()
    window = MainWindow(
        tasks, Preferences(folder / "desktop.ini"), [page for page in PAGES if page.key in SHOWN]
    )
    window.attach(workspace)
    customer_mode.connect(window)
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    yield window
    tasks.wait_until_idle()
    tasks.close()


@pytest.fixture
def desk(dressed: QApplication, shop: Shop, tmp_path: Path, qtbot: Any) -> Iterator[MainWindow]:
    """The window on the shop."""
    with window_on(shop.workspace, tmp_path) as window:
        qtbot.addWidget(window)
        yield window


class Hand:
    """Presses keys and clicks like a person, and counts them."""

    def __init__(self, window: MainWindow) -> None:
        self.window, self.presses = window, 0

    def settle(self, milliseconds: int = 0) -> None:
        """Wait until all work that was started is delivered, and its results' work too."""
        for _round in range(4):
            assert self.window.tasks.wait_until_idle()
            QTest.qWait(1)
        if milliseconds:
            QTest.qWait(milliseconds)
            self.settle()

    def wait_for(self, come: Callable[[], bool], most_s: float = 30.0) -> None:
        """Wait until something has come; a slow machine gets its time."""
        end = time.monotonic() + most_s
        while not come() and time.monotonic() < end:
            self.settle(50)
        assert come()

    @property
    def focus(self) -> QWidget:
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.presses += 1
        QTest.keyClick(self.focus, key, keys)

    def type(self, text: str) -> None:
        for sign in text:
            self.presses += 1
            QTest.keyClicks(self.focus, sign)

    def click(self, widget: QWidget) -> None:
        self.presses += 1
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    @property
    def page(self) -> QuotesPage:
        found = self.window.page
        assert isinstance(found, QuotesPage)
        return found

    def cell_editor(self) -> QLineEdit:
        """The open editor of a cell."""
        found = self.page.editor.table.viewport().findChildren(QLineEdit)
        assert found
        return found[-1]


@pytest.fixture
def hand(desk: MainWindow) -> Hand:
    return Hand(desk)


@pytest.fixture
def opened(hand: Hand, shop: Shop) -> Callable[..., str]:
    """Open a stored draft with these lines in the editor; its id."""

    def open_quote(*entries: str) -> str:
        quote = shop.quote(*entries)
        hand.window.go("quotes", quote)
        hand.settle()
        hand.page.editor.table.setFocus()
        return quote

    return open_quote
