"""Pictures of every screen, light and dark, in French and English: `python -m ui.shots DIR [PROFILE]`."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app import formats
from app.i18n import LANGUAGES, set_language
from ui.desktop import connect_features, who_works_here
from ui.finding import find_records
from ui.pages import existing
from ui.preferences import Preferences
from ui.tasks import Tasks
from ui.theme import theme
from ui.window import MainWindow

SIZE = (1366, 768)
CLOCK_VARIABLE = "TERRAIN_NOW"
"""An ISO moment at which the clock stands still in the pictures."""
_FIRST_RECORDS = {"accounts": "account", "contacts": "contact", "quotes": "quote", "report": "visit_report"}


def shoot(folder: Path, out: Path, now: datetime | None = None) -> list[Path]:
    """Write a picture of each screen × theme × language of the profile in `folder`; returns the files."""
    from app.workspace import Workspace

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    if now is not None:
        formats.now = lambda: now.astimezone(formats.zone())
    out.mkdir(parents=True, exist_ok=True)
    workspace = Workspace.open(folder)
    try:
        return [
            picture
            for language in LANGUAGES
            for mode in ("light", "dark")
            for picture in _pictures(app, workspace, out, language, mode)
        ]
    finally:
        workspace.close()


def _pictures(app: QApplication, workspace: Any, out: Path, language: str, mode: Any) -> list[Path]:
    set_language(language)
    theme.apply(app, mode, 100)
    tasks = Tasks()
    with tempfile.TemporaryDirectory() as scratch:
        window = MainWindow(tasks, Preferences(Path(scratch) / "desktop.ini"))
        window.attach(workspace)
        window.search = find_records
        connect_features(window)
        with workspace.read() as session:
            window.set_user(*who_works_here(session))
            records = _first_records(session)
        window.resize(*SIZE)
        window.show()
        taken = []
        for page in existing():
            window.go(page.key, records.get(page.key))
            file = out / f"{page.key}-{mode}-{language}.png"
            _grab(window, tasks, file)
            taken.append(file)
        tasks.close()
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return taken


def _grab(window: MainWindow, tasks: Tasks, file: Path) -> None:
    # A page may ask for more once its first answer is there.
    for _round in range(3):
        tasks.wait_until_idle()
        QCoreApplication.processEvents()
    window.grab().save(str(file))


def _first_records(session: Any) -> dict[str, str]:
    from app import records

    found = {}
    for page, kind in _FIRST_RECORDS.items():
        rows = records.find_rows(session, kind, limit=1)
        if rows:
            found[page] = str(rows[0]["id"])
    return found


def main(arguments: list[str]) -> int:
    """`DIR [PROFILE]`: without a profile, that of this computer's user."""
    if not arguments:
        print("python -m ui.shots DIR [PROFILE]", file=sys.stderr)
        return 2
    from app.profile import default_folder

    profile = Path(arguments[1]) if len(arguments) > 1 else default_folder()
    stopped = os.environ.get(CLOCK_VARIABLE)
    files = shoot(profile, Path(arguments[0]), datetime.fromisoformat(stopped) if stopped else None)
    print(f"{len(files)} pictures in {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
