"""Days and moments as people type them, on Sunday 22 November 2026 at 10:30 in Paris."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.natural_dates import add_months, calendar_date, parse_when

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=PARIS)


def at(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


TABLE = [
    ("aujourd’hui", date(2026, 11, 22)),
    ("today", date(2026, 11, 22)),
    ("demain", date(2026, 11, 23)),
    ("Tomorrow", date(2026, 11, 23)),
    ("après-demain", date(2026, 11, 24)),
    ("hier", date(2026, 11, 21)),
    ("+7", date(2026, 11, 29)),
    ("+7j", date(2026, 11, 29)),
    ("-2", date(2026, 11, 20)),
    ("J+15", date(2026, 12, 7)),
    ("d+15", date(2026, 12, 7)),
    ("+2s", date(2026, 12, 6)),
    ("+1 mois", date(2026, 12, 22)),
    ("dans 2 semaines", date(2026, 12, 6)),
    ("in 3 weeks", date(2026, 12, 13)),
    ("dans un mois", date(2026, 12, 22)),
    ("dans 6 mois", date(2027, 5, 22)),
    ("il y a 3 jours", date(2026, 11, 19)),
    ("2 days ago", date(2026, 11, 20)),
    ("dans 25 min", at(11, 22, 10, 55)),
    ("in 2 hours", at(11, 22, 12, 30)),
    ("lundi", date(2026, 11, 23)),
    ("dimanche", date(2026, 11, 29)),
    ("lundi 10h", at(11, 23, 10)),
    ("lundi à 10h30", at(11, 23, 10, 30)),
    ("lun. 10:30", at(11, 23, 10, 30)),
    ("monday 10am", at(11, 23, 10)),
    ("next monday at 2:30 pm", at(11, 23, 14, 30)),
    ("mardi prochain", date(2026, 11, 24)),
    ("vendredi matin", at(11, 27, 9)),
    ("demain 14h", at(11, 23, 14)),
    ("demain après-midi", at(11, 23, 14)),
    ("tomorrow at noon", at(11, 23, 12)),
    ("ce soir", at(11, 22, 18)),
    ("14h", at(11, 22, 14)),
    ("9h", at(11, 23, 9)),
    ("midi", at(11, 22, 12)),
    ("15/12", date(2026, 12, 15)),
    ("15/10", date(2027, 10, 15)),
    ("22/11", date(2026, 11, 22)),
    ("15/12/2027", date(2027, 12, 15)),
    ("15.12.27", date(2027, 12, 15)),
    ("2026-12-15", date(2026, 12, 15)),
    ("15 dec 14:30", at(12, 15, 14, 30)),
    ("15 déc. 2026 à 8h", at(12, 15, 8)),
    ("1er janvier", date(2027, 1, 1)),
    ("Dec 15", date(2026, 12, 15)),
    ("15 août", date(2027, 8, 15)),
    ("le 15", date(2026, 12, 15)),
    ("lundi 23", date(2026, 11, 23)),
    ("mar. 24 nov.", date(2026, 11, 24)),
    ("29/02", date(2028, 2, 29)),
    ("semaine prochaine", date(2026, 11, 23)),
    ("next week", date(2026, 11, 23)),
    ("mois prochain", date(2026, 12, 1)),
    ("fin du mois", date(2026, 11, 30)),
    ("", None),
    ("bientôt", None),
    ("31/02", None),
    ("25h", None),
    ("demain 99h", None),
    ("dans trente-douze jours", None),
    ("+7 bananes", None),
    ("13 pm", None),
]


@pytest.mark.parametrize(("typed", "meant"), TABLE, ids=[typed or "nothing" for typed, _ in TABLE])
def test_a_date_is_read_as_it_is_said(typed: str, meant: date | None) -> None:
    found = parse_when(typed, NOW, "fr")
    assert found == meant
    assert type(found) is type(meant)


def test_mar_is_tuesday_in_french_only() -> None:
    assert parse_when("mar", NOW, "fr") == date(2026, 11, 24)
    assert parse_when("mar", NOW, "en") is None
    assert parse_when("3 mar", NOW, "en") == date(2027, 3, 3)


def test_an_hour_from_now_is_an_hour_even_when_the_clocks_change() -> None:
    before = datetime(2026, 10, 25, 1, 30, tzinfo=PARIS)
    found = parse_when("dans 2 h", before, "fr")
    assert isinstance(found, datetime)
    assert found.timestamp() - before.timestamp() == 7200


def test_a_month_after_the_31st_is_the_last_of_a_shorter_month() -> None:
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert add_months(date(2026, 12, 15), -12) == date(2025, 12, 15)


@given(st.text(max_size=30))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    parse_when(text, NOW, "fr")
    calendar_date(text)


@given(st.dates(min_value=date(2026, 11, 22), max_value=date(2027, 11, 21)))
def test_a_day_without_year_is_its_next_occurrence(day: date) -> None:
    assert parse_when(f"{day.day}/{day.month}", NOW, "fr") == day
