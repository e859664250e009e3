"""Pictures of every screen, light and dark, in French and English: `python -m ui.shots DIR [PROFILE]`.

Without a profile it makes the demonstration company in a temporary folder.
"""

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
from app.i18n import language as current_language
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
_CUSTOMER = "Boulangerie Morel"


def shoot(folder: Path, out: Path, now: datetime | None = None) -> list[Path]:
    """Write a picture of each screen × theme × language of the profile in `folder`; returns the files."""
    from app.workspace import Workspace

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    if now is not None:
        formats.now = lambda: now.astimezone(formats.zone())
    out.mkdir(parents=True, exist_ok=True)
    workspace, spoken = Workspace.open(folder), current_language()
    try:
        return [
            picture
            for language in LANGUAGES
            for mode in ("light", "dark")
            for picture in _pictures(app, workspace, out, language, mode)
        ]
    finally:
        set_language(spoken)
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
            shown = _telling_records(session)
        window.resize(*SIZE)
        window.show()
        taken = []
        views = [(page.key, page.key, shown.get(page.key)) for page in existing()]
        if "quotes" in shown:
            views.append(("quote-list", "quotes", None))
        for name, key, record in views:
            window.go(key, record)
            file = out / f"{name}-{mode}-{language}.png"
            _grab(window, tasks, file)
            taken.append(file)
        if "sign" in shown:
            taken.append(_sign_screen(window, tasks, shown["sign"], out / f"sign-{mode}-{language}.png"))
        taken.append(_first_start(window, tasks, out / f"first-start-{mode}-{language}.png"))
        tasks.close()
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return taken


def _sign_screen(window: MainWindow, tasks: Tasks, quote: str, file: Path) -> Path:
    """The screen that is turned to the customer, for an issued quote; closed again with nothing signed."""
    window.go("quotes", quote)
    _settle(tasks)
    editor: Any = getattr(window.page, "editor", None)
    if editor is not None and editor.sign_button.isEnabled() and editor.draft.locked:
        editor.decisions.sign()
        _settle(tasks)
        editor.decisions.sign_screen.grab().save(str(file))
        editor.decisions.sign_screen.leave()
    return file


def _settle(tasks: Tasks) -> None:
    # A page may ask for more once its first answer is there.
    for _round in range(3):
        tasks.wait_until_idle()
        QCoreApplication.processEvents()


def _first_start(window: MainWindow, tasks: Tasks, file: Path) -> Path:
    from ui.first_start.assistant import Assistant

    assistant = Assistant(file.parent / "nobody", tasks, window)
    assistant.show()
    tasks.wait_until_idle()
    QCoreApplication.processEvents()
    assistant.grab().save(str(file))
    assistant.deleteLater()
    return file


def _grab(window: MainWindow, tasks: Tasks, file: Path) -> None:
    _settle(tasks)
    window.grab().save(str(file))


def _telling_records(session: Any) -> dict[str, str]:
    """The record that each screen shows: those of the demonstration's first customer where he is there."""
    from app import records

    customers = records.find_rows(session, "account", {"name": _CUSTOMER}) or records.find_rows(
        session, "account", limit=1
    )
    if not customers:
        return {}
    found = {"accounts": str(customers[0]["id"])}
    for page, kind, where in (
        ("quotes", "quote", {}),
        ("sign", "quote", {"status": "issued"}),
        ("report", "visit_report", {}),
        ("contacts", "contact", {}),
    ):
        rows = records.find_rows(
            session, kind, {"account": customers[0]["id"], **where}, order="-created_at", limit=1
        )
        if rows:
            found[page] = str(rows[0]["id"])
    return found


def main(arguments: list[str]) -> int:
    """`DIR [PROFILE]`: pictures of a profile, or of the demonstration."""
    if not arguments:
        print("python -m ui.shots DIR [PROFILE]", file=sys.stderr)
        return 2
    stopped = os.environ.get(CLOCK_VARIABLE)
    now = datetime.fromisoformat(stopped) if stopped else None
    out = Path(arguments[0])
    if len(arguments) > 1:
        files = shoot(Path(arguments[1]), out, now)
    else:
        from app.demo import tour

        with tempfile.TemporaryDirectory() as folder:
            tour.run(Path(folder), leave_unsent=True)
            files = shoot(Path(folder) / "laptop-1", out, now)
    print(f"{len(files)} pictures in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
