"""The line in which a note about an account is written: a draft of its account until Enter saves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app import drafts, formats
from app.accounts.card import add_note
from app.drafts import Draft
from app.i18n import translate as _
from ui import errors
from ui.autosave import Autosave
from ui.tasks import Tasks
from ui.widgets import SearchField

KIND = "note"
"""The kind of the draft; its id is the account's."""


class NoteField(SearchField):
    """Belongs to the account that was shown last; what was begun for another one waits there."""

    def __init__(self, tasks: Tasks, record: QWidget) -> None:
        """Leaving any field of `record` keeps the draft."""
        super().__init__(_("Add a note… (Enter saves it)"), _("Add a note"), "pen-line")
        self._tasks = tasks
        self._account: str | None = None
        self.autosave = Autosave(tasks, record, self._collect)
        self.textEdited.connect(lambda _text: self.autosave.touch())
        self.returnPressed.connect(self._save)

    def show_account(self, id: str) -> None:
        """Be the field of this account, with what was begun for it."""
        if id == self._account:
            return
        self.autosave.flush()
        self.clear()
        self._account = id
        self._tasks.read_in_order(
            self, lambda session: drafts.find(session, KIND, id), then=lambda found: self._take_up(id, found)
        )

    def _take_up(self, id: str, draft: Draft | None) -> None:
        if draft is None or id != self._account:
            return
        begun, typed = str(draft.values.get("text") or ""), self.text()
        self.setText(f"{begun} {typed}".strip() if typed else begun)

    def _collect(self) -> Callable[[Any], Any] | None:
        id, text = self._account, self.text()
        if id is None:
            return None
        if not text.strip():
            return lambda session: drafts.discard(session, KIND, id)
        return lambda session: drafts.keep(session, KIND, id, {"text": text}, focus="text")

    def _save(self) -> None:
        text, id = self.text().strip(), self._account
        if not text or id is None:
            return
        day = formats.now().date()

        def work(session: Any) -> None:
            add_note(session, id, text, day)
            drafts.discard(session, KIND, id)

        self.autosave.stop()
        self.clear()
        self._tasks.write(self, work, failed=lambda error: self._failed(id, text, error), label=_("Note"))

    def _failed(self, id: str, text: str, error: Exception) -> None:
        """The words stay: in the field, or where another account is shown by now, for when one comes back."""
        if id == self._account and not self.text():
            self.setText(text)
        self._tasks.write(self, lambda session: drafts.keep(session, KIND, id, {"text": text}, focus="text"))
        errors.report(error, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()  # a search is emptied by it; what was written is not
            return
        super().keyPressEvent(event)
