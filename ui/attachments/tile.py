"""One file as a square: its small picture, or what kind of file it is, and whether its bytes are here."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton, QMenu

from app import attachments, formats
from app.attachments import File
from app.i18n import translate as _
from ui.theme import theme
from ui.widgets.painting import CENTER, draw_icon, draw_text

SIZE = 56
RADIUS = 8


class Tile(QAbstractButton):
    """A file of a record: Enter opens it, Delete removes it."""

    opened = Signal(str)
    removed = Signal(str)
    saved = Signal(str)

    def __init__(self, file: File, picture: QImage | None) -> None:
        super().__init__()
        self.file = file
        self._picture = QPixmap() if picture is None else QPixmap.fromImage(picture)
        self.setFixedSize(theme.px(SIZE), theme.px(SIZE))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        name = file.caption or file.name
        self.setAccessibleName(name)
        about = f"{file.name}\n{formats.format_size(file.size)}"
        self.setToolTip(about if file.where == "here" else f"{about}\n{attachments.when(file.where)}")
        self.setAccessibleDescription(self.toolTip())
        self.clicked.connect(lambda: self.opened.emit(file.id))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(self.file.id)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.file.id)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().exec(event.globalPos())

    def menu(self) -> QMenu:
        """What can be done with the file."""
        menu = QMenu(self)
        for icon, text, signal in (
            ("maximize-2", _("Open"), self.opened),
            ("download", _("Save as…"), self.saved),
            ("trash-2", _("Remove"), self.removed),
        ):
            action = menu.addAction(theme.icon(icon), text)
            action.triggered.connect(lambda _on=False, signal=signal: signal.emit(self.file.id))
        return menu

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(rect, RADIUS, RADIUS)
        painter.fillPath(shape, theme.color("sunken"))
        if not self._picture.isNull():
            painter.setClipPath(shape)
            painter.drawPixmap(rect.toRect(), self._picture)
            painter.setClipping(False)
        else:
            self._paint_kind(painter, rect)
        focused = bool(self.property("kf"))
        edge = "accent" if focused else "border_strong" if self.underMouse() else "border"
        painter.setPen(QPen(theme.color(edge), 2.5 if focused else 1))
        painter.drawPath(shape)

    def _paint_kind(self, painter: QPainter, rect: QRectF) -> None:
        """A stand-in: a picture on its way, or the ending of a file's name."""
        size, middle = theme.px(20), rect.center().x() - theme.px(10)
        suffix = PurePath(self.file.name).suffix.lstrip(".").upper()[:5]
        if self.file.is_picture:
            draw_icon(painter, middle, rect.center().y() - size / 2, "image", "text3", size)
            return
        draw_icon(painter, middle, rect.top() + theme.px(9), "file-text", "text2", size)
        below = QRectF(rect.left(), rect.bottom() - theme.px(23), rect.width(), theme.px(18))
        draw_text(painter, below, suffix, theme.font(10, 600), "text2", CENTER)


def fitting(data: bytes | None, side: int) -> QImage | None:
    """The middle square of a picture at `side` pixels, None where it cannot be read. For a reading lane."""
    image = QImage.fromData(data) if data else QImage()
    if image.isNull():
        return None
    grown = image.scaled(
        side,
        side,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    return grown.copy((grown.width() - side) // 2, (grown.height() - side) // 2, side, side)
