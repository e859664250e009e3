"""Days and amounts as several screens say them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from app import formats
from app.i18n import language
from app.i18n import translate as _


def long_day(day: date) -> str:
    """`Samedi 21 novembre`, `Saturday 21 November`."""
    here = language()
    number = "1er" if here == "fr" and day.day == 1 else str(day.day)
    words = f"{formats.DAYS[here][day.weekday()]} {number} {formats.MONTHS[here][day.month - 1]}"
    return words[0].upper() + words[1:]


def short_day(day: date, today: date) -> str:
    """`9 nov.`; with the year where it is another one."""
    text = formats.format_date(day, "medium")
    return text.removesuffix(f" {day.year}") if day.year == today.year else text


def amount(value: Decimal | int) -> str:
    """An amount where cents say nothing: `48 200 €`."""
    return formats.format_money(value, places=0)


def due_pill(due: date | None, today: date) -> tuple[str, str]:
    """When something is due, and the tone of its pill."""
    if due is None:
        return "", "flat"
    if due < today:
        return _("overdue"), "bad"
    return formats.relative_days(due, today), "ok" if due == today else "flat"


def spoken_when(when: date | datetime) -> str:
    """A parsed day or moment in full: `lundi 23 novembre à 10:00`."""
    if not isinstance(when, datetime):
        words = long_day(when)
        return words[0].lower() + words[1:] if language() == "fr" else words
    day = spoken_when(formats.local(when).date())
    return _("{day} at {time}", day=day, time=formats.format_time(when))
