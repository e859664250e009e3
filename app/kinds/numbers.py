"""Kinds whose value is a number: int or Decimal, kept as an integer."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app import formats, i18n, money
from app.i18n import translate as _
from app.kinds.kind import Kind

if TYPE_CHECKING:
    from app.fields import Field


def decimal_of(value: object, problem: str) -> Decimal:
    """The finite Decimal of a number or a text; else ValueError(problem)."""
    try:
        if isinstance(value, bool):
            raise ValueError(problem)
        if isinstance(value, str):
            return money.parse_decimal(value, i18n.language())
        if isinstance(value, int | Decimal):
            number = Decimal(value)
        elif isinstance(value, float):
            number = Decimal(repr(value))
        else:
            raise ValueError(problem)
    except ValueError:
        raise ValueError(problem) from None
    if not number.is_finite():
        raise ValueError(problem)
    return number


def _within_range(number: Decimal, scale: int) -> Decimal:
    if (number and number.adjusted() + scale > 18) or abs(money.to_scaled(number, scale)) > money.LARGEST:
        raise ValueError(_("This number is too large to be kept."))
    return money.round_half_up(number, scale)


class Scaled(Kind):
    """A Decimal with the field's scale."""

    storage = "integer"

    def _parse(self, value: object, field: Field) -> Decimal:
        return _within_range(decimal_of(value, self._problem()), field.scale)

    def _problem(self) -> str:
        return _("Enter a number such as 12.5.")

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else formats.format_number(value, None, language)

    def to_stored(self, value: Any, field: Field) -> int | None:
        return None if value is None else money.to_scaled(Decimal(value), field.scale)

    def from_stored(self, stored: Any, field: Field) -> Decimal | None:
        return None if stored is None else money.from_scaled(stored, field.scale)

    def to_json(self, value: Any, field: Field) -> str | None:
        return None if value is None else money.plain(Decimal(value))


class Money(Scaled):
    """An amount; `field.unit` is its currency, the euro unless it says otherwise."""

    def _problem(self) -> str:
        return _("Enter an amount such as 1250.50.")

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        if value is None:
            return ""
        decimals = len(money.plain(Decimal(value), least=2).partition(".")[2])
        currency = field.unit or "EUR"
        return formats.format_money(value, currency, language, decimals if decimals > 2 else None)

    def to_json(self, value: Any, field: Field) -> str | None:
        return None if value is None else money.plain(Decimal(value), least=2)


class Percentage(Scaled):
    """A percentage: 5.5 stands for 5.5 %."""

    def _problem(self) -> str:
        return _("Enter a percentage such as 5.5.")

    def warning(self, value: Any, field: Field) -> str | None:
        if value is not None and not 0 <= value <= 100:
            return _("This percentage is not between 0 and 100.")
        return None

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else formats.format_percentage(value, language)


class Integer(Kind):
    """A whole number."""

    storage = "integer"

    def _parse(self, value: object, field: Field) -> int:
        problem = _("Enter a whole number such as 12.")
        number = decimal_of(value, problem)
        if number != number.to_integral_value():
            raise ValueError(problem)
        return int(_within_range(number, 0))

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else formats.format_number(value, 0, language)


_HOURS = re.compile(r"(\d{1,4})\s*(?:h|hr|hrs|heures?|hours?|:)\s*(\d{1,2})?\s*(?:min|mn|m|minutes?)?", re.I)
_DECIMAL_HOURS = re.compile(r"(\d{1,4}[.,]\d{1,2})\s*(?:h|hr|hrs|heures?|hours?)", re.I)
_MINUTES = re.compile(r"(\d{1,6})\s*(?:min|mn|m|minutes?|')?", re.I)


class Duration(Kind):
    """Whole minutes."""

    storage = "integer"

    def _parse(self, value: object, field: Field) -> int:
        problem = _("Enter a duration such as 45 min or 1h30.")
        if not isinstance(value, str):
            minutes = int(decimal_of(value, problem).to_integral_value())
        else:
            minutes = _minutes_of(
                value.replace("\u202f", "").replace("\u00a0", " ").replace("’", "'"), problem
            )
        if not 0 <= minutes <= 10_000_000:
            raise ValueError(problem)
        return minutes

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else formats.format_duration(value, language)


def _minutes_of(text: str, problem: str) -> int:
    if found := _MINUTES.fullmatch(text):
        return int(found[1])
    if found := _HOURS.fullmatch(text):
        return 60 * int(found[1]) + int(found[2] or 0)
    if found := _DECIMAL_HOURS.fullmatch(text):
        return int(money.round_half_up(60 * Decimal(found[1].replace(",", ".")), 0))
    raise ValueError(problem)
