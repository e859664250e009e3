"""Beside the visits: conflicts to check, drafts to go on with, quotes to follow up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import formats
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.today import FollowUp, Unfinished
from ui.page import Shell
from ui.widgets import Button, Card, ElidingLabel, IconLabel, Label, Line, Pill, add, clear, hbox, panel, vbox
from ui.words import amount

SHOWN = 3


def call(phone: str) -> None:
    """Ask the system's telephone to call."""
    QDesktopServices.openUrl(QUrl(f"tel:{phone.replace(' ', '')}"))


def notice(icon: str, tone: str, title: str, text: str, button: Button) -> Card:
    """A card of one state and one button."""
    words = vbox(Label(title, "h3", wrap=True), Label(text, "sub", wrap=True), gap=2)
    return Card(hbox(IconLabel(icon, tone, 18), (words, 1), button, gap=12))


class NoticeCards(QWidget):
    """Conflicts and begun reports, each with its way there; nothing when there is nothing."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._column = vbox(gap=14)
        self.setLayout(self._column)

    def show_notices(self, conflicts: int, unfinished: Sequence[Unfinished]) -> None:
        """Show what waits."""
        clear(self._column)
        shell = self._shell
        if conflicts:
            check = Button(_("Check"), on_click=lambda: shell.go("conflicts"))
            self._column.addWidget(
                notice(
                    "git-compare-arrows",
                    "vio",
                    _n("{n} conflict to check", "{n} conflicts to check", conflicts),
                    _("Your data is safe: both versions are kept."),
                    check,
                )
            )
        for begun in unfinished[:SHOWN]:
            go_on = Button(_("Continue"), on_click=self._continue(begun))
            go_on.setAccessibleName(_("Continue the report on {name}", name=begun.name))
            title = _("Report on {name} not finished", name=begun.name)
            when = formats.format_moment(begun.at)
            if formats.local(begun.at).date() == formats.now().date():
                when = formats.format_time(begun.at)
            self._column.addWidget(
                notice("notebook-pen", "info", title, _("Draft saved {time}", time=when), go_on)
            )
        self.setVisible(bool(conflicts or unfinished))

    def _continue(self, begun: Unfinished) -> Callable[[], object]:
        return lambda: self._shell.go("report", begun.id)


class QuotesCard(Card):
    """Quotes without an answer, the most urgent first."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(gap=10, margins=(16, 12, 16, 14))
        self._shell = shell
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_quotes(self, quotes: Sequence[FollowUp]) -> None:
        """Show the first few, and the sum of all."""
        clear(self.column)
        total = sum((quote.total for quote in quotes), Decimal(0))
        head = hbox(Label(_("Quotes to follow up"), "h3"))
        if quotes:
            head.addWidget(Pill(amount(total)))
        head.addStretch(1)
        if len(quotes) > SHOWN:
            head.addWidget(Button(_("View all"), "link", on_click=lambda: self._shell.go("quotes")))
        add(self.column, head)
        for at, quote in enumerate(quotes[:SHOWN]):
            if at:
                self.column.addWidget(Line())
            self.column.addWidget(self._row(quote))
        if not quotes:
            self.column.addWidget(Label(_("No quote waits for an answer."), "sub"))

    def _row(self, quote: FollowUp) -> QWidget:
        today = formats.now().date()
        name = _LinkLabel(quote.name, "h3", lambda: self._shell.go("quotes", quote.id))
        state = _state(quote, today)
        whole = "  ·  ".join(part for part in (state, quote.number) if part)
        detail = ElidingLabel(whole, "muted", shorter=state)
        follow_up = Button(_("Follow up"), "secondary", "phone", self._follow_up(quote))
        follow_up.setAccessibleName(_("Follow up the quote of {name}", name=quote.name))
        figure = Label(amount(quote.total), "h3")
        return panel(hbox((vbox(name, detail, gap=1), 1), figure, follow_up))

    def _follow_up(self, quote: FollowUp) -> Callable[[], object]:
        def act() -> None:
            if quote.phone:
                call(quote.phone)
            # The account beside the telephone: who is called, and what was said last.
            if quote.account:
                self._shell.go("accounts", quote.account)

        return act


def _state(quote: FollowUp, today: date) -> str:
    if quote.valid_until is not None and quote.valid_until < today:
        return _("expired {when}", when=formats.relative_days(quote.valid_until, today))
    if quote.valid_until is not None and (quote.valid_until - today).days <= 7:
        return _("expires {when}", when=formats.relative_days(quote.valid_until, today))
    if quote.issued_on is not None:
        return _("sent {when}", when=formats.relative_days(quote.issued_on, today))
    return ""


class _LinkLabel(ElidingLabel):
    """A name that opens its record when clicked; the keyboard has the button beside it."""

    def __init__(self, text: str, role: str, act: Callable[[], object]) -> None:
        super().__init__(text, role)  # type: ignore[arg-type]
        self._act = act

    def mouseReleaseEvent(self, event: object) -> None:
        self._act()
