"""One version of a field, to choose: like an option card, as high as its text needs."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy

from app.i18n import translate as _
from ui.theme import theme
from ui.widgets import OptionCard

LINES = 12
_LEFT, _RIGHT = 38, 12


class VersionCard(OptionCard):
    """Shows up to twelve lines; of a longer text it says so, and the tooltip has the whole."""

    def __init__(self, text: str, name: str, chosen: bool, group: QButtonGroup) -> None:
        super().__init__(text or _("empty"), chosen, group)
        self._blank = not text
        self._wrap = Qt.TextFlag.TextWordWrap
        self.is_cut = False
        """Whether there is more than it shows."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setAccessibleName(f"{name}: {text or _('empty')}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(theme.font(14, 600))
        room = QRect(0, 0, max(60, self.width() - _LEFT - _RIGHT), 10_000)
        needed = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap.value, self.text())
        # A word that is longer than its line is broken rather than cut.
        self._wrap = (
            Qt.TextFlag.TextWrapAnywhere if needed.width() > room.width() else Qt.TextFlag.TextWordWrap
        )
        needed = metrics.boundingRect(room, self._wrap.value, self.text())
        self.is_cut = needed.height() > LINES * metrics.lineSpacing()
        height = max(theme.px(40), min(needed.height(), LINES * metrics.lineSpacing()) + theme.px(20))
        if height != self.minimumHeight():
            self.setMinimumHeight(height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, rect = self.isChecked(), QRectF(self.rect()).adjusted(1, 1, -1, -1)
        edge = "accent" if on or self.property("kf") else "border_strong" if self.underMouse() else "border"
        painter.setBrush(theme.color("selected" if on else "surface"))
        painter.setPen(QPen(theme.color(edge), 2.5 if self.property("kf") else 1.5 if on else 1))
        painter.drawRoundedRect(rect, 8, 8)
        # At the top, not in the middle: the version beside it may be higher, and their first lines are read together.
        middle = rect.top() + theme.px(19)
        painter.setBrush(theme.color("surface"))
        painter.setPen(QPen(theme.color("accent" if on else "border_strong"), 5 if on else 1.5))
        painter.drawEllipse(QPointF(rect.left() + 20, middle), 5 if on else 6.5, 5 if on else 6.5)
        self._draw_words(painter, rect.adjusted(_LEFT, theme.px(9), -_RIGHT, -theme.px(7)), on)

    def _draw_words(self, painter: QPainter, rect: QRectF, on: bool) -> None:
        font = QFont(theme.font(14, 600 if on else 400))
        font.setItalic(self._blank)
        painter.setFont(font)
        painter.setPen(theme.color("text" if on else "text3" if self._blank else "text2"))
        if self.is_cut:
            more = QRectF(rect.left(), rect.bottom() - theme.px(16), rect.width(), theme.px(16))
            painter.drawText(more, Qt.AlignmentFlag.AlignRight.value, "…")
            rect = rect.adjusted(0, 0, 0, -theme.px(16))
        painter.setClipRect(rect)
        top_left = Qt.AlignmentFlag.AlignLeft.value | Qt.AlignmentFlag.AlignTop.value
        painter.drawText(rect, top_left | self._wrap.value, self.text())
