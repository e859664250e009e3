"""The pad on which the customer signs: with a finger, a pen or the mouse."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QTabletEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import translate as _
from ui.theme import theme

Stroke = list[tuple[float, float, int]]
"""(x, y, milliseconds since the first point); x and y are parts of the pad's width."""

INK_WIDTH = 2.4
LINE_AT = 0.72
RADIUS = 10


class SignaturePad(QWidget):
    """Keeps the strokes as they are drawn; says when there is something to send and when not."""

    drawn = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.strokes: list[Stroke] = []
        self._clock = QElapsedTimer()
        self._drawing = False
        self._pen = False
        self.setAccessibleName(_("Frame to sign in"))
        self._caption = _("Customer's signature")  # now, while his language is spoken
        self.setMinimumHeight(theme.px(200))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        # Touch arrives as mouse events, of one finger: what a signature is drawn with.
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)

    def erase(self) -> None:
        """An empty pad."""
        self.strokes.clear()
        self._drawing = False
        self.drawn.emit(False)
        self.update()

    # What draws

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._pen:
            self._begin(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drawing and not self._pen:
            self._go_on(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._pen:
            self._end()

    def tabletEvent(self, event: QTabletEvent) -> None:
        if event.type() == QEvent.Type.TabletPress:
            self._pen = True
            self._begin(event.position())
        elif event.type() == QEvent.Type.TabletMove and self._drawing:
            self._go_on(event.position())
        elif event.type() == QEvent.Type.TabletRelease:
            self._end()
            self._pen = False
        event.accept()

    def _begin(self, at: QPointF) -> None:
        if not self._clock.isValid() or not self.strokes:
            self._clock.start()
        self._drawing = True
        self.strokes.append([self._point(at)])
        self.update()

    def _go_on(self, at: QPointF) -> None:
        self.strokes[-1].append(self._point(at))
        self.update()

    def _end(self) -> None:
        if self._drawing:
            self._drawing = False
            self.drawn.emit(True)

    def _point(self, at: QPointF) -> tuple[float, float, int]:
        # Both by the width, so that the proportions stay whatever the window's size is later.
        wide = max(1, self.width())
        x = min(max(at.x(), 0.0), float(self.width()))
        y = min(max(at.y(), 0.0), float(self.height()))
        return x / wide, y / wide, int(self._clock.elapsed())

    # What is seen

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Ink is dark on white paper, also where the program is dark: it is what will be printed.
        painter.setBrush(QColor("white"))
        painter.setPen(QPen(theme.color("border_strong"), 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        self._paint_line(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(QColor("#14181F"), INK_WIDTH)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for stroke in self.strokes:
            painter.drawPath(self._path(stroke))

    def _paint_line(self, painter: QPainter) -> None:
        y, inset = round(self.height() * LINE_AT), theme.px(40)
        painter.setPen(QPen(QColor("#858E9C"), 1))
        painter.drawLine(inset, y, self.width() - inset, y)
        painter.setPen(QColor("#434C5A"))
        painter.drawText(QPointF(inset, y + theme.px(20)), self._caption)

    def _path(self, stroke: Stroke) -> QPainterPath:
        """The points joined by curves through their midpoints, as ink runs."""
        points = [QPointF(x * self.width(), y * self.width()) for x, y, _at in stroke]
        path = QPainterPath(points[0])
        if len(points) < 3:
            path.lineTo(points[-1] + QPointF(0.1, 0.1))
            return path
        for before, after in itertools.pairwise(points[1:]):
            path.quadTo(before, (before + after) / 2)
        path.lineTo(points[-1])
        return path
