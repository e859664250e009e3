"""The paper of a printed quote: its measures, a pen that draws from the top down, and pages in flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reportlab.pdfbase.pdfmetrics import getFont

from app.quotes import paper_code
from app.quotes.pdf_picture import open_picture
from app.quotes.pdf_type import ACCENT, RULE, TINT, Colour, Style, clean, width

WIDTH, HEIGHT = 595.276, 841.89
MM = 72 / 25.4
LEFT = 16 * MM
RIGHT = WIDTH - LEFT
ROOM = RIGHT - LEFT
TOP = 40.0
"""Where the content of a page starts after the first."""


_ESCAPES = {code: f"\\{code:03o}" for code in (*range(32), *b"()\\", *range(127, 256))}
"""What a PDF string cannot hold as it is, in octal."""


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
        self._inks: dict[Colour, str] = {}
        self._glyphs: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._bookmarks = 0

    def text(self, x: float, y: float, text: str, style: Style) -> None:
        """Clean or raw text with its baseline at y."""
        if text:
            # ReportLab's own way makes and measures an object for each text: most of the time of a paper.
            shown = "".join(
                f"{font} {style.size:g} Tf ({codes}) Tj " for font, codes in self._encoded(text, style.font)
            )
            place = f"1 0 0 1 {x:.3f} {HEIGHT - y:.3f} Tm"
            self.canvas.addLiteral(f"{self._ink(style.colour)} rg BT {place} {shown}ET")

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
        level = f"{HEIGHT - y:.3f}"
        self.canvas.addLiteral(f"{self._ink(colour)} RG {weight:g} w {x0:.3f} {level} m {x1:.3f} {level} l S")

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
        found.draw(self.canvas, x, HEIGHT - y - high, wide, high, anchor)
        return True

    def code(self, x: float, y: float, size: float, text: str) -> None:
        """A square code whose top left corner is at (x, y)."""
        module = size / paper_code.side(text)
        squares = " ".join(
            f"{x + column * module:.3f} {HEIGHT - y - (row + 1) * module:.3f} {length * module:.3f} {module:.3f} re"
            for column, row, length in paper_code.runs(text)
        )
        self.canvas.addLiteral(f"0 0 0 rg {squares} f")

    def bookmark(self, title: str, y: float, level: int = 0) -> None:
        """An entry of the outline that leads here."""
        self._bookmarks += 1
        key = f"at{self._bookmarks}"
        self.canvas.bookmarkHorizontalAbsolute(key, HEIGHT - y)
        self.canvas.addOutlineEntry(clean(title), key, level)

    def _picture(self, digest: str) -> Any:
        """The picture, opened once for all the rows that show it; None for bytes that are none."""
        if digest not in self._pictures:
            data = self._files.get(digest)
            self._pictures[digest] = open_picture(data, digest) if data else None
        return self._pictures[digest]

    def _encoded(self, text: str, font: str) -> list[tuple[str, str]]:
        """(font subset, codes in it) of each part of a text, as this file's fonts count their glyphs."""
        found = self._glyphs.get((text, font))
        if found is None:
            face, file = getFont(font), self.canvas._doc
            found = self._glyphs[text, font] = [
                (face.getSubsetInternalName(subset, file), codes.decode("latin-1").translate(_ESCAPES))
                for subset, codes in face.splitString(clean(text), file)
            ]
        return found

    def _ink(self, colour: Colour) -> str:
        if colour not in self._inks:
            self._inks[colour] = " ".join(f"{part:.4g}" for part in self._colour(colour))
        return self._inks[colour]

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
