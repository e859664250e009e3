"""A search field over a list: arrow keys go to the list, and Enter never acts on the rows of a moment ago."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent

from ui.table.record_list import RecordList
from ui.widgets import SearchField


class ListSearch(SearchField):
    """Whoever fills the list says `ask` before it is read anew, and `answer` when its rows are there."""

    entered = Signal()
    """Enter was struck, and the list is that of what is typed."""

    def __init__(self, hint: str, name: str, below: RecordList) -> None:
        super().__init__(hint, name)
        self._below = below
        self._answered = True
        self._enter = False
        """Struck before the answer: it waits for that."""
        self.textEdited.connect(self._on_typed)

    def _on_typed(self, _text: str) -> None:
        self._answered = self._enter = False

    def ask(self) -> None:
        """The list is being read."""
        self._answered = False

    def answer(self) -> None:
        """The list was read; perhaps not for what is typed by now."""
        if self.is_waiting:
            return
        self._answered = True
        if self._enter:
            self._enter = False
            self.entered.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._below.keyPressEvent(event)
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif self._answered:
            self.entered.emit()
        else:
            self._enter = True
            self.search_now()
