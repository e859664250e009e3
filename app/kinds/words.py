"""Kinds whose value is text or a choice among words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from app import i18n
from app.folding import fold
from app.i18n import mark
from app.i18n import translate as _
from app.kinds.kind import Kind, clean, text_of

if TYPE_CHECKING:
    from app.fields import Field


class Text(Kind):
    """One line."""

    def _parse(self, value: object, field: Field) -> str | None:
        text = text_of(value, _("Enter text."))
        return clean(re.sub(r"[\r\n\t\v\f\x85\u2028\u2029]+", " ", text)) or None


class LongText(Kind):
    """Several lines, each ended by a line feed."""

    def _parse(self, value: object, field: Field) -> str | None:
        text = text_of(value, _("Enter text."))
        return clean(re.sub(r"\r\n?|\u2028|\u2029|\x85", "\n", text)) or None


class Link(Kind):
    """The id of a record."""

    def _parse(self, value: object, field: Field) -> str:
        if not isinstance(value, str) or len(value) > 200 or re.search(r"\s", value):
            raise ValueError(_("Choose a record, or give its id."))
        return value


_YES = frozenset(["oui", "o", "yes", "y", "true", "vrai", "v", "1", "x", "on", "ok"])
_NO = frozenset(["non", "n", "no", "false", "faux", "f", "0", "off"])


class YesNo(Kind):
    """A bool."""

    storage = "integer"

    def _parse(self, value: object, field: Field) -> bool:
        if isinstance(value, bool):
            return value
        word = fold(text_of(value, _("Answer yes or no.")))
        if word not in _YES and word not in _NO:
            raise ValueError(_("Answer yes or no."))
        return word in _YES

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        if value is None:
            return ""
        return i18n.translate_in(language or i18n.language(), mark("Yes") if value else mark("No"))

    def to_stored(self, value: Any, field: Field) -> int | None:
        return None if value is None else int(bool(value))

    def from_stored(self, stored: Any, field: Field) -> bool | None:
        return None if stored is None else bool(stored)


def choice_of(value: object, field: Field) -> str:
    """The stored value of a choice given as stored value or as label in any language; ValueError."""
    text = clean(text_of(value, _("Choose one of the values of the list.")))
    for stored, _label in field.choices:
        if text == stored:
            return stored
    wanted = fold(text)
    for stored, label in field.choices:
        labels = (i18n.translate_in(code, label) for code in i18n.LANGUAGES)
        if wanted in (fold(stored), fold(label), *map(fold, labels)):
            return stored
    names = ", ".join(field.choice_label(stored) for stored, _label in field.choices[:12])
    raise ValueError(_("“{text}” is not in the list. Choose among: {names}.", text=text, names=names))


def label_of(value: str, field: Field, language: str | None) -> str:
    """The label of a choice; an unknown value, kept by a newer peer, stands for itself."""
    label = dict(field.choices).get(value)
    return value if label is None else i18n.translate_in(language or i18n.language(), label)


class Choice(Kind):
    """One stored value of the field's choices."""

    def _parse(self, value: object, field: Field) -> str:
        return choice_of(value, field)

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else label_of(value, field, language)


class WordList(Kind):
    """A list of str, kept as JSON; the order is kept, doubles are not."""

    storage = "json"

    def _parse(self, value: object, field: Field) -> list[str]:
        if isinstance(value, str):
            value = self._split(value)
        if not isinstance(value, list | tuple | set | frozenset):
            raise ValueError(_("Enter words separated by a semicolon or a comma."))
        words = (self._word(item, field) for item in value)
        return list(dict.fromkeys(word for word in words if word))

    def _split(self, text: str) -> list[object]:
        if text.startswith("["):
            try:
                return list(json.loads(text))
            except ValueError:
                pass
        return list(re.split(r"[;\n]" if ";" in text or "\n" in text else ",", text))

    def _word(self, item: object, field: Field) -> str:
        return " ".join(clean(text_of(item, _("Enter words separated by a semicolon or a comma."))).split())

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "; ".join(value or ())

    def to_stored(self, value: Any, field: Field) -> str | None:
        return None if value is None else json.dumps(list(value), separators=(",", ":"), ensure_ascii=False)

    def from_stored(self, stored: Any, field: Field) -> list[str] | None:
        return None if stored is None else list(json.loads(stored))

    def check(self, stored: Any, field: Field) -> None:
        words = json.loads(stored)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(stored)

    def to_json(self, value: Any, field: Field) -> list[str] | None:
        return None if value is None else list(value)


class Choices(WordList):
    """Several stored values of the field's choices."""

    def _word(self, item: object, field: Field) -> str:
        return choice_of(item, field) if item != "" else ""

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "; ".join(label_of(item, field, language) for item in value or ())
