"""What a line says of its product: its words, its VAT, its price and why; and another product in its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal

from app.catalogue.pricing import Price
from app.i18n import LANGUAGES, speaking, translate, translate_in
from app.i18n import mark as _
from app.quotes.sheet import ONE, VAT_USUAL, ZERO, Record, Sheet, eco_line, end_of, spoken
from app.quotes.suggesting import product_label

BY_HAND = _("Price typed by hand")
"""Why a price is what no rule made."""


def of_product(sheet: Sheet, product: Record, price: Price) -> Record:
    """What a line says of its product."""
    return {
        "product": product["id"],
        "sku": product["sku"],
        "description": product_label(product, spoken(sheet)),
        "unit": product["unit"],
        **_vat(sheet, product),
        "cost": product["cost"],
        **priced_as(price),
    }


def _vat(sheet: Sheet, product: Record) -> Record:
    """The product's own VAT; under another treatment of the quote there is none."""
    treatment = sheet.quote["vat_category"] or "S"
    if treatment != "S":
        return {"vat_rate": ZERO, "vat_category": treatment}
    return product_vat(product)


def product_vat(product: Record) -> Record:
    """The VAT that a product bears of itself, as a line has it."""
    rate = product["vat_rate"] if product["vat_rate"] is not None else VAT_USUAL
    return {"vat_rate": rate, "vat_category": product["vat_category"] or "S"}


def priced_as(price: Price) -> Record:
    """What a line keeps of a price."""
    return {
        "list_price": price.list_price,
        "unit_price": price.unit_price,
        "price_rule": price.rule,
        "price_explanation": price.explanation,
    }


def why_priced(sheet: Sheet, line: Record) -> str:
    """Why the line has its price, in the reader's language: it was stored in that of whoever wrote it.

    Explained anew where that very rule still makes that very price, or gives the same reason for another one,
    as of a product whose list price has changed; else as it was stored.
    """
    stored = str(line["price_explanation"] or "")
    if stored in (translate_in(each, BY_HAND) for each in LANGUAGES):
        return translate(BY_HAND)
    product = sheet.products.get(line["product"] or "")
    if product is None or not stored:
        return stored
    now = sheet.book.price(product, _quantity(line))
    if now.rule != line["price_rule"]:
        return stored
    holds = now.unit_price == line["unit_price"] or stored in _reasons(sheet, line, product)
    return now.explanation if holds else stored


def _reasons(sheet: Sheet, line: Record, product: Record) -> Iterator[str]:
    """Why the rules make their price, in each language."""
    for each in LANGUAGES:
        with speaking(each):
            yield sheet.book.price(product, _quantity(line)).explanation


def is_obsolete(sheet: Sheet, line: Record) -> bool:
    """Whether the line's product is no longer sold."""
    return sheet.products.get(line["product"] or "", {}).get("status") == "obsolete"


def replacements(sheet: Sheet, at: int) -> list[tuple[Record, Price]]:
    """What may stand in the place of the line's obsolete product, each at its price for the line's quantity."""
    line = sheet.lines[at]
    products = sheet.substitutes.get(line["product"] or "", ())
    return [(product, sheet.book.price(product, _quantity(line))) for product in products]


def replace_product(sheet: Sheet, at: int, product: Record) -> Sheet:
    """The sheet with another product on the line, priced anew at the line's quantity.

    Its part in the offer and its discount stay; the eco-participation under it becomes the new product's.
    """
    old = sheet.lines[at]
    price = sheet.book.price(product, _quantity(old))
    line = {**old, **of_product(sheet, product, price), "with_vat": None}
    eco = (eco_line(sheet, line, product),) if product["eco_participation"] else ()
    return dataclasses.replace(
        sheet,
        lines=(*sheet.lines[:at], line, *eco, *sheet.lines[end_of(sheet, at) :]),
        products={**sheet.products, product["id"]: product},
    )


def _quantity(line: Record) -> Decimal:
    return ONE if line["quantity"] is None else Decimal(line["quantity"])
