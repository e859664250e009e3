"""The products, as many as there are: label over reference and unit, list price, customer's price."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import formats
from app.catalogue import browsing
from app.i18n import translate as _
from ui.catalogue.pictures import SIZE, draw_picture
from ui.table import ListRow, RecordList, RowRole
from ui.tasks import Tasks
from ui.theme import theme
from ui.widgets.painting import LEFT, RIGHT, draw_pill, draw_row_ground, draw_text, pill_width

ROW_HEIGHT = 52
SIDE = 12
Index = QModelIndex | QPersistentModelIndex
Cell = tuple[str, QRectF, bool]


def cells(rect: QRectF, with_customer: bool) -> dict[str, QRectF]:
    """Where the columns stand in a row."""
    widths = {"list_price": 92, **({"customer": 104} if with_customer else {})}
    inner = rect.adjusted(SIDE, 0, -SIDE, 0)
    fixed = {name: float(theme.px(width)) for name, width in widths.items()}
    gap = 8.0
    label = inner.width() - sum(fixed.values()) - gap * (len(fixed))
    found: dict[str, QRectF] = {}
    x = inner.left()
    for name in ("label", "list_price", "customer"):
        width = label if name == "label" else fixed.get(name)
        if width is None:
            continue
        found[name] = QRectF(x, rect.top(), max(20.0, width), rect.height())
        x += width + gap
    return found


class ProductDelegate(QStyledItemDelegate):
    """Paints one product."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, theme.px(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(RowRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(6, 1, -6, -1)
        state = option.state
        draw_row_ground(
            painter,
            rect,
            bool(state & QStyle.StateFlag.State_Selected),
            bool(state & QStyle.StateFlag.State_MouseOver),
            bool(state & QStyle.StateFlag.State_HasFocus),
        )
        if row is not None:
            self._paint_row(painter, rect, row)
        painter.restore()

    def _paint_row(self, painter: QPainter, rect: QRectF, row: dict[str, Any]) -> None:
        view = self.parent()
        priced = isinstance(view, ProductList) and view.with_customer
        at = cells(rect, priced)
        middle = at["label"].center().y()
        side = theme.px(SIZE)
        frame = QRectF(at["label"].left(), middle - side / 2, side, side)
        draw_picture(painter, frame, row.get("picture"), str(row["family"] or ""), 7)
        words = at["label"].adjusted(side + 10, 0, 0, 0)
        upper, lower = QRectF(words), QRectF(words)
        upper.setBottom(middle + theme.px(2))
        lower.setTop(middle + theme.px(2))
        self._paint_label(painter, upper.adjusted(0, theme.px(5), 0, 0), row)
        unit = browsing.unit_name(row["unit"], row["pack"])
        below = "  ·  ".join(part for part in (row["sku"], unit) if part)
        draw_text(painter, lower.adjusted(0, 0, 0, -theme.px(6)), below, theme.font(13), "text3", LEFT)
        figures = theme.font(14, 400 if priced else 500, True)
        draw_text(
            painter, at["list_price"], money(row["list_price"]), figures, "text2" if priced else "text", RIGHT
        )
        price = row.get("customer_price")
        if priced and price is not None:
            draw_text(
                painter, at["customer"], money(price.unit_price), theme.font(14, 600, True), "text", RIGHT
            )

    def _paint_label(self, painter: QPainter, rect: QRectF, row: dict[str, Any]) -> None:
        obsolete = _("Obsolete") if row["status"] == "obsolete" else ""
        room = rect.adjusted(0, 0, -(pill_width(obsolete) + 8) if obsolete else 0, 0)
        draw_text(
            painter, room, browsing.label(row), theme.font(14, 500), "text3" if obsolete else "text", LEFT
        )
        if obsolete:
            draw_pill(painter, room.right() + 8, rect.center().y() - theme.px(10), obsolete, "warn")


class ColumnTitles(QWidget):
    """The titles above the columns."""

    def __init__(self) -> None:
        super().__init__()
        self.with_customer = False
        self.setFixedHeight(theme.px(34))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        at = cells(QRectF(self.rect()).adjusted(6, 0, -16, 0), self.with_customer)
        titles = {
            "label": _("Product"),
            "list_price": _("List price"),
            "customer": _("Customer price"),
        }
        for name, rect in at.items():
            right = name in ("list_price", "customer")
            draw_text(painter, rect, titles[name], theme.font(12, 600), "text3", RIGHT if right else LEFT)
        painter.setPen(theme.color("border"))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)


class ProductList(RecordList):
    """Products of the catalogue; arrow keys choose, Enter opens."""

    def __init__(self, tasks: Tasks, load: Callable[[Any, list[Any]], list[dict[str, Any]]]) -> None:
        super().__init__(tasks, _("List of products"), load=load, row=_as_row)
        self.with_customer = False
        self.setItemDelegate(ProductDelegate(self))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)

    def _set_row_height(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))


def money(value: Any) -> str:
    """A unit price with as many decimals as it has, two at least."""
    if value is None:
        return ""
    decimals = max(2, -int(value.normalize().as_tuple().exponent))
    return formats.format_money(value, places=decimals)


def _as_row(row: dict[str, Any]) -> ListRow:
    price = row.get("customer_price")
    return ListRow(
        browsing.label(row),
        row["sku"] or "",
        money(row["list_price"]),
        money(price.unit_price) if price is not None else "",
        badge=_("Obsolete") if row["status"] == "obsolete" else "",
    )
