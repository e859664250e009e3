"""Lines come into the open quote: a product that was found, a line of another kind, rows from a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import shorten
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.quotes import adding, editing, pasting, suggesting
from app.quotes.pasting import Row
from app.quotes.suggesting import Suggestion
from ui.page import Shell
from ui.quotes.draft import Draft
from ui.quotes.entry import EntryField
from ui.quotes.lines_table import LinesTable

NAMED_AT_MOST, NAMED_WITHIN = 3, 40
"""How many rows of sums a message names, and in how many signs each."""


class LineAdder(QObject):
    """Between the entry field, the table and the draft."""

    said = Signal(str)

    def __init__(self, shell: Shell, draft: Draft, table: LinesTable) -> None:
        super().__init__(table)
        self._shell, self._draft, self._table = shell, draft, table
        self.entry = EntryField(shell.tasks, self._find)
        self.entry.taken.connect(self.add)
        self.entry.added.connect(self._add_entry)
        self.entry.pasted.connect(self.paste)
        table.pasted.connect(self.paste)
        self.entry.missed.connect(
            lambda text: self.said.emit(_("No product fits “{text}”. Your text is still there.", text=text))
        )

    def _find(self, session: Any, text: str) -> list[Suggestion]:
        sheet = self._draft.sheet
        assert sheet is not None
        quote = sheet.quote
        return suggesting.suggest(
            session, text, quote["account"], quote["price_list"], vat=quote["vat_category"]
        )

    def add(self, suggestion: Suggestion) -> None:
        """Add a product at the end."""
        problem = self._draft.act(lambda sheet: editing.add_product(sheet, suggestion))
        self.said.emit(problem)
        if problem:
            self.entry.give_back()
        else:
            self._go_to_last()

    def add_product(self, product_id: str) -> None:
        """Add one unit of a product: « Ajouter au devis en cours »."""
        sheet = self._draft.sheet
        if sheet is None or sheet.locked:
            return
        account, price_list = sheet.quote["account"], sheet.quote["price_list"]
        self._read(lambda s: suggesting.of_product(s, product_id, account, price_list), self.add)

    def _add_entry(self, kind: str, text: str) -> None:
        """A line that is no product; what cannot be added stays in the field."""
        problem = self._draft.act(lambda sheet: adding.add_entry(sheet, kind, text))
        self.said.emit(problem)
        if not problem:
            self.entry.clear()
            self._go_to_last()

    def paste(self, text: str, at: int | None = None) -> None:
        """Rows of a spreadsheet become lines, as one step."""
        sheet = self._draft.sheet
        if sheet is None or sheet.locked:
            return
        try:
            rows = pasting.read_rows(text)
        except ValueError as problem:
            self.said.emit(str(problem))
            return
        account, price_list = sheet.quote["account"], sheet.quote["price_list"]

        def add(known: dict[str, Suggestion]) -> None:
            problem = self._draft.act(lambda sheet: pasting.add_rows(sheet, rows, known, at))
            self.said.emit(problem)
            if not problem:
                self._shell.toast(_pasted_words(rows))

        self._read(lambda session: pasting.find_suggestions(session, rows, account, price_list), add)

    def _read(self, work: Callable[[Any], Any], then: Callable[[Any], object]) -> None:
        self._shell.tasks.read(self, work, then=then)

    def _go_to_last(self) -> None:
        row = self._table.lines.rowCount() - 1
        if row >= 0:
            self._table.choose(row)


def _pasted_words(rows: Sequence[Row]) -> str:
    """How many lines came, and by name what was taken for a sum and left out: it may have been none."""
    sums = [shorten(row.name, NAMED_WITHIN, placeholder="…") for row in rows if row.is_sum]
    lines = len(rows) - len(sums)
    words = _n("{n} line pasted.", "{n} lines pasted.", lines)
    if not sums:
        return words
    names = ", ".join(sums[:NAMED_AT_MOST]) + ("…" if len(sums) > NAMED_AT_MOST else "")
    left = _n(
        "{n} row of sums left out: {names}.", "{n} rows of sums left out: {names}.", len(sums), names=names
    )
    return f"{words} {left}"
