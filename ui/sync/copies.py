"""The daily copy in the folder that the user chose, the warning when work is nowhere else, and its settings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QWidget

from app.errors import SystemProblem
from app.i18n import translate as _
from ui.widgets import Button, InfoBar, Label, hbox, vbox

if TYPE_CHECKING:
    from ui.page import Shell
    from ui.window import MainWindow

FIRST_LOOK_MS = 4_000
EVERY_MS = 60 * 60 * 1000


class Copies(QObject):
    """Makes the copy of the day behind the work, and says when work has been nowhere else for days."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.bar: InfoBar | None = None
        self._clock = QTimer(self)
        self._clock.setInterval(EVERY_MS)
        self._clock.timeout.connect(self.look)
        self._clock.start()
        QTimer.singleShot(FIRST_LOOK_MS, self, self.look)

    def look(self) -> None:
        """Copy where today's copy is missing, then see whether the work is safe."""
        workspace = self._window.shell.workspace
        self._window.tasks.background(self, lambda _token: look_after(workspace), then=self._show)

    def _show(self, found: tuple[str | None, str | None]) -> None:
        overdue, failed = found
        text = overdue or failed
        if self.bar is not None:
            self.bar.dismiss()
            self.bar = None
        if text:
            self.bar = self._window.show_info(
                text, "warn", _("Settings"), lambda: self._window.go("settings")
            )
            self.bar.closed.connect(self._forget)

    def _forget(self) -> None:
        self.bar = None


def look_after(workspace: Any) -> tuple[str | None, str | None]:
    """In a worker: the copy of the day. (The warning that work is overdue, why the copy failed.)"""
    from app.store import backup

    failed = None
    try:
        backup.daily(workspace, date.today())
    except SystemProblem as problem:  # a stick that was pulled out must not be a dialog each hour
        failed = str(problem)
    return backup.overdue(workspace, datetime.now(UTC)), failed


class CopyFolder(QWidget):
    """The setting: where the daily copy goes, and a copy right now."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._folder = Label("", "muted", wrap=True)
        self.choose = Button(_("Choose a folder…"), "secondary", "folder-open", self._choose)
        self.now = Button(_("Copy now"), "secondary", "save", self._copy)
        self._problem = Label("", "bad", wrap=True)
        self._problem.hide()
        self._chosen = ""
        words = vbox(
            Label(_("Daily copy"), "h3"),
            Label(_("Encrypted; the recovery passphrase opens it. Seven days are kept."), "muted", wrap=True),
            self._folder,
            gap=2,
        )
        self.setLayout(vbox(words, hbox(self.choose, self.now, None, gap=8), self._problem, gap=8))
        self.read()

    def read(self) -> None:
        """Read the setting."""
        workspace = self._shell.workspace
        if workspace is not None:
            self._shell.tasks.background(self, lambda _token: _settings(workspace), then=self._show)

    def _show(self, found: tuple[str, str]) -> None:
        self._chosen, last = found
        if not self._chosen:
            self._folder.setText(_("No folder chosen: a USB stick or a network folder will do."))
        elif last:
            self._folder.setText(_("{folder} · last copy {day}", folder=self._chosen, day=last))
        else:
            self._folder.setText(self._chosen)
        self.now.setEnabled(bool(self._chosen))

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, _("Folder for the copies"), self._chosen)
        if folder:
            self.set_folder(Path(folder))

    def set_folder(self, folder: Path) -> None:
        """Keep the folder and make a first copy there."""
        workspace = self._shell.workspace
        self._work(lambda: workspace.settings.set("backup_folder", str(folder)))

    def _copy(self) -> None:
        self._work(lambda: None)

    def _work(self, before: Any) -> None:
        workspace = self._shell.workspace

        def copy(_token: Any) -> tuple[str, str]:
            from app.store import backup

            before()
            # The button asks for a copy even where today's is there already.
            workspace.settings.set("backup_last", "")
            backup.daily(workspace, date.today())
            return _settings(workspace)

        self._problem.hide()
        self.now.setEnabled(False)
        self._shell.tasks.background(self, copy, then=self._copied, failed=self._failed)

    def _copied(self, found: tuple[str, str]) -> None:
        self._show(found)
        self._shell.toast(_("Copy made."))

    def _failed(self, error: Exception) -> None:
        self._problem.setText(str(error))
        self._problem.show()
        self.read()


def _settings(workspace: Any) -> tuple[str, str]:
    """In a worker: the folder and the day of the last copy, as shown."""
    from app import formats

    last = workspace.settings.get("backup_last")
    shown = formats.format_date(date.fromisoformat(last)) if last else ""
    return str(workspace.settings.get("backup_folder") or ""), shown
