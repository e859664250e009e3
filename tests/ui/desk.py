"""The real window on a real profile of a small company, on one afternoon that does not pass."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app import formats
from app.workspace import Workspace
from tests.app.conftest import Template, template, workspace
from tests.app.small_company import NOW, Cast, fill
from tests.blank import forget_place
from ui import customer_mode, pointing, undoing
from ui.finding import find_records
from ui.pages import PAGES
from ui.preferences import Preferences
from ui.tasks import Tasks
from ui.window import MainWindow

__all__ = ["Desk", "desk", "furnished", "profile", "template", "workspace"]
SCREENS = ("today", "accounts", "contacts", "report")


@dataclass
class Desk:
    """A window, its file, and counted touches."""

    window: MainWindow
    tasks: Tasks
    workspace: Workspace
    company: Cast
    touches: int = field(default=0)

    @property
    def page(self) -> Any:
        return self.window.page

    def settle(self) -> None:
        """Let all work and what follows from it end."""
        for _round in range(4):
            assert self.tasks.wait_until_idle()
            QCoreApplication.processEvents()

    def go(self, key: str, record: str | None = None, **options: object) -> Any:
        self.window.go(key, record, **options)
        self.settle()
        return self.window.page

    def key(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        """One touch of the keyboard, where the focus is."""
        self.touches += 1
        pressed = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            pressed |= modifier
        QTest.keyClick(self.focus, key, pressed)
        self.settle()

    def type(self, text: str) -> None:
        """Text, which no budget counts."""
        for sign in text:
            if sign.isascii():
                QTest.keyClicks(self.focus, sign)
            else:  # QTest knows the keys of ASCII alone and aborts at others
                event = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, sign)
                QApplication.sendEvent(self.focus, event)
        QCoreApplication.processEvents()

    def click(self, widget: QWidget) -> None:
        """One touch of the mouse."""
        self.touches += 1
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        self.settle()

    @property
    def focus(self) -> QWidget:
        widget = QApplication.focusWidget() or self.window.focusWidget()
        assert widget is not None, "nothing has the focus"
        return widget

    def find(self, kind: str, **where: Any) -> list[dict[str, Any]]:
        """Stored records."""
        from app import records

        with self.workspace.read() as session:
            return records.find_rows(session, kind, where)


@pytest.fixture(scope="session")
def furnished(template: Template, tmp_path_factory: pytest.TempPathFactory) -> tuple[Template, Cast]:
    """The profile of the small company, made once, and who is in it."""
    folder = tmp_path_factory.mktemp("furnished") / "profile"
    shutil.copytree(template.folder, folder)
    workspace = Workspace.open(folder, template.key)
    with pytest.MonkeyPatch.context() as patch:
        _stop_the_clock(patch)
        company = fill(workspace)
    forget_place(workspace)
    workspace.close()
    return replace(template, folder=folder), company


@pytest.fixture
def profile(furnished: tuple[Template, Cast], tmp_path: Path) -> Path:
    """The folder of the small company's profile, its key in the keyring."""
    return furnished[0].copy_to(tmp_path / "profile")


def _stop_the_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(formats, "now", lambda: NOW)


@pytest.fixture
def desk(
    dressed: QApplication,
    workspace: Workspace,
    furnished: tuple[Template, Cast],
    tmp_path: Path,
    qtbot: Any,
    monkeypatch: Any,
) -> Iterator[Desk]:
    """The window at 1366 × 768 with Today, Accounts and the report."""
    formats.set_zone("Europe/Paris")
    _stop_the_clock(monkeypatch)
    company = replace(furnished[1])
    tasks = Tasks()
    pages = [page for page in PAGES if page.key in SCREENS]
    window = MainWindow(tasks, Preferences(tmp_path / "desktop.ini"), pages)
    qtbot.addWidget(window)
    window.attach(workspace)
    window.search = find_records
    undoing.connect(window)
    customer_mode.connect(window)
    pointing.connect(window)
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    opened = Desk(window, tasks, workspace, company)
    yield opened
    opened.settle()
    tasks.close()
    formats.set_zone(None)
