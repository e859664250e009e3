"""The products' pictures as the list shows them: read and reduced in the reading lane, each once."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath

from app import attachments
from ui.attachments.tile import fitting
from ui.theme import theme
from ui.tokens import TONES
from ui.widgets.painting import draw_icon

SIZE = 36
KEPT = 2_000
_TONES = ("info", "ok", "vio", "warn", "flat")


class Pictures:
    """Small pictures by their digest; products that look alike share one."""

    def __init__(self) -> None:
        self._images: dict[str, QImage | None] = {}

    def add_to(self, session: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows of products, each with `picture`: a QImage or None."""
        if len(self._images) > KEPT:
            self._images.clear()
        ids = [row["image"] for row in rows if row["image"]]
        digests, found = attachments.thumbnails(session, ids, self._images.keys()) if ids else ({}, {})
        for digest, data in found.items():
            self._images[digest] = fitting(data, 2 * theme.px(SIZE))
        for row in rows:
            row["picture"] = self._images.get(digests.get(row["image"], ""))
        return rows


def draw_picture(painter: QPainter, rect: QRectF, image: QImage | None, family: str, radius: float) -> None:
    """A product's picture in a rounded frame; without one a drawn stand-in, one ground per family."""
    shape = QPainterPath()
    shape.addRoundedRect(rect, radius, radius)
    ink, ground = TONES[_TONES[sum(map(ord, family)) % len(_TONES)]]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if image is None or image.isNull():
        painter.fillPath(shape, theme.color(ground))
        size = int(min(rect.width(), rect.height()) * 0.45)
        middle = rect.center()
        draw_icon(painter, middle.x() - size / 2, middle.y() - size / 2, "package", ink, size)
    else:
        # The edge of a product photo is its ground: it goes on to both sides.
        painter.fillPath(shape, image.pixelColor(1, 1))
        painter.setClipPath(shape)
        side = min(rect.width(), rect.height())
        target = QRectF(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side)
        painter.drawImage(target, image)
        painter.setClipping(False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(theme.color("border"))
    painter.drawPath(shape)
    painter.restore()
