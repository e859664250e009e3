"""Laws of the kinds, for any value: storing loses nothing, and what is shown can be typed again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import formats, i18n
from app.fields import Field
from app.kinds import KINDS

CHOICES = (("a", "Yes"), ("b", "No"))
SCALE = 4


@pytest.fixture(autouse=True, scope="module")
def paris() -> Iterator[None]:
    formats.set_zone("Europe/Paris")
    yield
    formats.set_zone(None)


def field(kind: str) -> Field:
    return Field("x", kind, "X", choices=CHOICES, scale=SCALE)


decimals = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=SCALE)
moments = st.integers(-600_000_000_000, 4_000_000_000_000).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "siren": st.from_regex(r"[0-9]{9}", fullmatch=True),
    "siret": st.from_regex(r"[0-9]{14}", fullmatch=True),
    "postcode": st.from_regex(r"[0-9]{5}", fullmatch=True),
    "phone": st.from_regex(r"\+336[0-9]{8}|\+262692[0-9]{6}", fullmatch=True),
    "web": st.from_regex(r"https?://[a-z]{1,9}\.(fr|com)(/[a-z]{1,5})?", fullmatch=True),
    "date": st.dates(date(1000, 1, 1)),
    "duration": st.integers(0, 100_000),
    "integer": st.integers(-(2**63) + 1, 2**63 - 1),
    "decimal": decimals,
    "money": decimals,
    "percentage": decimals,
    "yes_no": st.booleans(),
    "choice": st.sampled_from(["a", "b"]),
    "choices": st.lists(st.sampled_from(["a", "b"]), unique=True),
    "coordinates": st.tuples(
        st.floats(-90, 90).map(lambda n: round(n, 6) + 0.0),
        st.floats(-180, 180).map(lambda n: round(n, 6) + 0.0),
    ),
}
KEPT = VALUES | {
    "timestamp": moments,
    "tags": st.lists(st.text(), max_size=4),
    "json": st.dictionaries(st.text(), plain, max_size=4),
    "text": st.text(),
}


@pytest.mark.parametrize("kind", list(KEPT))
@given(data=st.data())
def test_storing_loses_nothing(kind: str, data: st.DataObject) -> None:
    value = data.draw(KEPT[kind])
    stored = KINDS[kind].to_stored(value, field(kind))
    assert KINDS[kind].from_stored(stored, field(kind)) == value


@pytest.mark.parametrize("kind", list(KEPT))
@given(data=st.data())
def test_what_is_stored_can_be_shown(kind: str, data: st.DataObject) -> None:
    KINDS[kind].check(KINDS[kind].to_stored(data.draw(KEPT[kind]), field(kind)), field(kind))


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        ("date", "2026-99-99"),
        ("date", ""),
        ("timestamp", "2026-11-21"),
        ("timestamp", "2026-11-21T13:05:00"),
        ("timestamp", "9999-12-31T23:59:59.999Z"),
        ("timestamp", "soon"),
        ("coordinates", "48.8"),
        ("coordinates", "nan,2"),
        ("coordinates", "91,2"),
        ("tags", '{"a":1}'),
        ("tags", "[1]"),
        ("choices", "true"),
    ],
)
def test_what_nobody_could_look_at_is_told_apart(kind: str, stored: str) -> None:
    with pytest.raises((ValueError, TypeError, OverflowError)):
        KINDS[kind].check(stored, field(kind))


@pytest.mark.parametrize(("unit", "stored"), [("list", "{}"), ("object", "[]"), ("key", "5")])
def test_structured_data_is_of_the_declared_shape(unit: str, stored: str) -> None:
    with pytest.raises(ValueError):
        KINDS["json"].check(stored, Field("x", "json", "X", unit=unit))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", list(VALUES))
@given(data=st.data())
def test_what_is_shown_can_be_typed_again(kind: str, language: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    i18n.set_language(language)
    shown = KINDS[kind].display(value, field(kind), language)
    assert KINDS[kind].parse(shown, field(kind)) == (value if value != [] else None)


@given(moments)
def test_a_moment_shown_to_the_minute_can_be_typed_again(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    here = formats.local(moment)
    shown = KINDS["timestamp"].display(moment, field("timestamp"), "fr")
    typed = KINDS["timestamp"].parse(shown, field("timestamp"))
    # In the hour that autumn repeats, clocks cannot tell which of the two it is.
    assert typed == moment or (here.fold == 1 and moment - typed == timedelta(hours=1))


@pytest.mark.parametrize("kind", list(KINDS))
@given(typed=st.text(max_size=40) | st.integers() | st.floats() | st.decimals() | st.booleans() | plain)
def test_anything_typed_is_refused_in_words_or_understood_once_and_for_all(kind: str, typed: object) -> None:
    try:
        value = KINDS[kind].parse(typed, field(kind))
    except ValueError as refused:
        assert str(refused).endswith(".")
        return
    assert KINDS[kind].parse(value, field(kind)) == value
    KINDS[kind].warning(value, field(kind))
    assert isinstance(KINDS[kind].display(value, field(kind), "fr"), str)
    stored = KINDS[kind].to_stored(value, field(kind))
    assert KINDS[kind].from_stored(stored, field(kind)) == value
    if isinstance(stored, str):
        assert "\x00" not in stored


@given(decimals)
def test_a_stored_amount_is_a_whole_number_of_its_smallest_part(amount: Decimal) -> None:
    assert KINDS["money"].to_stored(amount, field("money")) == int(amount * 10**SCALE)
