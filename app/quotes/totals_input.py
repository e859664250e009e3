"""What a quote's arithmetic is given, and the refusal of values that have no honest total."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from app.errors import Invalid
from app.i18n import translate as _

PRICE_MODES = ("HT", "TTC")
LINE_KINDS = ("item", "option", "alternate", "eco")
VAT_CATEGORIES = ("S", "E", "AE", "K", "G", "O", "Z")
"""The categories of EN 16931 that the French format keeps; all but S go with a rate of 0."""

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
QUANTITY_LIMIT = Decimal(10**9)
PRICE_LIMIT = Decimal(10**9)
AMOUNT_LIMIT = Decimal(10**12)
"""Ten thousand lines of this size still fit the BIGINT cents in which totals are stored."""

_STEPS = {2: Decimal("0.01"), 4: Decimal("0.0001"), 6: Decimal("0.000001")}
_WIDE = Context(prec=60)
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)

_KEYS = {"price_mode", "vat_category", "lines", "doc_discount", "doc_allowances", "doc_charges", "deposit"}
_LINE_KEYS = {
    "id", "qty", "unit_price", "price_base_qty", "vat_rate", "vat_category", "discount_pct", "discount_amount",
    "charge_amount", "kind", "selected", "discountable",
}  # fmt: skip
_CHARGE_KEYS = {"label", "amount", "vat_rate", "vat_category"}
_SHARE_KEYS = {"type", "value"}

Problems = dict[str, str]
Rate = tuple[Decimal, str]
"""A VAT rate and its category: 0 % exempt and 0 % reverse charge are two things."""


@dataclass(frozen=True, slots=True)
class Line:
    """One priced line; `discount_amount`, when given, stands instead of `discount_percent`."""

    id: str
    quantity: Decimal
    unit_price: Decimal
    vat_rate: Decimal
    kind: str = "item"
    selected: bool = False
    """Only read for options and alternates: the customer's choice, which then counts in the totals."""
    discountable: bool = True
    """Whether the document discount touches the line; eco-participation and trade-ins say no."""
    discount_percent: Decimal = ZERO
    discount_amount: Decimal | None = None
    vat_category: str = "S"
    price_base: Decimal = ONE
    """The quantity that `unit_price` is for: screws are priced by the hundred (BT-149)."""
    charge_amount: Decimal = ZERO
    """What the line costs on top of its quantity: packing, cutting (BT-141)."""

    @property
    def in_total(self) -> bool:
        return self.selected if self.kind in ("option", "alternate") else True

    @property
    def rate(self) -> Rate:
        return self.vat_rate, self.vat_category


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount added to the whole quote (carriage, packing), or taken off it, at one VAT rate.

    In TTC mode it includes its VAT.
    """

    label: str
    amount: Decimal
    vat_rate: Decimal
    vat_category: str = "S"

    @property
    def rate(self) -> Rate:
        return self.vat_rate, self.vat_category


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the whole, as a `percent` of it or as an `amount`: the document discount, the deposit."""

    type: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that the totals of one quote depend on."""

    lines: Sequence[Line]
    price_mode: str = "HT"
    discount: Share | None = None
    charges: Sequence[Charge] = ()
    deposit: Share | None = None
    allowances: Sequence[Charge] = ()
    """Amounts taken off the whole, each at its own rate; `discount` is shared over the rates instead."""


def read(inputs: Mapping[str, Any]) -> Inputs:
    """The typed inputs of one JSON object of `quote_cases.json`.

    Raises Invalid with one sentence per field; the field of the second line is `lines.2.qty`.
    """
    problems: Problems = {}
    _refuse_unknown(inputs, _KEYS, "", problems)
    category = inputs.get("vat_category")
    found = Inputs(
        lines=[
            _read_line(line, f"lines.{position}.", category, position, problems)
            for position, line in enumerate(_objects(inputs, "lines", problems), 1)
        ],
        price_mode=str(inputs.get("price_mode", "HT")),
        discount=_read_share(inputs, "doc_discount", problems),
        charges=[
            _read_charge(charge, f"doc_charges.{position}.", category, problems)
            for position, charge in enumerate(_objects(inputs, "doc_charges", problems), 1)
        ],
        deposit=_read_share(inputs, "deposit", problems),
        allowances=[
            _read_charge(charge, f"doc_allowances.{position}.", category, problems)
            for position, charge in enumerate(_objects(inputs, "doc_allowances", problems), 1)
        ],
    )
    problems = {**find_problems(found), **problems}
    if problems:
        raise Invalid(problems)
    return found


def find_problems(inputs: Inputs) -> Problems:
    """One sentence per field whose value cannot be priced; empty when all is well."""
    problems: Problems = {}
    if inputs.price_mode not in PRICE_MODES:
        problems["price_mode"] = _("Choose HT or TTC.")
    for position, line in enumerate(inputs.lines, 1):
        _check_line(line, f"lines.{position}.", problems)
    # A document that takes back an earlier one takes its allowances back too: they may be negative.
    for name, charges, least in (
        ("doc_charges", inputs.charges, ZERO),
        ("doc_allowances", inputs.allowances, -AMOUNT_LIMIT),
    ):
        for position, charge in enumerate(charges, 1):
            at = f"{name}.{position}."
            _check_number(charge.amount, at + "amount", 2, least, AMOUNT_LIMIT, problems)
            _check_vat(charge.vat_rate, charge.vat_category, at, problems)
    for name, share in (("doc_discount", inputs.discount), ("deposit", inputs.deposit)):
        if share is not None:
            _check_share(share, f"{name}.", problems)
    return problems


def _check_line(line: Line, at: str, problems: Problems) -> None:
    _check_number(line.quantity, at + "qty", 4, -QUANTITY_LIMIT, QUANTITY_LIMIT, problems)
    # EN 16931 BR-27: a unit price is never negative; a trade-in has a negative quantity.
    _check_number(line.unit_price, at + "unit_price", 6, ZERO, PRICE_LIMIT, problems)
    _check_number(line.discount_percent, at + "discount_pct", 4, ZERO, HUNDRED, problems)
    _check_number(line.price_base, at + "price_base_qty", 4, _STEPS[4], QUANTITY_LIMIT, problems)
    _check_number(line.charge_amount, at + "charge_amount", 2, ZERO, AMOUNT_LIMIT, problems)
    _check_vat(line.vat_rate, line.vat_category, at, problems)
    if line.kind not in LINE_KINDS:
        problems[at + "kind"] = _("“{kind}” is not a kind of line.", kind=line.kind)
    if any(at + name in problems for name in ("qty", "unit_price", "price_base_qty")):
        return
    gross = abs(line.quantity * line.unit_price / line.price_base)
    if gross > AMOUNT_LIMIT:
        problems[at + "qty"] = _("The amount of this line is too large.")
    if line.discount_amount is not None:
        _check_number(line.discount_amount, at + "discount_amount", 2, ZERO, AMOUNT_LIMIT, problems)
        if at + "discount_amount" not in problems and line.discount_amount > gross + Decimal("0.005"):
            problems[at + "discount_amount"] = _("The discount is larger than the line.")


def _check_vat(rate: Decimal, category: str, at: str, problems: Problems) -> None:
    _check_number(rate, at + "vat_rate", 2, ZERO, HUNDRED, problems)
    if category not in VAT_CATEGORIES:
        problems[at + "vat_category"] = _("“{category}” is not a VAT category.", category=category)
    elif category != "S" and at + "vat_rate" not in problems and rate:
        problems[at + "vat_rate"] = _("VAT category {category} goes with a rate of 0.", category=category)


def _check_share(share: Share, at: str, problems: Problems) -> None:
    if share.type == "percent":
        _check_number(share.value, at + "value", 4, ZERO, HUNDRED, problems)
    elif share.type == "amount":
        _check_number(share.value, at + "value", 2, ZERO, AMOUNT_LIMIT, problems)
    else:
        problems[at + "type"] = _("Choose a percentage or an amount.")


def _check_number(
    value: Decimal, field: str, decimals: int, least: Decimal, most: Decimal, problems: Problems
) -> None:
    if not isinstance(value, Decimal) or not value.is_finite():
        problems[field] = _("Enter a number.")
    elif value < least and not least:
        problems[field] = _("This cannot be negative.")
    elif value < least and least > 0:
        problems[field] = _("This must be more than zero.")
    elif value > most and most == HUNDRED:
        problems[field] = _("This cannot be more than 100 %.")
    elif not least <= value <= most:
        problems[field] = _("This number is too large.")
    elif value != value.quantize(_STEPS[decimals], context=_WIDE):
        problems[field] = _("At most {n} decimals.", n=decimals)


def _read_line(line: Mapping[str, Any], at: str, category: Any, position: int, problems: Problems) -> Line:
    _refuse_unknown(line, _LINE_KEYS, at, problems)
    amount = line.get("discount_amount")
    return Line(
        id=str(line.get("id", position)),
        quantity=_number(line.get("qty"), at + "qty", problems),
        unit_price=_number(line.get("unit_price"), at + "unit_price", problems),
        vat_rate=_number(line.get("vat_rate"), at + "vat_rate", problems),
        kind=str(line.get("kind", "item")),
        selected=_flag(line.get("selected", False), at + "selected", problems),
        discountable=_flag(line.get("discountable", True), at + "discountable", problems),
        discount_percent=_number(line.get("discount_pct", ZERO), at + "discount_pct", problems),
        discount_amount=None if amount is None else _number(amount, at + "discount_amount", problems),
        vat_category=str(line.get("vat_category", category or "S")),
        price_base=_number(line.get("price_base_qty", ONE), at + "price_base_qty", problems),
        charge_amount=_number(line.get("charge_amount", ZERO), at + "charge_amount", problems),
    )


def _read_charge(charge: Mapping[str, Any], at: str, category: Any, problems: Problems) -> Charge:
    _refuse_unknown(charge, _CHARGE_KEYS, at, problems)
    return Charge(
        label=str(charge.get("label", "")),
        amount=_number(charge.get("amount"), at + "amount", problems),
        vat_rate=_number(charge.get("vat_rate"), at + "vat_rate", problems),
        vat_category=str(charge.get("vat_category", category or "S")),
    )


def _read_share(inputs: Mapping[str, Any], name: str, problems: Problems) -> Share | None:
    share = inputs.get(name)
    if share is None:
        return None
    if not isinstance(share, Mapping):
        problems[name] = _("Choose a percentage or an amount.")
        return None
    _refuse_unknown(share, _SHARE_KEYS, f"{name}.", problems)
    return Share(str(share.get("type")), _number(share.get("value"), f"{name}.value", problems))


def _refuse_unknown(given: Mapping[str, Any], known: set[str], at: str, problems: Problems) -> None:
    """A misspelt discount would be none, and the total would be wrong without a word."""
    for name in given.keys() - known:
        problems[f"{at}{name}"] = _("“{name}” means nothing here.", name=name)


def _objects(inputs: Mapping[str, Any], name: str, problems: Problems) -> list[Mapping[str, Any]]:
    found = inputs.get(name) or []
    if isinstance(found, list) and all(isinstance(each, Mapping) for each in found):
        return found
    problems[name] = _("This must be a list of lines.")
    return []


def _flag(value: Any, field: str, problems: Problems) -> bool:
    if not isinstance(value, bool):
        problems[field] = _("Answer yes or no.")
    return value is True


_EXACT: dict[type, Callable[[Any], Decimal]] = {Decimal: lambda value: value, int: Decimal}


def _number(value: Any, field: str, problems: Problems) -> Decimal:
    """`value` as written, never through a float: text like -12.50, an int or a Decimal."""
    if type(value) in _EXACT:
        return _EXACT[type(value)](value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    problems[field] = _("Enter a number.")
    return ZERO
