"""The dialog that connects an existing profile to a server, or signs it in again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.i18n import translate as _
from ui import errors
from ui.sync.server_form import ServerForm
from ui.tasks import Tasks
from ui.theme import theme
from ui.widgets import Button, Label, hbox, vbox


class EnrolDialog(QDialog):
    """Keeps all unsent work: it goes out with the first sync."""

    connected = Signal()

    def __init__(self, folder: Path, tasks: Tasks, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._folder, self._tasks = folder, tasks
        self.setWindowTitle(_("Connect to a server"))
        self.setMinimumWidth(theme.px(460))
        self.form = ServerForm()
        self.form.submitted.connect(self.submit)
        self.ok = Button(_("Connect"), "primary", "server", self.submit)
        cancel = Button(_("Cancel"), "ghost", on_click=self.reject)
        words = vbox(
            Label(_("Connect to a server"), "h2"),
            Label(_("What you have entered on this laptop is kept and sent."), "sub", wrap=True),
            gap=4,
        )
        self.setLayout(vbox(words, self.form, hbox(None, cancel, self.ok), gap=16, margins=(22, 20, 22, 18)))
        self._fill()

    def _fill(self) -> None:
        """Address and e-mail as they were, for whoever signs in again."""
        self._tasks.read(self, _known, then=self._show_known)

    def _show_known(self, known: tuple[str, str]) -> None:
        for field, value in zip((self.form.address, self.form.email), known, strict=True):
            if value and not field.text():
                field.setText(value)
        if known[0] and self.form.address.hasFocus():
            self.form.password.setFocus()

    def submit(self) -> None:
        """Enrol in the background; a refusal stays beside its field."""
        if not self.form.complete():
            return
        from app import sync_view, syncing

        address, email, password, code = self.form.values()
        self._set_busy(True)
        self._tasks.background(
            self,
            lambda _token: syncing.enrol(
                self._folder, sync_view.server_address(address), email.strip(), password, code=code
            ),
            then=self._connected,
            failed=self._failed,
        )

    def _set_busy(self, busy: bool) -> None:
        self.form.setEnabled(not busy)
        self.ok.setEnabled(not busy)
        self.ok.setText(_("Connecting…") if busy else _("Connect"))

    def _connected(self, _found: dict[str, Any]) -> None:
        self.accept()
        self.connected.emit()

    def _failed(self, error: Exception) -> None:
        from app.syncing import SyncProblem

        self._set_busy(False)
        if isinstance(error, SyncProblem):
            self.form.show_failure(error.code, str(error))
        else:
            errors.report(error, self)


def _known(session: Any) -> tuple[str, str]:
    from app import sync_view

    return sync_view.sign_in_facts(session)
