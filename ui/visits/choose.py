"""Which account a report is about, where nothing said it: found by a few letters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent

from app.accounts import card
from app.i18n import translate as _
from ui.table import ListRow, RecordList
from ui.tasks import Tasks
from ui.widgets import Card, Label, SearchField


class _Field(SearchField):
    """Arrow keys and Enter go to the list below."""

    below: RecordList
    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
            return
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.below.keyPressEvent(event)
            return
        super().keyPressEvent(event)


class AccountChooser(Card):
    """A search field over the accounts; `chosen` tells the id."""

    chosen = Signal(str)

    def __init__(self, tasks: Tasks) -> None:
        super().__init__(gap=10)
        self.search = _Field(_("Type a name, a town, a phone number"), _("Account of the report"))
        self.list = RecordList(tasks, _("Accounts found"), card.rows, _as_row)
        self.search.below = self.list
        self.search.searched.connect(self._find)
        self.list.clicked.connect(lambda _index: self.chosen.emit(self.list.current_id))
        self.list.opened.connect(self.chosen.emit)
        self._answered = True
        """Whether the list is that of what is typed; else Enter waits for it: the row of a moment ago is another."""
        self._enter = False
        self.search.textEdited.connect(self._on_typed)
        self.search.entered.connect(self._on_enter)
        self.list.rows.loaded.connect(self._on_loaded)
        for widget in (Label(_("Which account is it about?"), "h2"), self.search):
            self.column.addWidget(widget)
        self.column.addWidget(self.list, 1)

    def start(self) -> None:
        """Begin anew with the accounts visited last."""
        self.search.clear()
        self._find("")

    def _on_typed(self, _text: str) -> None:
        self._answered = self._enter = False

    def _on_enter(self) -> None:
        if not self._answered:
            self._enter = True
            self.search.search_now()
        elif self.list.current_id is not None:
            self.chosen.emit(self.list.current_id)

    def _on_loaded(self) -> None:
        if self.search.is_waiting:
            return
        self._answered = True
        self.list.choose_first()
        if self._enter:
            self._enter = False
            self._on_enter()

    def _find(self, typed: str) -> None:
        self._answered = False

        def ids(session: Any) -> Any:
            return card.find_ids(session, "all", "last_visit", typed)[:50]

        self.list.show_ids(ids)


def _as_row(row: card.Row) -> ListRow:
    return ListRow(row.name, row.town)
