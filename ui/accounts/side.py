"""Beside the history of an account: its people, its open opportunities, what is worth knowing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app import formats
from app.accounts.card import OpenOpportunity, Person
from app.i18n import translate as _
from ui.widgets import Avatar, Button, Card, ElidingLabel, Label, Pill, add, clear, hbox, link, panel, vbox
from ui.words import amount, due_pill


def call(phone: str) -> None:
    """Ask the system's telephone to call."""
    QDesktopServices.openUrl(QUrl(f"tel:{phone.replace(' ', '')}"))


def write(email: str) -> None:
    """Ask the system's mail program for a letter."""
    QDesktopServices.openUrl(QUrl(f"mailto:{email}"))


class PeopleCard(Card):
    """The contacts, each a call or a letter away."""

    contact_wanted = Signal(str)
    new_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(gap=8, margins=(16, 8, 8, 12))

    def show_people(self, people: Sequence[Person]) -> None:
        """Show the contacts."""
        clear(self.column)
        plus = Button("", "ghost", "plus", self.new_wanted.emit, tip=_("Add a contact"))
        add(self.column, hbox(Label(_("Contacts"), "h3"), None, plus))
        for person in people:
            self.column.addWidget(self._row(person))
        if not people:
            self.column.addWidget(Label(_("No contact yet."), "sub"))

    def _row(self, person: Person) -> QWidget:
        name = _Opening(person.name, "h3", self, person.id)
        words = vbox(name, ElidingLabel(person.job, "muted"), gap=0)
        row = hbox(Avatar(person.name, 34, 17), (words, 1), gap=4)
        row.insertSpacing(1, 6)
        if person.phone:
            row.addWidget(_calling(person))
        if person.email:
            row.addWidget(_writing(person))
        return panel(row)


def _calling(person: Person) -> Button:
    return Button("", "ghost", "phone", lambda: call(person.phone), tip=_("Call {name}", name=person.name))


def _writing(person: Person) -> Button:
    return Button(
        "", "ghost", "mail", lambda: write(person.email), tip=_("Write to {name}", name=person.name)
    )


class _Opening(ElidingLabel):
    """A name that opens its form when clicked."""

    def __init__(self, text: str, role: str, card: PeopleCard, id: str) -> None:
        super().__init__(text, role)  # type: ignore[arg-type]
        self._card, self._id = card, id

    def mouseReleaseEvent(self, event: object) -> None:
        self._card.contact_wanted.emit(self._id)


class OpportunitiesCard(Card):
    """The open opportunities with their stage and what comes next."""

    opportunity_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()

    def show_opportunities(self, opportunities: Sequence[OpenOpportunity]) -> None:
        """Show the opportunities and their sum."""
        clear(self.column)
        total = sum((opportunity.amount for opportunity in opportunities), Decimal(0))
        head = hbox(Label(_("Open opportunities"), "h3"), None)
        if opportunities:
            head.addWidget(Label(amount(total), "h3"))
        add(self.column, head)
        for opportunity in opportunities:
            self.column.addWidget(self._row(opportunity))
        if not opportunities:
            self.column.addWidget(Label(_("No open opportunity."), "sub"))

    def _row(self, opportunity: OpenOpportunity) -> QWidget:
        pills = hbox(Pill(opportunity.stage, "vio"), gap=6)
        lines: list[QWidget] = [ElidingLabel(opportunity.name)]
        if opportunity.next_action:
            lines.append(ElidingLabel(opportunity.next_action, "muted"))
            when, tone = due_pill(opportunity.next_day, formats.now().date())
            if when:
                pills.addWidget(Pill(when, tone))
        else:
            pills.addWidget(Pill(_("No next action"), "warn"))
        pills.addStretch(1)
        return panel(vbox(*lines, pills, gap=4))


class KnowCard(Card):
    """What is worth knowing before ringing the bell."""

    edit_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(gap=6)

    def show_notes(self, notes: str) -> None:
        """Show the notes without their dated lines, which stand in the history."""
        clear(self.column)
        self.column.addWidget(Label(_("Worth knowing"), "h3"))
        if notes:
            self.column.addWidget(Label(notes, "sub", wrap=True))
        else:
            add_one = link(_("Add what is worth knowing"), self.edit_wanted.emit)
            add(self.column, hbox(add_one, None))
