"""Started by a test, which ends it without warning: opens a report, types, waits for the draft, and goes on typing."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.workspace import Workspace
from ui.pages import PAGES
from ui.preferences import Preferences
from ui.tasks import Tasks
from ui.theme import theme
from ui.window import MainWindow


def main(folder: str, appointment: str) -> None:
    """Type into the next action of the appointment's report and tell when the draft is kept."""
    app = QApplication([])
    theme.apply(app, "light", 100)
    window = MainWindow(
        Tasks(), Preferences(Path(folder) / "desktop.ini"), [p for p in PAGES if p.key == "report"]
    )
    window.attach(Workspace.open(Path(folder)))
    window.show()
    window.go("report", None, appointment=appointment)
    assert window.tasks.wait_until_idle()
    page = window.page
    page.form.text.setPlainText("Coupure de courant")  # type: ignore[union-attr]
    page.form.next.action.setFocus()  # type: ignore[union-attr]
    page.autosave.kept.connect(lambda _at: told(page))  # type: ignore[union-attr]
    QTest.keyClicks(page.form.next.action, "Rappeler")  # type: ignore[union-attr]
    QTimer.singleShot(20_000, app.quit)
    app.exec()


def told(page: object) -> None:
    """The draft with the last letters is on the disk."""
    if not page.autosave.waiting:  # type: ignore[attr-defined]
        sys.stdout.write("kept\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
