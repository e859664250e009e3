"""The lines of a quote as a table model: seven columns, five of them typed in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app import formats
from app.catalogue.pricing import PriceBook
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import editing
from app.quotes.product_line import why_priced
from app.quotes.sheet import Sheet
from app.quotes.totals import LineAmounts, Totals
from ui.quotes.draft import Draft
from ui.quotes.line_words import note_words

Index = QModelIndex | QPersistentModelIndex
LineRole = Qt.ItemDataRole.UserRole
WhyRole = Qt.ItemDataRole.UserRole + 1
LowRole = Qt.ItemDataRole.UserRole + 2
"""Whether the line's margin is below the floor."""


@dataclass(frozen=True, slots=True)
class LineColumn:
    """A column: the line's field that it shows, its width in design pixels (None stretches)."""

    name: str
    label: str
    width: int | None
    typed: bool = True
    figures: bool = True


COLUMNS = (
    LineColumn("sku", m_("Ref."), 92, typed=False, figures=False),
    LineColumn("description", m_("Designation"), None, figures=False),
    LineColumn("quantity", m_("Qty"), 58),
    LineColumn("unit_price", m_("Unit price"), 80),
    LineColumn("discount_percent", m_("Discount"), 74),
    LineColumn("vat_rate", m_("VAT"), 62),
    LineColumn("net", m_("Total excl. VAT"), 104, typed=False),
)
DESCRIPTION, QUANTITY, NET = 1, 2, 6


class LinesModel(QAbstractTableModel):
    """Shows the draft's lines; typing goes through `Draft.act`."""

    def __init__(self, draft: Draft, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._ids: list[str] = []
        self._nets: dict[str, LineAmounts] = {}
        self._subtotals: dict[str, Decimal] = {}
        self._reasons: dict[str, tuple[dict[str, Any], PriceBook, str]] = {}
        self.customer_mode = False
        self.last_problem = ""
        draft.opened.connect(self._reset)
        draft.changed.connect(self._follow)
        draft.summed.connect(self._show_totals)

    @property
    def lines(self) -> tuple[dict[str, Any], ...]:
        """The lines as they stand."""
        return self._draft.sheet.lines if self._draft.sheet else ()

    def row_of(self, line: str) -> int:
        """Where the line of this id stands, or -1."""
        return self._ids.index(line) if line in self._ids else -1

    def _reset(self) -> None:
        self.beginResetModel()
        self._reasons = {}
        self._ids = [line["id"] for line in self.lines]
        self.endResetModel()

    def _follow(self) -> None:
        ids = [line["id"] for line in self.lines]
        if ids != self._ids:
            self._reset()
        else:
            self._repaint(0, len(COLUMNS) - 1)

    def _show_totals(self, totals: Totals) -> None:
        self._nets = {each.id: each for each in totals.lines}
        self._subtotals = self._summed()
        self._repaint(DESCRIPTION, NET)

    def _summed(self) -> dict[str, Decimal]:
        """What each subtotal line comes to: the lines in the total since the section or subtotal before."""
        found, running = {}, Decimal(0)
        for line in self.lines:
            amounts = self._nets.get(line["id"])
            if amounts is not None:
                running += amounts.net if amounts.in_total else 0
            elif line["kind"] in ("section", "subtotal"):
                if line["kind"] == "subtotal":
                    found[line["id"]] = running
                running = Decimal(0)
        return found

    def _note(self, line: dict[str, Any]) -> tuple[str, bool]:
        sheet = self._draft.sheet
        if line["kind"] not in (None, "item") or sheet is None:
            return "", False
        amounts = self._nets.get(line["id"])
        return note_words(line, amounts, sheet, self._why(sheet, line), self.customer_mode)

    def _why(self, sheet: Sheet, line: dict[str, Any]) -> str:
        """The reason of the line's price, kept as long as the line and the prices are the same: it is asked twice
        a paint, and looks through every rule."""
        known = self._reasons.get(line["id"])
        if known is None or known[0] is not line or known[1] is not sheet.book:
            known = self._reasons[line["id"]] = (line, sheet.book, why_priced(sheet, line))
        return known[2]

    def _repaint(self, first: int, last: int) -> None:
        if self._ids:
            self.dataChanged.emit(self.index(0, first), self.index(len(self._ids) - 1, last))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS)

    def can_type(self, row: int, column: int) -> bool:
        """Whether the cell takes text."""
        if self._draft.locked or not 0 <= row < len(self._ids):
            return False
        item = self.lines[row]["kind"] in (None, "item")
        words = column == DESCRIPTION and self.lines[row]["kind"] != "page_break"
        return COLUMNS[column].typed and (item or words)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.can_type(index.row(), index.column()) else flags

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            column = COLUMNS[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return self._title(column)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if column.figures else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _title(self, column: LineColumn) -> str:
        sheet = self._draft.sheet
        if sheet is not None and sheet.quote["tax_mode"] == "TTC":
            labels = {"unit_price": m_("Unit incl."), "net": m_("Total incl. VAT")}
            return _(labels.get(column.name, column.label))
        if column.name == "unit_price":
            return _("Unit excl.")
        return _(column.label)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self.lines):
            return None
        line, column = self.lines[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(line, column.name)
            case Qt.ItemDataRole.EditRole:
                return self._text(line, column.name, editing_it=True)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self._title(column)} {self._text(line, column.name)}"
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(line, column.name)
        if role == LineRole:
            return line
        if role == WhyRole:
            return self._note(line)[0]
        if role == LowRole:
            return self._note(line)[1]
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row, name = index.row(), COLUMNS[index.column()].name
        self.last_problem = self._draft.act(lambda sheet: editing.set_cell(sheet, row, name, str(value)))
        return not self.last_problem

    def _text(self, line: dict[str, Any], name: str, editing_it: bool = False) -> str:
        if line["kind"] not in (None, "item"):
            if name == "net" and line["kind"] == "subtotal":
                return formats.format_money(self._subtotals.get(line["id"], Decimal(0)), self._currency)
            if name == "description" and line["kind"] == "page_break":
                return "" if editing_it else _("Page break")
            return (line["description"] or "") if name == "description" else ""
        if name == "net":
            found = self._nets.get(line["id"])
            return "" if found is None else formats.format_money(found.net, self._currency)
        if name == "discount_percent":
            return self._discount(line)
        value = line[name]
        if value is None:
            return ""
        if name == "vat_rate":
            return formats.format_percentage(value)
        if name == "unit_price":
            return formats.format_number(value, None if _is_fine(value) else 2)
        return formats.format_number(value) if isinstance(value, Decimal) else str(value)

    def longest(self, column: int) -> str:
        """The longest text of a column of figures; the values are compared, since wording each takes time."""
        name = COLUMNS[column].name
        if name == "net":
            nets = [each.net for each in self._nets.values()]
            found = max((*nets, *self._subtotals.values()), key=_length, default=Decimal(0))
            return formats.format_money(found, self._currency)
        items = [line for line in self.lines if line["kind"] in (None, "item")]
        keys = ("discount_percent", "discount_amount") if name == "discount_percent" else (name,)
        longest = (max(items, key=lambda line: _length(line[key]), default=None) for key in keys)
        return max((self._text(line, name) for line in longest if line is not None), key=len, default="")

    def _discount(self, line: dict[str, Any]) -> str:
        if line["discount_amount"]:
            return formats.format_money(line["discount_amount"], self._currency)
        return formats.format_percentage(line["discount_percent"]) if line["discount_percent"] else ""

    def _tip(self, line: dict[str, Any], name: str) -> str:
        if self.customer_mode or line["kind"] not in (None, "item"):
            return ""
        parts = [self._note(line)[0]]
        if line["list_price"] is not None and line["list_price"] != line["unit_price"]:
            price = formats.format_number(line["list_price"], None if _is_fine(line["list_price"]) else 2)
            parts.append(_("List price {price}", price=price))
        return "\n".join(part for part in (line["description"] or "", *parts) if part)

    @property
    def _currency(self) -> str:
        return (self._draft.sheet and self._draft.sheet.quote["currency"]) or "EUR"


def _length(value: Any) -> int:
    return 0 if value is None else len(str(value))


def _is_fine(value: Decimal) -> bool:
    """Whether a unit price has more decimals than cents."""
    return value != value.quantize(Decimal("0.01"))
