"""Who works on this laptop and for which company: asked once, of whoever works without a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.errors import Invalid
from app.i18n import mark as m_
from app.i18n import translate as _
from ui.form import RecordForm
from ui.widgets import Button, Label, Scroll, hbox, panel, vbox


class Introduction(QWidget):
    """Name and company; only these two are required."""

    done = Signal(str, dict)
    """The person's name, and the company's fields as typed."""
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        from app import alone
        from app.entity import fields

        declared = fields("organisation")
        company = replace(declared["name"], source_label=m_("Company"))
        asked = [company, *(declared[name] for name in alone.COMPANY_FIELDS if name != "name")]
        self.form = RecordForm([alone.PERSON, *asked], columns=2)
        self.form.set_values({})
        why = _("They stand on your quotes. What is missing can be added later, in the settings.")
        go_on = Button(_("Continue"), "primary", "check", self.submit)
        back = Button(_("Back"), "ghost", "arrow-left", self.back.emit)
        self.setLayout(
            vbox(
                Label(_("You and your company"), "h1"),
                Label(why, "sub", wrap=True),
                4,
                (Scroll(panel(vbox(self.form, None))), 1),
                hbox(back, None, go_on),
                gap=10,
            )
        )

    def submit(self) -> None:
        """Go on, or show what is missing."""
        try:
            values: dict[str, Any] = self.form.values()
        except Invalid:
            return
        person = str(values.pop("person"))
        self.done.emit(person, {name: value for name, value in values.items() if value not in (None, "")})

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say beside the fields what would not do."""
        self.form.show_problems(problems)

    def focus_first(self) -> None:
        """Go to the first field."""
        self.form.focus_first()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            return
        super().keyPressEvent(event)
