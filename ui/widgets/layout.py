"""Layout in one line: rows, columns, cards, lines, scroll areas."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui.theme import theme

Box = TypeVar("Box", bound=QBoxLayout)
W = TypeVar("W", bound=QWidget)
Margins = tuple[int, int, int, int]
Item = QWidget | QLayout | int | tuple[QWidget | QLayout, int] | None


def hbox(*items: Item, gap: int = 8, margins: Margins = (0, 0, 0, 0)) -> QHBoxLayout:
    """A row. Items: a widget or layout, `None` a stretch, a number a space, `(item, n)` with stretch n."""
    layout = QHBoxLayout()
    return _fill(layout, items, gap, margins)


def vbox(*items: Item, gap: int = 8, margins: Margins = (0, 0, 0, 0)) -> QVBoxLayout:
    """A column; items as for `hbox`."""
    layout = QVBoxLayout()
    return _fill(layout, items, gap, margins)


def _fill(layout: Box, items: tuple[Item, ...], gap: int, margins: Margins) -> Box:
    layout.setSpacing(gap)
    layout.setContentsMargins(*margins)
    for item in items:
        add(layout, item)
    return layout


def add(layout: QBoxLayout, item: Item) -> None:
    """Put one item at the end of a row or column; items as for `hbox`."""
    stretch = 0
    if isinstance(item, tuple):
        item, stretch = item
    if item is None:
        layout.addStretch(1)
    elif isinstance(item, int):
        layout.addSpacing(item)
    elif isinstance(item, QLayout):
        layout.addLayout(item, stretch)
    else:
        layout.addWidget(item, stretch)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and let it go."""
    while layout.count():
        item = layout.takeAt(0)
        assert item is not None
        if widget := item.widget():
            widget.hide()
            widget.deleteLater()
        elif inner := item.layout():
            clear(inner)
            inner.deleteLater()


def panel(layout: QLayout, width: int | None = None) -> QWidget:
    """A plain widget around a layout; `width` fixes it, in design pixels."""
    widget = QWidget()
    widget.setLayout(layout)
    if width is not None:
        widget.setFixedWidth(theme.px(width))
    return widget


def hide_below(widget: W, width: int) -> W:
    """Hide the widget while the window is narrower than `width` design pixels. The window does it:
    a widget that a page hides itself goes inside a `panel` that has the rule."""
    widget.setProperty("hide_below", width)
    return widget


class Card(QFrame):
    """A white rounded sheet with its items in a column."""

    def __init__(self, *items: Item, gap: int = 10, margins: Margins = (16, 14, 16, 14)) -> None:
        super().__init__()
        self.setProperty("card", "true")
        self.column = vbox(*items, gap=gap, margins=margins)
        self.setLayout(self.column)


class Line(QFrame):
    """A hairline, lying or standing."""

    def __init__(self, upright: bool = False) -> None:
        super().__init__()
        self.setProperty("line", "v" if upright else "h")


class Scroll(QScrollArea):
    """A column that scrolls when it is too high, and never sideways."""

    def __init__(self, content: QWidget | QLayout) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(panel(content) if isinstance(content, QLayout) else content)


def shadow(widget: QWidget, blur: int = 40, drop: int = 12) -> None:
    """A soft shadow; for popups only, it costs a repaint of the whole widget."""
    effect = QGraphicsDropShadowEffect(widget)
    colour = QColor(theme.color("shadow"))
    colour.setAlpha(min(255, theme.shadow_alpha + 40))
    effect.setColor(colour)
    effect.setBlurRadius(blur)
    effect.setOffset(0, drop)
    widget.setGraphicsEffect(effect)
