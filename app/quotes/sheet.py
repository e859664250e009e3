"""A sheet: a quote with its lines as frozen dicts, and lines that move, double and go within it.

What belongs together stays together: a product and the eco-participation under it are one to move.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.catalogue.pricing import PriceBook
from app.entity import fields
from app.i18n import mark as _
from app.i18n import translate, translate_in
from app.identity import new_id
from app.kinds import KINDS
from app.money import round_half_up
from app.quotes.eco import is_eco_of
from app.quotes.model import FROZEN

Record = dict[str, Any]

ONE = Decimal(1)
ZERO = Decimal(0)
HUNDRED = Decimal(100)
VAT_USUAL = Decimal(20)
"""The rate in percent of what names none."""
MARGIN_FLOOR = Decimal(25)
"""Below this margin in percent the editor warns, unless the setting `margin_floor` says otherwise."""

LINE_FIELDS = tuple(name for name in fields("quote_line") if name not in ("quote", "owner", "custom"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A quote being edited: its record, its lines, and what prices depend on."""

    quote: Record
    lines: tuple[Record, ...] = ()
    book: PriceBook = field(default_factory=PriceBook)
    products: Mapping[str, Record] = field(default_factory=dict)
    substitutes: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    """What replaces its obsolete products (by id), in the book too."""
    account: Record = field(default_factory=dict)
    contact: Record = field(default_factory=dict)
    margin_floor: Decimal = MARGIN_FLOOR

    @property
    def id(self) -> str:
        """The quote's id."""
        return str(self.quote["id"])

    @property
    def locked(self) -> bool:
        """Whether the quote was issued, so that its content can no longer change."""
        return self.quote["status"] in FROZEN


def blank_line(kind: str) -> Record:
    """A new line of a kind, with nothing in it."""
    return {
        **dict.fromkeys(LINE_FIELDS),
        "id": new_id(),
        "kind": kind,
        "choice_kind": "item" if kind == "item" else None,
        "selected": True if kind == "item" else None,
        "discountable": True if kind == "item" else None,
    }


def with_line(sheet: Sheet, line: Record, at: int | None) -> Sheet:
    """The sheet with one more line, at the end unless `at` says before which."""
    at = len(sheet.lines) if at is None else at
    return dataclasses.replace(sheet, lines=(*sheet.lines[:at], line, *sheet.lines[at:]))


def with_quote(sheet: Sheet, values: Record) -> Sheet:
    """The sheet with other values in its head."""
    return dataclasses.replace(sheet, quote={**sheet.quote, **values})


def parsed(kind: str, name: str, text: str) -> Any:
    """The value of a typed text. Raises ValueError with one sentence."""
    declared = fields(kind)[name]
    value = KINDS[declared.kind].parse(text, declared)
    if isinstance(value, Decimal) and not value and any(sign in "123456789" for sign in text):
        raise ValueError(
            translate("This is too small a number: at most {n} decimals are kept.", n=declared.scale)
        )
    return value


# Within the sheet


def duplicate_line(sheet: Sheet, at: int) -> Sheet:
    """The sheet with a copy of the line, and of the eco-participation that goes with it, under it."""
    end = end_of(sheet, at)
    copies = tuple({**line, "id": new_id()} for line in sheet.lines[at:end])
    return dataclasses.replace(sheet, lines=(*sheet.lines[:end], *copies, *sheet.lines[end:]))


def move_line(sheet: Sheet, at: int, step: int) -> Sheet:
    """The sheet with the line moved up (-1) or down (1); at the end it stays where it is.

    A product and its eco-participation move together.
    """
    end, lines = end_of(sheet, at), sheet.lines
    if step < 0:
        start = start_of(sheet, at - 1)
        parts = (lines[:start], lines[at:end], lines[start:at], lines[end:])
    else:
        past = end_of(sheet, end) if end < len(lines) else end
        parts = (lines[:at], lines[end:past], lines[at:end], lines[past:])
    if at == 0 and step < 0:
        return sheet
    return dataclasses.replace(sheet, lines=tuple(line for part in parts for line in part))


def remove_line(sheet: Sheet, at: int) -> Sheet:
    """The sheet without the line and its eco-participation."""
    return dataclasses.replace(sheet, lines=sheet.lines[:at] + sheet.lines[end_of(sheet, at) :])


def spoken(sheet: Sheet) -> str:
    """The language of what the program writes on the paper, en or fr: the quote's own, else the customer's."""
    own = sheet.quote["language"]
    return "en" if (own if own in ("fr", "en") else sheet.account.get("language")) == "en" else "fr"


# Eco-participation


def eco_line(sheet: Sheet, line: Record, product: Record) -> Record:
    """What the law adds to the product's price, shown beside it and never discounted."""
    price = product["eco_participation"]
    if sheet.quote["tax_mode"] == "TTC":
        price = round_half_up(price * (1 + line["vat_rate"] / HUNDRED), 2)
    return {
        **blank_line("item"),
        "sku": line["sku"],
        "description": translate_in(spoken(sheet), _("Eco-participation")),
        "quantity": line["quantity"],
        "unit": line["unit"],
        "list_price": price,
        "unit_price": price,
        "vat_rate": line["vat_rate"],
        "vat_category": line["vat_category"],
        "choice_kind": "eco",
        "discountable": False,
    }


def has_eco(sheet: Sheet, at: int) -> bool:
    """Whether the next line is this line's eco-participation."""
    if not 0 <= at < len(sheet.lines) - 1:
        return False
    return is_eco_of(sheet.lines[at + 1], sheet.lines[at])


def end_of(sheet: Sheet, at: int) -> int:
    """Where the line and what goes with it end: the place behind them."""
    return at + (2 if has_eco(sheet, at) else 1)


def start_of(sheet: Sheet, at: int) -> int:
    """The line, or the product that it is the eco-participation of."""
    return max(0, at - 1) if has_eco(sheet, at - 1) else max(0, at)


def eco_follows(sheet: Sheet, at: int, quantity: Decimal) -> Sheet:
    """The sheet with as much eco-participation as there is of the line."""
    if not has_eco(sheet, at):
        return sheet
    eco = {**sheet.lines[at + 1], "quantity": quantity}
    return dataclasses.replace(sheet, lines=(*sheet.lines[: at + 1], eco, *sheet.lines[at + 2 :]))
