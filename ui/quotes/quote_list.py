"""All quotes: by status, by what is typed, newest first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from app import formats
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.i18n import translate_plural as plural
from app.quotes import listing
from ui.page import Shell, page_layout
from ui.quotes.words import FILTERS, status_label, status_tone
from ui.table import ListRow, RecordList
from ui.theme import theme
from ui.widgets import Button, Card, ChipGroup, EmptyState, Label, SearchField, hbox

SOON_DAYS = 5


class QuoteList(QWidget):
    """The list; Enter or a click opens a quote."""

    opened = Signal(object)
    new_wanted = Signal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._status, self._text = "all", ""
        self.chips = ChipGroup([(value, _(label)) for value, label in FILTERS], "all", _("Status"))
        self.chips.chosen.connect(self._choose_status)
        self.search = SearchField(_("Number, subject or customer"), _("Search quotes"))
        self.search.setFixedWidth(theme.px(300))
        self.search.searched.connect(self._search)
        self.list = RecordList(shell.tasks, _("List of quotes"), load=listing.rows, row=as_row)
        self.list.opened.connect(self.opened)
        self.list.clicked.connect(lambda _index: self.opened.emit(self.list.current_id))
        self.list.rows.loaded.connect(self._count)
        self.count = Label("", "sub")
        self._nothing = EmptyState(
            "file-text",
            _("No quote yet"),
            _("A quote starts from an account, or here."),
            _("New quote"),
            self.new_wanted.emit,
        )
        self._no_match = EmptyState(
            "search", _("No quote fits"), "", _("Clear the filter"), self.clear_filter
        )
        card = Card(gap=0, margins=(2, 6, 2, 6))
        self._stack = QStackedLayout()
        # First into the card: a stacked layout shows its first widget, without a parent as a window.
        card.column.addLayout(self._stack)
        for each in (self.list, self._nothing, self._no_match):
            self._stack.addWidget(each)
        new = Button(_("New quote"), "primary", "plus", self.new_wanted.emit)
        self._news = Button("", "chip", "refresh-cw", self.show_again)
        self._news.hide()
        bar = hbox((self.chips, 1), self._news, self.search)
        self.setLayout(page_layout(_("Quotes"), self.count, [new], bar, (card, 1)))

    def show_again(self) -> None:
        """Read the list again."""
        self._news.hide()
        status, text = self._status, self._text
        first = None if text else lambda session: listing.first_rows(session, status)
        self.list.show_ids(lambda session: listing.find_ids(session, status, text), first)

    def refresh(self, origin: str) -> None:
        """Something changed. What a sync brings never moves rows under the pointer: it waits for a word."""
        if origin != "sync" or not self.list.underMouse():
            self.show_again()
            return
        self.list.rows.refresh_rows()
        status, text = self._status, self._text
        self._shell.tasks.read(
            self, lambda session: len(listing.find_ids(session, status, text)), then=self._offer
        )

    def _offer(self, count: int) -> None:
        new = abs(count - self.list.rows.rowCount())
        self._news.setText(_n("{n} change to show", "{n} changes to show", max(1, new)))
        self._news.show()

    def clear_filter(self) -> None:
        """Show all quotes again."""
        self._status = "all"
        self.chips.set_value("all")
        self.search.clear()
        self._search("")

    def _choose_status(self, status: object) -> None:
        self._status = str(status or "all")
        self.show_again()

    def _search(self, text: str) -> None:
        self._text = text
        self.show_again()

    def _count(self) -> None:
        count = self.list.rows.rowCount()
        filtered = bool(self._text) or self._status != "all"
        self._stack.setCurrentWidget(self.list if count else self._no_match if filtered else self._nothing)
        number = formats.format_number(count)
        self.count.setText(plural("{count} quote", "{count} quotes", count, count=number))


def as_row(row: dict[str, Any]) -> ListRow:
    """Customer, number and subject, status; total and the date that matters at the right."""
    number = row["number"] or ""
    subtitle = " · ".join(part for part in (number, row["subject"]) if part)
    day, tone = _deadline(row)
    return ListRow(
        row["account"] or _("No account"),
        subtitle,
        formats.format_money(Decimal(row["total_ht"] or 0) / 100) + " " + _("excl. VAT"),
        day,
        tone,
        badge=status_label(row["status"]),
        badge_tone=status_tone(row["status"]),
        pending=bool(row["unsent"]),
    )


def _deadline(row: dict[str, Any]) -> tuple[str, str]:
    today = formats.now().date()
    until = date.fromisoformat(row["valid_until"]) if row["valid_until"] else None
    if row["status"] in ("issued", "sent", "draft", "to_approve") and until is not None:
        left = (until - today).days
        if left < 0:
            return _("expired on {day}", day=formats.format_date(until)), "bad"
        tone = "warn" if left <= SOON_DAYS else ""
        return _("valid until {day}", day=formats.format_date(until)), tone
    day = row["issued_on"] or str(row["created_at"])[:10]
    if row["issued_on"]:
        return _("issued on {day}", day=formats.format_date(date.fromisoformat(day))), ""
    return formats.format_date(date.fromisoformat(day)), ""
