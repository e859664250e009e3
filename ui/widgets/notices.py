"""What the program says by itself: inline bars, toasts, empty states, progress."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QEnterEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QFrame, QWidget

from app.i18n import translate as _
from ui.theme import repolish, theme
from ui.widgets.buttons import Button
from ui.widgets.labels import IconDisc, IconLabel, Keycap, Label
from ui.widgets.layout import hbox, shadow, vbox

TOAST_MS = 8000
_BAR_ICONS = {
    "info": "info",
    "ok": "circle-check",
    "warn": "triangle-alert",
    "bad": "circle-alert",
    "vio": "git-compare-arrows",
}


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader say `text` now."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


class InfoBar(QFrame):
    """A lasting state or an error beside its cause; it takes layout space and never floats."""

    closed = Signal()

    def __init__(
        self,
        text: str,
        tone: str = "info",
        action: str = "",
        on_action: Callable[[], object] | None = None,
        closable: bool = True,
    ) -> None:
        super().__init__()
        self.setProperty("info", tone)
        self._icon = IconLabel(_BAR_ICONS[tone], tone, 18)
        self._text = Label(text, "body", wrap=True)
        row = hbox(self._icon, (self._text, 1), gap=10, margins=(14, 8, 8, 8))
        if action and on_action is not None:
            row.addWidget(Button(action, on_click=on_action))
        if closable:
            row.addWidget(Button("", "ghost", "x", self.dismiss, tip=_("Close")))
        self.setLayout(row)
        self.setAccessibleName(text)

    @property
    def text(self) -> str:
        """What the bar says."""
        return self._text.text()

    def say(self, text: str, tone: str) -> None:
        """Say something else in place, without flicker."""
        self.setProperty("info", tone)
        self._icon.set(_BAR_ICONS[tone], tone)
        self._text.setText(text)
        self.setAccessibleName(text)
        repolish(self)

    def dismiss(self) -> None:
        """Take the bar away."""
        self.hide()
        self.closed.emit()
        self.deleteLater()


class Toast(QFrame):
    """One sentence and at most one action, for 8 s; the pointer or the focus on it stops the clock."""

    gone = Signal()

    def __init__(
        self,
        parent: QWidget,
        text: str,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        key: str = "",
    ) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self._on_action = on_action
        self.text = text
        row = hbox(Label(text), gap=12, margins=(16, 5, 12, 5))
        self.button: Button | None = None
        if action and on_action is not None:
            self.button = Button(action, "link", on_click=self._act)
            row.addWidget(self.button)
            self.button.installEventFilter(self)
        if key:
            row.addWidget(Keycap(key))
        self.setLayout(row)
        self.setMinimumHeight(theme.px(44))
        shadow(self, 30, 8)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(TOAST_MS)
        self._clock.timeout.connect(self.dismiss)

    def appear(self) -> None:
        """Show the toast, say it aloud and start its clock."""
        self.adjustSize()
        self.show()
        self.raise_()
        announce(self, self.text)
        self._clock.start()

    def dismiss(self) -> None:
        """Take the toast away."""
        self._clock.stop()
        self.hide()
        self.gone.emit()
        self.deleteLater()

    @property
    def counting(self) -> bool:
        """Whether the clock runs."""
        return self._clock.isActive()

    def _act(self) -> None:
        act = self._on_action
        self.dismiss()
        if act is not None:
            act()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._clock.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._clock.start()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._clock.stop()
        elif event.type() == QEvent.Type.FocusOut and not self.isHidden():
            self._clock.start()
        return False


class EmptyState(QWidget):
    """Nothing here: what goes here and, at first use, the one button that starts it."""

    def __init__(
        self,
        icon: str,
        title: str,
        text: str = "",
        action: str = "",
        on_action: Callable[[], object] | None = None,
        primary: bool = False,
    ) -> None:
        super().__init__()
        column = vbox(
            None, hbox(None, IconDisc(icon, "flat", theme.px(56)), None), gap=10, margins=(24, 24, 24, 24)
        )
        for label in (Label(title, "h2", wrap=True), Label(text, "sub", wrap=True)):
            if label.text():
                label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
                column.addWidget(label)
        self.button: Button | None = None
        if action and on_action is not None:
            self.button = Button(action, "primary" if primary else "secondary", on_click=on_action)
            column.addSpacing(4)
            column.addLayout(hbox(None, self.button, None))
        column.addStretch(2)
        self.setLayout(column)


class ProgressBar(QWidget):
    """How far something is, 0 to 1, as a thin bar."""

    def __init__(self, share: float = 0.0, name: str = "") -> None:
        super().__init__()
        self._share = share
        self.setFixedHeight(8)
        self.setAccessibleName(name or _("Progress"))

    @property
    def share(self) -> float:
        """0 to 1."""
        return self._share

    def set_share(self, share: float) -> None:
        """Move the bar."""
        self._share = max(0.0, min(1.0, share))
        self.setAccessibleDescription(f"{self._share:.0%}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("sunken"))
        painter.drawRoundedRect(self.rect(), 4, 4)
        painter.setBrush(theme.color("fill"))
        painter.drawRoundedRect(QRectF(0, 0, self.width() * self._share, 8), 4, 4)
