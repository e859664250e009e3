"""A small dialog that asks a few facts before something is done with a quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

from app.errors import Invalid
from app.fields import Field
from app.i18n import translate as _
from ui.form import RecordForm
from ui.theme import theme
from ui.widgets import Button, Label, hbox, vbox

Values = dict[str, Any]
PENDING = object()
"""What is done takes a moment: whoever does it accepts the dialog then, or says why it cannot be done."""


class Asking(QDialog):
    """Fields, or any other parts, and one button that does it; Esc changes nothing."""

    def __init__(
        self,
        parent: QWidget,
        title: str,
        text: str,
        done: str,
        keep: Callable[[Values], object],
        fields: Sequence[Field] = (),
        values: Mapping[str, Any] | None = None,
        parts: Sequence[QWidget] = (),
        columns: int = 1,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(theme.px(460 if columns == 1 else 620))
        self._keep = keep
        self.form = RecordForm(fields, columns=columns)
        self.form.set_values(dict(values or {}))
        self.said = Label("", "bad", wrap=True)
        self.said.hide()
        self.ok = Button(done, "primary", on_click=self.submit)
        self.ok.setDefault(not any(field.kind == "long_text" for field in fields))
        cancel = Button(_("Cancel"), "ghost", on_click=self.reject)
        column = vbox(Label(title, "h2"), gap=14, margins=(22, 20, 22, 18))
        if text:
            column.addWidget(Label(text, "sub", wrap=True))
        for part in parts:
            column.addWidget(part)
        column.addWidget(self.form)
        self.form.setVisible(bool(fields))
        column.addWidget(self.said)
        column.addLayout(hbox(None, cancel, self.ok))
        self.setLayout(column)
        if fields:
            self.form.focus_first()

    def showEvent(self, event: QShowEvent) -> None:
        """As high as its content needs at its width: chips that wrap are higher than they said at first."""
        super().showEvent(event)
        column = self.layout()
        column.activate()
        if column.hasHeightForWidth():
            self.resize(self.width(), max(self.height(), column.totalHeightForWidth(self.width())))

    def submit(self) -> None:
        """Hand over what was typed; what is wrong stands beside its field."""
        try:
            values = self.form.values()
        except Invalid:
            return
        problem = self._keep(values)
        if isinstance(problem, str) and problem:
            self.say(problem)
        elif problem is PENDING:
            self.ok.setEnabled(False)
        else:
            self.accept()

    def say(self, problem: str) -> None:
        """Say why it cannot be done, if there is a sentence for it; the dialog stays."""
        self.said.setText(problem)
        self.said.setVisible(bool(problem))
        self.ok.setEnabled(True)
