"""« 2 points à vérifier avant d'émettre »: how many there are, and with a press which, each with its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QMenu

from app.i18n import translate_plural as _n
from app.quotes.checking import Point
from ui.widgets import Button, literal


class PointsButton(Button):
    """Out of sight while there is nothing to check."""

    def __init__(self, ways: Mapping[str, Callable[[], object]]) -> None:
        """`ways`: where a point's answer is given (`Point.where`), and how to go there."""
        super().__init__("", "chip", "triangle-alert", self.show_menu, color="warn")
        self._ways = ways
        self.points: list[Point] = []
        self._discreet = False
        self.hide()

    def show_points(self, points: list[Point]) -> None:
        """Take these points."""
        self.points = points
        n = len(points)
        words = _n("{n} point to check before issuing", "{n} points to check before issuing", n)
        self.setText(_n("{n} point to check", "{n} points to check", n))
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.setVisible(bool(points) and not self._discreet)

    def set_customer_mode(self, on: bool) -> None:
        """What is still to check is not for the customer's eyes."""
        self._discreet = on
        self.setVisible(bool(self.points) and not on)

    def show_menu(self) -> None:
        """Show the points."""
        self.menu_shown = menu = QMenu(self)
        for point in self.points:
            action = menu.addAction(literal(point.text))
            if (way := self._ways.get(point.where)) is not None:
                action.triggered.connect(lambda _on=False, way=way: way())
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
