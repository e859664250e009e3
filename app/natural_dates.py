"""Days and moments as people type them: `lundi 10h`, `demain`, `+7`, `15 dec 14:30`, `monday 10am`."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta

from app import formats
from app.folding import fold

_SAME_DAY = {"aujourd'hui": 0, "aujourdhui": 0, "auj": 0, "today": 0, "ce jour": 0}
_NEAR_DAYS = _SAME_DAY | {
    "demain": 1,
    "tomorrow": 1,
    "apres-demain": 2,
    "apres demain": 2,
    "day after tomorrow": 2,
    "hier": -1,
    "yesterday": -1,
    "avant-hier": -2,
    "avant hier": -2,
}
_PARTS_OF_DAY = {
    "matin": time(9),
    "morning": time(9),
    "midi": time(12),
    "noon": time(12),
    "apres-midi": time(14),
    "apres midi": time(14),
    "afternoon": time(14),
    "soir": time(18),
    "evening": time(18),
}
_UNITS = {
    "min": "minute", "mn": "minute", "minute": "minute", "minutes": "minute",
    "h": "hour", "heure": "hour", "heures": "hour", "hour": "hour", "hours": "hour",
    "": "day", "j": "day", "d": "day", "jour": "day", "jours": "day", "day": "day", "days": "day",
    "s": "week", "sem": "week", "semaine": "week", "semaines": "week",
    "w": "week", "week": "week", "weeks": "week",
    "m": "month", "mois": "month", "month": "month", "months": "month",
    "a": "year", "y": "year", "an": "year", "ans": "year", "annee": "year", "year": "year", "years": "year",
}  # fmt: skip
_NUMBER_WORDS = {
    "un": 1, "une": 1, "a": 1, "an": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "three": 3,
    "quatre": 4, "four": 4, "six": 6, "huit": 8, "eight": 8, "quinze": 15,
}  # fmt: skip

_OFFSET = re.compile(r"(?:[jd]\s*)?([+-])\s*(\d{1,4})\s*([a-z]*)")
_AHEAD = re.compile(r"(?:dans|in|d'ici)\s+(\d{1,4}|[a-z]+)\s*([a-z]+)")
_AGO_FR = re.compile(r"il y a\s+(\d{1,4}|[a-z]+)\s*([a-z]+)")
_AGO_EN = re.compile(r"(\d{1,4}|[a-z]+)\s*([a-z]+)\s+ago")
_CLOCK = re.compile(r"(?:^|[\s,]+)(?:a\s|at\s|vers\s|@)?\s*(\d{1,2})(?:\s?(?:h|:|heures?)\s?(\d{2})?)(?!\d)$")
_CLOCK_12 = re.compile(r"(?:^|[\s,]+)(?:at\s|@)?\s*(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m\.?$")
_NUMERIC = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?\.?")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{4})(\d{2})(\d{2})")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th)?[\s-]*([a-z]{3,})\.?,?[\s-]*(\d{4}|\d{2})?")
_MONTH_DAY = re.compile(r"([a-z]{3,})\.?\s*(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})?")


def _names(*tables: dict[str, list[str]]) -> dict[str, int]:
    """Number by folded name, for full names and their abbreviations, French before English."""
    numbers: dict[str, int] = {}
    for language in ("fr", "en"):
        for table in tables:
            for position, name in enumerate(table[language]):
                numbers.setdefault(fold(name).rstrip("."), position)
    return numbers


_MONTHS = _names(formats.MONTHS, formats.MONTHS_SHORT) | {
    "sept": 8,
    "fev": 1,
    "avril": 3,
    "juill": 6,
    "dec": 11,
}
_DAYS = _names(formats.DAYS, formats.DAYS_SHORT) | {"tues": 1, "thur": 3, "thurs": 3}


def calendar_date(text: str) -> date | None:
    """The day that a full date names: ISO, `21/11/2026`, `21.11.26`, `21 nov. 2026`, `Nov 21, 2026`.

    Day before month, as in both of our languages. None when it is no day, or has no year.
    """
    parts = _date_parts(fold(text))
    if parts is None or parts[0] is None:
        return None
    return _day(*parts)


def parse_when(text: str, now: datetime, language: str) -> datetime | date | None:
    """The day or the moment meant by `text`; None when it means none.

    `now` is aware and gives the zone of a returned datetime. Words of both languages are always
    understood; `language` only decides what both claim (`mar` is Tuesday in French, March in English).
    A weekday is the next one after today; a day without year is its next occurrence; a time alone is
    its next occurrence.
    """
    words = fold(text)
    moment = _offset(words, now)
    if moment is not None:
        return moment
    words, clock = _split_clock(words)
    day = _day_of(words, now.date(), language) if words else None
    if clock is None:
        return day
    if words and day is None:
        return None
    if day is None:
        day = now.date() if clock > now.time() else now.date() + timedelta(days=1)
    return datetime.combine(day, clock, now.tzinfo)


def _offset(words: str, now: datetime) -> datetime | date | None:
    """`+7`, `J+15`, `dans 2 semaines`, `in 25 min`, `il y a 3 j`, `2 days ago`."""
    if found := _OFFSET.fullmatch(words):
        sign, amount, unit = (1 if found[1] == "+" else -1), found[2], found[3]
    elif found := _AHEAD.fullmatch(words):
        sign, amount, unit = 1, found[1], found[2]
    elif found := _AGO_FR.fullmatch(words) or _AGO_EN.fullmatch(words):
        sign, amount, unit = -1, found[1], found[2]
    else:
        return None
    count = int(amount) if amount.isdecimal() else _NUMBER_WORDS.get(amount)
    if count is None or unit not in _UNITS:
        return None
    try:
        return _moved(now, sign * count, _UNITS[unit])
    except OverflowError:
        return None


def _moved(now: datetime, count: int, unit: str) -> datetime | date:
    if unit in ("minute", "hour"):
        # By way of UTC: an hour from now is an hour even when the clocks change.
        utc = now.astimezone(UTC) + timedelta(minutes=count * (60 if unit == "hour" else 1))
        return utc.astimezone(now.tzinfo)
    if unit in ("day", "week"):
        return now.date() + timedelta(days=count * (7 if unit == "week" else 1))
    return add_months(now.date(), count * (12 if unit == "year" else 1))


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last of its month; OverflowError beyond the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(year)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _split_clock(words: str) -> tuple[str, time | None]:
    """The words before the time of day, and that time."""
    for name, part in _PARTS_OF_DAY.items():
        if words == name or words.endswith(" " + name):
            before = words[: len(words) - len(name)].strip()
            before = re.sub(r"\b(?:ce|cet|this|le|in the|a|at)$", "", before).strip()
            return before or "today", part
    found = _CLOCK_12.search(words)
    if found:
        hour, minute = int(found[1]) % 12 + (12 if found[3] == "p" else 0), int(found[2] or 0)
        if int(found[1]) > 12:
            return words, None
    else:
        found = _CLOCK.search(words)
        if found is None:
            return words, None
        hour, minute = int(found[1]), int(found[2] or 0)
    if hour > 23 or minute > 59:
        return words, None
    return words[: found.start()].strip(" ,"), time(hour, minute)


def _day_of(words: str, today: date, language: str) -> date | None:
    words = re.sub(r"^(?:le|the|on|du|pour|d'ici|ce|this)\s+", "", words)
    if words in _NEAR_DAYS:
        return today + timedelta(days=_NEAR_DAYS[words])
    return _period(words, today) or _weekday(words, today, language) or _next_date(words, today)


def _period(words: str, today: date) -> date | None:
    """`la semaine prochaine` is its Monday, `le mois prochain` its first, `fin du mois` its last day."""
    if re.fullmatch(r"(?:la )?semaine prochaine|next week", words):
        return today + timedelta(days=7 - today.weekday())
    if re.fullmatch(r"mois prochain|next month", words):
        return add_months(today.replace(day=1), 1)
    if re.fullmatch(r"fin (?:du|de|ce) mois|(?:end of|month) (?:the )?(?:month|end)", words):
        return add_months(today.replace(day=1), 1) - timedelta(days=1)
    return None


def _weekday(words: str, today: date, language: str) -> date | None:
    name = re.sub(r"^next\s+|\s+prochain$|\.$", "", words).rstrip(".")
    if name == "mar" and language == "en":
        return None
    if name not in _DAYS:
        # `lundi 23` and `lun. 23 nov.` name the day twice: the date decides.
        first, _, rest = words.partition(" ")
        return _next_date(rest, today) if rest and first.rstrip(".,") in _DAYS else None
    return today + timedelta(days=(_DAYS[name] - today.weekday() - 1) % 7 + 1)


def _next_date(words: str, today: date) -> date | None:
    """A date, in the year that it names or in which it comes next; a number alone is a day of the month."""
    if re.fullmatch(r"\d{1,2}(?:er|st|nd|rd|th)?", words):
        return _next_day_of_month(int(re.sub(r"\D", "", words)), today)
    parts = _date_parts(words)
    if parts is None:
        return None
    year, month, day = parts
    if year is not None:
        return _day(year, month, day)
    years = (_day(today.year + ahead, month, day) for ahead in range(9))
    return next((found for found in years if found is not None and found >= today), None)


def _next_day_of_month(day: int, today: date) -> date | None:
    first = today.replace(day=1)
    for ahead in range(3):
        month = add_months(first, ahead)
        found = _day(month.year, month.month, day)
        if found is not None and found >= today:
            return found
    return None


def _date_parts(words: str) -> tuple[int | None, int, int] | None:
    """(year or None, month, day) as written, not checked against the calendar."""
    if found := _ISO.fullmatch(words):
        year, month, day = (part for part in found.groups() if part is not None)
        return int(year), int(month), int(day)
    if found := _NUMERIC.fullmatch(words):
        return _full_year(found[3]), int(found[2]), int(found[1])
    words = (
        re.sub(r"^(?:[a-z]+)\.?,?\s+(?=\d)", "", words)
        if words.split(" ")[0].rstrip(".,") in _DAYS
        else words
    )
    if (found := _DAY_MONTH.fullmatch(words)) and found[2] in _MONTHS:
        return _full_year(found[3]), _MONTHS[found[2]] + 1, int(found[1])
    if (found := _MONTH_DAY.fullmatch(words)) and found[1] in _MONTHS:
        return _full_year(found[3]), _MONTHS[found[1]] + 1, int(found[2])
    return None


def _full_year(digits: str | None) -> int | None:
    """Two digits are of this century up to 69, of the last from 70."""
    if digits is None:
        return None
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _day(year: int | None, month: int, day: int) -> date | None:
    try:
        return date(year or 0, month, day)
    except ValueError:
        return None
