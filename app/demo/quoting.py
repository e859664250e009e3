"""Quotes of the demonstration: priced from the price lists, added up and frozen as the program does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from app.demo.accounts import Client
from app.demo.catalogue import Catalogue, Row, rounded
from app.demo.company import SERIES_OF, Founding
from app.demo.identity import paris, uuid7
from app.demo.phrases import INTRODUCTION, REFUSALS
from app.quotes.composing import build_document, quote_totals
from app.quotes.mentions import find_mentions
from app.quotes.totals import round_cents

Item = tuple[str, int, int]
"""Reference, quantity, discount in percent."""
Values = dict[str, Any]
_SPECIFIC = {"group": 0, "family": 1, "product": 2, "customer": 3}


@dataclass
class Offer:
    """A quote to write: for whom, when, what, and what became of it."""

    client: Client
    subject: str
    status: str
    issued: date
    items: Sequence[Item]
    opportunity: str | None = None
    valid_for: int = 30
    deposit: int = 0
    introduction: str = INTRODUCTION

    @property
    def is_draft(self) -> bool:
        """Whether the quote has no number yet."""
        return self.status in ("draft", "to_approve")


def draw_items(company: Founding, rng: Random, target: int) -> list[Item]:
    """Two to six articles whose list prices add up to about `target` euros."""
    found: dict[str, Item] = {}
    count = rng.randrange(2, 7)
    while len(found) < count:
        product: Values = rng.choice(company.catalogue.products)
        price = float(product["list_price"])
        if product["status"] != "active" or price > target or product["family"] == "Services":
            continue
        quantity = max(1, round(target / count * (0.6 + rng.random() * 0.8) / price))
        found[product["sku"]] = (product["sku"], quantity, rng.choice((0, 0, 0, 5)))
    return list(found.values())


def price_of(
    catalogue: Catalogue, product: Values, account: Values, quantity: int
) -> tuple[Decimal, Values | None]:
    """The unit price of `product` for this account, and the most specific rule, which makes it."""
    rules: list[Values] = catalogue.rules_of(account["price_list"])
    reached = [
        (_SPECIFIC[rule["applies_to"]], rule["min_quantity"], rule)
        for rule in rules
        if rule["min_quantity"] <= quantity and _concerns(rule, product, account)
    ]
    if not reached:
        return product["list_price"], None
    rule = max(reached, key=lambda each: each[:2])[2]
    if rule["method"] == "price":
        return rule["price"], rule
    return rounded(product["list_price"] * (1 - rule["percent"] / 100)), rule


def _concerns(rule: Values, product: Values, account: Values) -> bool:
    match rule["applies_to"]:
        case "customer":
            return bool(rule["account"] == account["id"] and rule["product"] == product["id"])
        case "product":
            return bool(rule["product"] == product["id"])
        case "family":
            return bool(rule["family"] == product["family"])
    return bool(rule["segment"] == account["segment"])


def write_quotes(company: Founding, offers: Sequence[Offer], rng: Random) -> Iterator[Row]:
    """The quotes and their lines, numbered in the order in which each rep issued them."""
    numbers: dict[tuple[str, int], int] = {}
    for offer in sorted(offers, key=lambda each: each.issued):
        quote = _quote(company, offer, rng)
        if not offer.is_draft:
            key = offer.client.rep, offer.issued.year
            numbers[key] = numbers.get(key, 0) + 1
            quote["number"] = f"D{offer.issued:%y}-{SERIES_OF[offer.client.rep]}-{numbers[key]:05d}"
        lines = list(_lines(company, offer, quote, rng))
        _add_up(company, offer, quote, lines)
        yield "quote", quote
        yield from (("quote_line", line) for line in lines)


def _quote(company: Founding, offer: Offer, rng: Random) -> Values:
    client, at = offer.client, paris(offer.issued, 9 + rng.randrange(8), rng.randrange(60))
    since = (company.today - offer.issued).days
    decided = offer.issued + timedelta(days=min(rng.randrange(2, 20), max(0, since)))
    account = client.account
    return {
        "id": uuid7(at, rng),
        "created_at": at,
        "owner": account["owner"],
        "account": account["id"],
        "contact": client.contacts[0]["id"],
        "site": client.sites[0]["id"],
        "opportunity": offer.opportunity,
        "number": None,
        "revision": 1,
        "status": offer.status,
        "subject": offer.subject,
        "price_list": account["price_list"],
        "currency": "EUR",
        "tax_mode": "HT",
        "vat_category": "S",
        "issued_on": None if offer.is_draft else offer.issued,
        "issued_at": None if offer.is_draft else at,
        "valid_until": offer.issued + timedelta(days=offer.valid_for),
        "payment_terms": account["payment_terms"],
        "deposit_type": "percent" if offer.deposit else None,
        "deposit_value": Decimal(offer.deposit) if offer.deposit else None,
        "delivery_terms": "Franco dès 300 € HT, livraison sous 72 h",
        "introduction": offer.introduction,
        "decided_on": decided if offer.status in ("accepted", "refused") else None,
        "decision_note": rng.choice(REFUSALS) if offer.status == "refused" else None,
    }


def _lines(company: Founding, offer: Offer, quote: Values, rng: Random) -> Iterator[Values]:
    at: datetime = quote["created_at"]
    for position, (sku, quantity, discount) in enumerate(offer.items, 1):
        product: Values = company.catalogue.product(sku)
        price, rule = price_of(company.catalogue, product, offer.client.account, quantity)
        yield {
            "id": uuid7(at, rng),
            "created_at": at,
            "owner": quote["owner"],
            "quote": quote["id"],
            "kind": "item",
            "position": position,
            "product": product["id"],
            "sku": sku,
            "description": product["label_fr"],
            "quantity": Decimal(quantity),
            "unit": product["unit"],
            "list_price": product["list_price"],
            "unit_price": price,
            "price_rule": rule["id"] if rule else None,
            "price_explanation": _explanation(company, quote["price_list"], rule),
            "discount_percent": Decimal(discount) if discount else None,
            "vat_rate": product["vat_rate"],
            "vat_category": "S",
            "cost": product["cost"],
            "choice_kind": "item",
            "selected": True,
            "discountable": True,
        }


def _explanation(company: Founding, price_list: object, rule: Values | None) -> str:
    if rule is None:
        return "Tarif public"
    name = next(str(each["name"]) for each in company.catalogue.lists.values() if each["id"] == price_list)
    step = f", dès {int(rule['min_quantity'])}" if rule["min_quantity"] > 1 else ""
    return f"{name}{step}" + (f", −{rule['percent']} %" if rule["method"] == "percent" else "")


def _add_up(company: Founding, offer: Offer, quote: Values, lines: list[Values]) -> None:
    """Fill in nets and totals, and freeze the document of an issued quote, as the program does."""
    found = quote_totals(quote, lines)
    for line, amounts in zip(lines, found.lines, strict=True):
        line["net"] = round_cents(amounts.net)
    quote |= {"total_ht": found.total.ht, "total_vat": found.total.vat, "total_ttc": found.total.ttc}
    if offer.is_draft:
        return
    client = offer.client
    document = build_document(
        company.organisation,
        client.account,
        client.sites[0],
        client.contacts[0],
        company.users[client.rep],
        quote,
        lines,
        mentions=find_mentions(company.organisation, client.account, quote, lines, on=quote["issued_on"]),
    )
    quote["snapshot"] = document.to_dict()
    quote["document_hash"] = document.document_hash()
