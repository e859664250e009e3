"""The demonstration's identifiers pass the checks that real ones pass."""

from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

from stdnum import ean, iban, luhn
from stdnum.fr import siren as siren_check
from stdnum.fr import siret as siret_check
from stdnum.fr import tva

from app.demo.company import SIREN
from app.demo.identity import ean13, french_iban, luhn_digit, paris, siren, siret, uuid7, vat_number


def test_company_numbers_are_valid_belong_together_and_never_repeat() -> None:
    numbers = [siren(index) for index in range(20_000)]
    assert len(set(numbers)) == len(numbers)
    for number in [*numbers[::97], SIREN]:
        assert siren_check.is_valid(number)
        assert siret_check.is_valid(siret(number)) and siret(number).startswith(number)
        assert tva.is_valid(vat_number(number)) and vat_number(number).endswith(number)


def test_luhn_digits_eans_and_ibans_are_valid() -> None:
    for text in ("81234567", "1", "0000000000001", "7992739871"):
        assert luhn.is_valid(text + luhn_digit(text))
    assert ean.is_valid(ean13(4_400_007))
    assert iban.is_valid(french_iban("00000", "00069", "00081234567"))


def test_an_id_is_a_uuid_of_version_7_that_tells_its_moment() -> None:
    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    made = UUID(uuid7(at, Random(1)))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(at.timestamp() * 1000)


def test_paris_time_follows_the_european_summer() -> None:
    assert paris(date(2026, 11, 21), 9) == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert paris(date(2026, 7, 14), 9) == datetime(2026, 7, 14, 7, tzinfo=UTC)
    assert paris(date(2026, 3, 28), 9).hour == 8
    assert paris(date(2026, 3, 29), 9).hour == 7
    assert paris(date(2026, 10, 25), 9).hour == 8
