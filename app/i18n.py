"""The program's language: gettext messages, English in the source, French in `resources/translations`."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import resources

LANGUAGES = ("fr", "en")

_language = "fr"
_spoken: ContextVar[str] = ContextVar("spoken", default="")
"""Another language for what is said now, as `speaking` sets it; empty for the program's."""
_messages: dict[str, gettext.NullTranslations] = {"en": gettext.NullTranslations()}


def language() -> str:
    """The current language, `fr` or `en`."""
    return _spoken.get() or _language


def set_language(code: str) -> None:
    """Switch every later translation to `code`; an unknown code means English."""
    global _language
    _language = code if code in LANGUAGES else "en"


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Within the block, in this thread, everything is said in `code`: to the customer before his quote."""
    before = _spoken.set(code if code in LANGUAGES else "en")
    try:
        yield
    finally:
        _spoken.reset(before)


def mark(text: str) -> str:
    """Name a message for translation without translating it yet: for declarations at import time."""
    return text


LANGUAGE_NAMES = (("fr", mark("French")), ("en", mark("English")))
"""The choices of a field that holds a language."""


def translate(text: str, /, **values: object) -> str:
    """`text` in the current language, with `{name}` places filled from `values`."""
    return translate_in(language(), text, **values)


def translate_in(code: str, text: str, /, **values: object) -> str:
    """`text` in the language `code`: for a document or a file in another language than the screen's."""
    found = _catalogue(code).gettext(text) if text else ""
    return found.format(**values) if values else found


def _catalogue(code: str) -> gettext.NullTranslations:
    if code not in _messages:
        with resources.path(f"translations/{code}.mo").open("rb") as file:
            _messages[code] = gettext.GNUTranslations(file)
    return _messages[code]


def translate_plural(one: str, many: str, n: int, /, **values: object) -> str:
    """The form of the message that fits `n`, with `{n}`, its thousands apart, and `{name}` places filled."""
    return _catalogue(language()).ngettext(one, many, n).format(n=grouped(n), **values)


def grouped(n: int) -> str:
    """A whole number as the current language writes it: 12 345 in French, 12,345 in English."""
    return f"{n:,}".replace(",", "\u202f" if language() == "fr" else ",")
