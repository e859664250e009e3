"""Quotes past their last day are marked as expired: at the start, and when a new day begins."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app import formats

if TYPE_CHECKING:
    from ui.window import MainWindow

LOOKED_AT_EVERY_MS = 60_000


class Expiring(QObject):
    """Looks at the calendar, also after the laptop slept over midnight."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._tasks = window.tasks
        self._day: date | None = None
        self._clock = QTimer(self, interval=LOOKED_AT_EVERY_MS)
        self._clock.timeout.connect(self.look)
        self._clock.start()
        self.look()

    def look(self) -> None:
        """Once a day, mark what expired."""
        today = formats.now().date()
        if today == self._day:
            return
        from app.quotes import life

        self._day = today
        self._tasks.write(self, lambda session: life.expire_own(session, today))


def connect(window: MainWindow) -> None:
    """Watch the calendar for this window."""
    Expiring(window)
