"""What happened with an account, latest first, under the names of its months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.accounts.card import Event
from app.i18n import translate as _
from ui.theme import theme
from ui.tokens import TONES
from ui.widgets.painting import RIGHT, draw_icon, draw_pill, draw_text, pill_width, text_width

HEADING_HEIGHT = 34
EVENT_HEIGHT = 62
LOWEST = HEADING_HEIGHT + EVENT_HEIGHT
"""A month and one of its events are in sight whatever the window."""
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: a heading without an icon, or an event as it is worded."""

    title: str
    icon: str = ""
    tone: str = "info"
    detail: str = ""
    when: str = ""
    unsent: bool = False
    event: Event | None = None

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        return ", ".join(part for part in (self.title, self.detail, self.when) if part)


class _Entries(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show(self, entries: Sequence[Entry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.spoken
        if role == Qt.ItemDataRole.ToolTipRole and entry.detail:
            return entry.detail
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        enabled = Qt.ItemFlag.ItemIsEnabled
        return enabled | Qt.ItemFlag.ItemIsSelectable if self.entries[index.row()].icon else enabled


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        return QSize(100, theme.px(EVENT_HEIGHT if entry.icon else HEADING_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.icon:
            self._paint_event(painter, option, rect, entry, self._goes_on(index))
        else:
            draw_text(painter, rect.adjusted(4, 8, 0, 0), entry.title, theme.font(12, 600), "text3")
        painter.restore()

    def _goes_on(self, index: Index) -> bool:
        after = index.model().index(index.row() + 1, 0)
        return after.isValid() and bool(after.data(Qt.ItemDataRole.UserRole).icon)

    def _paint_event(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, entry: Entry, goes_on: bool
    ) -> None:
        px = theme.px
        state = option.state
        if state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(rect.adjusted(0, 1, -4, -1), 8, 8)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRoundedRect(rect.adjusted(1, 2, -5, -2), 8, 8)
        middle = rect.left() + 21
        if goes_on:
            painter.setPen(QPen(theme.color("border"), 1.5))
            painter.drawLine(QPointF(middle, rect.top() + px(40)), QPointF(middle, rect.bottom() + px(8)))
        ink, ground = TONES[entry.tone]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(ground))
        painter.drawEllipse(QPointF(middle, rect.top() + px(24)), 15, 15)
        draw_icon(painter, middle - 8, rect.top() + px(24) - 8, entry.icon, ink, 16)
        self._paint_words(painter, rect, entry)

    def _paint_words(self, painter: QPainter, rect: QRectF, entry: Entry) -> None:
        px, left = theme.px, rect.left() + 50
        y1, y2, height = rect.top() + px(10), rect.top() + px(31), px(20)
        when_font, title_font = theme.font(13, 400, True), theme.font(14, 500)
        when_width = text_width(entry.when, when_font) + 10
        pill = _("To send") if entry.unsent else ""
        room = rect.right() - 14 - when_width - left - (pill_width(pill, "cloud-upload") + 14 if pill else 0)
        width = min(text_width(entry.title, title_font) + 2, int(room))
        draw_text(painter, QRectF(left, y1, width, height), entry.title, title_font)
        if pill:
            draw_pill(painter, left + width + 8, y1, pill, "warn", "cloud-upload")
        when = QRectF(rect.right() - 12 - when_width, y1, when_width, height)
        draw_text(painter, when, entry.when, when_font, "text3", RIGHT)
        detail = QRectF(left, y2, rect.right() - 14 - left, height)
        draw_text(painter, detail, entry.detail, theme.font(13), "text2")


class Timeline(QListView):
    """Shows entries; a click or Enter on an event tells it."""

    opened = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._entries = _Entries(self)
        self.setModel(self._entries)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setMinimumHeight(theme.px(LOWEST))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(24)
        self.clicked.connect(self._tell)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    @property
    def entries(self) -> list[Entry]:
        """What is shown, headings included."""
        return self._entries.entries

    def show_entries(self, entries: Sequence[Entry], keep_place: bool = False) -> None:
        """Show other entries, from the top unless the place is to be kept."""
        if self._entries.entries == list(entries):
            return
        at = self.verticalScrollBar().value()
        self._entries.show(entries)
        if keep_place:
            self.verticalScrollBar().setValue(at)

    def _tell(self, index: QModelIndex) -> None:
        entry = index.data(Qt.ItemDataRole.UserRole)
        if entry is not None and entry.event is not None:
            self.opened.emit(entry.event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._tell(self.currentIndex())
            return
        super().keyPressEvent(event)
