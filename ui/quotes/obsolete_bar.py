"""The bar above the lines that names an obsolete product, what replaces it, and puts that in its place."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from app import formats
from app.catalogue import browsing
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.quotes.product_line import replacements
from ui.quotes.draft import Draft
from ui.quotes.line_menu import replacement_actions
from ui.quotes.lines_table import LinesTable
from ui.widgets import InfoBar, clear, vbox


class ObsoleteBar(QWidget):
    """One line at a time; closed, its line stays as it is and the next one comes. Takes no room otherwise."""

    def __init__(self, draft: Draft, table: LinesTable) -> None:
        super().__init__()
        self._draft, self._table = draft, table
        self._left_alone: set[str] = set()
        self._discreet = False
        self._shown: tuple[str, str] | None = None
        """The line (id) that the bar names, and its words."""
        self.bar: InfoBar | None = None
        self.menu: QMenu | None = None
        self._column = vbox()
        self.setLayout(self._column)
        self.hide()
        draft.opened.connect(self._follow)
        draft.changed.connect(self._follow)

    @property
    def row(self) -> int:
        """The line that is to be replaced: the current one, else the first that has a substitute; -1 for none."""
        rows = self._rows()
        current = self._table.currentIndex().row()
        return current if current in rows else rows[0] if rows else -1

    def replace(self) -> None:
        """Put the substitute on the line; of several one is chosen."""
        self._replace(self.row)

    def _replace(self, row: int) -> None:
        if row < 0 or not self._table.take_open_cell():
            return
        self._table.choose(row)
        self.menu = QMenu(self._table)
        actions = replacement_actions(self._table, row, self.menu)
        if len(actions) == 1:
            actions[0].trigger()
        else:
            self.menu.addActions(actions)
            rect = self._table.visualRect(self._table.currentIndex())
            self.menu.popup(self._table.viewport().mapToGlobal(rect.bottomLeft()))

    def _rows(self) -> list[int]:
        sheet = self._draft.sheet
        if sheet is None or sheet.locked:
            return []
        return [row for row in range(len(sheet.lines)) if replacements(sheet, row)]

    def _follow(self) -> None:
        rows = [row for row in self._rows() if self._table.lines.lines[row]["id"] not in self._left_alone]
        wanted = (self._table.lines.lines[rows[0]]["id"], self._words(rows[0])) if rows else None
        if wanted != self._shown:
            self._shown = wanted
            clear(self._column)
            self.bar = self._new_bar(*wanted) if wanted else None
            if self.bar is not None:
                self._column.addWidget(self.bar)
        self._show()

    def _words(self, row: int) -> str:
        sheet = self._draft.sheet
        assert sheet is not None
        found, old = replacements(sheet, row), sheet.lines[row]["description"]
        if len(found) > 1:
            return _n(
                "“{old}” is obsolete: {n} product replaces it.",
                "“{old}” is obsolete: {n} products replace it.",
                len(found),
                old=old,
            )
        product, price = found[0]
        return _(
            "“{old}” is obsolete: “{new}” replaces it, at {price}.",
            old=old,
            new=browsing.label(product),
            price=formats.format_money(price.unit_price, sheet.quote["currency"] or "EUR"),
        )

    def _new_bar(self, line: str, words: str) -> InfoBar:
        bar = InfoBar(words, "warn", _("Replace"), lambda: self._replace(self._table.lines.row_of(line)))
        bar.closed.connect(lambda: self._leave_alone(line))
        return bar

    def _leave_alone(self, line: str) -> None:
        self._left_alone.add(line)
        self.bar = self._shown = None
        self._follow()

    def _show(self) -> None:
        self.setVisible(self.bar is not None and not self._discreet)

    def set_customer_mode(self, on: bool) -> None:
        """What is no longer sold is not for the customer's eyes."""
        self._discreet = on
        self._show()
