"""Exact decimal arithmetic: rounding, reading numbers that people type, and integers scaled for storage."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")

LARGEST = 2**63 - 1
"""What a BIGINT column holds; larger scaled values are refused when they are typed."""

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]")
_CURRENCY = re.compile(r"(?:€|\$|£|¥|EUR|EUROS?|USD|GBP|CHF|XPF|JPY)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:E[+-]?\d{1,2})?", re.IGNORECASE)
_PRODUCT = re.compile(r"(?<=\d)[x×*](?=[\d.,])", re.IGNORECASE)
_THOUSANDS = {"k": Decimal(1000), "M": Decimal(1_000_000)}


def round_half_up(value: Decimal, places: int = 2) -> Decimal:
    """`value` with `places` decimals, half away from zero, never a negative zero.

    The mode is always passed: the default of the decimal module is half to even, which turns 0.125
    into 0.12.
    """
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_EXACT)
    return abs(rounded) if rounded.is_zero() else rounded


def parse_decimal(text: str, language: str = "fr") -> Decimal:
    """The number that a person or a file wrote: `1 250,5`, `1.250,50 €`, `12 %`, `12k€`, `3x24` (72).

    A lone comma is the decimal mark, but for English groups of three digits (`1,250`).
    Raises ValueError when it is no number.
    """
    compact = _CURRENCY.sub("", _SPACES.sub("", text.replace("\u2212", "-"))).removesuffix("%")
    factor = _THOUSANDS.get(compact[-1:], Decimal(1))
    if compact[-1:] in _THOUSANDS:
        compact = compact[:-1]
    result = factor
    for part in _PRODUCT.split(compact):
        result = _EXACT.multiply(result, _plain_decimal(part, language))
    return result


def _plain_decimal(text: str, language: str) -> Decimal:
    plain = _with_one_point(text, language)
    if len(plain) > 40 or not _NUMBER.fullmatch(plain) or not plain.isascii():
        raise ValueError(text)
    return Decimal(plain)


def _with_one_point(text: str, language: str) -> str:
    """The text with groups joined and `.` as decimal mark."""
    commas, points = text.count(","), text.count(".")
    if commas and points:
        decimal_mark = "," if text.rfind(",") > text.rfind(".") else "."
        group = "." if decimal_mark == "," else ","
        return text.replace(group, "").replace(decimal_mark, ".")
    if commas > 1 or points > 1:
        groups = re.split("[,.]", text)
        return "".join(groups) if all(len(group) == 3 for group in groups[1:]) else text
    if language == "en" and re.fullmatch(r"[+-]?\d{1,3},\d{3}", text):
        return text.replace(",", "")
    return text.replace(",", ".")


def to_scaled(value: Decimal, scale: int) -> int:
    """The integer that stands for `value` with `scale` decimals: 12.5 at scale 2 is 1250."""
    return int(round_half_up(value, scale).scaleb(scale, context=_EXACT))


def from_scaled(stored: int, scale: int) -> Decimal:
    """The decimal that a scaled integer stands for, with exactly `scale` decimals."""
    return Decimal(stored).scaleb(-scale, context=_EXACT)


def plain(value: Decimal, least: int = 0) -> str:
    """`value` without exponent, group or superfluous zero, with at least `least` decimals."""
    text = f"{value:f}"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(least, "0")
    if not decimals and whole == "-0":
        return "0"
    return f"{whole}.{decimals}" if decimals else whole
