"""For whom a new quote is: an account found by a few letters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QWidget

from app import lists
from app.i18n import translate as _
from ui.finding import find_links
from ui.table import ListRow, RecordList
from ui.tasks import Tasks
from ui.theme import theme
from ui.widgets import Button, Label, SearchField, hbox, vbox


class AccountChoice(QDialog):
    """Type, arrow keys, Enter."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, tasks: Tasks) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("New quote"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(theme.px(480), theme.px(440))
        self._tasks = tasks
        self.search = SearchField(_("Type a name"), _("Account of the quote"))
        self.search.searched.connect(self._search)
        self.list = RecordList(tasks, _("Accounts"), row=_as_row)
        self.list.opened.connect(self._take)
        self.list.clicked.connect(lambda _index: self._take(self.list.current_id))
        cancel = Button(_("Cancel"), on_click=self.reject)
        self.setLayout(
            vbox(
                Label(_("New quote for"), "h2"),
                self.search,
                (self.list, 1),
                hbox(None, cancel),
                gap=10,
                margins=(20, 16, 20, 14),
            )
        )
        self._search("")
        self.search.setFocus()

    def _search(self, text: str) -> None:
        self._tasks.read(self, lambda session: _accounts(session, text), then=self._show)

    def _show(self, rows: list[dict[str, Any]]) -> None:
        self.list.show_rows(rows)
        if rows:
            self.list.setCurrentIndex(self.list.rows.index(0))

    def _take(self, account: object) -> None:
        if account:
            self.accept()
            self.chosen.emit(str(account))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            row = self.list.currentIndex().row() + (1 if key == Qt.Key.Key_Down else -1)
            if 0 <= row < self.list.rows.rowCount():
                self.list.setCurrentIndex(self.list.rows.index(row))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.current_id)
        else:
            super().keyPressEvent(event)


def _accounts(session: Any, text: str) -> list[dict[str, Any]]:
    if text.strip():
        found = find_links(session, "account", text)
        return [{"id": id, "title": title, "detail": detail} for id, title, detail in found]
    names = lists.LISTS["account"].names()
    rows = (
        dict(zip(names, row, strict=True)) for row in lists.first(session, "account", sort="name", limit=30)
    )
    return [{"id": row["id"], "title": row["name"], "detail": row["town"]} for row in rows]


def _as_row(row: dict[str, Any]) -> ListRow:
    return ListRow(row["title"], row["detail"] or "")
