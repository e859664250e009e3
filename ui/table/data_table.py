"""A plain table of rows at hand: figures at the right, rows of 40 pixels, no grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from ui.theme import theme

ROW_HEIGHT = 40
HEADER_HEIGHT = 36
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `text` says what a row shows in it. `width` in design pixels; None stretches."""

    title: str
    text: Callable[[Any], str]
    width: int | None = None
    figures: bool = False
    strong: bool = False
    tone: Callable[[Any], str] | None = None
    """A token for the row's text in this column, or empty."""
    set_text: Callable[[Any, str], bool] | None = None
    """What typing does; None makes the column read-only. False refuses."""


class TableRows(QAbstractTableModel):
    """Rows shown through columns."""

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = list(columns)
        self.rows: list[Any] = []

    def show(self, rows: Sequence[Any]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def changed(self, row: int) -> None:
        """Paint a row again."""
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.columns) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.columns[index.column()].set_text else flags

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self.columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(self.columns[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column, row = self.columns[index.column()], self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.FontRole:
            return theme.font(14, 500 if column.strong else 400, column.figures)
        if role == Qt.ItemDataRole.ForegroundRole and column.tone and (tone := column.tone(row)):
            return QBrush(theme.color(tone))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title} {column.text(row)}"
        if role == Qt.ItemDataRole.UserRole:
            return row
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        change = self.columns[index.column()].set_text
        if change is None or role != Qt.ItemDataRole.EditRole:
            return False
        if not change(self.rows[index.row()], str(value)):
            return False
        self.changed(index.row())
        return True


class CellDelegate(QStyledItemDelegate):
    """Air at the sides of a cell, and a ring around the current one."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        inner = QStyleOptionViewItem(option)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme.color("selected"))
        inner.rect = option.rect.adjusted(5, 0, -5, 0)
        super().paint(painter, inner, index)
        view = option.widget
        if isinstance(view, DataTable) and view.cells and view.hasFocus() and index == view.currentIndex():
            painter.save()
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(option.rect.adjusted(1, 1, -2, -2))
            painter.restore()


class DataTable(QTableView):
    """The table. `cells` shows the ring on the current cell, for tables that are typed in."""

    opened = Signal(object)
    """Enter or a double click on a row: the row itself."""

    def __init__(self, name: str, columns: Sequence[Column], cells: bool = False) -> None:
        super().__init__()
        self.cells = cells
        self.table = TableRows(columns, self)
        self.setModel(self.table)
        self.setItemDelegate(CellDelegate(self))
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(cells)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(theme.px(HEADER_HEIGHT))
        for at, column in enumerate(self.table.columns):
            if column.width is None:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Stretch)
            else:
                self.setColumnWidth(at, theme.px(column.width))
        if not cells:
            self.doubleClicked.connect(lambda index: self.opened.emit(self.table.rows[index.row()]))

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show other rows; the current row keeps its place where it can."""
        at = self.currentIndex()
        self.table.show(rows)
        if at.isValid() and rows:
            self.setCurrentIndex(self.table.index(min(at.row(), len(rows) - 1), at.column()))

    @property
    def current_row(self) -> Any:
        """The current row, or None."""
        index = self.currentIndex()
        return self.table.rows[index.row()] if index.isValid() else None

    def height_of_rows(self, most: int = 8) -> int:
        """How high the table is when it shows all rows, up to `most`, in pixels."""
        return theme.px(HEADER_HEIGHT) + theme.px(ROW_HEIGHT) * min(most, max(1, len(self.table.rows))) + 2

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            not self.cells
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and self.current_row is not None
        ):
            self.opened.emit(self.current_row)
            return
        super().keyPressEvent(event)


def _alignment(column: Column) -> int:
    side = Qt.AlignmentFlag.AlignRight if column.figures else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
