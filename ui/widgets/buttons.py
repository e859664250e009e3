"""Things to press: buttons, chips of which one is chosen, option cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSizePolicy, QWidget

from ui.theme import theme
from ui.widgets.flow import Flow
from ui.widgets.painting import draw_text

Kind = Literal["secondary", "primary", "ghost", "danger", "link", "chip", "nav", "search", "sync"]
_ICON_COLOR = {"primary": "on_fill", "danger": "bad", "link": "accent", "search": "text3"}


class Button(QPushButton):
    """A button. `kind` primary: one per screen. Without text it needs `tip`, which names it aloud too."""

    def __init__(
        self,
        text: str = "",
        kind: Kind = "secondary",
        icon: str | None = None,
        on_click: Callable[[], object] | None = None,
        tip: str = "",
        checkable: bool = False,
        color: str | None = None,
    ) -> None:
        super().__init__(text)
        self.setProperty("kind", kind)
        self._icon_name, self._color = icon, color or _ICON_COLOR.get(kind, "text2")
        self.setCheckable(checkable)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(False)
        self.setAccessibleName(text or tip)
        self.setToolTip(tip)
        if on_click is not None:
            self.clicked.connect(lambda *_: on_click())
        self._dress()
        theme.changed.connect(self._dress)

    def set_icon(self, icon: str | None, color: str | None = None, shown: bool = True) -> None:
        """Show another icon of `resources/icons`, in a token's colour, or none."""
        self._icon_name, self._color = icon if shown else None, color or self._color
        self._dress()

    def setText(self, text: str) -> None:
        if self.accessibleName() == self.text():
            self.setAccessibleName(text)
        super().setText(text)

    def _dress(self) -> None:
        if self._icon_name is None:
            if not self.icon().isNull():
                self.setIcon(QIcon())
            return
        nav = self.property("kind") == "nav"
        size = 16 if self.property("kind") in ("search", "chip") else 18
        pad = 7 if nav else 5 if self.text() else 0
        self.setIcon(theme.icon(self._icon_name, self._color, size, on="accent" if nav else None, pad=pad))
        self.setIconSize(QSize(size + pad, size))


def link(text: str, on_click: Callable[[], object]) -> Button:
    """Words to press in a column of words: they begin where those above and below begin."""
    button = Button(text, "link", on_click=on_click)
    button.setProperty("flush", True)
    return button


class ChipGroup(QWidget):
    """Chips of which one is chosen; arrow keys move, one Tab stop. `chosen` tells the value."""

    chosen = Signal(object)

    def __init__(
        self,
        choices: Sequence[tuple[object, str]],
        value: object = None,
        name: str = "",
        none_allowed: bool = False,
    ) -> None:
        """`choices`: (value, label) pairs; `name` says aloud what is chosen."""
        super().__init__()
        self._values = [value for value, _label in choices]
        self._none_allowed = none_allowed
        self._value: object = None
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        row = Flow(gap=6)
        self.setLayout(row)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        for index, (_value, label) in enumerate(choices):
            chip = Button(label, "chip", checkable=True)
            chip.setAccessibleName(f"{name}, {label}" if name else label)
            chip.clicked.connect(lambda _on, at=index: self._choose(at))
            self._group.addButton(chip, index)
            row.addWidget(chip)
        self.setAccessibleName(name)
        self.set_value(value)

    @property
    def value(self) -> object:
        """The chosen value, or None."""
        return self._value

    def set_value(self, value: object) -> None:
        """Choose without emitting."""
        self._value = value if value in self._values else None
        for index, button in enumerate(self._group.buttons()):
            on = self._value is not None and self._values[index] == self._value
            button.setChecked(on or (value is None and self._values[index] is None))
        self._keep_one_tab_stop()

    def buttons(self) -> list[QPushButton]:
        """The chips in reading order."""
        return [button for button in self._group.buttons() if isinstance(button, QPushButton)]

    def _choose(self, index: int) -> None:
        again = self._values[index] == self._value and self._none_allowed
        self.set_value(None if again else self._values[index])
        self.chosen.emit(self._value)

    def _keep_one_tab_stop(self) -> None:
        buttons = self.buttons()
        current = next((b for b in buttons if b.isChecked()), buttons[0] if buttons else None)
        for button in buttons:
            stop = Qt.FocusPolicy.StrongFocus if button is current else Qt.FocusPolicy.ClickFocus
            button.setFocusPolicy(stop)
        if current is not None:
            self.setFocusProxy(current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Down: 1,
        }.get(Qt.Key(event.key()))
        buttons = self.buttons()
        focused = next((i for i, b in enumerate(buttons) if b.hasFocus()), None)
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        index = (focused + step) % len(buttons)
        if self._values[index] != self._value:
            self._choose(index)
        buttons[index].setFocus(Qt.FocusReason.TabFocusReason)


class OptionCard(QPushButton):
    """One of several values laid out beside each other: chosen is told by shape, not by colour alone."""

    def __init__(self, text: str, chosen: bool = False, group: QButtonGroup | None = None) -> None:
        super().__init__(text)
        self.setCheckable(True)
        self.setChecked(chosen)
        self.setMinimumHeight(theme.px(44))
        self.setMinimumWidth(80)
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.setAutoDefault(False)
        if group is not None:
            group.addButton(self)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(44))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, rect = self.isChecked(), QRectF(self.rect()).adjusted(1, 1, -1, -1)
        edge = "accent" if on or self.property("kf") else "border_strong" if self.underMouse() else "border"
        painter.setBrush(theme.color("selected" if on else "surface"))
        painter.setPen(QPen(theme.color(edge), 2.5 if self.property("kf") else 1.5 if on else 1))
        painter.drawRoundedRect(rect, 8, 8)
        painter.setBrush(theme.color("surface"))
        painter.setPen(QPen(theme.color("accent" if on else "border_strong"), 5 if on else 1.5))
        radius = 5 if on else 6.5
        painter.drawEllipse(QPointF(rect.left() + 20, rect.center().y()), radius, radius)
        draw_text(
            painter,
            rect.adjusted(38, 0, -10, 0),
            self.text(),
            theme.font(14, 600 if on else 400),
            "text" if on else "text2",
        )
