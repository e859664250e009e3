"""Rows that open: one action to send, one parked, one past run, each with its detail below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.i18n import translate as _
from ui.widgets import Button, ElidingLabel, IconLabel, Label, Line, hbox, panel, vbox

KIND_ICONS = {
    "account": "building-2",
    "contact": "user",
    "site": "map-pin",
    "opportunity": "square-kanban",
    "appointment": "calendar-days",
    "task": "square-check",
    "call": "phone",
    "visit_report": "clipboard-check",
    "quote": "file-text",
    "quote_line": "file-text",
    "product": "package",
    "price_rule": "tag",
    "attachment": "paperclip",
    "conflict": "git-compare-arrows",
    "setting": "settings",
}


class OpenableRow(QWidget):
    """Icon, title, text and time; “Detail” shows what `fill` puts below."""

    opened = Signal(bool)

    def __init__(self, icon: str, tone: str, title: str, text: str, when: str, wrap: bool = False) -> None:
        super().__init__()
        words = vbox(ElidingLabel(title, "h3"), gap=0)
        words.addWidget(Label(text, "muted", wrap=True) if wrap else ElidingLabel(text, "muted"))
        self.button = Button(_("Detail"), "ghost", on_click=self.toggle, checkable=True)
        self.button.setAccessibleName(_("Detail of {title}", title=title))
        self._area = panel(vbox(margins=(32, 2, 8, 8)))
        self._area.hide()
        row = hbox(IconLabel(icon, tone, 18), (words, 1), Label(when, "muted"), self.button, gap=12)
        self.setLayout(vbox(row, self._area, gap=4, margins=(0, 4, 0, 4)))

    @property
    def is_open(self) -> bool:
        """Whether the detail is shown."""
        return not self._area.isHidden()

    def toggle(self) -> None:
        """Show or hide the detail."""
        self.set_open(not self.is_open)
        self.opened.emit(self.is_open)

    def set_open(self, on: bool) -> None:
        """Show or hide the detail without telling."""
        self._area.setVisible(on)
        self.button.setChecked(on)

    def fill(self, *widgets: QWidget) -> None:
        """Put the detail in place."""
        layout = self._area.layout()
        assert layout is not None
        while layout.count():
            item = layout.takeAt(0)
            if item is not None and (old := item.widget()):
                old.hide()
                old.deleteLater()
        for widget in widgets:
            layout.addWidget(widget)


def fact_grid(facts: Sequence[tuple[str, str]]) -> QWidget:
    """Names and values in two columns."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    for at, (name, value) in enumerate(facts):
        grid.addWidget(Label(name, "muted"), at, 0)
        grid.addWidget(ElidingLabel(value), at, 1)
    return panel(grid)


def record_facts(facts: Sequence[tuple[str, str, str]]) -> list[QWidget]:
    """(record, name, value): one grid per record, under its name where there are several."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for record, name, value in facts:
        grouped.setdefault(record, []).append((name, value))
    found: list[QWidget] = []
    for record, own in grouped.items():
        if len(grouped) > 1:
            found.append(ElidingLabel(record, "cap"))
        found.append(fact_grid(own))
    return found


def changed_text(before: str, after: str) -> str:
    """`before → after` on one line; an added value stands alone."""
    old, new = (" ".join(text.split()) for text in (before, after))
    if not old:
        return new
    return f"{old} → {new or _('empty')}"


def rows_panel(rows: Sequence[QWidget], empty: str) -> QWidget:
    """The rows with hairlines between them, or one calm sentence."""
    column = vbox(gap=0)
    for at, row in enumerate(rows):
        if at:
            column.addWidget(Line())
        column.addWidget(row)
    if not rows:
        column.addWidget(Label(empty, "sub", wrap=True))
    column.addStretch(1)
    return panel(column)
