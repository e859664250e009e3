"""What desktop tests stand on: the dressed application, tasks that end with the test, a shell with two pages."""

from __future__ import annotations

import sqlite3
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.i18n import set_language
from app.settings import DEFAULTS
from ui import errors
from ui.page import Page, page_layout
from ui.pages import Registration
from ui.preferences import Preferences
from ui.tasks import Tasks
from ui.theme import theme
from ui.window import MainWindow


class PatientBot(QtBot):  # type: ignore[misc]
    """Waits as long for what must come as a busy machine may need: what has come ends the wait."""

    def waitUntil(self, callback: Any, *, timeout: int = 30_000) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = 30_000, **how: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **how)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """A hand on the widgets, in the place of the library's."""
    return PatientBot(request)


class PlainSession(list[str]):
    """What happened, where a session would be."""

    def __init__(self) -> None:
        super().__init__()
        self.info: dict[str, object] = {}

    def scalar(self, _query: object) -> str:
        return "https://office.example"

    def execute(self, *_query: object) -> PlainSession:
        return self

    def mappings(self) -> list[object]:
        """No rows."""
        return []

    def connection(self) -> PlainConnection:
        return PlainConnection()


class PlainConnection:
    """Where a connection, its driver and a cursor would be: whatever is asked, a rep works here."""

    dialect = types.SimpleNamespace(name="sqlite", loaded_dbapi=sqlite3)

    @property
    def connection(self) -> PlainConnection:
        return self

    @property
    def dbapi_connection(self) -> PlainConnection:
        return self

    def in_transaction(self) -> bool:
        return True

    def execute(self, *_query: object) -> PlainConnection:
        return self

    exec_driver_sql = execute

    def cursor(self) -> PlainConnection:
        return self

    def fetchone(self) -> tuple[str]:
        return ("rep",)

    first = fetchone

    def fetchall(self) -> list[tuple[str]]:
        return [self.fetchone()]

    def close(self) -> None: ...


class PlainWorkspace:
    """Stands where no file is needed: sessions that are lists of what happened."""

    def __init__(self) -> None:
        self.log = PlainSession()
        self.threads: set[str] = set()
        self._listeners: list[Any] = []
        self.settings = types.SimpleNamespace(get=DEFAULTS.__getitem__, set=lambda name, value: None)

    @contextmanager
    def read(self) -> Iterator[list[str]]:
        self.threads.add(threading.current_thread().name)
        yield self.log

    @contextmanager
    def transaction(
        self, label: str = "", origin: str = "local", undoable: bool = False
    ) -> Iterator[list[str]]:
        self.threads.add(threading.current_thread().name)
        self.log.append(f"begin {label}")
        try:
            yield self.log
        except Exception:
            self.log.append("rolled back")
            raise
        self.log.append("committed")

    def subscribe(self, listener: Any) -> None:
        self._listeners.append(listener)

    def emit(self, changes: Any) -> None:
        for listener in self._listeners:
            listener(changes)


class NotePage(Page):
    """A page with one field that remembers what it was told."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.opened: list[str | None] = []
        self.seen: list[Any] = []
        self.note = QLineEdit()
        self.note.setAccessibleName("Note")
        self.setLayout(page_layout("Note", "", [], self.note, None))

    def title(self) -> str:
        return f"Note {self.opened[-1] or ''}".strip()

    def open(self, record_id: str | None = None, **options: object) -> None:
        self.opened.append(record_id)

    def refresh(self, changes: Any) -> None:
        self.seen.append(changes)

    def primary_focus(self) -> QLineEdit:
        return self.note


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The application in the light theme, speaking French, and no window stays behind."""
    set_language("fr")
    theme.apply(qapp, "light", 100)
    errors.reports.clear()
    yield qapp
    # Outside an event loop nothing else deletes them, and each change of theme would dress them all again.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme.apply(qapp, "light", 100)
    set_language("fr")


@pytest.fixture
def plain() -> PlainWorkspace:
    return PlainWorkspace()


@pytest.fixture
def tasks(dressed: QApplication, plain: PlainWorkspace) -> Iterator[Tasks]:
    """Tasks on a plain workspace."""
    running = Tasks(plain)
    yield running
    running.close()


@pytest.fixture
def window(tasks: Tasks, plain: PlainWorkspace, tmp_path: Path, qtbot: Any, monkeypatch: Any) -> MainWindow:
    """The shell, shown at 1366 × 768, with two pages of notes and the settings."""
    module = types.ModuleType("notes_for_tests")
    module.NotePage = NotePage  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "notes_for_tests", module)
    pages = [
        Registration("today", "notes_for_tests:NotePage", "Today", "sun"),
        Registration("accounts", "notes_for_tests:NotePage", "Accounts", "building-2"),
        Registration("conflicts", "notes_for_tests:NotePage", "Conflicts", "git-compare-arrows", "bottom"),
        Registration("settings", "ui.settings.page:SettingsPage", "Settings", "settings", "bottom"),
    ]
    shell = MainWindow(tasks, Preferences(tmp_path / "desktop.ini"), pages)
    qtbot.addWidget(shell)
    plain.folder = tmp_path  # type: ignore[attr-defined]
    shell.attach(plain)
    shell.resize(1366, 768)
    shell.show()
    return shell
