"""Fields that belong to no record: the search field."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from ui.theme import theme

TYPING_PAUSE_MS = 120


class SearchField(QLineEdit):
    """A field that filters or searches. `searched` comes when typing pauses; Esc empties it first."""

    searched = Signal(str)

    def __init__(self, placeholder: str, name: str, icon: str = "search", kind: str = "search") -> None:
        """`name` is its accessible name: a placeholder is not read as one."""
        super().__init__()
        self.setProperty("kind", kind)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(name)
        self._icon_name = icon
        self._action = QAction(self)
        self.addAction(self._action, QLineEdit.ActionPosition.LeadingPosition)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.searched.emit(self.text()))
        self.textEdited.connect(lambda _text: self._pause.start())
        self._dress()
        theme.changed.connect(self._dress)

    @property
    def is_waiting(self) -> bool:
        """Whether something was typed that is not searched for yet."""
        return self._pause.isActive()

    def search_now(self) -> None:
        """Do not wait for the pause in typing, where one is waited for: Enter was struck."""
        if self._pause.isActive():
            self._pause.stop()
            self.searched.emit(self.text())

    def clear_search(self) -> None:
        """Empty the field and search for nothing."""
        self.clear()
        self._pause.stop()
        self.searched.emit("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear_search()
            return
        super().keyPressEvent(event)

    def _dress(self) -> None:
        self._action.setIcon(theme.icon(self._icon_name, "text3", 16))
