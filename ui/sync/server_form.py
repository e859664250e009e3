"""The fields that connect a laptop to its server: address, e-mail, password, and a one-time code."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.i18n import translate as _
from ui.theme import repolish
from ui.widgets import Label, hbox, link, vbox


class ServerForm(QWidget):
    """Labels above fields; a problem stands below the field that causes it."""

    submitted = Signal()
    """Enter in the last field."""

    def __init__(self, address: str = "", email: str = "") -> None:
        super().__init__()
        self._column = vbox(gap=4)
        self.address = self._add(_("Address of the server"), address, "https://crm.exemple.fr/societe")
        self.email = self._add(_("E-mail"), email, "")
        self.password = self._add(_("Password"), "", "")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._problem = Label("", "bad", wrap=True)
        self._problem.hide()
        self.code_button = link(_("I have a one-time code"), self._show_code)
        self._column.addLayout(hbox(self.code_button, None))
        self.code = self._add(_("One-time code"), "", "")
        self._show(self.code, False)
        self.setLayout(self._column)
        for field in (self.password, self.code):
            field.returnPressed.connect(self.submitted)

    def _add(self, title: str, value: str, example: str) -> QLineEdit:
        field = QLineEdit(value)
        field.setPlaceholderText(example)
        field.setAccessibleName(title)
        label = Label(title, "h3")
        label.setBuddy(field)
        field.setProperty("label", label)
        self._column.addWidget(label)
        self._column.addWidget(field)
        self._column.addSpacing(6)
        return field

    def _show(self, field: QLineEdit, on: bool) -> None:
        field.setVisible(on)
        field.property("label").setVisible(on)

    def _show_code(self) -> None:
        self._show(self.code, True)
        self.code_button.hide()
        self.code.setFocus()

    def complete(self) -> bool:
        """Whether every field is filled; otherwise the first empty one says so and takes the focus."""
        for field, sentence in (
            (self.address, _("Enter the address that your office gave you.")),
            (self.email, _("Enter your e-mail address.")),
            (self.password, _("Enter your password.")),
        ):
            if not field.text().strip():
                self.show_problem(sentence, field)
                return False
        self.clear_problem()
        return True

    def show_problem(self, sentence: str, field: QLineEdit | None = None) -> None:
        """Say what is wrong, beside the fields, and go to the one to correct."""
        self.clear_problem()
        target = field or self.password
        self._column.removeWidget(self._problem)
        self._column.insertWidget(self._column.indexOf(target) + 1, self._problem)
        self._problem.setText(sentence)
        self._problem.show()
        target.setProperty("state", "error")
        repolish(target)
        target.setFocus()
        target.selectAll()

    def clear_problem(self) -> None:
        """Nothing is wrong any more."""
        self._problem.hide()
        for field in (self.address, self.email, self.password):
            if field.property("state"):
                field.setProperty("state", "")
                repolish(field)

    def show_failure(self, code: str, sentence: str) -> None:
        """Show a refusal of the server beside the field that it is about."""
        about = {"sign_in_needed": self.password, "offline": self.address}
        self.show_problem(sentence, about.get(code, self.address))

    @property
    def problem(self) -> str:
        """What is said to be wrong; empty when nothing is."""
        return "" if self._problem.isHidden() else self._problem.text()

    def set_values(self, address: str, email: str, password: str, code: str) -> None:
        """Show what was typed before."""
        for field, text in ((self.address, address), (self.email, email), (self.password, password)):
            field.setText(text)
        if code:
            self._show(self.code, True)
            self.code_button.hide()
            self.code.setText(code)

    def values(self) -> tuple[str, str, str, str]:
        """Address, e-mail, password and one-time code as typed."""
        return self.address.text(), self.email.text(), self.password.text(), self.code.text().strip()
