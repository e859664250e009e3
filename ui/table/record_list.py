"""The list of records: two lines and four facts a row, 62 pixels high, as tall as a million records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ui.table.rows_model import IdRole, Ids, Load, RowRole, RowsModel
from ui.tasks import Tasks
from ui.theme import theme
from ui.widgets.painting import (
    RIGHT,
    draw_avatar,
    draw_icon,
    draw_pill,
    draw_row_ground,
    draw_text,
    pill_width,
    text_width,
)

ROW_HEIGHT = 62
TYPE_AHEAD_ROWS = 1000
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class ListRow:
    """What one row shows."""

    title: str
    subtitle: str = ""
    right_top: str = ""
    right_bottom: str = ""
    tone: str = ""
    """Colour of `right_bottom`: a token as `bad`, `warn`, `ok`, `vio`; empty is calm."""
    badge: str = ""
    """A pill after the subtitle, such as a state."""
    badge_tone: str = "flat"
    pending: bool = False
    """Not sent yet: an amber cloud after the title."""
    avatar: str | None = None
    """The name whose initials stand at the left; None takes the title, empty leaves it away."""
    icon: str = ""
    """An icon instead of the avatar."""
    top_tone: str = ""
    """Colour of `right_top`."""

    @property
    def spoken(self) -> str:
        """The row as a screen reader says it, and as Ctrl+C copies it."""
        parts = (self.title, self.subtitle, self.badge, self.right_top, self.right_bottom)
        return ", ".join(part for part in parts if part)


AsRow = Callable[[Any], ListRow]


class ListDelegate(QStyledItemDelegate):
    """Paints a `ListRow`; a row that is still being read shows two grey bars."""

    def __init__(self, as_row: AsRow, parent: QAbstractItemView) -> None:
        super().__init__(parent)
        self._as_row = as_row

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, theme.px(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        record = index.data(RowRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(8, 2, -8, -2)
        state = option.state
        draw_row_ground(
            painter,
            rect,
            bool(state & QStyle.StateFlag.State_Selected),
            bool(state & QStyle.StateFlag.State_MouseOver),
            bool(state & QStyle.StateFlag.State_HasFocus),
        )
        if record is None:
            _draw_skeleton(painter, rect)
        else:
            self._paint_row(painter, rect, self._as_row(record))
        painter.restore()

    def _paint_row(self, painter: QPainter, rect: QRectF, row: ListRow) -> None:
        left = self._paint_left(painter, rect, row)
        right = rect.right() - 12
        top_font, bottom_font = theme.font(13, 500, True), theme.font(13, 500 if row.tone else 400)
        top_width = text_width(row.right_top, top_font) + 8 if row.right_top else 0
        bottom_width = text_width(row.right_bottom, bottom_font) + 8 if row.right_bottom else 0
        y1, y2, h1, h2 = rect.top() + theme.px(9), rect.top() + theme.px(30), theme.px(20), theme.px(18)
        title_font = theme.font(14, 600)
        room = right - left - top_width - (22 if row.pending else 0)
        width = min(text_width(row.title, title_font) + 2, int(room))
        draw_text(painter, QRectF(left, y1, width, h1), row.title, title_font)
        if row.pending:
            draw_icon(painter, left + width + 6, y1 + 2, "cloud-upload", "warn", 16)
        if row.right_top:
            top = QRectF(right - top_width, y1, top_width, h1)
            draw_text(painter, top, row.right_top, top_font, row.top_tone or "text2", RIGHT)
        badge = pill_width(row.badge) + 8 if row.badge else 0
        sub_font, room = theme.font(13), right - left - bottom_width - badge
        width = min(text_width(row.subtitle, sub_font) + 2, int(room))
        draw_text(painter, QRectF(left, y2, width, h2), row.subtitle, sub_font, "text3")
        if row.badge:
            draw_pill(painter, left + width + (8 if width > 2 else 0), y2 - 1, row.badge, row.badge_tone)
        if row.right_bottom:
            bottom = QRectF(right - bottom_width, y2, bottom_width, h2)
            draw_text(painter, bottom, row.right_bottom, bottom_font, row.tone or "text3", RIGHT)

    def _paint_left(self, painter: QPainter, rect: QRectF, row: ListRow) -> float:
        name = row.title if row.avatar is None else row.avatar
        square = QRectF(rect.left() + 10, rect.center().y() - 18, 36, 36)
        if row.icon:
            draw_icon(painter, square.left() + 8, square.top() + 9, row.icon)
        elif name:
            draw_avatar(painter, square, name)
        else:
            return rect.left() + 12
        return rect.left() + 58


def _draw_skeleton(painter: QPainter, rect: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("sunken"))
    painter.drawRoundedRect(QRectF(rect.left() + 10, rect.center().y() - 18, 36, 36), 8, 8)
    for offset, share in ((theme.px(13), 0.45), (theme.px(34), 0.3)):
        bar = QRectF(rect.left() + 58, rect.top() + offset, rect.width() * share, 10)
        painter.drawRoundedRect(bar, 5, 5)


class RecordList(QTableView):
    """Lists records. A click, Enter or an arrow key chooses: `chosen` tells the id; Enter also `opened`.

    A table view of one column: a list view asks for every row of a million at each layout, which takes
    a second, while a table with rows of one height asks for those in sight.
    """

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, tasks: Tasks, name: str, load: Load | None = None, row: AsRow | None = None) -> None:
        """`name` is its accessible name. `load(session, ids)` gives rows with an `id`; `row` says how one looks."""
        super().__init__()
        self._as_row: AsRow = row or _as_given
        self.rows = RowsModel(
            tasks, load or _nothing, say=lambda record: self._as_row(record).spoken, parent=self
        )
        self.setModel(self.rows)
        self.setItemDelegate(ListDelegate(self._as_row, self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setProperty("list", "true")
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._set_row_height()
        # It paints its own ground: Qt then moves the picture at a step of the wheel and paints what is new alone.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._ground = "app"
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(24)
        self._wanted: Any = None
        self._telling = True
        self.selectionModel().currentChanged.connect(self._on_current)
        self.rows.modelReset.connect(self._choose_again)
        self.rows.rowsInserted.connect(self._choose_again)
        theme.changed.connect(self._set_row_height)

    def _set_row_height(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))

    def showEvent(self, event: QShowEvent) -> None:
        self._ground = "surface" if _in_card(self) else "app"
        super().showEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.color(self._ground))
        painter.end()
        super().paintEvent(event)

    def show_ids(self, ids: Ids, first: Callable[[Any], Sequence[Any]] | None = None) -> None:
        """Fill from `ids(session)`; see `RowsModel.show`. The chosen record stays chosen."""
        self.rows.show(ids, first)

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Fill with rows at hand."""
        self.rows.show_rows(rows)

    @property
    def current_id(self) -> Any:
        """The chosen record, or None."""
        return self.rows.id_at(self.currentIndex().row())

    def choose(self, record: Any, tell: bool = False) -> None:
        """Choose a record, now or when it arrives; `tell` emits `chosen`."""
        self._wanted = record
        self._telling = tell
        self._choose_again()
        self._telling = True

    def choose_first(self) -> None:
        """Choose the first record and tell it."""
        if self.rows.rowCount():
            self.setCurrentIndex(self.rows.index(0))

    def _choose_again(self, *_rows: object) -> None:
        if self._wanted is None or self.current_id == self._wanted:
            return
        at = self.rows.row_of(self._wanted)
        if at >= 0:
            telling, self._telling = self._telling, False
            self.setCurrentIndex(self.rows.index(at))
            self._telling = telling
            if telling and self.sender() is None:
                self.chosen.emit(self._wanted)

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self._wanted = current.data(IdRole)
            if self._telling:
                self.chosen.emit(self._wanted)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt makes the first row the current one where none is: that is no choice of the person's."""
        wanted, telling = self._wanted, self._telling
        self._telling = telling and self.currentIndex().isValid()
        super().focusInEvent(event)
        self._wanted, self._telling = wanted, telling

    def keyboardSearch(self, search: str) -> None:
        # Qt would read every row in turn.
        if self.rows.rowCount() <= TYPE_AHEAD_ROWS:
            super().keyboardSearch(search)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.rows.rowCount() - 1}
        if event.key() in ends and self.rows.rowCount():
            self.setCurrentIndex(self.rows.index(ends[Qt.Key(event.key())]))
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.current_id)
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: Any) -> None:
        super().mouseDoubleClickEvent(event)
        if self.currentIndex().isValid():
            self.opened.emit(self.current_id)


def _in_card(widget: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None and not above.property("card"):
        above = above.parentWidget()
    return above is not None


def _as_given(row: Any) -> ListRow:
    assert isinstance(row, ListRow)
    return row


def _nothing(_session: Any, _ids: list[Any]) -> list[Any]:
    return []
