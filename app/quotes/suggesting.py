"""What may be meant by « bob 450 x 24 »: products with the quantity typed and their price at it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app import i18n, records, search
from app.catalogue.pricing import Price, PriceBook, open_book
from app.entity import entity
from app.money import parse_decimal

Record = dict[str, Any]

ONE = Decimal(1)
_NUMBER = r"[-\u2212]?\d[\d\s.,\u00a0\u202f]*"
_AFTER = re.compile(rf"^(?P<words>.*\S)\s*[x×*]\s*(?P<quantity>{_NUMBER})$", re.IGNORECASE)
_BEFORE = re.compile(rf"^(?P<quantity>{_NUMBER})\s*[x×*]\s+(?P<words>\S.*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product that fits what was typed, with the quantity typed and its price at that quantity."""

    product: Record
    quantity: Decimal
    price: Price
    book: PriceBook

    @property
    def title(self) -> str:
        """The product's label in the current language."""
        return product_label(self.product, i18n.language())


def product_label(product: Mapping[str, Any], language: str) -> str:
    """The product's name for a customer of that language."""
    if language == "en" and product["label_en"]:
        return str(product["label_en"])
    return str(product["label_fr"] or product["label_en"] or product["sku"] or "")


def suggest(
    session: Session, text: str, account: str | None, price_list: str | None = None, limit: int = 8
) -> list[Suggestion]:
    """The products that fit « bob 450 x 24 », the best first, priced at the quantity typed.

    The number after the last × may also belong to the name (« tapis 90 × 150 »): products found with
    it follow, one unit each.
    """
    words, quantity = parse_entry(text)
    tries = [(words, quantity or ONE)]
    if quantity is not None:
        tries.append((text, ONE))
    found: dict[str, tuple[Record, Decimal]] = {}
    for sought, amount in tries:
        for product in _found_products(session, sought, limit, account):
            found.setdefault(product["id"], (product, amount))
    chosen = list(found.values())[:limit]
    products = [product for product, _amount in chosen]
    book = open_book(session, account, [product["id"] for product in products], price_list)
    return [Suggestion(product, amount, book.price(product, amount), book) for product, amount in chosen]


def of_product(
    session: Session, product_id: str, account: str | None, price_list: str | None = None
) -> Suggestion:
    """One unit of a product, priced for an account. Raises NotFound."""
    product = records.get(session, "product", product_id)
    book = open_book(session, account, [product_id], price_list)
    return Suggestion(product, ONE, book.price(product), book)


def parse_entry(text: str) -> tuple[str, Decimal | None]:
    """« bob 450 x 24 » and « 24 x bob 450 » are (`bob 450`, 24); without × the quantity is None."""
    for pattern in (_AFTER, _BEFORE):
        found = pattern.match(text.strip())
        if found:
            try:
                return found["words"].strip(), parse_decimal(found["quantity"], i18n.language())
            except ValueError:
                continue
    return text.strip(), None


def _found_products(session: Session, text: str, limit: int, account: str | None = None) -> list[Record]:
    """By reference or bar code first, then what this customer had before, then by words.

    Those no longer sold come last. Without any text: what the customer had lately.
    """
    if not text.strip():
        return find_products(session, bought(session, account, limit=limit)) if account else []
    exact = _exact(session, text.strip())
    hits = [hit.id for hit in search.find(session, text, limit=3 * limit, kinds=("product",))]
    ids = list(dict.fromkeys([*exact, *hits]))
    products = [product for product in find_products(session, ids) if product["status"] != "hidden"]
    known = set(bought(session, account, ids)) if account else set()
    products.sort(
        key=lambda product: (
            product["status"] == "obsolete",
            product["id"] not in exact,
            product["id"] not in known,
        )
    )
    return products[:limit]


def _exact(session: Session, text: str) -> list[str]:
    """The product of this reference or bar code."""
    table = entity("product").__table__
    query = select(table.c.id).where(or_(table.c.sku == text.upper(), table.c.ean == text)).limit(1)
    return [str(id) for id in session.scalars(query)]


def bought(session: Session, account: str, among: Sequence[str] | None = None, limit: int = 200) -> list[str]:
    """The products that this customer was quoted or bought, the latest first; only those `among` where told."""
    quote, line = entity("quote").__table__, entity("quote_line").__table__
    query = (
        select(line.c.product)
        .join(quote, quote.c.id == line.c.quote)
        .where(quote.c.account == account, quote.c.deleted_at.is_(None), line.c.deleted_at.is_(None))
        .where(line.c.product.is_not(None), quote.c.status != "refused")
        .group_by(line.c.product)
        .order_by(func.max(quote.c.id).desc())
        .limit(limit)
    )
    if among is not None:
        query = query.where(line.c.product.in_(list(among)))
    return [str(id) for id in session.scalars(query)]


def find_products(session: Session, ids: Sequence[str]) -> list[Record]:
    """The products of these ids, in their order; one that is gone is left out."""
    table = entity("product").__table__
    query = select(table).where(table.c.id.in_(ids), table.c.deleted_at.is_(None))
    by_id = {row["id"]: dict(row) for row in session.execute(query).mappings()}
    return [by_id[id] for id in ids if id in by_id]
