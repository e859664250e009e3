"""Words as search compares them: without case, accents and ligatures, numbers without their spaces."""

from __future__ import annotations

import re
import unicodedata

# What Unicode does not take apart: https://www.unicode.org/reports/tr15/ keeps these as letters.
_LETTERS = {
    "œ": "oe", "æ": "ae", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i",
    "’": "'", "ʼ": "'",
}  # fmt: skip


class _Folded(dict[int, str]):
    """The folded form of each sign, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code).casefold())
        kept = "".join(_LETTERS.get(c, c) for c in apart if not unicodedata.combining(c))
        self[code] = kept
        return kept


_FOLDED = _Folded()
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[+(]*\d[\d\s().+/-]*")
_WHOLE = re.compile(r"[1-9]\d{9,12}")
"""As many digits as a telephone number with its country code has, which many write without the plus."""

TITLE = "\ue000"
"""Marks a word of the title in the index: a private sign, which the tokenizer takes for a letter."""

SHORT_NUMBER = 5
LONG_NUMBER = "\ue001" * 7
"""Stands before a whole number in the index, as long as the longest prefix that FTS5 keeps: the first digits
of telephone numbers are nearly all different, and would fill the prefix indexes."""

_TWO_DIGIT_CODES = frozenset(
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66"
    " 81 82 84 86 90 91 92 93 94 95 98".split()
)


def fold(text: str) -> str:
    """The text in lower case without accents and ligatures: `Œuvre` is `oeuvre`, `Łódź` is `lodz`."""
    if text.isascii():
        return text.lower()
    return text.translate(_FOLDED)


def split(folded: str) -> list[str]:
    """The words of a folded text."""
    return _WORD.findall(folded)


def national(phone: str) -> str:
    """The digits of a number in E.164 without country code and trunk zero, which any notation shares."""
    if phone.startswith("+33") and ";" not in phone:
        return phone[3:].lstrip("0")
    number = phone.partition(";")[0]
    if not number.startswith("+"):
        return number.lstrip("0")
    digits = number[1:]
    length = 1 if digits[:1] in "17" else 2 if digits[:2] in _TWO_DIGIT_CODES else 3
    return digits[length:].lstrip("0")


def indexed_number(number: str) -> str:
    """The words under which a number is found, whichever of its first digits are typed."""
    if len(number) <= SHORT_NUMBER or not number.isdigit():
        return number
    return f"{number[:SHORT_NUMBER]} {LONG_NUMBER}{number}"


def beginnings(word: str) -> list[str]:
    """The beginnings of indexed words under which a typed word is found."""
    whole = word.isdigit() and len(word) > SHORT_NUMBER
    return [word, f"{LONG_NUMBER}{word}"] if whole else [word]


def alternatives(text: str) -> list[list[list[str]]]:
    """What a query asks for: terms that must all match, each a list of ways, each way words that all match.

    Digits that stand together are one number however they are spaced: as written, and as a telephone
    number without `+33`, `0033` or the leading zero.
    """
    folded = fold(text)
    terms: list[list[list[str]]] = []
    end = 0
    for found in _NUMBER.finditer(folded):
        if found.start() and folded[found.start() - 1].isalnum():
            continue
        if folded[found.end() : found.end() + 1].isalpha():
            continue
        terms += [[[word]] for word in split(folded[end : found.start()])]
        terms.append(_ways(found.group()))
        end = found.end()
    terms += [[[word]] for word in split(folded[end:])]
    return terms


def _ways(number: str) -> list[list[str]]:
    parts = re.findall(r"\d+", number)
    joined = "".join(parts)
    ways = [[joined]]
    if len(parts) > 1:
        ways.append(parts)
    international = number.lstrip(" (").startswith("+") or joined.startswith("00")
    if international or _WHOLE.fullmatch(joined):
        local = national("+" + joined.removeprefix("00"))
    else:
        local = joined.lstrip("0")
    # One digit is too little to be a telephone number that somebody looks for.
    if local and local != joined and len(local) > 1:
        ways.append([local])
    return ways
