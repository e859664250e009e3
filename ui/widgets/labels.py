"""Words on the screen: labels by role, cut labels, pills, keycaps, icons, avatars."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from ui.theme import repolish, theme
from ui.tokens import TONES
from ui.widgets.painting import draw_avatar, text_width

Role = Literal["body", "h1", "h2", "h3", "kpi", "sub", "muted", "cap", "ok", "warn", "bad"]


def literal(text: str) -> str:
    """Text made of data for a button, a box or a menu: its “&” is shown, and makes no key of the letter after it."""
    return text.replace("&", "&&")


class Label(QLabel):
    """Text in a role of the type scale: h1 22/600, h2 17/600, h3 14/600, sub and muted 13, cap 12/600."""

    def __init__(self, text: str = "", role: Role = "body", wrap: bool = False, right: bool = False) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setWordWrap(wrap)
        if right:
            self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def set_role(self, role: Role) -> None:
        """Change the role, for a text whose state changed."""
        self.setProperty("role", role)
        repolish(self)


class ElidingLabel(Label):
    """A label that is cut with “…” where there is no room, and then tells the whole in its tooltip.

    Where it has a `shorter` text, that one stands there instead of a beginning of the whole.
    """

    def __init__(
        self, text: str = "", role: Role = "body", wrap: bool = False, right: bool = False, shorter: str = ""
    ) -> None:
        super().__init__(text, role, wrap, right)
        self._shorter = shorter

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        metrics = self.fontMetrics()
        room = self.contentsRect().width()
        fitting = (
            self.text() if metrics.horizontalAdvance(self.text()) <= room else self._shorter or self.text()
        )
        shown = metrics.elidedText(fitting, Qt.TextElideMode.ElideRight, room)
        tip = self.text() if shown != self.text() else ""
        if tip != self.toolTip():
            self.setToolTip(tip)
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(self.contentsRect(), int(self.alignment()), shown)


class Pill(QLabel):
    """A state in a rounded ground. Painted: a style sheet drops a radius above half the height."""

    def __init__(self, text: str = "", tone: str = "flat", icon: str | None = None) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._tone, self._icon = tone, icon
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def tone(self) -> str:
        """A name of `ui.tokens.TONES`."""
        return self._tone

    def set(self, text: str, tone: str | None = None, icon: str | None = None) -> None:
        """Show another state."""
        self._tone, self._icon = tone or self._tone, icon
        self.setText(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = text_width(self.text(), theme.font(12, 600)) + theme.px(18) + (18 if self._icon else 0)
        return QSize(max(width, theme.px(22)), theme.px(22))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        ink, ground = TONES[self._tone]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(ground))
        rect = QRectF(self.rect())
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        painter.setFont(theme.font(12, 600))
        painter.setPen(theme.color(ink))
        if self._icon:
            painter.drawPixmap(
                int(rect.left()) + theme.px(8), int(rect.center().y()) - 7, theme.pixmap(self._icon, ink, 14)
            )
            rect.adjust(16, 0, 0, 0)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.text())


class Keycap(QLabel):
    """The name of a key, as on the keyboard."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("role", "keycap")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)


class IconLabel(QLabel):
    """An icon that stands beside words; alone it would say nothing to a screen reader."""

    def __init__(self, name: str, color: str = "text3", size: int = 16) -> None:
        super().__init__()
        self._icon = (name, color, size)
        self.setFixedWidth(size + 2)
        self._dress()
        theme.changed.connect(self._dress)

    def set(self, name: str, color: str | None = None) -> None:
        """Show another icon."""
        self._icon = (name, color or self._icon[1], self._icon[2])
        self._dress()

    def _dress(self) -> None:
        self.setPixmap(theme.pixmap(*self._icon))


class IconDisc(QWidget):
    """An icon on a round ground in a tone, as in timelines and empty states."""

    def __init__(self, name: str, tone: str = "info", size: int = 32) -> None:
        super().__init__()
        self._name, self._tone = name, tone
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        ink, ground = TONES[self._tone]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(ground))
        painter.drawEllipse(self.rect())
        side = round(self.width() * 0.5)
        offset = (self.width() - side) // 2
        painter.drawPixmap(offset, offset, theme.pixmap(self._name, ink, side))


class Avatar(QWidget):
    """The initials of a person or an account."""

    def __init__(self, name: str, size: int = 40, radius: int = 10) -> None:
        super().__init__()
        self._name, self._radius = name, radius
        self.setFixedSize(size, size)
        self.setAccessibleName(name)

    def set_name(self, name: str) -> None:
        """Show another person or account."""
        self._name = name
        self.setAccessibleName(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_avatar(painter, QRectF(self.rect()), self._name, self._radius)


def fits(label: QLabel) -> bool:
    """Whether the whole text can be read: it is not clipped, or it is cut on purpose with “…”."""
    if isinstance(label, ElidingLabel) or label.wordWrap():
        return True
    return QFontMetrics(label.font()).horizontalAdvance(label.text()) <= label.contentsRect().width() + 1
