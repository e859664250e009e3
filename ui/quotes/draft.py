"""The quote in the editor: steps that can be undone, totals at each keystroke, saved at each pause."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app import formats
from app.errors import Invalid, NotAllowed
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import editing
from app.quotes.sheet import LINE_FIELDS, Sheet
from app.quotes.totals import Totals
from ui.autosave import PAUSE_MS
from ui.quotes.typed import Typed, find_typed
from ui.tasks import Tasks

STEPS_KEPT = 200
_COMPARED = ("status", "number", "revision", *editing.QUOTE_FIELDS)


class Draft(QObject):
    """One open quote. Nothing here touches the file on the Qt thread."""

    opened = Signal()
    """Another quote, or another version of it, is here."""
    changed = Signal()
    """A step was done or undone."""
    summed = Signal(object)
    """The totals of the sheet, or of what is being typed."""
    saved = Signal()
    troubled = Signal(str)
    """One sentence on what stands in the way; empty when all is well."""
    found_typed = Signal(dict)
    """What stood in open fields when the quote was left or the power went: texts by field."""

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self.sheet: Sheet | None = None
        self.totals: Totals | None = None
        self.saved_at: datetime | None = None
        self.typing = False
        """A cell is being typed in: what comes from elsewhere waits."""
        self.take_typed: Callable[[], bool] = lambda: True
        """Makes steps of what stands in open fields; False, with the reason said, where that cannot be."""
        self.typed = Typed(tasks, lambda: self.sheet, lambda: self._saving or self.dirty)
        self._stored: Sheet | None = None
        self._undo: list[Sheet] = []
        self._redo: list[Sheet] = []
        self._version = self._stored_version = 0
        self._saving = False
        self._waiting: list[Callable[[], object]] = []
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._save)
        self._behind = False
        """Others changed the quote while it was typed in: it is to be read again at the next rest."""

    @property
    def locked(self) -> bool:
        """Whether nothing can be changed: no quote, or an issued one."""
        return self.sheet is None or self.sheet.locked

    @property
    def dirty(self) -> bool:
        """Whether something is not stored yet."""
        return self._version != self._stored_version

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._undo) and not self.locked

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone step."""
        return bool(self._redo) and not self.locked

    # Opening

    def open(self, quote_id: str) -> None:
        """Read a quote; `opened` tells when it is here."""
        self.flush(lambda: self._read(quote_id))

    def _read(self, quote_id: str) -> None:
        # What was just left may still be on its way to the disk.
        self._tasks.read_in_order(
            self,
            lambda session: (editing.open_sheet(session, quote_id), find_typed(session, quote_id)),
            then=lambda found: self._begin(*found),
        )

    def _begin(self, sheet: Sheet, typed: dict[str, str]) -> None:
        self.typed.begin(typed)
        self.show_sheet(sheet)
        if typed:
            self.found_typed.emit(typed)

    def show_sheet(self, sheet: Sheet) -> None:
        """Take a sheet that was just read."""
        self.sheet = self._stored = sheet
        self._behind = False
        self._undo, self._redo = [], []
        self._stored_version = self._version
        self.saved_at = sheet.quote.get("updated_at") or sheet.quote.get("created_at")
        self.opened.emit()
        self.troubled.emit("")
        self.sum_up()

    def refresh(self, changes: Any) -> None:
        """Something was committed: read again what others changed here, when nothing is being typed."""
        sheet = self.sheet
        if sheet is None:
            return
        ours = {sheet.id, *(line["id"] for line in sheet.lines)}
        if not ours & changes.ids and "quote_line" not in changes.kinds:
            return
        if not self._resting:
            self._behind = self._behind or changes.origin != "local"
            return
        self._read_fresh(sheet.id)

    @property
    def _resting(self) -> bool:
        return not (self.dirty or self._saving or self.typing)

    def _read_fresh(self, id: str) -> None:
        version = self._version
        self._tasks.read(
            self,
            lambda session: editing.open_sheet(session, id),
            then=lambda fresh: self._take_fresh(fresh, version),
            failed=lambda _error: None,
        )

    def _catch_up(self) -> None:
        if self._behind and self._resting and self.sheet is not None:
            self._behind = False
            self._read_fresh(self.sheet.id)

    def _take_fresh(self, fresh: Sheet, version: int) -> None:
        if self.sheet is None or version != self._version or self.typing or fresh.id != self.sheet.id:
            return
        if _content(fresh) == _content(self.sheet):
            self._stored = fresh
        else:
            self.show_sheet(fresh)

    # Steps

    def act(self, change: Callable[[Sheet], Sheet]) -> str:
        """Do one step; returns why not, or an empty text."""
        if self.sheet is None or self.sheet.locked:
            return _("This quote was issued and can no longer be changed. Make a revision instead.")
        after, _totals, problem = _attempt(self.sheet, change)
        if after is None:
            return problem
        if after != self.sheet:
            self._undo = [*self._undo[-STEPS_KEPT:], self.sheet]
            self._redo = []
            self._take(after)
        else:
            self.sum_up()
        return ""

    def undo(self) -> None:
        """Go back one step."""
        if self.can_undo and self.sheet is not None:
            self._redo.append(self.sheet)
            self._take(self._undo.pop())

    def redo(self) -> None:
        """Do again what was undone."""
        if self.can_redo and self.sheet is not None:
            self._undo.append(self.sheet)
            self._take(self._redo.pop())

    def _take(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._version += 1
        self.troubled.emit("")
        self.sum_up()
        self.changed.emit()
        self._pause.start()

    # Totals

    def try_typing(self, change: Callable[[Sheet], Sheet]) -> str:
        """Tell the totals as they will be with what is being typed; returns what is wrong with it."""
        if self.sheet is None:
            return ""
        _after, found, problem = _attempt(self.sheet, change)
        if found is not None:
            self.summed.emit(found)
        return problem

    def stop_typing(self, name: str) -> None:
        """The cell was left."""
        self.typing = False
        self.typed.drop(name)
        self._catch_up()

    def sum_up(self) -> None:
        """Tell the totals of the sheet as it stands."""
        if self.sheet is None:
            return
        try:
            self.totals = editing.totals(self.sheet)
        except Invalid as refusal:
            self.troubled.emit(next(iter(refusal.problems.values())))
            return
        self.summed.emit(self.totals)

    # Saving

    def flush(self, then: Callable[[], object] | None = None) -> None:
        """Save now what is not stored, what stands in open fields too; `then` follows when all is.

        Where something typed cannot be taken, `then` does not follow: nothing goes on without it.
        """
        if not self.take_typed() and then is not None:
            return
        self._pause.stop()
        if not self.dirty and not self._saving:
            self.typed.keep_now()
            if then is not None:
                then()
            return
        if then is not None:
            self._waiting.append(then)
        self._save()

    def _save(self) -> None:
        if not self._saving and self.dirty and self.sheet is not None:
            self._write(self.sheet)

    def _write(self, after: Sheet) -> None:
        before = self._stored
        if before is None:
            return
        self._saving = True
        version, keep_typed = self._version, self.typed.writing()

        def save(session: Any) -> Sheet:
            stored = editing.save(session, before, after)
            keep_typed(session, stored.id)
            return stored

        self._tasks.write(
            self,
            save,
            then=lambda stored: self._on_saved(stored, after, version),
            failed=self._on_refused,
            label=m_("Edit the quote"),
        )

    def _on_saved(self, stored: Sheet, after: Sheet, version: int) -> None:
        self._saving = False
        self._stored, self._stored_version = stored, version
        if len(stored.lines) < len(after.lines):
            # Lines that somebody else removed: until they are off the screen, they count as seen.
            self._stored, self._behind = dataclasses.replace(stored, lines=after.lines), True
        if not self.dirty and self.sheet is not None and self.sheet.id != stored.id:
            # The quote became two meanwhile: this is its own version.
            self.sheet = stored
        self.saved_at = formats.now()
        self.saved.emit()
        if self.dirty:
            self._save()
            return
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each()
        self._catch_up()

    def _on_refused(self, error: Exception) -> None:
        """Nothing typed is lost: it stays here, and the next step tries again."""
        self._saving = False
        self.typed.not_written()
        self._waiting = []
        if isinstance(error, Invalid | NotAllowed):
            text = next(iter(error.problems.values())) if isinstance(error, Invalid) else str(error)
            self.troubled.emit(_("Not saved: {problem}", problem=text))
            return
        self.troubled.emit(_("Not saved yet. What you typed is still here."))
        from ui import errors

        errors.report(error, self)


def _attempt(sheet: Sheet, change: Callable[[Sheet], Sheet]) -> tuple[Sheet | None, Totals | None, str]:
    """The sheet after a change with its totals, or what stands in the way."""
    try:
        after = change(sheet)
        return after, editing.totals(after), ""
    except ValueError as problem:
        return None, None, str(problem)
    except Invalid as refusal:
        return None, None, next(iter(refusal.problems.values()))


def _content(sheet: Sheet) -> tuple[Any, ...]:
    return (
        tuple(sheet.quote[name] for name in _COMPARED),
        tuple(
            tuple(line[name] for name in LINE_FIELDS if name not in ("position", "net"))
            for line in sheet.lines
        ),
    )
