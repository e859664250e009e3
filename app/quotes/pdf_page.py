"""The paper of a printed quote: its measures, a pen that draws from the top down, and pages in flow."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reportlab.lib.utils import ImageReader

from app.quotes import paper_code
from app.quotes.pdf_type import ACCENT, RULE, TINT, Colour, Style, clean, width

WIDTH, HEIGHT = 595.276, 841.89
MM = 72 / 25.4
LEFT = 16 * MM
RIGHT = WIDTH - LEFT
ROOM = RIGHT - LEFT
TOP = 40.0
"""Where the content of a page starts after the first."""


class _Picture(ImageReader):  # type: ignore[misc]
    """ReportLab's reader, which would decode a JPEG only to know it again: its bytes do as well."""

    def getRGBData(self) -> bytes:
        """What tells one picture from another: of a JPEG, which goes into the file as it is, its own bytes."""
        file = self.jpeg_fh()
        if file is None:
            return bytes(super().getRGBData())
        self._dataA = None  # a JPEG has no transparency
        return bytes(file.read())


class Pen:
    """Draws on a ReportLab canvas; y runs down from the top edge, x from the left, in points.

    ACCENT and TINT stand for the company's own colour and a pale shade of it.
    """

    def __init__(
        self, canvas: Any, accent: Colour = ACCENT, files: Mapping[str, bytes] | None = None
    ) -> None:
        self.canvas = canvas
        self._files = files or {}
        self._pictures: dict[str, Any] = {}
        pale = tuple(1 - (1 - part) * 0.07 for part in accent)
        self._own = {ACCENT: accent, TINT: (pale[0], pale[1], pale[2])}
        self._bookmarks = 0

    def text(self, x: float, y: float, text: str, style: Style) -> None:
        """Clean or raw text with its baseline at y."""
        if text:
            self.canvas.setFillColorRGB(*self._colour(style.colour))
            self.canvas.setFont(style.font, style.size)
            self.canvas.drawString(x, HEIGHT - y, clean(text))

    def right(self, x: float, y: float, text: str, style: Style) -> None:
        """Text that ends at x."""
        text = clean(text)
        self.text(x - width(text, style), y, text, style)

    def lines(self, x: float, y: float, lines: list[str], style: Style) -> float:
        """Lines below each other, the first baseline at y; the next baseline is returned."""
        for line in lines:
            self.text(x, y, line, style)
            y += style.leading
        return y

    def rule(
        self, y: float, x0: float = LEFT, x1: float = RIGHT, colour: Colour = RULE, weight: float = 0.5
    ) -> None:
        """A level line."""
        self.canvas.setStrokeColorRGB(*self._colour(colour))
        self.canvas.setLineWidth(weight)
        self.canvas.line(x0, HEIGHT - y, x1, HEIGHT - y)

    def fill(self, x: float, y: float, wide: float, high: float, colour: Colour, radius: float = 0) -> None:
        """A filled rectangle whose top left corner is at (x, y)."""
        self.canvas.setFillColorRGB(*self._colour(colour))
        self.canvas.roundRect(x, HEIGHT - y - high, wide, high, radius, stroke=0, fill=1)

    def frame(self, x: float, y: float, wide: float, high: float, colour: Colour, radius: float = 3) -> None:
        """An outlined rectangle whose top left corner is at (x, y)."""
        self.canvas.setStrokeColorRGB(*self._colour(colour))
        self.canvas.setLineWidth(0.7)
        self.canvas.roundRect(x, HEIGHT - y - high, wide, high, radius, stroke=1, fill=0)

    def picture(self, x: float, y: float, wide: float, high: float, digest: str, anchor: str = "nw") -> bool:
        """A file's picture inside a box whose top left corner is at (x, y); False where it cannot be shown."""
        found = self._picture(digest)
        if found is None:
            return False
        self.canvas.drawImage(
            found, x, HEIGHT - y - high, wide, high, preserveAspectRatio=True, anchor=anchor, mask="auto"
        )
        return True

    def code(self, x: float, y: float, size: float, text: str) -> None:
        """A square code whose top left corner is at (x, y)."""
        module = size / paper_code.side(text)
        path = self.canvas.beginPath()
        for column, row, length in paper_code.runs(text):
            path.rect(x + column * module, HEIGHT - y - (row + 1) * module, length * module, module)
        self.canvas.setFillColorRGB(0, 0, 0)
        self.canvas.drawPath(path, stroke=0, fill=1)

    def bookmark(self, title: str, y: float, level: int = 0) -> None:
        """An entry of the outline that leads here."""
        self._bookmarks += 1
        key = f"at{self._bookmarks}"
        self.canvas.bookmarkHorizontalAbsolute(key, HEIGHT - y)
        self.canvas.addOutlineEntry(clean(title), key, level)

    def _picture(self, digest: str) -> Any:
        """The decoded picture, once for all the rows that show it; None for bytes that are none."""
        if digest not in self._pictures:
            try:
                data = self._files.get(digest)
                self._pictures[digest] = _Picture(io.BytesIO(data)) if data else None
            except OSError:
                self._pictures[digest] = None
        return self._pictures[digest]

    def _colour(self, colour: Colour) -> Colour:
        return self._own.get(colour, colour)


Draw = Callable[[Pen, float], None]
"""Draws something whose top edge is at the given y."""


@dataclass
class Flow:
    """Blocks laid from the top down over as many pages as they need; `bottom` is the last usable y."""

    y: float
    bottom: float
    top: float = TOP
    pages: list[list[tuple[Draw, float]]] = field(default_factory=lambda: [[]])

    @property
    def left(self) -> float:
        """The height that remains on the page."""
        return self.bottom - self.y

    @property
    def height(self) -> float:
        """The height of a fresh page."""
        return self.bottom - self.top

    def put(self, draw: Draw, height: float) -> None:
        """Lay a block of this height at the present place, whether or not it fits."""
        self.pages[-1].append((draw, self.y))
        self.y += height

    def turn(self) -> None:
        """Go on at the top of a new page."""
        self.pages.append([])
        self.y = self.top
