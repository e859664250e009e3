"""The way out of the customer's screen: a PIN, where the settings ask for one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app import screen_pin
from app.i18n import translate as _
from ui.page import Shell
from ui.widgets import Button, Label, announce, hbox


class PinGate(QWidget):
    """A row that comes when the screen is to be left; hidden until then."""

    opened = Signal()
    """The PIN was right."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.needed = False
        """Whether a PIN is asked for; known a moment after the screen is there."""
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName(_("Salesperson's PIN"))
        self.field.setProperty("kind", "touch")
        self.field.returnPressed.connect(self.try_pin)
        self.button = Button(_("Leave the screen"), "secondary", on_click=self.try_pin)
        self.button.setProperty("touch", "true")
        label = Label(_("Salesperson's PIN"), "h3")
        label.setBuddy(self.field)
        self._wrong = _("This is not the PIN.")
        self.problem = Label("", "bad")
        self.setLayout(hbox(label, (self.field, 1), self.button, (self.problem, 1), gap=12))
        self.hide()
        workspace = shell.workspace
        shell.tasks.background(self, lambda _token: screen_pin.is_set(workspace), then=self._know)

    def _know(self, needed: bool) -> None:
        self.needed = needed

    def ask(self) -> None:
        """Come, with the field ready."""
        self.show()
        self.field.setFocus()

    def try_pin(self) -> None:
        """Open the way where the PIN is right."""
        workspace, typed = self._shell.workspace, self.field.text()
        self.field.clear()
        self._shell.tasks.background(
            self, lambda _token: screen_pin.fits(workspace, typed), then=self._answer
        )

    def _answer(self, right: bool) -> None:
        if right:
            self.opened.emit()
            return
        self.problem.setText(self._wrong)
        announce(self, self._wrong)
        self.field.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.field.clear()
        self.problem.setText("")
