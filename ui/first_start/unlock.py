"""The question for the passphrase, at each start on a computer whose keyring does not keep the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from app.errors import TerrainError
from app.i18n import translate as _
from ui import errors
from ui.tasks import Tasks
from ui.theme import repolish, theme
from ui.widgets import Button, IconDisc, Label, hbox, vbox


class UnlockDialog(QDialog):
    """The daily passphrase, or the recovery passphrase when it is forgotten."""

    finished_with = Signal(object)
    """The open workspace."""

    def __init__(self, folder: Path, tasks: Tasks, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._folder, self._tasks = folder, tasks
        self.setWindowTitle("Terrain")
        self.setMinimumWidth(theme.px(460))
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName(_("Passphrase"))
        self.field.returnPressed.connect(self.submit)
        label = Label(_("Passphrase"), "h3")
        label.setBuddy(self.field)
        self._problem = Label("", "bad", wrap=True)
        self._problem.hide()
        self.ok = Button(_("Open the file"), "primary", "key-round", self.submit)
        words = vbox(
            Label(_("Open your file"), "h2"),
            Label(_("The recovery passphrase opens it too."), "sub", wrap=True),
            gap=4,
        )
        head = hbox(IconDisc("lock", "info", 40), (words, 1), gap=14)
        leave = Button(_("Quit"), "ghost", on_click=self.reject)
        self.setLayout(
            vbox(head, 4, label, self.field, self._problem, 4, hbox(None, leave, self.ok), gap=8,
                 margins=(22, 20, 22, 18))
        )  # fmt: skip
        self.field.setFocus()

    @property
    def problem(self) -> str:
        """What is said to be wrong; empty when nothing is."""
        return "" if self._problem.isHidden() else self._problem.text()

    def submit(self) -> None:
        """Try the passphrase in the background: deriving the key takes a moment."""
        typed = self.field.text()
        if not typed.strip():
            self._say(_("Enter your passphrase."))
            return
        self._set_busy(True)
        self._tasks.background(
            self, lambda _token: _unlock(self._folder, typed), then=self._opened, failed=self._failed
        )

    def _opened(self, workspace: Any) -> None:
        self.accept()
        self.finished_with.emit(workspace)

    def _failed(self, error: Exception) -> None:
        self._set_busy(False)
        if isinstance(error, TerrainError):
            self._say(str(error))
        else:
            errors.report(error, self)

    def _say(self, sentence: str) -> None:
        self._problem.setText(sentence)
        self._problem.show()
        self.field.setProperty("state", "error")
        repolish(self.field)
        self.field.setFocus()
        self.field.selectAll()

    def _set_busy(self, busy: bool) -> None:
        self.field.setEnabled(not busy)
        self.ok.setEnabled(not busy)
        self.ok.setText(_("Opening…") if busy else _("Open the file"))


def _unlock(folder: Path, passphrase: str) -> Any:
    from app import first_start

    return first_start.unlock(folder, passphrase)
