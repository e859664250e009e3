"""Kinds for official numbers: SIREN, SIRET, VAT, IBAN.

An impossible form is refused; a failing checksum is only a warning, because registers contain such
numbers and a person on the road cannot settle it. Only the server can say whether a number exists.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.i18n import translate as _
from app.kinds.kind import Kind, text_of

if TYPE_CHECKING:
    from app.fields import Field

_SEPARATORS = re.compile(r"[\s.:\-_/'\u00a0\u202f\u2010-\u2015]")


def _compact(value: object, problem: str) -> str:
    return _SEPARATORS.sub("", text_of(value, problem)).upper()


class Siren(Kind):
    """Nine digits: a French company."""

    def _parse(self, value: object, field: Field) -> str:
        problem = _("Enter a 9-digit SIREN, without letters.")
        digits = _compact(value, problem)
        if not (digits.isascii() and digits.isdigit()):
            raise ValueError(problem)
        if len(digits) != 9:
            raise ValueError(_("Enter a 9-digit SIREN ({n} entered).", n=len(digits)))
        return digits

    def warning(self, value: Any, field: Field) -> str | None:
        if value is None:
            return None
        from stdnum.fr import siren

        return None if siren.is_valid(value) else _("The check digit of this SIREN is wrong.")

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else f"{value[:3]} {value[3:6]} {value[6:]}"


class Siret(Kind):
    """Fourteen digits: a French establishment. La Poste's own checksum rule is stdnum's."""

    def _parse(self, value: object, field: Field) -> str:
        problem = _("Enter a 14-digit SIRET, without letters.")
        digits = _compact(value, problem)
        if not (digits.isascii() and digits.isdigit()):
            raise ValueError(problem)
        if len(digits) != 14:
            raise ValueError(_("Enter a 14-digit SIRET ({n} entered).", n=len(digits)))
        return digits

    def warning(self, value: Any, field: Field) -> str | None:
        if value is None:
            return None
        from stdnum.fr import siret

        return None if siret.is_valid(value) else _("The check digit of this SIRET is wrong.")

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else f"{value[:3]} {value[3:6]} {value[6:9]} {value[9:]}"


_VAT_FORMS = {
    "AT": r"U\d{8}",
    "BE": r"[01]?\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{8,9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[0-9A-HJ-NP-Z]{2}\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"\d{9}|\d{12}",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"\d{9}|\d{12}|(?:GD|HA)\d{3}",
}
"""What follows the country's letters, as VIES publishes it
(https://ec.europa.eu/taxation_customs/vies/#/faq, question 11)."""


class VatNumber(Kind):
    """A VAT number with its country's letters; a French one may be typed without them."""

    def _parse(self, value: object, field: Field) -> str:
        problem = _("Enter a VAT number such as FR83404833048, country letters first.")
        number = re.sub(r"[()]", "", _compact(value, problem))
        number = re.sub(r"^GR(?=\d)", "EL", number)
        if re.fullmatch(_VAT_FORMS["FR"], number) and not re.fullmatch(r"[A-Z]{2}\d{9}", number):
            number = "FR" + number
        country, rest = number[:2], number[2:]
        if country == "BE" and len(rest) == 9:
            number = f"BE0{rest}"
        if country == "NL" and re.fullmatch(r"\d{6,8}B\d{2}", rest):
            number = f"NL{rest:0>12}"
        rest = number[2:]
        form = _VAT_FORMS.get(country)
        if country == "FR" and form and not re.fullmatch(form, rest):
            raise ValueError(
                _("Enter a French VAT number: FR, a key of 2 characters, then the 9-digit SIREN.")
            )
        # Outside the Union, Switzerland and Britain above all, only the letters are known.
        if not re.fullmatch(r"[A-Z]{2}[A-Z0-9+*]{2,13}", number) or (form and not re.fullmatch(form, rest)):
            raise ValueError(problem)
        return number

    def warning(self, value: Any, field: Field) -> str | None:
        if value is None:
            return None
        if value[:2] not in _VAT_FORMS:
            return _("This VAT number is not of the European Union: it cannot be checked.")
        if not _vat_key_is_right(value):
            return _("The key of this VAT number is wrong.")
        return _("The key is right; VIES has not confirmed this number yet.")

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        if value is None or not value.startswith("FR"):
            return value or ""
        return f"{value[:2]} {value[2:4]} {value[4:7]} {value[7:10]} {value[10:]}"


def _vat_key_is_right(number: str) -> bool:
    from importlib import import_module

    from stdnum.eu import vat

    if number.startswith("XI"):
        return bool(import_module("stdnum.gb.vat").is_valid(number[2:]))
    return bool(vat.is_valid(number))


_IBAN_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
    "SE": 24, "SI": 19, "SK": 24, "SM": 27,
}  # fmt: skip
"""Lengths in the SEPA area, from the IBAN registry (ISO 13616)."""


class Iban(Kind):
    """A bank account number without spaces."""

    def _parse(self, value: object, field: Field) -> str:
        problem = _("Enter an IBAN such as FR14 2004 1010 0505 0001 3M02 606.")
        number = _compact(value, problem).removeprefix("IBAN")
        if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", number):
            raise ValueError(problem)
        expected = _IBAN_LENGTHS.get(number[:2])
        if expected and len(number) != expected:
            raise ValueError(
                _(
                    "An IBAN that begins with {country} has {expected} characters ({n} entered).",
                    country=number[:2],
                    expected=expected,
                    n=len(number),
                )
            )
        if len(number) < 15:
            raise ValueError(problem)
        return number

    def warning(self, value: Any, field: Field) -> str | None:
        if value is None:
            return None
        from stdnum import iban

        return None if iban.is_valid(value) else _("The check digits of this IBAN are wrong.")

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else " ".join(value[at : at + 4] for at in range(0, len(value), 4))
