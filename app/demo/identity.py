"""Identifiers of the demonstration that pass every check: UUID, SIREN, SIRET, VAT, EAN, IBAN, telephone."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from random import Random

_DOUBLED = str.maketrans("0123456789", "0246813579")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def luhn_digit(digits: str) -> str:
    """The check digit that makes `digits` followed by it pass Luhn's test."""
    doubled = digits[::-2].translate(_DOUBLED)
    return str(-(sum(map(int, doubled)) + sum(map(int, digits[-2::-2]))) % 10)


def siren(index: int) -> str:
    """The SIREN of the company number `index`: no two indexes below 70 million share one."""
    digits = str(30_000_000 + (index * 7_368_787 + 51_234_567) % 70_000_000)
    return digits + luhn_digit(digits)


def siret(company: str, establishment: int = 1) -> str:
    """The SIRET of an establishment of the company whose SIREN is given."""
    digits = f"{company}{establishment:04d}"
    return digits + luhn_digit(digits)


def vat_number(company: str) -> str:
    """The French VAT number that belongs to a SIREN."""
    return f"FR{(12 + 3 * (int(company) % 97)) % 97:02d}{company}"


def ean13(number: int) -> str:
    """A valid EAN-13 under a French prefix."""
    digits = f"3299{number:08d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def french_iban(bank: str, branch: str, account: str) -> str:
    """The IBAN of a French account: five digits, five digits, eleven digits."""
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    basic = f"{bank}{branch}{account}{key:02d}"
    check = 98 - int(f"{basic}152700") % 97
    return f"FR{check:02d}{basic}"


def landline(rng: Random) -> str:
    """A number of the range that ARCEP keeps for fiction in the South-East."""
    return f"+3346571{rng.randrange(10_000):04d}"


def mobile(rng: Random) -> str:
    """A mobile number of the range that ARCEP keeps for fiction."""
    return f"+3363998{rng.randrange(10_000):04d}"


def uuid7(at: datetime, rng: Random) -> str:
    """A UUID of version 7 for the moment `at`, its random part drawn from `rng`."""
    stamp = (at - _EPOCH) // _MILLISECOND
    low = rng.getrandbits(62)
    text = f"{stamp:012x}7{rng.getrandbits(12):03x}{0x8 | low >> 60:x}{low & 0xFFFFFFFFFFFFFFF:015x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def named_random(seed: int, name: str) -> Random:
    """A generator that depends on `seed` and `name` alone, so that one part never disturbs another."""
    return Random(int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()))


def paris(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """The UTC moment of a wall-clock time in Paris.

    Computed from the European rule (directive 2000/84/EC), since a machine may lack a time zone database.
    """
    summer = _last_sunday(day.year, 3) <= day < _last_sunday(day.year, 10)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(
        hours=2 if summer else 1
    )


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)
