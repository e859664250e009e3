"""A line without axes, small enough to stand beside a figure."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.theme import theme


class Spark(QWidget):
    """The course of a few values; `name` says it in words."""

    def __init__(self, values: Sequence[float], name: str = "", width: int = 96, height: int = 28) -> None:
        super().__init__()
        self._values = list(values)
        self.setFixedSize(width, height)
        self.setAccessibleName(name)

    def set_values(self, values: Sequence[float]) -> None:
        """Draw other values."""
        self._values = list(values)
        self.update()

    def _points(self) -> list[QPointF]:
        low, high, last = min(self._values), max(self._values), len(self._values) - 1
        span = (high - low) or 1
        return [
            QPointF(
                2 + i * (self.width() - 6) / last,
                self.height() - 4 - (value - low) / span * (self.height() - 8),
            )
            for i, value in enumerate(self._values)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        if len(self._values) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = self._points()
        line = QPainterPath(points[0])
        for point in points[1:]:
            line.lineTo(point)
        area = QPainterPath(line)
        area.lineTo(points[-1].x(), self.height())
        area.lineTo(points[0].x(), self.height())
        shade = QLinearGradient(0, 0, 0, self.height())
        shade.setColorAt(0, theme.color("accent", 60))
        shade.setColorAt(1, theme.color("accent", 0))
        painter.fillPath(area, shade)
        pen = QPen(
            theme.color("accent"),
            1.75,
            Qt.PenStyle.SolidLine,
            Qt.PenCapStyle.RoundCap,
            Qt.PenJoinStyle.RoundJoin,
        )
        painter.strokePath(line, pen)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(points[-1], 2.6, 2.6)
