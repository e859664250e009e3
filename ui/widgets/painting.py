"""Painting shared by widgets and delegates: cut text, pills, avatars, icons, soft card shadows."""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from ui.theme import theme
from ui.tokens import TONES

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTER = Qt.AlignmentFlag.AlignCenter
_AVATAR_TONES = ("info", "vio", "ok", "warn", "bad")


_metrics: dict[int, tuple[QFont, QFontMetrics]] = {}
_widths: dict[tuple[str, int], int] = {}
_cut: dict[tuple[str, int, int], str] = {}
_KEPT = 5000
"""A list paints the same words again at each step of the wheel: they are measured once."""


def _forget() -> None:
    _metrics.clear()
    _widths.clear()
    _cut.clear()


theme.changed.connect(_forget)


def metrics(font: QFont) -> QFontMetrics:
    """The measures of a font of the theme, made once."""
    found = _metrics.get(id(font))
    if found is None or found[0] is not font:
        if found is not None or len(_metrics) > _KEPT:
            _forget()
        found = _metrics[id(font)] = (font, QFontMetrics(font))
    return found[1]


def text_width(text: str, font: QFont) -> int:
    """The width of one line of text, in pixels."""
    measures = metrics(font)
    width = _widths.get((text, id(font)))
    if width is None:
        if len(_widths) > _KEPT:
            _widths.clear()
        width = _widths[text, id(font)] = measures.horizontalAdvance(text)
    return width


def _fitting(text: str, font: QFont, width: int) -> str:
    """The text, cut with “…” where it is wider."""
    if text_width(text, font) <= width:
        return text
    shown = _cut.get((text, id(font), width))
    if shown is None:
        if len(_cut) > _KEPT:
            _cut.clear()
        shown = _cut[text, id(font), width] = metrics(font).elidedText(
            text, Qt.TextElideMode.ElideRight, width
        )
    return shown


def draw_text(
    painter: QPainter,
    rect: QRectF,
    text: str,
    font: QFont,
    color: str = "text",
    align: Qt.AlignmentFlag = LEFT,
) -> None:
    """One line in a token's colour, cut with “…” where it does not fit."""
    painter.setFont(font)
    painter.setPen(theme.color(color))
    shown = _fitting(text, font, int(rect.width()))
    if align == CENTER:
        painter.drawText(rect, align, shown)
        return
    # From the base line: laying text out in a rectangle takes twice as long.
    measures = metrics(font)
    left = rect.left() if align == LEFT else rect.right() - text_width(shown, font)
    base = rect.top() + (rect.height() - measures.height()) / 2 + measures.ascent()
    painter.drawText(QPointF(left, base), shown)


def draw_icon(painter: QPainter, x: float, y: float, name: str, color: str = "text2", size: int = 18) -> None:
    """The icon with its top left corner at (x, y)."""
    painter.drawPixmap(QPointF(x, y), theme.pixmap(name, color, size))


def pill_width(text: str, icon: str | None = None) -> int:
    """How wide `draw_pill` will be, in pixels."""
    return text_width(text, theme.font(12, 600)) + 16 + (18 if icon else 0)


def draw_pill(
    painter: QPainter, x: float, y: float, text: str, tone: str = "flat", icon: str | None = None
) -> int:
    """A pill in the tone of `ui.tokens.TONES`, its top left corner at (x, y); returns its width."""
    ink, ground = TONES[tone]
    font, width = theme.font(12, 600), pill_width(text, icon)
    rect = QRectF(x, y, width, theme.px(20))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(ground))
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    if icon:
        draw_icon(painter, x + 7, rect.center().y() - 7, icon, ink, 14)
    painter.setFont(font)
    painter.setPen(theme.color(ink))
    painter.drawText(rect.adjusted(8 + (17 if icon else 0), 0, 0, 0), LEFT, text)
    return width


def initials(name: str) -> str:
    """Up to two capitals that stand for a name."""
    words = re.findall(r"[^\W\d_]+", name)
    return "".join(word[0] for word in words[:2]).upper() or "?"


def draw_avatar(painter: QPainter, rect: QRectF, name: str, radius: float = 8) -> None:
    """The initials of `name` on a ground that is always the same for that name."""
    ink, ground = TONES[_AVATAR_TONES[sum(map(ord, name)) % len(_AVATAR_TONES)]]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(ground))
    painter.drawRoundedRect(rect, radius, radius)
    painter.setFont(theme.font(13 if rect.width() < 48 else 16, 600))
    painter.setPen(theme.color(ink))
    painter.drawText(rect, CENTER, initials(name))


def draw_row_ground(painter: QPainter, rect: QRectF, selected: bool, hovered: bool, focused: bool) -> None:
    """The rounded ground of a list row, with the focus ring when the keyboard is there."""
    if selected or hovered:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("selected" if selected else "hover"))
        painter.drawRoundedRect(rect, 8, 8)
    if selected and focused:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 8, 8)


def draw_card(painter: QPainter, rect: QRectF, selected: bool = False, hovered: bool = False) -> None:
    """A raised card for delegates: three translucent rounded rectangles are its shadow."""
    painter.setPen(Qt.PenStyle.NoPen)
    for spread, share in ((3, 0.10), (2, 0.16), (1, 0.26)):
        shade = QColor(theme.color("shadow"))
        shade.setAlphaF(share * theme.shadow_alpha / 100)
        painter.setBrush(shade)
        painter.drawRoundedRect(rect.adjusted(1 - spread, 1, spread - 1, spread), 9 + spread, 9 + spread)
    edge = "accent" if selected else "border_strong" if hovered else "border"
    painter.setBrush(theme.color("raised"))
    painter.setPen(QPen(theme.color(edge), 2 if selected else 1))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 9, 9)
