"""What stands in an open cell or field and is no step yet: kept on this laptop alone, at each pause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from app import drafts
from app.quotes import forked
from app.quotes.sheet import Sheet
from ui.autosave import PAUSE_MS
from ui.tasks import Tasks

KIND = "quote"


class Typed(QObject):
    """The texts of one quote's open fields by their names; a half-typed price is no price of the quote."""

    def __init__(self, tasks: Tasks, sheet: Callable[[], Sheet | None], busy: Callable[[], bool]) -> None:
        """`sheet` is the quote that is open; while `busy`, its own saving keeps the texts with it."""
        super().__init__()
        self._tasks, self._sheet, self._busy = tasks, sheet, busy
        self._texts: dict[str, str] = {}
        self._kept: dict[str, str] | None = {}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.keep_now)

    def note(self, name: str, text: str) -> None:
        """This stands in a field now."""
        self._texts[name] = text
        self._pause.start()

    def drop(self, name: str) -> None:
        """The field is at rest: its text was taken over, or taken back."""
        if self._texts.pop(name, None) is not None:
            self._pause.start()

    def begin(self, texts: dict[str, str]) -> None:
        """Another quote is open, and this was kept for it."""
        self._pause.stop()
        self._texts, self._kept = dict(texts), dict(texts)

    def keep_now(self) -> None:
        """Store the texts without waiting for the pause."""
        if self._busy():
            self._pause.start()
        elif self._texts != self._kept and (sheet := self._sheet()) is not None:
            keep = self.writing()
            # The quote may have become two since it was opened: the text belongs to the version in view.
            self._tasks.write(self, lambda session: keep(session, forked.follow_id(session, sheet)))

    def writing(self) -> Callable[[Any, str], None]:
        """What stores the texts as they are now, for a transaction of a quote."""
        self._pause.stop()
        texts, kept = dict(self._texts), self._kept
        self._kept = texts

        def write(session: Any, quote: str) -> None:
            if texts:
                drafts.keep(session, KIND, quote, texts)
            elif kept != {}:
                drafts.discard(session, KIND, quote)

        return write

    def not_written(self) -> None:
        """The transaction was refused: what is stored is not known, and is written the next time."""
        self._kept = None


def find_typed(session: Any, quote: str) -> dict[str, str]:
    """What was kept of a quote's open fields."""
    found = drafts.find(session, KIND, quote)
    return {} if found is None else forked.follow_texts(session, quote, found.values)
