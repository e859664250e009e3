"""Which account a report is about, where nothing said it: found by a few letters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal

from app.accounts import card
from app.i18n import translate as _
from ui.table import ListRow, ListSearch, RecordList
from ui.tasks import Tasks
from ui.widgets import Card, Label


class AccountChooser(Card):
    """A search field over the accounts; `chosen` tells the id."""

    chosen = Signal(str)

    def __init__(self, tasks: Tasks) -> None:
        super().__init__(gap=10)
        self.list = RecordList(tasks, _("Accounts found"), card.rows, _as_row)
        self.search = ListSearch(
            _("Type a name, a town, a phone number"), _("Account of the report"), self.list
        )
        self.search.searched.connect(self._find)
        self.list.clicked.connect(lambda _index: self.chosen.emit(self.list.current_id))
        self.list.opened.connect(self.chosen.emit)
        self.search.entered.connect(self._on_enter)
        self.list.rows.loaded.connect(self._on_loaded)
        for widget in (Label(_("Which account is it about?"), "h2"), self.search):
            self.column.addWidget(widget)
        self.column.addWidget(self.list, 1)

    def start(self) -> None:
        """Begin anew with the accounts visited last."""
        self.search.clear()
        self._find("")

    def _on_enter(self) -> None:
        if self.list.current_id is not None:
            self.chosen.emit(self.list.current_id)

    def _on_loaded(self) -> None:
        if not self.search.is_waiting:
            self.list.choose_first()
            self.search.answer()

    def _find(self, typed: str) -> None:
        self.search.ask()

        def ids(session: Any) -> Any:
            return card.find_ids(session, "all", "last_visit", typed)[:50]

        self.list.show_ids(ids)


def _as_row(row: card.Row) -> ListRow:
    return ListRow(row.name, row.town)
