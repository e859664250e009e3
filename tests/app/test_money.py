"""Numbers as people write them, rounded the way an invoice is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import money

amounts = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=4)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1250.5", "1250.5"),
        ("1 250,5", "1250.5"),
        ("1\u202f250,50\u00a0€", "1250.50"),
        ("1.250,50 €", "1250.50"),
        ("€1,250.50", "1250.50"),
        ("1 250,50 EUR", "1250.50"),
        ("1'250.50 CHF", "1250.50"),
        ("12 %", "12"),
        ("12%", "12"),
        ("5,5\u202f%", "5.5"),
        (",5", "0.5"),
        ("-3", "-3"),
        ("\u22123,20 €", "-3.20"),
        ("1.250.000", "1250000"),
        ("1,250,000", "1250000"),
        ("1,250", "1.250"),
        ("12k€", "12000"),
        ("1,5 M€", "1500000"),
        ("3x24", "72"),
        ("3 × 24", "72"),
        ("1e3", "1000"),
    ],
)
def test_numbers_are_read_as_people_and_files_write_them(typed: str, number: str) -> None:
    assert money.parse_decimal(typed) == Decimal(number)


def test_a_comma_before_three_digits_groups_in_english_only() -> None:
    assert money.parse_decimal("1,250", "en") == 1250
    assert money.parse_decimal("1,250", "fr") == Decimal("1.25")
    assert money.parse_decimal("12,5", "en") == Decimal("12.5")


@pytest.mark.parametrize("typed", ["", "-", "abc", "1.2.3", "12 kg", "1e999", "٣", "--1", "3x", "NaN", "inf"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        money.parse_decimal(typed)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.125", "0.13"), ("1.005", "1.01"), ("-0.125", "-0.13"), ("5.025", "5.03"), ("-0.004", "0.00")],
)
def test_halves_round_away_from_zero_and_zero_has_no_sign(value: str, rounded: str) -> None:
    assert str(money.round_half_up(Decimal(value))) == rounded


@given(amounts, st.integers(0, 6))
def test_a_scaled_integer_gives_back_the_rounded_amount(amount: Decimal, scale: int) -> None:
    assert money.from_scaled(money.to_scaled(amount, scale), scale) == money.round_half_up(amount, scale)


@given(amounts)
def test_rounding_is_odd_and_never_off_by_more_than_half_a_cent(amount: Decimal) -> None:
    rounded = money.round_half_up(amount)
    assert rounded == -money.round_half_up(-amount)
    assert abs(rounded - amount) <= money.CENT / 2
