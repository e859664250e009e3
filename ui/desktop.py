"""The composition of the desktop: theme, window and tasks first, the file and its libraries behind them."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from app.errors import KeyMissing, WrongKey
from app.i18n import set_language
from app.i18n import translate as _
from ui import errors
from ui.finding import find_records
from ui.place import go_back_to
from ui.preferences import Preferences
from ui.recovery import recover
from ui.table import ListRow, RecordList
from ui.tasks import Tasks
from ui.theme import theme
from ui.tracing import trace_start
from ui.widgets import hbox, panel
from ui.window import MainWindow

if TYPE_CHECKING:
    from app.quick_start import FirstRows

PREFERENCES = "desktop.ini"
FIRST_PAGE = "today"
_OF_THE_USER = frozenset({"user", "territory", "organisation"})
"""Kinds of which the name and the place in the side bar are made."""


class Desktop(QObject):
    """One window on one profile's folder."""

    _committed = Signal(object)

    def __init__(self, app: QApplication, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.workspace: Any = None
        self.hanging = False
        """Whether work was left behind in a network that answers nothing."""
        self.preferences = Preferences(folder / PREFERENCES)
        set_language(self.preferences.language)
        theme.motion = self.preferences.motion
        theme.apply(app, self.preferences.theme, self.preferences.scale)
        self.tasks = Tasks(parent=self)
        self.window = MainWindow(self.tasks, self.preferences)
        self.window.closed.connect(self.close)
        self._committed.connect(self._on_committed, Qt.ConnectionType.QueuedConnection)
        self.window.restore()
        self._cut_off = self.preferences.begin()

    def start(self) -> None:
        """Show the window, then bring first rows and after them the file; nothing of it on this thread."""
        self.window.show()
        self.tasks.background(self.window, lambda _token: self._first_rows(), then=self._show_first_rows,
                              failed=lambda _error: self._open())  # fmt: skip

    def _open(self) -> None:
        self.tasks.background(self.window, lambda _token: open_workspace(self.folder), then=self.take,
                              failed=self._cannot_open)  # fmt: skip

    def _first_rows(self) -> FirstRows | None:
        from app import quick_start

        return quick_start.first_rows(self.folder)

    def _show_first_rows(self, found: FirstRows | None) -> None:
        """Paint the beginning of the list of accounts, then open the file."""
        if found is not None and found.rows:
            preview = RecordList(self.tasks, _("Accounts"), row=_as_row)
            preview.show_rows([dict(zip(found.columns, row, strict=True)) for row in found.rows])
            preview.setMaximumWidth(theme.px(372))
            self.window.stack.addWidget(panel(hbox(preview, None)))
            self.window.stack.setCurrentIndex(self.window.stack.count() - 1)
            # At once: the libraries that opening the file imports would hold the paint back.
            self.window.repaint()
            trace_start("rows", preview.rows.rowCount())
        self._open()

    def take(self, workspace: Any) -> None:
        """Work on this file: after opening it, or after the first start made it."""
        if workspace is None:
            self._first_start()
            return
        self.workspace = workspace
        self.window.attach(workspace)
        self.window.search = find_records
        connect_features(self.window)
        last = self.preferences.last_place
        if last is not None and self.window.has_page(last.route.page):
            go_back_to(self.window, last)
        else:
            self.window.go(FIRST_PAGE if self.window.has_page(FIRST_PAGE) else "settings")
        if self._cut_off is not None:
            recover(self.window, self._cut_off)
        workspace.subscribe(self._committed.emit)
        self._show_user()
        # Imports what speaks with servers: not before the first window.
        from ui.sync import automatic

        automatic.connect(self.window)

    def _on_committed(self, changes: Any) -> None:
        if changes.kinds & _OF_THE_USER:
            self._show_user()

    def _show_user(self) -> None:
        self.tasks.read(self.window, who_works_here, then=lambda who: self.window.set_user(*who))

    def _first_start(self) -> None:
        from ui.first_start.assistant import Assistant

        assistant = Assistant(self.folder, self.tasks, self.window)
        assistant.finished_with.connect(self.take)
        assistant.rejected.connect(self.window.close)
        assistant.open()

    def _cannot_open(self, error: Exception) -> None:
        """A key that is not in the keyring is asked for; anything else is told."""
        if not isinstance(error, KeyMissing | WrongKey):
            errors.report(error, self.window)
            return
        self.tasks.background(
            self.window, lambda _token: can_unlock(self.folder), then=lambda asks: self._ask_key(asks, error)
        )

    def _ask_key(self, asks: bool, error: Exception) -> None:
        from ui.first_start.unlock import UnlockDialog

        if not asks:
            errors.report(error, self.window)
            return
        dialog = UnlockDialog(self.folder, self.tasks, self.window)
        dialog.finished_with.connect(self.take)
        dialog.rejected.connect(self.window.close)
        dialog.open()

    def close(self) -> None:
        """Let writes finish and let go of the file."""
        self.hanging = not self.tasks.close()
        if self.workspace is not None:
            self.workspace.close()


def open_workspace(folder: Path) -> Any:
    """The profile of the folder, or None where there is none. In a worker: it imports the larger libraries."""
    from app.workspace import Workspace

    return Workspace.open(folder) if Workspace.exists(folder) else None


def can_unlock(folder: Path) -> bool:
    """Whether a passphrase would open the profile. In a worker."""
    from app import first_start

    return first_start.can_unlock(folder)


def who_works_here(session: Any) -> tuple[str, str]:
    """Name and place of this laptop's user, without a server the company.

    Whoever has just enrolled is not known here before the first sync; then both are empty.
    """
    from app import alone, records
    from app.seller import find_company

    user = session.info.get("user") or _enrolled_user(session)
    if not user:
        return alone.person(session), str(find_company(session).get("name") or "")
    row = records.known(session, "user", user)
    names = [
        territory["name"]
        for territory in records.find_rows(session, "territory")
        if territory["id"] in (row.get("territories") or ())
    ]
    return str(row.get("name") or ""), ", ".join(names)


def _enrolled_user(session: Any) -> str | None:
    found = session.connection().exec_driver_sql("SELECT value FROM sync_state WHERE name = 'user'").first()
    return None if found is None else str(found[0])


def connect_features(window: MainWindow) -> None:
    """Let features that work behind every screen (new records, the sync) take their place in the window."""
    import importlib.util

    importlib.import_module("ui.undoing").connect(window)
    for feature in ("customer_mode", "pointing"):
        importlib.import_module(f"ui.{feature}").connect(window)
    importlib.import_module("ui.today.commands").connect(window)
    for watch in ("expiring", "strange_approvals"):
        importlib.import_module(f"ui.quotes.{watch}").connect(window)
    if importlib.util.find_spec("ui.sync.running") is not None:
        importlib.import_module("ui.sync.running").connect(window)


def _as_row(row: dict[str, Any]) -> ListRow:
    place = "  ·  ".join(part for part in (row["town"], row["potential"]) if part)
    return ListRow(row["name"], place, pending=bool(row["unsent"]))


def run(folder: Path) -> int:
    """Open the desktop on a profile and return its exit code."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Terrain")
    app.setDesktopFileName("terrain")
    errors.install_hook()
    desktop = Desktop(app, folder)
    desktop.start()
    code = app.exec()
    if desktop.hanging:
        # Python would wait for its threads, for as long as the network keeps silent.
        logging.shutdown()
        os._exit(code)
    return code
