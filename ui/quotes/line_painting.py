"""How a line of a quote looks in the table: an amount is never cut."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from ui.quotes.lines_model import COLUMNS, DESCRIPTION, NET, LineRole, LowRole, WhyRole
from ui.theme import theme
from ui.widgets.painting import LEFT, RIGHT, draw_text, text_width

FIGURE_SIZE, SMALLEST_FIGURE = 14, 8
Index = QModelIndex | QPersistentModelIndex


class LinePainter(QStyledItemDelegate):
    """Paints a cell, and the reason of its price under the description."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line, column = index.data(LineRole), COLUMNS[index.column()]
        if line is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme.color("selected"))
        inner = rect.adjusted(theme.px(8), 0, -theme.px(8), 0)
        text = index.data(Qt.ItemDataRole.DisplayRole)
        if line["kind"] not in (None, "item"):
            self._paint_heading(painter, option, inner, index)
        elif index.column() == DESCRIPTION and (why := index.data(WhyRole)):
            upper = QRectF(inner.left(), inner.top() + theme.px(4), inner.width(), theme.px(20))
            lower = QRectF(inner.left(), upper.bottom() - 1, inner.width(), theme.px(16))
            draw_text(painter, upper, text, theme.font(14))
            draw_text(painter, lower, why, theme.font(12), "warn" if index.data(LowRole) else "text3")
        else:
            weight = 600 if index.column() == NET else 400
            tone = "text2" if column.name in ("sku", "vat_rate") else "text"
            font = theme.font(14, weight, column.figures)
            if column.figures:
                font = _fitting_font(text, font, inner.width(), weight)
            draw_text(painter, inner, text, font, tone, RIGHT if column.figures else LEFT)
        self._paint_ring(painter, option, index)
        painter.restore()

    def _paint_heading(
        self, painter: QPainter, option: QStyleOptionViewItem, inner: QRectF, index: Index
    ) -> None:
        """Its words go on through the cells without figures: each of these paints its own piece of them."""
        kind, column = index.data(LineRole)["kind"], index.column()
        if column == NET and (text := index.data(Qt.ItemDataRole.DisplayRole)):
            font = _fitting_font(text, theme.font(14, 600, True), inner.width(), 600)
            draw_text(painter, inner, text, font, "text2", RIGHT)
        elif DESCRIPTION <= column < NET:
            plain, view = kind in ("text", "page_break"), self.parent()
            assert isinstance(view, QTableView)
            whole = QRectF(inner)
            whole.setLeft(view.columnViewportPosition(DESCRIPTION) + theme.px(8))
            whole.setRight(view.columnViewportPosition(NET) - theme.px(8))
            painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)
            words = index.siblingAtColumn(DESCRIPTION).data(Qt.ItemDataRole.DisplayRole)
            draw_text(
                painter, whole, words, theme.font(14, 400 if plain else 600), "text2" if plain else "text"
            )
            painter.setClipping(False)

    def _paint_ring(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view = self.parent()
        if isinstance(view, QTableView) and view.hasFocus() and index == view.currentIndex():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(QRectF(option.rect).adjusted(1, 1, -1, -1))


def _fitting_font(text: str, font: QFont, width: float, weight: int) -> QFont:
    """A smaller font where the figure has no room: an amount is never cut."""
    size = FIGURE_SIZE
    while size > SMALLEST_FIGURE and text_width(text, font) > int(width):
        size -= 1
        font = theme.font(size, weight, True)
    return font
