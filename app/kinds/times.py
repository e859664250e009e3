"""Kinds for a day and for a moment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from app import formats
from app.i18n import translate as _
from app.kinds.kind import Kind
from app.natural_dates import calendar_date

if TYPE_CHECKING:
    from app.fields import Field

_DAY_AND_TIME = re.compile(
    r"(?P<day>.+?)[\s,]+(?:à\s+|at\s+)?(?P<hour>\d{1,2})\s?[:hH]\s?(?P<minute>\d{2})?(?::(?P<second>\d{2}))?"
)


class Date(Kind):
    """A `date`, kept as `2026-11-21`. Relative words are for `app.natural_dates.parse_when`."""

    def _parse(self, value: object, field: Field) -> date:
        if isinstance(value, datetime):
            return formats.local(value).date()
        if isinstance(value, date):
            return value
        found = None
        if isinstance(value, str):
            # A spreadsheet writes a day as its midnight.
            found = calendar_date(re.sub(r"[T ]00:00(:00(\.0+)?)?Z?$", "", value))
        if found is None:
            raise ValueError(_("Enter a date such as 21/11/2026."))
        return found

    def warning(self, value: Any, field: Field) -> str | None:
        if value is not None and not 1900 <= value.year <= 2100:
            return _("The year {year} looks mistyped.", year=value.year)
        return None

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else formats.format_date(value, "medium", language)

    def to_stored(self, value: Any, field: Field) -> str | None:
        return None if value is None else value.isoformat()

    def from_stored(self, stored: Any, field: Field) -> date | None:
        return None if stored is None else date.fromisoformat(stored)

    def to_json(self, value: Any, field: Field) -> str | None:
        return self.to_stored(value, field)


class Timestamp(Kind):
    """An aware `datetime` in UTC to the millisecond, kept as `2026-11-21T13:05:00.000Z`."""

    def _parse(self, value: object, field: Field) -> datetime:
        try:
            moment = _moment_of(value)
            if moment is not None:
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=formats.zone())
                moment = moment.astimezone(UTC)
                return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        except (ValueError, OverflowError):
            pass
        raise ValueError(_("Enter a date and a time such as 21/11/2026 14:05."))

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else formats.format_moment(value, language)

    def to_stored(self, value: Any, field: Field) -> str | None:
        if value is None:
            return None
        if value.tzinfo is not UTC:
            value = formats.local(value).astimezone(UTC)
        return str(value.replace(tzinfo=None).isoformat(timespec="milliseconds")) + "Z"

    def from_stored(self, stored: Any, field: Field) -> datetime | None:
        return None if stored is None else datetime.fromisoformat(stored)

    def check(self, stored: Any, field: Field) -> None:
        moment = datetime.fromisoformat(stored)
        if moment.tzinfo is None or not 1 < moment.year < 9999:
            # It would have no place, or none in the zone of whoever looks at it.
            raise ValueError(stored)

    def to_json(self, value: Any, field: Field) -> str | None:
        return self.to_stored(value, field)


def _moment_of(value: object) -> datetime | None:
    """The moment, naive when nothing says its zone; None when it is none."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if not isinstance(value, str):
        return None
    if re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", value):
        return datetime.fromisoformat(value)
    found = _DAY_AND_TIME.fullmatch(value)
    if found is None:
        day = calendar_date(value)
        return None if day is None else datetime.combine(day, time())
    day = calendar_date(found["day"])
    clock = time(int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0))
    return None if day is None else datetime.combine(day, clock)
