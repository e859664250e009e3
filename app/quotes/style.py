"""How a company's quotes look: a small set of choices, each with a name, its values and a default.

They are kept in the organisation's `quote_style`, key by key, so that two people who change two choices
both have their way. An issued quote keeps the choices that it was issued with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from app.i18n import mark as _

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
CONTRAST_LEAST = 4.5
"""WCAG 2.2, 1.4.3: white text on the accent, and the accent on white, must be read."""


@dataclass(frozen=True, slots=True)
class QuoteStyle:
    """The choices; `docs/quote-style.md` says what each does."""

    accent: str = "#2456D3"
    logo_place: str = "left"
    logo_size: str = "medium"
    density: str = "comfortable"
    photos: bool = True
    references: bool = True
    bank: bool = True
    language: str = "customer"
    closing_words: str = ""
    signature_box: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The choices that differ from the defaults: what a frozen document keeps."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) != each.default
        }


CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "logo_place": (("left", _("Left")), ("right", _("Right"))),
    "logo_size": (("small", _("Small")), ("medium", _("Medium")), ("large", _("Large"))),
    "density": (("comfortable", _("Comfortable")), ("compact", _("Compact"))),
    "language": (
        ("customer", _("The customer's")),
        ("fr", _("French")),
        ("en", _("English")),
        ("both", _("French and English")),
    ),
}
LABELS = {
    "accent": _("Colour"),
    "logo_place": _("Place of the logo"),
    "logo_size": _("Size of the logo"),
    "density": _("Spacing"),
    "photos": _("Pictures of products"),
    "references": _("References of products"),
    "bank": _("Bank details"),
    "language": _("Language"),
    "closing_words": _("Closing words"),
    "signature_box": _("Box to sign"),
}


def read_style(value: Any) -> QuoteStyle:
    """The style of a stored `quote_style`; what is no choice falls back to the default, never fails."""
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    default = QuoteStyle()
    known: dict[str, Any] = {each.name: given.get(each.name) for each in fields(QuoteStyle)}
    found = {name: v for name, v in known.items() if _is_choice(name, v, getattr(default, name))}
    if "accent" in found:
        found["accent"] = readable(found["accent"])
    return QuoteStyle(**found)


def readable(colour: str) -> str:
    """The colour itself, or as much darker as it takes to be read on white."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    while contrast_on_white(red, green, blue) < CONTRAST_LEAST:
        red, green, blue = (int(part * 0.94) for part in (red, green, blue))
    return f"#{red:02X}{green:02X}{blue:02X}"


def contrast_on_white(red: int, green: int, blue: int) -> float:
    """WCAG's contrast ratio of an sRGB colour (0–255 each) against white."""
    linear = (_linear(part / 255) for part in (red, green, blue))
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _is_choice(name: str, value: Any, default: Any) -> bool:
    if name in CHOICES:
        return value in {each for each, _label in CHOICES[name]}
    if name == "accent":
        return isinstance(value, str) and bool(_COLOUR.fullmatch(value))
    return type(value) is type(default)
