"""Kinds that say where to reach someone: e-mail, telephone, web, postcode, country."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app import i18n
from app.folding import fold
from app.i18n import translate as _
from app.kinds.kind import Kind, clean, text_of

if TYPE_CHECKING:
    from app.fields import Field


class Email(Kind):
    """An address with its domain in lower case. Whether it answers is not asked: laptops are offline."""

    def _parse(self, value: object, field: Field) -> str:
        from email_validator import EmailNotValidError, validate_email

        problem = _("Enter an e-mail address such as name@example.com.")
        text = text_of(value, problem).removeprefix("mailto:")
        if found := re.fullmatch(r"[^<>]*<([^<>]+)>", text):
            text = found[1]
        try:
            return str(validate_email(text.strip(), check_deliverability=False).normalized)
        except EmailNotValidError:
            raise ValueError(problem) from None


_REGIONS = ("FR", "RE", "GP", "MQ", "GF", "YT", "PM", "BL", "MF")
"""A local number is first read as metropolitan: 0692, 0590, 0639 and 0694 are valid overseas only."""

_OVERSEAS_PREFIXES = {
    **dict.fromkeys(("262", "263", "692", "693"), "RE"),
    **dict.fromkeys(("269", "639"), "YT"),
    **dict.fromkeys(("590", "690", "691"), "GP"),
    **dict.fromkeys(("594", "694"), "GF"),
    **dict.fromkeys(("596", "696", "697"), "MQ"),
}
"""Where a local number belongs when its range is too new for the library to know it."""

_FICTION = "63998"
"""06 39 98 …: set aside in France for numbers that are nobody's, though 0639 is Mayotte's."""
_SHORT_NUMBER = re.compile(r"3\d{3}|10\d{2}|118\d{3}")
_OVERSEAS = re.compile(r"\+(262|590|594|596)(\d{3})(\d{6})")
_METROPOLE = re.compile(rf"\+33({_FICTION}\d{{4}}|(?!{'|'.join(_OVERSEAS_PREFIXES)})[1-9]\d{{8}})")


class Phone(Kind):
    """A number in E.164, with `;ext=` for an extension; French short numbers (3949) as they are."""

    def _parse(self, value: object, field: Field) -> str:
        problem = _("Enter one phone number, such as 06 12 34 56 78 or +33 6 12 34 56 78.")
        text = clean(text_of(value, problem)).removeprefix("tel:")
        digits = re.sub(r"\D", "", text)
        if _SHORT_NUMBER.fullmatch(digits) and re.fullmatch(r"[\d\s.-]+", text):
            return digits
        if len(digits) == 9 and digits[0] in "12345679" and not text.startswith("+"):
            # A spreadsheet took the number for a quantity and dropped the zero.
            text = "0" + digits
        number = _number_of(text, problem)
        if len(digits) > len(number) + 6:
            raise ValueError(problem)
        return number

    def warning(self, value: Any, field: Field) -> str | None:
        if value is None or not value.startswith("+"):
            return None
        import phonenumbers

        if not phonenumbers.is_valid_number(phonenumbers.parse(value)):
            return _("This number is not in use in any known numbering plan.")
        return None

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        if not value or not value.startswith("+"):
            return value or ""
        # The two French shapes are drawn by hand: a list shows hundreds of them at once.
        if found := _METROPOLE.fullmatch(value):
            return _pairs("0" + found[1])
        if found := _OVERSEAS.fullmatch(value):
            return f"0{found[2]} {_pairs(found[3])}"
        import phonenumbers

        form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return str(phonenumbers.format_number(phonenumbers.parse(value), form))


def _pairs(digits: str) -> str:
    return " ".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def _number_of(text: str, problem: str) -> str:
    import phonenumbers

    possible = None
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            raise ValueError(problem) from None
        if phonenumbers.is_valid_number(number):
            return _e164(number)
        if possible is None and phonenumbers.is_possible_number(number):
            possible = number
            digits = str(number.national_number)
            likely = None if digits.startswith(_FICTION) else _OVERSEAS_PREFIXES.get(digits[:3])
            if likely and not text.startswith(("+", "00")):
                possible = phonenumbers.parse(text, likely)
        if text.startswith(("+", "00")):
            break
    if possible is None:
        raise ValueError(problem)
    return _e164(possible)


def _e164(number: Any) -> str:
    import phonenumbers

    plain = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return f"{plain};ext={number.extension}" if number.extension else plain


_ADDRESS = re.compile(
    r"(?P<scheme>https?://)?(?P<host>(?:[^\s/?#@:.]+\.)+[^\s/?#@:.]{2,})(?P<rest>(?::\d{1,5})?(?:[/?#]\S*)?)",
    re.I,
)


class Web(Kind):
    """A web address with its scheme, https unless another was typed."""

    def _parse(self, value: object, field: Field) -> str:
        problem = _("Enter a web address such as www.example.com.")
        found = _ADDRESS.fullmatch(text_of(value, problem))
        if found is None:
            raise ValueError(problem)
        scheme = (found["scheme"] or "https://").lower()
        rest = "" if found["rest"] == "/" else found["rest"]
        return clean(f"{scheme}{found['host'].lower()}{rest}")

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        return "" if value is None else value.removeprefix("https://")


_FRENCH_PREFIXES = frozenset([f"{n:02}" for n in range(1, 96)] + [f"97{n}" for n in range(1, 7)] + ["98"])
"""How French postcodes begin. Corsica is 20: 2A and 2B number its communes, not its post."""


class Postcode(Kind):
    """A postcode as written on the envelope; foreign ones pass."""

    def _parse(self, value: object, field: Field) -> str:
        problem = _("Enter the postcode alone, such as 75001.")
        text = clean(text_of(value, problem)).upper()
        text = re.sub(r"^F(?:R)?[- ](?=\d)", "", text)
        if re.fullmatch(r"\d[\d\s.]*", text) and len(re.sub(r"\D", "", text)) == 5:
            text = re.sub(r"\D", "", text)
        text = " ".join(text.split())
        if not re.fullmatch(r"[0-9A-Z][0-9A-Z -]{1,9}", text) or not re.search(r"\d", text):
            raise ValueError(problem)
        return text

    def warning(self, value: Any, field: Field) -> str | None:
        if value is None or not value.isdecimal():
            return None
        if len(value) == 4:
            return _("This postcode has 4 digits: a French one has 5.")
        if len(value) == 5 and value[:2] not in _FRENCH_PREFIXES and value[:3] not in _FRENCH_PREFIXES:
            return _("No French département begins with {prefix}.", prefix=value[:2])
        return None


_NEAR = {"fr": {"FR": "France"}, "en": {"FR": "France"}}
_OTHER_NAMES = {"uk": "GB", "usa": "US", "grande-bretagne": "GB", "angleterre": "GB", "england": "GB"}


class Country(Kind):
    """An ISO 3166 code of two letters; names in French and English are understood."""

    def _parse(self, value: object, field: Field) -> str:
        problem = _("Enter a country such as France, or its code FR.")
        text = text_of(value, problem)
        if text.upper() in ("FR", "FRA", "FRANCE"):
            return "FR"
        code = _country_codes().get(fold(text))
        if code is None:
            raise ValueError(problem)
        return code

    def display(self, value: Any, field: Field, language: str | None = None) -> str:
        if value is None:
            return ""
        language = language or i18n.language()
        return _NEAR[language].get(value) or _country_names(language).get(value, value)


@lru_cache
def _country_names(language: str) -> dict[str, str]:
    """Name by code, from Babel's copy of the CLDR, which also names regions and fictions: left out."""
    from babel import Locale

    unreal = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}
    names = Locale(language).territories.items()
    return {code: name for code, name in names if len(code) == 2 and code.isalpha() and code not in unreal}


@lru_cache
def _country_codes() -> dict[str, str]:
    """Code by folded name or code."""
    codes = dict(_OTHER_NAMES)
    for language in i18n.LANGUAGES:
        for code, name in _country_names(language).items():
            codes[fold(name)] = codes[fold(code)] = code
    return codes


def country_names(language: str | None = None) -> dict[str, str]:
    """All countries for a list to choose from: name by code, sorted by name."""
    names = _country_names(language or i18n.language())
    return dict(sorted(names.items(), key=lambda item: fold(item[1])))
