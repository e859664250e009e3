"""Type for printed quotes: the embedded fonts, text that they can show, measured and wrapped."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

import resources

REGULAR = "SourceSans3"
BOLD = "SourceSans3-Bold"
_FILES = {REGULAR: "SourceSans3_400Regular.ttf", BOLD: "SourceSans3_700Bold.ttf"}

INK = (0.07, 0.10, 0.16)
GREY = (0.38, 0.43, 0.51)
RULE = (0.86, 0.88, 0.92)
TINT = (0.945, 0.958, 0.992)
MARK = (0.935, 0.945, 0.965)
WHITE = (1.0, 1.0, 1.0)
ACCENT = (0x24 / 255, 0x56 / 255, 0xD3 / 255)

Colour = tuple[float, float, float]
ELLIPSIS = "…"
_ROUNDING = 0.01
"""Points: a column made as wide as its widest text must hold that text."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a piece of text looks; sizes in points."""

    font: str = REGULAR
    size: float = 9
    leading: float = 11.6
    colour: Colour = INK

    def but(self, **changes: Any) -> Style:
        return replace(self, **changes)


BODY = Style()
STRONG = Style(font=BOLD)
SMALL = Style(size=7.6, leading=9.8, colour=GREY)
LABEL = Style(font=BOLD, size=7.4, leading=9.8, colour=GREY)


def accent_of(style: Mapping[str, Any]) -> Colour:
    """The colour that a document's style chooses."""
    colour = style.get("accent")
    if not colour:
        return ACCENT
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


@lru_cache(maxsize=1)
def load_fonts() -> dict[str, dict[int, float]]:
    """Register the fonts with ReportLab once; each font's widths per code point, in 1/1000 em."""
    widths = {}
    for name, file in _FILES.items():
        font = TTFont(name, str(resources.path(f"fonts/{file}")))
        pdfmetrics.registerFont(font)
        widths[name] = {code: font.face.charWidths[code] for code in font.face.charToGlyph if code >= 32}
    return widths


@lru_cache(maxsize=1)
def _shown() -> frozenset[str]:
    """The characters that every font has, without those that only steer the others."""
    regular, bold = load_fonts().values()
    return frozenset(
        char for char in map(chr, regular.keys() & bold.keys()) if unicodedata.category(char) != "Cf"
    )


@lru_cache(maxsize=1)
def _plain() -> frozenset[str]:
    """The characters that need no thought: those of `_shown` that do not join their neighbour."""
    return frozenset(char for char in _shown() if not unicodedata.combining(char))


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """`text` with nothing that the fonts cannot show: a missing glyph becomes a visible box.

    ReportLab would print nothing in its place, and the reader would not know.
    """
    if _plain().issuperset(text):
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    shown = _shown()
    return "".join(_shown_as(char, shown) for char in text)


def _shown_as(char: str, shown: frozenset[str]) -> str:
    if char in shown or char == "\n":
        return char
    # Controls, joiners, variation selectors, skin tones: parts of a character, nothing to see alone.
    if unicodedata.category(char) in ("Cc", "Cf", "Mn", "Me") or 0x1F3FB <= ord(char) <= 0x1F3FF:
        return ""
    alike = unicodedata.normalize("NFKC", char)
    if alike != char and shown.issuperset(alike):
        return alike
    return "\u25a1" if "\u25a1" in shown else "\u2610"


@lru_cache(maxsize=16384)
def _width_em(text: str, font: str) -> float:
    widths = load_fonts()[font]
    # A break in what should be one line takes no room.
    return sum([widths.get(code, 0.0) for code in map(ord, text)])


def width(text: str, style: Style) -> float:
    """The width of clean text, in points."""
    return _width_em(text, style.font) * style.size / 1000


def shortened(text: str, style: Style, room: float) -> str:
    """The text in one line no wider than `room`, with an ellipsis where some of it is left out."""
    line = clean(" ".join(text.split()))
    if width(line, style) <= room:
        return line
    kept = _cut(line, style, max(0.0, room - width(ELLIPSIS, style)))[0]
    return kept.rstrip() + ELLIPSIS


def wrap(text: str, style: Style, room: float) -> list[str]:
    """Lines of clean text no wider than `room`; a word that is wider is cut."""
    lines: list[str] = []
    for paragraph in clean(text).split("\n"):
        lines.extend(_wrap_paragraph(paragraph.strip(" "), style, room))
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _wrap_paragraph(text: str, style: Style, room: float) -> list[str]:
    room += _ROUNDING
    if width(text, style) <= room:
        return [text]
    space = width(" ", style)
    lines, line, used = [], "", 0.0
    for word in text.split(" "):
        size = width(word, style)
        if line and used + space + size <= room:
            line, used = f"{line} {word}", used + space + size
            continue
        if line:
            lines.append(line)
        *full, line = _cut(word, style, room) if size > room else [word]
        lines.extend(full)
        used = width(line, style)
    return [*lines, line]


def _cut(word: str, style: Style, room: float) -> list[str]:
    parts, part, used = [], "", 0.0
    for char in word:
        size = width(char, style)
        if part and used + size > room:
            parts.append(part)
            part, used = "", 0.0
        part, used = part + char, used + size
    return [*parts, part]
