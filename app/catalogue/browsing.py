"""What the catalogue shows: products by family and by what is typed, and one product with its prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import i18n, lists, records, search, units
from app.catalogue.pricing import Price, open_book
from app.entity import entity
from app.money import plain

Record = dict[str, Any]

FOUND_AT_MOST = 300


@dataclass(frozen=True, slots=True)
class ProductSheet:
    """One product: its record, its steps for a customer, what replaces it, its picture's file."""

    product: Record
    breaks: tuple[Price, ...] = ()
    list_name: str = ""
    currency: str = "EUR"
    substitutes: tuple[Record, ...] = ()
    image: Record = field(default_factory=dict)


def find_ids(session: Session, family: str = "", text: str = "") -> Sequence[str]:
    """The ids of the products of a family (all when empty) that fit what was typed."""
    if not text.strip():
        if family:
            return lists.ids(session, "product", "family", "sku", family=family)
        return lists.ids(session, "product", "all", "sku")
    hits = [hit.id for hit in search.find(session, text, limit=FOUND_AT_MOST, kinds=("product",))]
    names = lists.LISTS["product"].names()
    at = names.index("family")
    return [row[0] for row in lists.rows(session, "product", hits) if not family or row[at] == family]


def rows(
    session: Session, ids: Sequence[str], account: str | None = None, price_list: str | None = None
) -> list[Record]:
    """The products of these ids in their order, each with `customer_price` when an account is given."""
    table = entity("product").__table__
    query = select(table).where(table.c.id.in_(ids), table.c.deleted_at.is_(None))
    by_id = {row["id"]: dict(row) for row in session.execute(query).mappings()}
    found = [by_id[id] for id in ids if id in by_id]
    if account:
        book = open_book(session, account, [row["id"] for row in found], price_list)
        for row in found:
            row["customer_price"] = book.price(row)
    return found


def families(session: Session) -> list[tuple[str, int]]:
    """The families with the number of their products, in order."""
    table = entity("product").__table__
    counted: dict[str, int] = {}
    query = select(table.c.family).where(table.c.deleted_at.is_(None), table.c.family.is_not(None))
    for family in session.scalars(query):
        counted[family] = counted.get(family, 0) + 1
    return [(family, counted[family]) for family in lists.families(session) if family in counted]


def open_product(
    session: Session, product_id: str, account: str | None = None, price_list: str | None = None
) -> ProductSheet:
    """All that the sheet of a product shows. Raises NotFound."""
    product = records.get(session, "product", product_id)
    book = open_book(session, account, [product_id], price_list)
    substitutes = [
        found
        for id in product["substitutes"] or ()
        for found in records.find_rows(session, "product", {"id": id})
        if found["status"] != "hidden"
    ]
    images = records.find_rows(session, "attachment", {"id": product["image"]}) if product["image"] else []
    return ProductSheet(
        product,
        tuple(book.breaks(product)),
        book.name,
        book.currency,
        tuple(substitutes),
        images[0] if images else {},
    )


def unit_name(code: str | None, pack: Decimal | None = None) -> str:
    """« u », « carton de 6 »: the unit in the current language."""
    name = units.short_name(code or "", i18n.language())
    if pack is not None and pack > 1:
        return f"{name} {'de' if i18n.language() == 'fr' else 'of'} {plain(pack)}"
    return name


def label(product: Mapping[str, Any]) -> str:
    """The product's name in the current language."""
    first, second = ("label_en", "label_fr") if i18n.language() == "en" else ("label_fr", "label_en")
    return str(product[first] or product[second] or product["sku"] or "")
