"""The composition of the desktop: theme, window and tasks first, the file and its libraries behind them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.i18n import set_language
from ui import errors
from ui.finding import find_records
from ui.preferences import Preferences
from ui.table import ListRow, RecordList
from ui.tasks import Tasks
from ui.theme import theme
from ui.window import MainWindow

PREFERENCES = "desktop.ini"
FIRST_PAGE = "today"


class QuickStart(Protocol):
    """`app.quick_start`: the first rows of the last list, from one prepared query, without SQLAlchemy."""

    def first_rows(self, folder: Path) -> Sequence[dict[str, str]] | None:
        """Rows with the keys of `ui.table.ListRow` and `id`; None when there is nothing to show yet."""


class Desktop(QObject):
    """One window on one profile's folder."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.workspace: Any = None
        self.preferences = Preferences(folder / PREFERENCES)
        set_language(self.preferences.language)
        theme.motion = self.preferences.motion
        theme.apply(app, self.preferences.theme, self.preferences.scale)
        self.tasks = Tasks(parent=self)
        self.window = MainWindow(self.tasks, self.preferences)
        self.window.closed.connect(self.close)
        self.window.restore()

    def start(self) -> None:
        """Show the window, then bring first rows and the file; nothing of it on this thread."""
        self.window.show()
        self.tasks.background(self.window, lambda _token: self._first_rows(), then=self._show_first_rows,
                              failed=lambda _error: None)  # fmt: skip
        self.tasks.background(self.window, lambda _token: open_workspace(self.folder), then=self.take)

    def _first_rows(self) -> Sequence[dict[str, str]] | None:
        try:
            from app import quick_start  # type: ignore[attr-defined,unused-ignore]
        except ImportError:
            return None
        found: QuickStart = quick_start
        return found.first_rows(self.folder)

    def _show_first_rows(self, rows: Sequence[dict[str, str]] | None) -> None:
        if rows and self.workspace is None:
            preview = RecordList(self.tasks, self.window.windowTitle(), row=_as_row)
            preview.show_rows(rows)
            self.window.stack.addWidget(preview)
            self.window.stack.setCurrentWidget(preview)

    def take(self, workspace: Any) -> None:
        """Work on this file: after opening it, or after the first start made it."""
        if workspace is None:
            self._first_start()
            return
        self.workspace = workspace
        self.window.attach(workspace)
        self.window.search = find_records
        connect_features(self.window)
        last = self.preferences.last_route
        if last is not None and self.window.has_page(last.page):
            self.window.go(last.page, last.record)
        else:
            self.window.go(FIRST_PAGE if self.window.has_page(FIRST_PAGE) else "settings")
        self.tasks.read(self.window, who_works_here, then=lambda who: self.window.set_user(*who))

    def _first_start(self) -> None:
        from ui.first_start.assistant import Assistant

        assistant = Assistant(self.folder, self.tasks, self.window)
        assistant.finished_with.connect(self.take)
        assistant.open()

    def close(self) -> None:
        """Let writes finish and let go of the file."""
        self.tasks.close()
        if self.workspace is not None:
            self.workspace.close()


def open_workspace(folder: Path) -> Any:
    """The profile of the folder, or None where there is none. In a worker: it imports the larger libraries."""
    from app.workspace import Workspace

    return Workspace.open(folder) if Workspace.exists(folder) else None


def who_works_here(session: Any) -> tuple[str, str]:
    """Name and place of this laptop's user; empty before enrolment."""
    from app import records

    user = session.info.get("user") or _enrolled_user(session)
    if not user:
        return "", ""
    row = records.get(session, "user", user)
    names = [
        territory["name"]
        for territory in records.find_rows(session, "territory")
        if territory["id"] in (row["territories"] or ())
    ]
    return str(row["name"]), ", ".join(names)


def _enrolled_user(session: Any) -> str | None:
    found = session.connection().exec_driver_sql("SELECT value FROM sync_state WHERE name = 'user'").first()
    return None if found is None else str(found[0])


def connect_features(window: MainWindow) -> None:
    """Let features that work behind every screen (the sync) take their place in the window."""
    import importlib.util

    if importlib.util.find_spec("ui.sync.running") is not None:
        importlib.import_module("ui.sync.running").connect(window)


def _as_row(row: dict[str, str]) -> ListRow:
    return ListRow(
        row["title"],
        row.get("subtitle", ""),
        row.get("right_top", ""),
        row.get("right_bottom", ""),
        row.get("tone", ""),
    )


def run(folder: Path) -> int:
    """Open the desktop on a profile and return its exit code."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Terrain")
    app.setDesktopFileName("terrain")
    errors.install_hook()
    desktop = Desktop(app, folder)
    desktop.start()
    return app.exec()
