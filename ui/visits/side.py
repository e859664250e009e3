"""Beside the report: what to have in mind, and who was there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from app import formats
from app.i18n import translate as _
from app.visits.reporting import Person, Reminder
from ui.widgets import Avatar, Button, Card, ElidingLabel, IconLabel, Label, add, clear, hbox, panel
from ui.words import amount, short_day

Go = Callable[[str, str], object]


class ReminderCard(Card):
    """Open quotes, the last report's next action, what the customer owes."""

    def __init__(self, go: Go) -> None:
        super().__init__(gap=8)
        self._go = go

    def show_reminder(self, reminder: Reminder) -> None:
        """Show what there is; without anything the card goes away."""
        clear(self.column)
        today = formats.now().date()
        self.column.addWidget(Label(_("Keep in mind"), "h3"))
        for quote in reminder.quotes:
            parts = [quote.number or _("Quote"), amount(quote.total)]
            if quote.valid_until is not None:
                parts.append(_("expires {when}", when=formats.relative_days(quote.valid_until, today)))
            open_quote = Button("", "ghost", "external-link", self._opener(quote.id), _("Open the quote"))
            add(self.column, self._line("file-text", "vio", ", ".join(parts), open_quote))
        if reminder.last_action:
            day = short_day(reminder.last_day, today) if reminder.last_day else ""
            words = _("{day}: {action}", day=day, action=reminder.last_action)
            add(self.column, self._line("clipboard-check", "ok", words))
        if reminder.outstanding:
            words = _("Outstanding {amount}", amount=amount(reminder.outstanding))
            add(self.column, self._line("wallet", "warn", words))
        self.setVisible(bool(reminder.quotes or reminder.last_action or reminder.outstanding))

    def _opener(self, quote: str) -> Callable[[], object]:
        return lambda: self._go("quotes", quote)

    def _line(self, icon: str, tone: str, text: str, *more: QWidget) -> QWidget:
        return panel(hbox(IconLabel(icon, tone), (Label(text, "sub", wrap=True), 1), *more))


class PeopleCard(Card):
    """The contacts of the account, with a tick for those who were there."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__(gap=4)
        self._ticks: dict[str, QCheckBox] = {}
        self._others: list[str] = []

    @property
    def present(self) -> list[str]:
        """The ids of those who were there."""
        return [id for id, tick in self._ticks.items() if tick.isChecked()] + self._others

    def show_people(self, people: Sequence[Person], present: Sequence[str]) -> None:
        """Show the contacts; somebody who is not listed any more stays among the present."""
        clear(self.column)
        self._ticks = {}
        known = {person.id for person in people}
        self._others = [id for id in present if id not in known]
        self.column.addWidget(Label(_("Present"), "h3"))
        for person in people:
            tick = QCheckBox()
            tick.setAccessibleName(_("{name} was there", name=person.name))
            tick.setChecked(person.id in present)
            tick.clicked.connect(lambda _on: self.changed.emit())
            tick.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            self._ticks[person.id] = tick
            name = ElidingLabel(person.name)
            name.setToolTip(person.job)
            self.column.addLayout(hbox(Avatar(person.name, 30, 15), (name, 1), tick, gap=8))
        self.setVisible(bool(people))
