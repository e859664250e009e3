"""How numbers, amounts, days and moments read on screen and paper, in French and English.

The month and day names stand here instead of Babel's: two languages need four short tables, while Babel
takes a tenth of a second to import and formats a date ten times slower, and lists show thousands.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from app import i18n, money
from app.i18n import mark as _
from app.i18n import translate_in

DateStyle = Literal["medium", "short", "long", "weekday"]

GROUP = "\u202f"
NO_BREAK = "\u00a0"
MINUS = "\u2212"
"""As on paper and in the reasons of prices; what is typed may have it or the hyphen of the keyboard."""

_NAMES = """
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
January February March April May June July August September October November December
janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.
Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
lundi mardi mercredi jeudi vendredi samedi dimanche
Monday Tuesday Wednesday Thursday Friday Saturday Sunday
lun. mar. mer. jeu. ven. sam. dim.
Mon Tue Wed Thu Fri Sat Sun
"""
_ROWS = [line.split() for line in _NAMES.strip().splitlines()]

MONTHS = {"fr": _ROWS[0], "en": _ROWS[1]}
MONTHS_SHORT = {"fr": _ROWS[2], "en": _ROWS[3]}
DAYS = {"fr": _ROWS[4], "en": _ROWS[5]}
DAYS_SHORT = {"fr": _ROWS[6], "en": _ROWS[7]}

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "XPF": "F" + NO_BREAK + "CFP"}
_WITHOUT_CENTS = frozenset({"JPY", "XPF", "XOF", "XAF"})
_RELATIVE_LIMIT_DAYS = 90

_zone: tzinfo | None = None


def zone() -> tzinfo:
    """The time zone in which moments are shown and typed: the one set, else the system's."""
    return _zone or _system_zone()


def set_zone(chosen: str | tzinfo | None) -> None:
    """Show moments in another zone, an IANA name or a tzinfo; None means the system's again."""
    global _zone
    _zone = ZoneInfo(chosen) if isinstance(chosen, str) else chosen


@lru_cache(maxsize=1)
def _system_zone() -> tzinfo:
    for name in (os.environ.get("TZ", ""), _zone_of_link("/etc/localtime")):
        try:
            return ZoneInfo(name.lstrip(":"))
        except (ValueError, OSError, KeyError):
            continue
    # Windows names its zones otherwise; Babel has the table.
    from babel.localtime import get_localzone

    return get_localzone()


def _zone_of_link(path: str) -> str:
    return os.path.realpath(path).partition("zoneinfo/")[2]


def zone_name() -> str:
    """The IANA name of the current zone, `UTC` when it has none."""
    return getattr(zone(), "key", None) or "UTC"


def local(moment: datetime) -> datetime:
    """The moment on the clocks of the current zone; a naive one is already there."""
    return moment.replace(tzinfo=zone()) if moment.tzinfo is None else moment.astimezone(zone())


def now() -> datetime:
    """This moment in the current zone."""
    return datetime.now(UTC).astimezone(zone())


def format_number(value: Decimal | int, places: int | None = None, language: str | None = None) -> str:
    """`1 234,5` or `1,234.5` with a true minus; with `places` that many decimals, else those that count."""
    exact = Decimal(value)
    text = money.plain(exact) if places is None else f"{money.round_half_up(exact, places):f}"
    sign, digits = (MINUS, text[1:]) if text.startswith("-") else ("", text)
    whole, _, decimals = digits.partition(".")
    group, mark = (GROUP, ",") if (language or i18n.language()) == "fr" else (",", ".")
    grouped = f"{int(whole):,}".replace(",", group)
    return f"{sign}{grouped}{mark}{decimals}" if decimals else sign + grouped


def format_money(
    value: Decimal | int, currency: str = "EUR", language: str | None = None, places: int | None = None
) -> str:
    """`1 234,50 €` or `€1,234.50`; amounts have the currency's decimals unless `places` says more."""
    language = language or i18n.language()
    if places is None:
        places = 0 if currency in _WITHOUT_CENTS else 2
    number, symbol = format_number(value, places, language), _SYMBOLS.get(currency, currency)
    if language == "fr":
        return f"{number}{NO_BREAK}{symbol}"
    sign, digits = (MINUS, number[1:]) if number.startswith(MINUS) else ("", number)
    return f"{sign}{symbol}{NO_BREAK if len(symbol) > 1 else ''}{digits}"


def format_percentage(value: Decimal | int, language: str | None = None) -> str:
    """`5,5 %`: the space before the sign is kept in both languages."""
    return f"{format_number(value, None, language)}{NO_BREAK}%"


def format_date(value: date, style: DateStyle = "medium", language: str | None = None) -> str:
    """`21 nov. 2026` (medium), `21/11/2026` (short), `21 novembre 2026` (long), `sam. 21 nov.` (weekday)."""
    language = language or i18n.language()
    if isinstance(value, datetime):
        value = local(value).date()
    year, month, day = f"{value.year:04}", value.month - 1, str(value.day)
    if style == "short":
        return f"{value.day:02}/{value.month:02}/{year}"
    if style == "long":
        ordinal = "1er" if language == "fr" and value.day == 1 else day
        return f"{ordinal} {MONTHS[language][month]} {year}"
    if style == "weekday":
        return f"{DAYS_SHORT[language][value.weekday()]} {day} {MONTHS_SHORT[language][month]}"
    return f"{day} {MONTHS_SHORT[language][month]} {year}"


def format_time(moment: datetime) -> str:
    """`14:05` on the clocks of the current zone."""
    return f"{local(moment):%H:%M}"


def format_moment(moment: datetime, language: str | None = None) -> str:
    """`21 nov. 2026, 14:05` in the current zone."""
    here = local(moment)
    return f"{format_date(here.date(), 'medium', language)}, {here:%H:%M}"


def format_duration(minutes: int, language: str | None = None) -> str:
    """`45 min`, `2 h`, `1 h 30` (French) or `1 h 30 min` (English)."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NO_BREAK}min"
    if not rest:
        return f"{hours}{NO_BREAK}h"
    unit = "" if (language or i18n.language()) == "fr" else NO_BREAK + "min"
    return f"{hours}{NO_BREAK}h{NO_BREAK}{rest:02}{unit}"


def format_size(size: int, language: str | None = None) -> str:
    """`12 ko`, `1,4 Mo` (French) or `12 kB`, `1.4 MB` (English), in thousands."""
    language = language or i18n.language()
    units = ("o", "ko", "Mo", "Go") if language == "fr" else ("B", "kB", "MB", "GB")
    value, unit = Decimal(size), units[0]
    for unit in units:
        if value < 1000 or unit == units[-1]:
            break
        value /= 1000
    places = 1 if unit in units[2:] and value < 100 else 0
    return f"{format_number(money.round_half_up(value, places), None, language)}{NO_BREAK}{unit}"


def relative_days(day: date, today: date, language: str | None = None) -> str:
    """`hier`, `aujourd’hui`, `demain`, `il y a 12 j`, `dans 3 j`; beyond three months the date itself."""
    language = language or i18n.language()
    distance = (day - today).days
    if distance == 0:
        return translate_in(language, _("today"))
    if distance == -1:
        return translate_in(language, _("yesterday"))
    if distance == 1:
        return translate_in(language, _("tomorrow"))
    if abs(distance) > _RELATIVE_LIMIT_DAYS:
        return format_date(day, "medium", language)
    if distance < 0:
        return translate_in(language, _("{n} d ago"), n=-distance)
    return translate_in(language, _("in {n} d"), n=distance)


def format_when(moment: datetime, now: datetime, language: str | None = None) -> str:
    """The distance from `now`: `à l’instant`, `dans 25 min`, `il y a 3 h`, then days as `relative_days`.

    Under an hour minutes are said even across midnight.
    """
    language = language or i18n.language()
    here, there = local(moment), local(now)
    distance = moment.astimezone(UTC) - now.astimezone(UTC)
    minutes = int(abs(distance) / timedelta(minutes=1))
    if minutes >= 60 and here.date() != there.date():
        return relative_days(here.date(), there.date(), language)
    if minutes == 0:
        return translate_in(language, _("now"))
    future = distance > timedelta()
    if minutes < 60:
        return translate_in(language, _("in {n} min") if future else _("{n} min ago"), n=minutes)
    return translate_in(language, _("in {n} h") if future else _("{n} h ago"), n=minutes // 60)
