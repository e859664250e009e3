"""What every kind of field can do: read, doubt, show, store."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from app.fields import Field

Storage = Literal["text", "integer", "json"]


def clean(text: str) -> str:
    """The text trimmed, in normal form NFC, without what no database or wire can hold."""
    if "\x00" in text or not text.isascii():
        text = "".join(c for c in text if c != "\x00" and not "\ud800" <= c <= "\udfff")
        text = unicodedata.normalize("NFC", text)
    return text.strip()


class Kind:
    """A kind of field. `field` is the declared field: its scale and choices matter to some kinds."""

    storage: Storage = "text"

    def __init__(self, name: str) -> None:
        self.name = name

    def parse(self, value: object, field: Field) -> Any:
        """The Python value of what a person typed, JSON gave or a file held; blank is None.

        Raises ValueError with one translated sentence that says what to enter. A value that was
        already parsed comes back unchanged.
        """
        if isinstance(value, str):
            value = clean(value)
        if value is None or value == "":
            return None
        return self._parse(value, field)

    def _parse(self, value: object, field: Field) -> Any:
        raise NotImplementedError

    def warning(self, value: Any, field: Field) -> str | None:
        """One translated sentence when a value is kept but doubtful."""
        return None

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        """How the value reads in `language` (`fr` or `en`, else the current one)."""
        return "" if value is None else str(value)

    def to_stored(self, value: Any, field: Field) -> str | int | None:
        """The form that the file and the wire share."""
        return value  # type: ignore[no-any-return]

    def from_stored(self, stored: Any, field: Field) -> Any:
        """The Python value of a stored form."""
        return stored

    def check(self, stored: Any, field: Field) -> None:
        """Raises ValueError, TypeError or OverflowError for a stored form that no screen could show."""
        self.from_stored(stored, field)

    def to_json(self, value: Any, field: Field) -> Any:
        """The form in machine-readable output."""
        return value


def text_of(value: object, problem: str) -> str:
    """The text of a str or of a number from a spreadsheet (75001.0 is `75001`); else ValueError(problem)."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(problem)
    return str(value)
