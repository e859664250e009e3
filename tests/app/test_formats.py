"""How numbers, days and moments read in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app import formats, i18n
from app.money import parse_decimal
from app.quotes import pdf_words

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def paris() -> Iterator[None]:
    formats.set_zone("Europe/Paris")
    yield
    formats.set_zone(None)


@pytest.mark.parametrize(
    ("amount", "currency", "french", "english"),
    [
        ("1234.5", "EUR", "1\u202f234,50\u00a0€", "€1,234.50"),
        ("-1234567.891", "EUR", "−1\u202f234\u202f567,89\u00a0€", "−€1,234,567.89"),
        ("0.125", "EUR", "0,13\u00a0€", "€0.13"),
        ("1500", "XPF", "1\u202f500\u00a0F\u00a0CFP", "F\u00a0CFP\u00a01,500"),
        ("12", "CHF", "12,00\u00a0CHF", "CHF\u00a012.00"),
    ],
)
def test_an_amount_reads_as_the_country_writes_it(
    amount: str, currency: str, french: str, english: str
) -> None:
    assert formats.format_money(Decimal(amount), currency, "fr") == french
    assert formats.format_money(Decimal(amount), currency, "en") == english


def test_a_number_keeps_the_decimals_that_count() -> None:
    assert formats.format_number(Decimal("1234.500")) == "1\u202f234,5"
    assert formats.format_number(Decimal("1E+3")) == "1\u202f000"
    assert formats.format_number(Decimal("12.345"), 1, "en") == "12.3"
    assert formats.format_number(Decimal("-0.001"), 2) == "0,00"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_negative_figure_has_a_true_minus_and_is_read_again(language: str) -> None:
    value = Decimal("-1234.5")
    shown = (
        formats.format_number(value, None, language),
        formats.format_percentage(value, language),
        formats.format_money(value, "EUR", language),
    )
    assert all(text.startswith(pdf_words.MINUS) and "-" not in text for text in shown), shown
    assert [parse_decimal(text, language) for text in shown] == [value, value, value]


def test_a_day_has_four_styles() -> None:
    day = date(2026, 11, 1)
    french = [formats.format_date(day, style, "fr") for style in ("medium", "short", "long", "weekday")]
    english = [formats.format_date(day, style, "en") for style in ("medium", "short", "long", "weekday")]
    assert french == ["1 nov. 2026", "01/11/2026", "1er novembre 2026", "dim. 1 nov."]
    assert english == ["1 Nov 2026", "01/11/2026", "1 November 2026", "Sun 1 Nov"]


def test_our_names_of_days_and_months_are_those_of_the_cldr() -> None:
    from babel.dates import get_day_names, get_month_names

    for language in ("fr", "en"):
        for ours, width in ((formats.MONTHS, "wide"), (formats.MONTHS_SHORT, "abbreviated")):
            assert ours[language] == list(get_month_names(width, locale=language).values())
        for ours, width in ((formats.DAYS, "wide"), (formats.DAYS_SHORT, "abbreviated")):
            cldr = get_day_names(width, locale=language)
            assert ours[language] == [cldr[number] for number in range(7)]


def test_a_time_is_that_of_the_zone() -> None:
    assert formats.format_time(NOW) == "10:30"
    formats.set_zone("Indian/Reunion")
    assert formats.format_time(NOW) == "13:30"
    assert formats.format_moment(NOW, "fr") == "22 nov. 2026, 13:30"


def test_the_systems_zone_follows_summer_time(monkeypatch: pytest.MonkeyPatch) -> None:
    formats.set_zone(None)
    monkeypatch.setenv("TZ", "Europe/Paris")
    formats._system_zone.cache_clear()
    assert formats.zone() == ZoneInfo("Europe/Paris")
    assert formats.zone_name() == "Europe/Paris"
    formats._system_zone.cache_clear()


@pytest.mark.parametrize(
    ("distance", "french", "english"),
    [
        (timedelta(seconds=-20), "à l’instant", "now"),
        (timedelta(minutes=25), "dans 25 min", "in 25 min"),
        (timedelta(minutes=-5), "il y a 5 min", "5 min ago"),
        (timedelta(hours=3), "dans 3 h", "in 3 h"),
        (timedelta(hours=-2), "il y a 2 h", "2 h ago"),
        (timedelta(hours=-12), "hier", "yesterday"),
        (timedelta(hours=14), "demain", "tomorrow"),
        (timedelta(days=-12), "il y a 12 j", "12 d ago"),
        (timedelta(days=3), "dans 3 j", "in 3 d"),
        (timedelta(days=-400), "18 oct. 2025", "18 Oct 2025"),
    ],
)
def test_a_moment_reads_as_its_distance_from_now(distance: timedelta, french: str, english: str) -> None:
    assert formats.format_when(NOW + distance, NOW, "fr").replace("\u00a0", " ") == french
    assert formats.format_when(NOW + distance, NOW, "en") == english


def test_days_are_counted_by_the_calendar() -> None:
    today = date(2026, 11, 22)
    assert formats.relative_days(today, today) == "aujourd’hui"
    assert formats.relative_days(date(2026, 11, 10), today).replace("\u00a0", " ") == "il y a 12 j"


@pytest.mark.parametrize(
    ("minutes", "french", "english"),
    [(0, "0 min", "0 min"), (45, "45 min", "45 min"), (120, "2 h", "2 h"), (95, "1 h 35", "1 h 35 min")],
)
def test_a_duration_reads_in_hours_and_minutes(minutes: int, french: str, english: str) -> None:
    assert formats.format_duration(minutes, "fr").replace("\u00a0", " ") == french
    assert formats.format_duration(minutes, "en").replace("\u00a0", " ") == english


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "12\u202f345 fiches reçues"), ("en", "12,345 records received")]
)
def test_a_count_sets_its_thousands_apart(language: str, text: str):
    i18n.set_language(language)
    assert i18n.translate_plural("{n} record received", "{n} records received", 12_345) == text
