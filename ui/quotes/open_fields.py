"""The fields of a quote that stand open: taken over before anything goes on, and back after a power cut."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from app.i18n import translate as _
from ui.quotes.draft import Draft
from ui.quotes.entry import EntryField
from ui.quotes.inline_field import InlineLine
from ui.quotes.lines_table import LinesTable

ENTRY = "entry"
"""The name under which the entry field's text is kept."""


class OpenFields(QObject):
    """A shortcut moves no focus, so that nothing tells a field that it is left: it is asked."""

    came_back = Signal(str)
    """What was typed and not taken over is here again."""

    def __init__(
        self,
        parent: QObject,
        lines: Mapping[str, InlineLine],
        table: LinesTable,
        entry: EntryField,
        draft: Draft,
    ) -> None:
        super().__init__(parent)
        self.lines, self._table, self._entry, self._draft = lines, table, entry, draft
        self._quote = ""
        draft.opened.connect(self._turn_to)
        entry.textChanged.connect(self._note_entry)
        draft.take_typed = self.take
        draft.found_typed.connect(self._bring_back)
        for name, line in lines.items():
            line.typed.connect(lambda text, name=name: draft.typed.note(name, text))
            line.settled.connect(lambda name=name: draft.typed.drop(name))

    def take(self) -> bool:
        """Make steps of what stands in open fields; False, with the reason said, where it cannot be."""
        if self._draft.locked:
            return True
        if not self._table.take_open_cell():
            return False
        for line in self.lines.values():
            if not line.keep():
                line.setFocus()
                return False
        return True

    def unadded(self) -> str:
        """What stands in the entry field and is no line yet."""
        return "" if self._draft.locked else self._entry.text().strip()

    def _note_entry(self, text: str) -> None:
        if text.strip():
            self._draft.typed.note(ENTRY, text)
        else:
            self._draft.typed.drop(ENTRY)

    def _turn_to(self) -> None:
        """Another quote: what was typed to be added belongs to the one before, where it is kept."""
        sheet = self._draft.sheet
        if sheet is not None and sheet.id != self._quote:
            self._quote = sheet.id
            self._show_entry("")

    def _show_entry(self, text: str) -> None:
        self._entry.blockSignals(True)
        self._entry.setText(text)
        self._entry.blockSignals(False)

    def _bring_back(self, texts: dict[str, str]) -> None:
        back = False
        for name, text in texts.items():
            line, slash, cell = name.partition("/")
            if self._draft.locked:
                here = False
            elif name == ENTRY:
                back = back or self._entry.text() != text
                self._show_entry(text)
                continue
            elif slash:
                here = self._table.open_with(line, cell, text)
            elif here := name in self.lines:
                self.lines[name].take_back(text)
            if not here:
                self._draft.typed.drop(name)
            back = back or here
        if back:
            self.came_back.emit(_("What was typed is here again: Enter keeps it, Esc takes it back."))
