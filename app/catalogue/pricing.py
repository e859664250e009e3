"""Which price a customer gets for a product, and why.

Of the rules in force, the most particular wins: customer, then product, family, group; a customer's or a
group's rule that names a product before one that names a family, before one that names none; among equals
the one whose quantity step is the highest that was reached, then the youngest. Rules come from the account's
price list, else from the default one; what no rule names costs its list price. `docs/prices.md` writes the
order down, and a test holds its table.

A customer's list whose last day has passed still makes his prices, and says so (`expired_on`): to fall back
in silence to other prices would be worse than a banner.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, bindparam, select, union_all
from sqlalchemy.orm import Session

from app import formats, records
from app.entity import entity
from app.i18n import translate as _
from app.money import parse_decimal, round_half_up

Record = Mapping[str, Any]

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
PRECEDENCE = {"customer": 3, "product": 2, "family": 1, "group": 0}
_NUMBER = r"(?:\d{1,9}(?:[.,]\d{1,6})?|[.,]\d{1,6})"
_FORMULA = re.compile(
    rf"(?P<base>cost|list)\s*(?:(?P<by>[*×x/])\s*(?P<factor>{_NUMBER}))?\s*(?:(?P<sign>[+-])\s*(?P<more>{_NUMBER}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Price:
    """One unit's price in the price mode of its list, and the sentence that says why."""

    unit_price: Decimal
    list_price: Decimal
    explanation: str
    rule: str | None = None
    min_quantity: Decimal = ONE


@dataclass(frozen=True, slots=True)
class PriceBook:
    """What prices for one customer depend on, read once: prices are then worked out without the file."""

    account: str | None = None
    segment: str | None = None
    price_list: str | None = None
    name: str = ""
    tax_mode: str = "HT"
    currency: str = "EUR"
    rules: tuple[Record, ...] = ()
    products: frozenset[str] = frozenset()
    """The products whose rules are all here."""
    expired_on: date | None = None
    """The last day of a list that is past it."""
    vat: str = "S"
    """The quote's VAT treatment: without VAT, a list with VAT gives its prices without."""

    def price(self, product: Record, quantity: Decimal = ONE) -> Price:
        """The price of `product` (a product record) when `quantity` units are bought."""
        listed = self.list_price(product)
        shelf = self._with_vat(product) if self._takes_vat_off else listed
        # A return is priced as what was bought: the sign of a quantity chooses no step.
        rule = self._best(product, abs(quantity))
        if rule is None:
            return Price(listed, listed, self.name or _("List price"))
        price = max(_by_rule(rule, product, shelf), ZERO)
        floor: Decimal | None = rule["floor"]
        held = floor is not None and price < floor
        price = floor if held and floor is not None else price
        return Price(
            round_half_up(price / _with_its_vat(product), 2) if self._takes_vat_off else price,
            listed,
            self._explain(rule, product, held),
            str(rule["id"]),
            rule["min_quantity"] or ONE,
        )

    def breaks(self, product: Record) -> list[Price]:
        """The price at each quantity step at which it changes, from one unit on."""
        steps = {max(ONE, rule["min_quantity"] or ONE) for rule in self._concerning(product)} | {ONE}
        found: list[Price] = []
        for step in sorted(steps):
            price = dataclasses.replace(self.price(product, step), min_quantity=step)
            if not found or found[-1].unit_price != price.unit_price:
                found.append(price)
        return found

    def list_price(self, product: Record) -> Decimal:
        """The list price, which is kept without VAT, in the price mode of this book and the quote's VAT."""
        return self._with_vat(product) if self.vat == "S" else product["list_price"] or Decimal(0)

    def _with_vat(self, product: Record) -> Decimal:
        listed: Decimal = product["list_price"] or Decimal(0)
        return round_half_up(listed * _with_its_vat(product), 2) if self.tax_mode == "TTC" else listed

    @property
    def _takes_vat_off(self) -> bool:
        """Whether the list's prices bear a VAT that the quote does not; those of a company in franchise bear none."""
        return self.tax_mode == "TTC" and self.vat not in ("S", "E")

    def including(self, other: PriceBook) -> PriceBook:
        """This book with the rules of another one for the same customer."""
        rules = {rule["id"]: rule for rule in (*self.rules, *other.rules)}
        return dataclasses.replace(
            other, rules=tuple(rules.values()), products=self.products | other.products, vat=self.vat
        )

    def _best(self, product: Record, quantity: Decimal) -> Record | None:
        reached = [
            rule for rule in self._concerning(product) if (rule["min_quantity"] or Decimal(0)) <= quantity
        ]
        return max(reached, key=self._rank, default=None)

    def _rank(self, rule: Record) -> tuple[bool, bool, int, bool, bool, Decimal, str, str]:
        return (
            rule["applies_to"] == "customer",
            rule["price_list"] in (None, self.price_list),
            PRECEDENCE[rule["applies_to"]],
            rule["product"] is not None,
            rule["family"] is not None,
            rule["min_quantity"] or Decimal(0),
            str(rule["valid_from"] or ""),
            rule["id"],
        )

    def _concerning(self, product: Record) -> Iterable[Record]:
        return (rule for rule in self.rules if self._concerns(rule, product))

    def _concerns(self, rule: Record, product: Record) -> bool:
        if rule["applies_to"] == "customer" and rule["account"] != self.account:
            return False
        if rule["applies_to"] == "group" and rule["segment"] != self.segment:
            return False
        if rule["applies_to"] == "product" and rule["product"] is None:
            return False
        if rule["applies_to"] == "family" and rule["family"] is None:
            return False
        # A customer's or a group's rule may name a product or a family to narrow itself.
        return rule["product"] in (None, product["id"]) and rule["family"] in (None, product["family"])

    def _explain(self, rule: Record, product: Record, held: bool) -> str:
        own = rule["price_list"] in (None, self.price_list)
        parts = [self.name if own else _("Default price list")]
        if rule["applies_to"] == "customer":
            parts.append(_("customer price"))
        elif rule["applies_to"] == "group":
            parts.append(_("group “{group}”", group=rule["segment"]))
        if (rule["min_quantity"] or ONE) > 1:
            parts.append(_("from {n}", n=formats.format_number(rule["min_quantity"])))
        if rule["method"] == "percent" and rule["percent"]:
            sign = "−" if rule["percent"] > 0 else "+"
            parts.append(sign + formats.format_percentage(abs(rule["percent"])))
        if rule["method"] == "formula":
            parts.append(_formula_words(rule["formula"] or "", product))
        if held:
            parts.append(_("held at the lowest price"))
        if self._takes_vat_off:
            parts.append(_("without VAT"))
        return ", ".join(part for part in parts if part)


def _with_its_vat(product: Record) -> Decimal:
    """What a price without VAT is multiplied by to include it."""
    return 1 + (product["vat_rate"] or Decimal(0)) / HUNDRED


def _by_rule(rule: Record, product: Record, listed: Decimal) -> Decimal:
    if rule["method"] == "price" and rule["price"] is not None:
        return Decimal(rule["price"])
    if rule["method"] == "formula":
        return _by_formula(rule["formula"] or "", product, listed)
    percent = rule["percent"] or Decimal(0)
    return _as_fine(listed * (1 - percent / HUNDRED), listed)


def _by_formula(formula: str, product: Record, listed: Decimal) -> Decimal:
    """`cost × 1.35`, `list * 0.9 + 2`, `cost / 0.7`; what cannot be read or worked out leaves the list price."""
    found = _FORMULA.fullmatch(formula.strip())
    price = product["cost"] if found and found["base"].lower() == "cost" else listed
    if found is None or price is None or _divides_by_nought(found):
        return listed
    if found["factor"]:
        factor = parse_decimal(found["factor"])
        price = price / factor if found["by"] == "/" else price * factor
    if found["more"]:
        more = parse_decimal(found["more"])
        price += more if found["sign"] == "+" else -more
    return _as_fine(price, listed)


def _divides_by_nought(found: re.Match[str]) -> bool:
    return found["by"] == "/" and not parse_decimal(found["factor"])


def _formula_words(formula: str, product: Record) -> str:
    """« prix de base × 0,9 + 2 »; of one on the cost no figure, since the customer may see the line."""
    found = _FORMULA.fullmatch(formula.strip())
    if found is None:
        return _("its formula cannot be read: list price")
    if _divides_by_nought(found):
        return _("its formula divides by nought: list price")
    if found["base"].lower() == "cost":
        return _("worked out from the cost") if product["cost"] is not None else _("no cost: list price")
    parts = [_("list price")]
    if found["factor"]:
        parts += ["÷" if found["by"] == "/" else "×", formats.format_number(parse_decimal(found["factor"]))]
    if found["more"]:
        sign = "+" if found["sign"] == "+" else "−"
        parts += [sign, formats.format_number(parse_decimal(found["more"]))]
    return " ".join(parts)


def _as_fine(price: Decimal, listed: Decimal) -> Decimal:
    """To the cent, or as fine as the list price itself: screws are sold for 0.0425."""
    decimals = max(2, -int(listed.normalize().as_tuple().exponent))
    return price.quantize(ONE.scaleb(-min(decimals, 6)), ROUND_HALF_UP)


def open_book(
    session: Session,
    account: str | None,
    products: Sequence[str],
    price_list: str | None = None,
    on: date | None = None,
    vat: str | None = None,
) -> PriceBook:
    """The prices of these products for an account. `price_list` and `vat` are a quote's; `on` is today unless told."""
    day = on or formats.now().date()
    customer = records.known(session, "account", account)
    own = _begun(session, price_list or customer.get("price_list"), day)
    default = _default_list(session, day)
    chosen = own or default or {}
    lists = [chosen["id"]] if chosen else []
    if own and default and _comparable(own, default):
        lists.append(default["id"])
    return PriceBook(
        account=account,
        segment=customer.get("segment"),
        price_list=chosen.get("id"),
        name=chosen.get("name") or "",
        tax_mode=chosen.get("tax_mode") or "HT",
        currency=chosen.get("currency") or "EUR",
        rules=tuple(_rules(session, lists, products, account, day)),
        products=frozenset(products),
        expired_on=None if not chosen or _in_force(chosen, day) else chosen["valid_to"],
        vat=vat or "S",
    )


def _begun(session: Session, id: str | None, day: date) -> dict[str, Any] | None:
    """The list where it holds already, be it past its last day; one of the future makes no price yet."""
    found = records.known(session, "price_list", id)
    return found if found and (found["valid_from"] is None or found["valid_from"] <= day) else None


def _default_list(session: Session, day: date) -> dict[str, Any] | None:
    lists = [
        each
        for each in records.find_rows(session, "price_list", {"is_default": True})
        if each["valid_from"] is None or each["valid_from"] <= day
    ]
    return max(
        lists, key=lambda each: (_in_force(each, day), each["priority"] or 0, each["id"]), default=None
    )


def _in_force(record: Record, day: date) -> bool:
    return (record["valid_from"] is None or record["valid_from"] <= day) and (
        record["valid_to"] is None or day <= record["valid_to"]
    )


def _comparable(one: Record, other: Record) -> bool:
    """Whether a price of one list can stand in the other: same currency, both with or both without VAT."""
    return (one["tax_mode"] or "HT", one["currency"] or "EUR") == (
        other["tax_mode"] or "HT",
        other["currency"] or "EUR",
    )


def _rules(
    session: Session, lists: Sequence[str], products: Sequence[str], account: str | None, day: date
) -> list[Record]:
    """The rules that may make a price of these products for this account, on that day.

    Asked by product first and by account for those that name none, as the index has them: by list a large
    catalogue would be read whole.
    """
    values = {"products": list(products), "account": account}
    return [
        rule
        for rule in map(dict, session.execute(_rules_query(), values).mappings())
        if rule["deleted_at"] is None
        and rule["price_list"] in (None, *lists)
        and rule["account"] in (None, account)
        and rule["applies_to"] in PRECEDENCE
        and _in_force(rule, day)
    ]


@cache
def _rules_query() -> CompoundSelect[Any]:
    """The rules that name one of the products, or none; kept, since it is asked at each keystroke."""
    table = entity("price_rule").__table__
    none = table.c.product.is_(None)
    return union_all(
        select(table).where(table.c.product.in_(bindparam("products", expanding=True))),
        select(table).where(none, table.c.account.is_(None)),
        select(table).where(none, table.c.account == bindparam("account")),
    )
