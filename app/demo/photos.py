"""Product pictures drawn by the program: a flat shape by family, coloured by the product."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

from app.demo.catalogue import shapes

SIZE = 320
"""Width and height of a picture in pixels."""
_SCALE = 2  # Drawn larger and reduced: Pillow's edges are not smoothed.

Colour = tuple[int, int, int]
_COLOURS: tuple[Colour, ...] = (
    (56, 118, 190),
    (64, 150, 136),
    (214, 132, 72),
    (142, 108, 182),
    (196, 92, 104),
    (92, 140, 84),
    (74, 98, 130),
)
_BY_WORD: dict[str, Colour] = {
    "bleu": (66, 126, 204),
    "rouge": (204, 78, 78),
    "vert": (84, 154, 92),
    "jaune": (230, 190, 72),
    "noir": (58, 64, 74),
    "inox": (150, 160, 170),
    "rose": (222, 138, 166),
    "citron": (226, 196, 84),
    "lavande": (150, 124, 196),
    "pin": (82, 134, 98),
    "écolabel": (104, 160, 92),
    "bordeaux": (138, 58, 76),
}
_INK: Colour = (52, 60, 72)
_WHITE: Colour = (252, 252, 250)
_PAPER: Colour = (238, 236, 230)
_METAL: Colour = (172, 180, 188)


class Pen:
    """Draws in a square of 100 by 100."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw
        self._unit = SIZE * _SCALE / 100

    def box(self, x: float, y: float, right: float, bottom: float, fill: Colour, radius: float = 0) -> None:
        """A rectangle with rounded corners."""
        self._draw.rounded_rectangle(self._points(x, y, right, bottom), radius * self._unit, fill)

    def oval(self, x: float, y: float, right: float, bottom: float, fill: Colour) -> None:
        """An ellipse."""
        self._draw.ellipse(self._points(x, y, right, bottom), fill)

    def shape(self, *points: float, fill: Colour) -> None:
        """A polygon: x and y in turn."""
        self._draw.polygon(self._points(*points), fill)

    def line(self, *points: float, fill: Colour, width: float) -> None:
        """A line through points: x and y in turn."""
        self._draw.line(self._points(*points), fill, round(width * self._unit), "curve")

    def _points(self, *values: float) -> list[float]:
        return [value * self._unit for value in values]


def photo(product: Mapping[str, Any]) -> bytes:
    """A PNG of SIZE × SIZE pixels of a product (its `family`, `label_fr` and `sku`), always the same."""
    label, sku = str(product.get("label_fr") or ""), str(product.get("sku") or "")
    return _picture(_shape(str(product.get("family") or ""), label), _colour(label, sku))


@cache
def _picture(shape: str, colour: Colour) -> bytes:
    image = Image.new("RGB", (SIZE * _SCALE, SIZE * _SCALE), _mix(colour, _WHITE, 0.86))
    pen = Pen(ImageDraw.Draw(image))
    pen.oval(18, 84, 82, 93, _mix(colour, _WHITE, 0.72))
    _DRAWN[shape](pen, colour)
    reduced = image.reduce(_SCALE).quantize(64, dither=Image.Dither.NONE)
    written = io.BytesIO()
    reduced.save(written, "PNG", optimize=True)
    return written.getvalue()


def _colour(label: str, sku: str) -> Colour:
    words = label.lower().split()
    named = next((colour for word, colour in _BY_WORD.items() if word in words or word + "s" in words), None)
    # One colour for all the sizes of a product: only the reference's letters count.
    drawn = hashlib.blake2b(sku.partition("-")[0].encode()).digest()[0]
    return named or _COLOURS[drawn % len(_COLOURS)]


def _shape(family: str, label: str) -> str:
    for word, shape in (
        ("Distributeur", "dispenser"),
        ("Sacs ", "roll"),
        ("Film", "roll"),
        ("Bobine", "roll"),
    ):
        if label.startswith(word):
            return shape
    return shapes().get(family, "box")


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _bottle(pen: Pen, colour: Colour) -> None:
    pen.box(46, 12, 54, 26, _INK)
    pen.box(32, 11, 58, 17, _INK, 2)
    pen.box(40, 24, 60, 33, _mix(colour, _INK, 0.45), 2)
    pen.box(30, 31, 70, 89, colour, 9)
    pen.box(34, 35, 40, 84, _mix(colour, _WHITE, 0.3), 3)
    pen.box(30, 50, 70, 74, _WHITE)
    pen.box(36, 55, 60, 59, _mix(colour, _INK, 0.25), 1)
    pen.box(36, 63, 54, 66, _METAL, 1)


def _roll(pen: Pen, colour: Colour) -> None:
    pen.box(26, 26, 74, 84, _PAPER)
    pen.oval(26, 75, 74, 93, _PAPER)
    pen.box(62, 26, 74, 84, _mix(_PAPER, _INK, 0.1))
    pen.shape(74, 44, 88, 48, 88, 92, 74, 86, fill=_WHITE)
    for y in (42, 58, 74):
        pen.line(26, y, 50, y + 6, 74, y, fill=_mix(colour, _WHITE, 0.4), width=1.6)
    pen.oval(26, 17, 74, 37, _WHITE)
    pen.oval(41, 23, 59, 31, colour)
    pen.oval(45, 25, 55, 29, _mix(colour, _INK, 0.5))


def _glove(pen: Pen, colour: Colour) -> None:
    for x, top in ((30, 30), (41, 18), (52, 15), (63, 24)):
        pen.box(x, top, x + 9.5, 62, colour, 4.7)
    pen.box(30, 46, 72.5, 80, colour, 8)
    pen.line(72, 62, 84, 46, fill=colour, width=9)
    pen.oval(79.5, 41.5, 88.5, 50.5, colour)
    pen.box(33, 70, 69, 90, colour, 3)
    pen.box(31, 80, 71, 91, _mix(colour, _INK, 0.25), 3)
    for seam in (40.2, 51.2, 62.2):
        pen.line(seam, 46, seam, 58, fill=_mix(colour, _INK, 0.25), width=1)


def _mat(pen: Pen, colour: Colour) -> None:
    pen.shape(24, 34, 76, 34, 94, 86, 6, 86, fill=_mix(colour, _INK, 0.55))
    pen.shape(28, 38, 72, 38, 86, 81, 14, 81, fill=colour)
    for step in range(1, 6):
        depth = 38 + 43 * step / 6
        spread = 14 * step / 6
        pen.line(28 - spread, depth, 72 + spread, depth, fill=_mix(colour, _INK, 0.2), width=1.4)


def _bin(pen: Pen, colour: Colour) -> None:
    pen.shape(28, 32, 72, 32, 67, 89, 33, 89, fill=colour)
    pen.shape(33, 36, 39, 36, 42, 85, 37, 85, fill=_mix(colour, _WHITE, 0.3))
    pen.box(24, 24, 76, 34, _mix(colour, _INK, 0.4), 4)
    pen.box(43, 18, 57, 25, _INK, 2)
    pen.box(40, 87, 60, 93, _INK, 2)


def _dispenser(pen: Pen, colour: Colour) -> None:
    pen.box(28, 12, 72, 74, _METAL, 7)
    pen.box(31, 15, 69, 71, _mix(_METAL, _WHITE, 0.55), 5)
    pen.box(35, 20, 65, 46, _mix(colour, _WHITE, 0.2), 3)
    pen.box(44, 52, 56, 64, colour, 6)
    pen.box(40, 73, 60, 80, _INK, 2)
    pen.oval(47, 83, 53, 91, colour)


def _cloth(pen: Pen, colour: Colour) -> None:
    pen.shape(16, 76, 26, 56, 84, 56, 90, 76, 60, 88, fill=_mix(colour, _INK, 0.3))
    pen.shape(18, 62, 28, 42, 82, 42, 88, 62, 58, 74, fill=colour)
    pen.shape(20, 48, 32, 28, 78, 28, 86, 48, 56, 60, fill=_mix(colour, _WHITE, 0.25))
    pen.line(28, 46, 56, 55, 80, 46, fill=_mix(colour, _WHITE, 0.6), width=1.4)


def _tool(pen: Pen, colour: Colour) -> None:
    pen.line(70, 10, 48, 72, fill=_METAL, width=4)
    pen.line(70, 10, 65, 24, fill=colour, width=5.5)
    pen.shape(28, 68, 68, 68, 76, 78, 20, 78, fill=colour)
    for x in range(22, 76, 6):
        pen.box(x, 78, x + 4, 91, _mix(colour, _WHITE, 0.5), 2)


def _machine(pen: Pen, colour: Colour) -> None:
    pen.line(70, 52, 88, 16, fill=_INK, width=4)
    pen.line(80, 16, 94, 16, fill=_INK, width=5)
    pen.box(18, 40, 76, 80, colour, 10)
    pen.box(18, 40, 76, 54, _mix(colour, _WHITE, 0.35), 7)
    pen.box(26, 60, 48, 70, _mix(colour, _INK, 0.45), 2)
    for x in (22, 56):
        pen.oval(x, 72, x + 20, 92, _INK)
        pen.oval(x + 6, 78, x + 14, 86, _METAL)


def _cup(pen: Pen, colour: Colour) -> None:
    pen.shape(28, 28, 72, 28, 64, 90, 36, 90, fill=_WHITE)
    pen.shape(30.6, 48, 69.4, 48, 66, 74, 34, 74, fill=colour)
    pen.box(24, 20, 76, 29, _mix(colour, _INK, 0.4), 4)
    pen.oval(45, 54, 55, 66, _mix(colour, _WHITE, 0.6))


def _carton(pen: Pen, colour: Colour) -> None:
    pen.shape(20, 38, 56, 46, 56, 90, 20, 80, fill=colour)
    pen.shape(56, 46, 82, 34, 82, 76, 56, 90, fill=_mix(colour, _INK, 0.3))
    pen.shape(20, 38, 46, 27, 82, 34, 56, 46, fill=_mix(colour, _WHITE, 0.35))
    pen.shape(27, 52, 48, 57, 48, 72, 27, 66, fill=_WHITE)


def _service(pen: Pen, colour: Colour) -> None:
    pen.line(34, 80, 64, 42, fill=_METAL, width=10)
    pen.oval(50, 16, 84, 50, _METAL)
    pen.shape(66, 10, 90, 18, 74, 36, 62, 30, fill=_mix(colour, _WHITE, 0.86))
    pen.oval(24, 68, 46, 90, colour)
    pen.oval(31, 75, 39, 83, _WHITE)


_DRAWN: dict[str, Callable[[Pen, Colour], None]] = {
    "bottle": _bottle,
    "roll": _roll,
    "glove": _glove,
    "mat": _mat,
    "bin": _bin,
    "dispenser": _dispenser,
    "cloth": _cloth,
    "tool": _tool,
    "machine": _machine,
    "cup": _cup,
    "box": _carton,
    "service": _service,
}
