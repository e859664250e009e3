"""Kinds with inner structure: a place on Earth, and free JSON."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from app.i18n import translate as _
from app.kinds.kind import Kind

if TYPE_CHECKING:
    from app.fields import Field

_PLACES = 6
"""Decimals of a degree that are kept: a tenth of a metre."""


class Coordinates(Kind):
    """(latitude, longitude) in degrees, kept as `48.8566,2.3522`."""

    def _parse(self, value: object, field: Field) -> tuple[float, float]:
        problem = _("Enter a latitude and a longitude such as 48.8566, 2.3522.")
        try:
            latitude, longitude = (round(float(part), _PLACES) + 0.0 for part in _degrees(value))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(problem) from None
        if not (math.isfinite(latitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
            raise ValueError(problem)
        return latitude, longitude

    def warning(self, value: Any, field: Field) -> str | None:
        if value is not None and tuple(value) == (0.0, 0.0):
            return _("This point lies in the ocean, off Africa.")
        return None

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else f"{_degree(value[0])}, {_degree(value[1])}"

    def to_stored(self, value: Any, field: Field) -> str | None:
        return None if value is None else f"{_degree(value[0])},{_degree(value[1])}"

    def from_stored(self, stored: Any, field: Field) -> tuple[float, float] | None:
        if stored is None:
            return None
        latitude, longitude = stored.split(",")
        return float(latitude), float(longitude)

    def check(self, stored: Any, field: Field) -> None:
        self._parse(self.from_stored(stored, field), field)

    def to_json(self, value: Any, field: Field) -> list[float] | None:
        return None if value is None else list(value)


def _degree(value: float) -> str:
    """The degree without exponent, which `repr` writes for small numbers."""
    return f"{value:.{_PLACES}f}".rstrip("0").rstrip(".")


def _degrees(value: object) -> list[Any]:
    """The two parts, latitude first, of a text, a pair or a mapping."""
    if isinstance(value, dict):
        for names in (("latitude", "longitude"), ("lat", "lon"), ("lat", "lng")):
            if all(name in value for name in names):
                return [value[name] for name in names]
    if isinstance(value, str):
        text = value.strip("()[] °")
        if re.fullmatch(r"-?\d+,\d+\s*[;\s/]\s*-?\d+,\d+", text):
            text = text.replace(",", ".")
        return [part for part in re.split(r"[\s,;/°]+", text) if part]
    return list(value) if isinstance(value, list | tuple) else []


class Json(Kind):
    """Plain data. Text that starts as an object or a list is read as JSON, other text is itself."""

    storage = "json"

    def _parse(self, value: object, field: Field) -> Any:
        try:
            if isinstance(value, str):
                return json.loads(value) if value[0] in "{[" else value
            canonical(value)
        except (TypeError, ValueError, RecursionError):
            raise ValueError(_("Enter valid JSON.")) from None
        return value

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        return json.dumps(value, sort_keys=True, ensure_ascii=False)

    def to_stored(self, value: Any, field: Field) -> str | None:
        return None if value is None else canonical(value)

    def from_stored(self, stored: Any, field: Field) -> Any:
        return None if stored is None else json.loads(stored)

    def check(self, stored: Any, field: Field) -> None:
        expected = {"key": dict, "object": dict, "list": list}.get(field.unit or "", object)
        value = self.from_stored(stored, field)
        if not isinstance(value, expected):
            raise ValueError(stored)
        if field.shape is not None:
            field.shape(value)


def canonical(value: object) -> str:
    """The one JSON text of a value, so that equal values are equal text; TypeError or ValueError."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
