"""Tells when another day has begun, also after a night's sleep of the computer."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app import formats

LOOKED_AT_EVERY_MS = 20_000


class Midnight(QObject):
    """Looks at the clock: a timer until midnight would sleep with the computer."""

    passed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._day = formats.now().date()
        timer = QTimer(self, interval=LOOKED_AT_EVERY_MS)
        timer.timeout.connect(self.look)
        timer.start()

    def look(self) -> None:
        """Say so if the day is not the one of the last look."""
        today = formats.now().date()
        if today != self._day:
            self._day = today
            self.passed.emit()
