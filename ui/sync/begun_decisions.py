"""What is chosen and written on the conflicts page and not confirmed yet: no sync and no other screen loses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app import drafts
from app.conflicts.review import Disputed
from ui.autosave import Autosave
from ui.sync.question_row import QuestionRow
from ui.tasks import Tasks

KIND = "conflict"
"""The kind of the drafts; their ids are those of the records."""
Choices = dict[str, dict[str, Any]]


class BegunDecisions(QObject):
    """The choices by record and question. `orphaned` tells a text whose question somebody else has settled."""

    orphaned = Signal(str)

    def __init__(self, tasks: Tasks, page: QWidget) -> None:
        super().__init__(page)
        self._tasks = tasks
        self._choices: dict[str, Choices] = {}
        self._record = ""
        self._read = False
        self.autosave = Autosave(tasks, page, self._collect)

    def read(self, session: Any) -> dict[str, Choices] | None:
        """In a lane: what an earlier window kept; None where that is known."""
        if self._read:
            return None
        return {draft.id: draft.values for draft in drafts.find_all(session, KIND)}

    def take(self, kept: dict[str, Choices] | None, found: Iterable[Disputed]) -> None:
        """Go on with what was kept, and let go of what nobody asks any more."""
        if kept is not None and not self._read:
            self._read = True
            self._choices = {**kept, **self._choices}
        asked = {one.id: {question.id for question in one.questions} for one in found}
        for record in list(self._choices):
            self._let_go(record, asked.get(record, set()))

    def _let_go(self, record: str, asked: set[str]) -> None:
        choices = self._choices[record]
        gone = [choices.pop(id) for id in list(choices) if id not in asked]
        if gone:
            self._keep(record)
        for choice in gone:
            if choice.get("typed"):
                self.orphaned.emit(str(choice["typed"]))

    def put_back(self, rows: Iterable[QuestionRow], record: str) -> None:
        """Choose again in new rows what was chosen, and note from now on what is chosen in them."""
        self.autosave.flush()
        self._record = record
        for row in rows:
            choice = self._choices.get(record, {}).get(row.question.id)
            if choice is not None:
                row.take_up(choice)
            row.changed.connect(lambda row=row: self._note(record, row))

    def _note(self, record: str, row: QuestionRow) -> None:
        self._choices.setdefault(record, {})[row.question.id] = row.choice()
        self.autosave.touch()

    def settle(self, record: str) -> Choices:
        """The record is being settled: its choices, for `restore` where that is refused."""
        self.autosave.stop()
        return self._choices.pop(record, {})

    def restore(self, record: str, choices: Choices) -> None:
        """They are open again."""
        self._choices[record] = choices

    def _collect(self) -> Callable[[Any], Any]:
        return self._writer(self._record)

    def _keep(self, record: str) -> None:
        self._tasks.write(self, self._writer(record))

    def _writer(self, record: str) -> Callable[[Any], Any]:
        choices = dict(self._choices.get(record, {}))
        if not choices:
            return lambda session: drafts.discard(session, KIND, record)
        return lambda session: drafts.keep(session, KIND, record, choices)
