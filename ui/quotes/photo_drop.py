"""A photo of the signed paper is dropped onto the issued quote that it shows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from ui.quotes.decisions import PICTURES, Decisions
from ui.quotes.draft import Draft


class PhotoDrop(QObject):
    """Watches a widget for one picture; the button “Photo of the signed paper” does the same by key."""

    def __init__(self, target: QWidget, draft: Draft, decisions: Decisions) -> None:
        super().__init__(target)
        self._draft, self._decisions = draft, decisions
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QDragEnterEvent | QDropEvent):
            return False
        file = self._photo_of(event.mimeData())
        if file is None:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self._decisions.take_photo(file)
        return True

    def _photo_of(self, data: QMimeData) -> Path | None:
        urls = data.urls()
        if self._draft.sheet is None or not self._draft.locked or len(urls) != 1:
            return None
        file = Path(urls[0].toLocalFile())
        return file if file.suffix.lower() in PICTURES.split() else None
