"""The look of the program: one Theme gives colours, fonts, sizes and icons, and says when they change.

from ui.theme import theme
theme.color("accent")      theme.font(14, 600)      theme.px(40)      theme.icon("phone")
"""

from __future__ import annotations

import re
from string import Template
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

import resources
from ui.tokens import DARK, LIGHT, SHADOW_ALPHA, with_strong_borders

Mode = Literal["system", "light", "dark", "contrast"]
MODES: tuple[Mode, ...] = ("system", "light", "dark", "contrast")
SCALES = (90, 100, 115, 130, 150)
STROKE = "1.75"

_PALETTE = (
    (QPalette.ColorRole.Window, "app"),
    (QPalette.ColorRole.Base, "surface"),
    (QPalette.ColorRole.AlternateBase, "surface"),
    (QPalette.ColorRole.Text, "text"),
    (QPalette.ColorRole.WindowText, "text"),
    (QPalette.ColorRole.Button, "surface"),
    (QPalette.ColorRole.ButtonText, "text"),
    (QPalette.ColorRole.Highlight, "fill"),
    (QPalette.ColorRole.HighlightedText, "on_fill"),
    (QPalette.ColorRole.PlaceholderText, "text3"),
    (QPalette.ColorRole.ToolTipBase, "raised"),
    (QPalette.ColorRole.ToolTipText, "text"),
    (QPalette.ColorRole.Link, "accent"),
    (QPalette.ColorRole.Dark, "sunken"),
)


class Theme(QObject):
    """Colours, fonts, sizes and icons of the moment. There is one, `ui.theme.theme`."""

    changed = Signal()
    """Colours, text size or motion have changed; painted widgets repaint by themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "light"
        self.scale = 100
        self.motion = True
        self.dark = False
        self._tokens = dict(LIGHT)
        self._pixmaps: dict[tuple[str, str, int, int, float], QPixmap] = {}
        self._fonts: dict[tuple[int, int, bool], QFont] = {}
        self._colours: dict[tuple[str, int], QColor] = {}
        self._app: QApplication | None = None

    def apply(self, app: QApplication, mode: Mode = "system", scale: int = 100) -> None:
        """Dress the application. `scale` is the text size in percent, 90 to 150."""
        before = (self._tokens, self.scale) if self._app is not None else None
        if self._app is None:
            self._prepare(app)
        self.mode, self.scale = mode, max(90, min(150, scale))
        self.dark = mode == "dark" or (mode == "system" and system_is_dark())
        self._tokens = dict(DARK if self.dark else LIGHT)
        if mode == "contrast" or (mode == "system" and self._system_wants_contrast()):
            self._tokens = with_strong_borders(self._tokens)
        if (self._tokens, self.scale) == before:
            return  # Qt would dress every window anew
        for kept in (self._pixmaps, self._fonts, self._colours):
            kept.clear()
        app.setFont(self.font(14))
        app.setPalette(self._palette())
        app.setStyleSheet(self._style_sheet())
        self.changed.emit()

    def _prepare(self, app: QApplication) -> None:
        self._app = app
        app.setStyle("Fusion")
        load_fonts()
        app.focusChanged.connect(_mark_keyboard_focus)
        # Both wrappers are kept: PySide deletes the accessibility hints with a wrapper of the style hints.
        self._hints = QGuiApplication.styleHints()
        self._accessibility = self._hints.accessibility()
        self._hints.colorSchemeChanged.connect(self._follow_system)
        self._accessibility.contrastPreferenceChanged.connect(self._follow_system)

    def _follow_system(self) -> None:
        if self._app is not None and self.mode == "system":
            self.apply(self._app, "system", self.scale)

    def _system_wants_contrast(self) -> bool:
        return self._accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast

    # Colours and sizes

    def hex(self, name: str) -> str:
        """The token `name` as `#RRGGBB`."""
        return self._tokens[name]

    def color(self, name: str, alpha: int = 255) -> QColor:
        """The token `name` as a colour; `alpha` 0 to 255. Not to be changed: lists paint with it."""
        colour = self._colours.get((name, alpha))
        if colour is None:
            colour = self._colours[name, alpha] = QColor(self._tokens[name])
            colour.setAlpha(alpha)
        return colour

    @property
    def shadow_alpha(self) -> int:
        """How dark a shadow is, 0 to 255."""
        return SHADOW_ALPHA["dark" if self.dark else "light"]

    def px(self, size: float) -> int:
        """A length of the design in pixels at the chosen text size."""
        return round(size * self.scale / 100)

    def font(self, size: int = 14, weight: int = 400, tnum: bool = False) -> QFont:
        """Inter at a design size; `tnum` sets figures of equal width for columns of numbers.

        Not to be changed: the same font is given out until the text size changes, with its measures.
        """
        found = self._fonts.get((size, weight, tnum))
        if found is None:
            found = self._fonts[size, weight, tnum] = self._make_font(size, weight, tnum)
        return found

    def _make_font(self, size: int, weight: int, tnum: bool) -> QFont:
        font = QFont("Inter")
        font.setPixelSize(self.px(size))
        font.setWeight(QFont.Weight(weight))
        if tnum:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    # Icons

    def pixmap(self, name: str, color: str = "text2", size: int = 18, pad: int = 0) -> QPixmap:
        """The icon `name` in a token's colour, drawn at twice its size or more, `pad` pixels wider on the right."""
        ratio = max(2.0, QGuiApplication.primaryScreen().devicePixelRatio())
        key = (name, self._tokens.get(color, color), size, pad, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = _draw_icon(*key)
        return self._pixmaps[key]

    def icon(
        self, name: str, color: str = "text2", size: int = 18, on: str | None = None, pad: int = 0
    ) -> QIcon:
        """The icon `name` for buttons: normal, disabled and, when `on` names a token, checked.

        QPushButton puts only 4 pixels between icon and text: `pad` widens the picture instead.
        """
        icon = QIcon(self.pixmap(name, color, size, pad))
        icon.addPixmap(self.pixmap(name, "border_strong", size, pad), QIcon.Mode.Disabled)
        if on:
            icon.addPixmap(self.pixmap(name, on, size, pad), QIcon.Mode.Normal, QIcon.State.On)
        return icon

    # Dress

    def _palette(self) -> QPalette:
        palette = QPalette()
        for role, name in _PALETTE:
            palette.setColor(role, self.color(name))
        for role in (
            QPalette.ColorRole.Text,
            QPalette.ColorRole.WindowText,
            QPalette.ColorRole.ButtonText,
        ):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.color("border_strong"))
        return palette

    def _style_sheet(self) -> str:
        sizes = {
            f"px{n}": f"{self.px(n)}px" for n in (12, 13, 14, 16, 17, 22, 24, 26, 30, 32, 34, 40, 42, 44, 48)
        }
        shade = "dark" if self.dark else "light"
        files = {
            "tick": resources.path("icons/tick.svg").as_posix(),
            "chevron": resources.path(f"icons/chevron-{shade}.svg").as_posix(),
        }
        scrim = QColor(self._tokens["scrim"])  # with its own alpha: what lies below stays in sight
        rgba = f"rgba({scrim.red()},{scrim.green()},{scrim.blue()},{scrim.alpha()})"
        text = resources.read("style.qss").decode("utf-8")
        return Template(text).substitute({**self._tokens, "scrim": rgba}, **sizes, **files)


def load_fonts() -> None:
    """Make the shipped fonts known to Qt; without them an empty fontconfig shows boxes."""
    for file in sorted(resources.path("fonts").glob("Inter_*.ttf")):
        QFontDatabase.addApplicationFont(str(file))


def system_is_dark() -> bool:
    """Whether the system asks for a dark theme; the offscreen platform never does."""
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def repolish(widget: QWidget) -> None:
    """Make the style sheet read the widget's properties again."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def _mark_keyboard_focus(old: QWidget | None, new: QWidget | None) -> None:
    """Show the focus ring only where the keyboard put the focus (`:focus-visible` of the web)."""
    by_key = QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton
    for widget, shown in ((old, False), (new, by_key)):
        if isinstance(widget, QAbstractButton) and bool(widget.property("kf")) != shown:
            widget.setProperty("kf", shown)
            repolish(widget)


def _draw_icon(name: str, colour: str, size: int, pad: int, ratio: float) -> QPixmap:
    svg = resources.read(f"icons/{name}.svg").decode("utf-8").replace("currentColor", colour)
    svg = re.sub(r'stroke-width="[^"]+"', f'stroke-width="{STROKE}"', svg)
    pixmap = QPixmap(QSize(round((size + pad) * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


theme = Theme()
