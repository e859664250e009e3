"""The PIN of the customer's screen, in the settings."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from app import screen_pin
from app.errors import Invalid
from app.i18n import translate as _
from ui import errors
from ui.page import Shell
from ui.theme import theme
from ui.widgets import Button, Label, hbox, panel, vbox


class SignPin(QWidget):
    """Sets a PIN, or does away with it; what it is can never be read."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName(_("New PIN"))
        self.field.setPlaceholderText(_("New PIN"))
        self.field.setMaximumWidth(theme.px(160))
        self.field.returnPressed.connect(self.keep)
        self.button = Button(_("Keep"), "secondary", on_click=self.keep)
        self.none = Button(_("Ask for none"), "ghost", on_click=lambda: self._write(""))
        self.state = Label("", "muted", wrap=True)
        self.problem = Label("", "bad", wrap=True)
        self.problem.hide()
        words = vbox(Label(_("PIN to leave the customer's screen"), "h3"), self.state, gap=2)
        row = panel(hbox((words, 1), self.field, self.button, self.none, gap=8))
        self.setLayout(vbox(row, self.problem, gap=6))
        workspace = shell.workspace
        shell.tasks.background(self, lambda _token: screen_pin.is_set(workspace), then=self._show)

    def keep(self) -> None:
        """Ask for what stands in the field from now on."""
        if self.field.text():
            self._write(self.field.text())

    def _write(self, pin: str) -> None:
        workspace = self._shell.workspace
        self._shell.tasks.background(
            self,
            lambda _token: screen_pin.keep(workspace, pin),
            then=lambda _done: self._show(bool(pin)),
            failed=self._refused,
        )

    def _show(self, asked: bool) -> None:
        self.field.clear()
        self.problem.hide()
        self.none.setEnabled(asked)
        self.state.setText(
            _("A PIN is asked for when the customer's screen is left, signed or not.")
            if asked
            else _("None: whoever holds the computer leaves the screen.")
        )

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, Invalid):
            errors.report(error, self)
            return
        self.problem.setText(next(iter(error.problems.values())))
        self.problem.show()
