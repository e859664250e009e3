"""Lines of every kind come into a sheet, and say which part they play in the offer.

What is typed into the entry field with a sign before it is no product: `# Title` is a section, `" Text` a
comment, `= Label` a subtotal, `---` a page break, `+ Label x 2 @ 150` a line of free text.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from decimal import Decimal
from string import ascii_uppercase

from app import i18n
from app.i18n import mark as _
from app.i18n import translate, translate_in
from app.money import parse_decimal
from app.quotes.editing import check_line
from app.quotes.product_line import BY_HAND
from app.quotes.sheet import ONE, VAT_USUAL, ZERO, Record, Sheet, blank_line, spoken, start_of, with_line

SIGNS = {"#": "section", '"': "text", "=": "subtotal", "---": "page_break", "+": "free"}
"""What a typed sign makes of the text behind it."""
ROLES = (("item", _("Item")), ("option", _("Option")), ("alternate", _("Alternative")))

_NUMBER = r"[-\u2212]?\d[\d\s.,\u00a0\u202f]*"
_PRICE = re.compile(rf"^(?P<rest>.*\S)\s+(?:@|à|at)\s*(?P<price>{_NUMBER})\s*€?$", re.IGNORECASE)
_QUANTITY = re.compile(rf"^(?P<rest>.*\S)\s+[x×*]\s*(?P<quantity>{_NUMBER})$", re.IGNORECASE)


def read_sign(text: str) -> tuple[str, str] | None:
    """(kind, text behind the sign) of a typed entry; None where it seeks a product."""
    text = text.strip()
    for sign, kind in SIGNS.items():
        if text.startswith(sign):
            return kind, text[len(sign) :].strip(' "' if sign == '"' else " #-")
    return None


def add_entry(sheet: Sheet, kind: str, text: str, at: int | None = None) -> Sheet:
    """The sheet with a line of a kind that is no product. Raises ValueError with one sentence."""
    match kind:
        case "free":
            return add_free(sheet, text, at)
        case "section" | "text" if not text:
            raise ValueError(translate("A line needs a description."))
        case "subtotal":
            text = text or translate_in(spoken(sheet), "Subtotal")
        case "page_break":
            text = ""
    return with_line(sheet, {**blank_line(kind), "description": text or None}, at)


def add_section(sheet: Sheet, title: str, at: int | None = None) -> Sheet:
    """The sheet with a heading."""
    return add_entry(sheet, "section", title.strip(), at)


def add_free(sheet: Sheet, text: str, at: int | None = None) -> Sheet:
    """The sheet with a line of free text, « Pose sur site x 2 @ 150 ». Raises ValueError."""
    label, quantity, price = parse_free(text)
    return with_line(sheet, free_line(sheet, label, quantity, price), at)


def parse_free(text: str) -> tuple[str, Decimal, Decimal]:
    """(label, quantity, unit price) of a line of free text; one unit at 0.00 where nothing is said."""
    quantity, price, language = ONE, ZERO, i18n.language()
    if found := _PRICE.match(text):
        text, price = found["rest"], parse_decimal(found["price"], language)
    if found := _QUANTITY.match(text):
        text, quantity = found["rest"], parse_decimal(found["quantity"], language)
        if not price and (found := _PRICE.match(text)):
            text, price = found["rest"], parse_decimal(found["price"], language)
    return text.strip(), quantity, price


def free_line(sheet: Sheet, label: str, quantity: Decimal = ONE, price: Decimal = ZERO) -> Record:
    """A line that no product stands behind, at the VAT rate of the line before. Raises ValueError."""
    if not label:
        raise ValueError(translate("A line needs a description."))
    before = next((line for line in reversed(sheet.lines) if line["vat_rate"] is not None), None)
    category = sheet.quote["vat_category"] or "S"
    usual = VAT_USUAL if category == "S" else ZERO
    line = {
        **blank_line("item"),
        "description": label,
        "quantity": quantity,
        "unit": "C62",
        "list_price": price,
        "unit_price": price,
        "price_explanation": translate(BY_HAND),
        "vat_rate": before["vat_rate"] if before else usual,
        "vat_category": (before and before["vat_category"]) or category,
    }
    check_line(sheet, line)
    return line


# The part that a line plays


def set_role(sheet: Sheet, at: int, role: str) -> Sheet:
    """The sheet in which a line is an item, an option beside the total, or one of alternatives.

    A new alternative joins the group of the line before it; the first of a group is chosen.
    """
    line = sheet.lines[at]
    if line["kind"] not in (None, "item") or line["choice_kind"] == "eco":
        return sheet
    group = _group_before(sheet, at) if role == "alternate" else None
    first = role == "alternate" and not any(_in_group(each, group) for each in sheet.lines)
    changed = {**line, "choice_kind": role, "option_group": group, "selected": role == "item" or first}
    return _with(sheet, at, changed)


def choose(sheet: Sheet, at: int) -> Sheet:
    """The sheet in which this alternative is taken, and no other of its group; an option is taken or left."""
    line = sheet.lines[at]
    if line["choice_kind"] == "option":
        return _with(sheet, at, {**line, "selected": not line["selected"]})
    if line["choice_kind"] != "alternate":
        return sheet
    lines = tuple(
        {**each, "selected": each is line} if _in_group(each, line["option_group"]) else each
        for each in sheet.lines
    )
    return dataclasses.replace(sheet, lines=lines)


def start_group(sheet: Sheet, at: int) -> Sheet:
    """The sheet in which this alternative begins a group of its own, and is the one chosen in it."""
    line = sheet.lines[at]
    if line["choice_kind"] != "alternate":
        sheet = set_role(sheet, at, "alternate")
        line = sheet.lines[at]
    others = [each for each in sheet.lines if each is not line]
    return _with(sheet, at, {**line, "option_group": _free_group(others), "selected": True})


def toggle_discountable(sheet: Sheet, at: int) -> Sheet:
    """The sheet in which the global discount touches the line, or no longer."""
    line = sheet.lines[at]
    if line["kind"] not in (None, "item") or line["choice_kind"] == "eco":
        return sheet
    return _with(sheet, at, {**line, "discountable": line["discountable"] is False})


def _group_before(sheet: Sheet, at: int) -> str:
    """The group of the alternative right above, its eco-participation passed over, else a new one."""
    above = sheet.lines[start_of(sheet, at - 1)] if at else None
    if above is not None and above["choice_kind"] == "alternate" and above["option_group"]:
        return str(above["option_group"])
    return _free_group(sheet.lines)


def _free_group(lines: Iterable[Record]) -> str:
    """The first name that no group has: A to Z, then A2 and so on."""
    used = {line["option_group"] for line in lines}
    names = (
        f"{letter}{number or ''}" for number in (0, *range(2, len(used) + 3)) for letter in ascii_uppercase
    )
    return next(name for name in names if name not in used)


def _in_group(line: Record, group: str | None) -> bool:
    return bool(line["choice_kind"] == "alternate" and line["option_group"] == group)


def _with(sheet: Sheet, at: int, line: Record) -> Sheet:
    return dataclasses.replace(sheet, lines=(*sheet.lines[:at], line, *sheet.lines[at + 1 :]))
