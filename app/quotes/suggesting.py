"""What may be meant by « bob 450 x 24 »: products with the quantity typed and their price at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from app import i18n, records, search
from app.catalogue.pricing import Price, PriceBook, open_book
from app.entity import entity
from app.folding import fold
from app.money import parse_decimal

Record = dict[str, Any]

ONE = Decimal(1)
_APART = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Between letters and digits that were typed together."""
_BAR_CODE_FROM = 6
"""Digits; fewer may be a size or a number in a name."""
_NUMBER = r"[-\u2212]?\d[\d\s.,\u00a0\u202f]*"
_AFTER = re.compile(rf"^(?P<words>.*\S)(?:\s*[×*]|\s+x|(?<=\d)x)\s*(?P<quantity>{_NUMBER})$", re.IGNORECASE)
"""An x behind a letter is the end of a word: « savon inox 600 » is no six hundred of anything."""
_BEGUN = re.compile(r"^(?P<words>.*\S)\s+[x×*]$", re.IGNORECASE)
"""The quantity is about to follow."""
_CROSS = re.compile(r"\s*[x×*]\s*")
_BETWEEN = re.compile(r"(?<=\d)\s*[x×*]\s*(?=\d)", re.IGNORECASE)
"""The cross of a size: an index may hold it as a letter, or not at all."""
_SIZE = re.compile(r"\d[\d.,]*x\d[\d.,]*$")
_BEFORE = re.compile(rf"^(?P<quantity>{_NUMBER})\s*[x×*]\s+(?P<words>\S.*)$", re.IGNORECASE)

_BEFORE_A_NAME = re.compile(rf"^(?P<quantity>{_NUMBER})\s*[x×*]\s+(?P<words>[^\W\d_].*)$", re.IGNORECASE)
"""Then a cross that follows stands in the name: « 3 x tapis 90 x 150 »."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product that fits what was typed, with the quantity typed and its price at that quantity."""

    product: Record
    quantity: Decimal
    price: Price
    book: PriceBook
    substitutes: tuple[Record, ...] = ()
    """What is still sold in the place of an obsolete product; `book` has their prices too."""
    replaces: str = ""
    """The reference of the obsolete product that was found and that this one replaces."""

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
    session: Session,
    text: str,
    account: str | None,
    price_list: str | None = None,
    limit: int = 8,
    vat: str | None = None,
) -> list[Suggestion]:
    """The products that fit « bob 450 x 24 », the best first, priced at the quantity typed.

    The number after the last × may also belong to the name: of « tapis 90 × 150 » a product whose label
    holds « 90 × 150 » comes first, others that are found with it follow, one unit each. What replaces an
    obsolete product stands behind it.
    """
    words, quantity = parse_entry(text)
    tries = [(words, ONE if quantity is None else quantity)]
    if quantity is not None:
        # A reference may be written like so many of another: « 450X24 ».
        tries = [(text, ONE), *tries] if _exact(session, text.strip()) else [*tries, (text, ONE)]
    found: dict[str, tuple[Record, Decimal]] = {}
    for sought, amount in tries:
        for product in _found_products(session, sought, limit, account):
            found.setdefault(product["id"], (product, amount))
    chosen = list(found.values())[:limit]
    size = _SIZE.search(_joined(text))
    if quantity is not None and size and not _joined(words).endswith(size[0]):
        named = [product for product, _amount in chosen if _has_size(product, size[0])]
        others = [each for each in chosen if each[0] not in named]
        # What it was taken for stays within reach: so many of it.
        chosen = [*((product, ONE) for product in named), *((each, quantity) for each in named), *others][
            :limit
        ]
    return list(_then_substitutes(priced(session, chosen, account, price_list, vat)))


def priced(
    session: Session,
    chosen: Sequence[tuple[Record, Decimal]],
    account: str | None,
    price_list: str | None,
    vat: str | None = None,
) -> list[Suggestion]:
    """These products at these quantities as the account pays them, each with what replaces it."""
    substitutes = find_substitutes(session, [product for product, _amount in chosen])
    products = [*(product for product, _amount in chosen), *chain(*substitutes.values())]
    book = open_book(session, account, list({each["id"]: 0 for each in products}), price_list, vat=vat)
    return [
        Suggestion(product, amount, book.price(product, amount), book, substitutes.get(product["id"], ()))
        for product, amount in chosen
    ]


def _then_substitutes(found: Sequence[Suggestion]) -> Iterator[Suggestion]:
    """What was found, each obsolete product with what replaces it behind it, unless that was found itself."""
    replaced = {product["id"]: each.product["sku"] for each in found for product in each.substitutes}
    shown = {each.product["id"] for each in found}
    for each in found:
        yield replace(each, replaces=replaced.get(each.product["id"], ""))
        for product in each.substitutes:
            if product["id"] not in shown:
                shown.add(product["id"])
                price = each.book.price(product, each.quantity)
                yield Suggestion(product, each.quantity, price, each.book, replaces=replaced[product["id"]])


def find_substitutes(session: Session, products: Sequence[Record]) -> dict[str, tuple[Record, ...]]:
    """What replaces each of these products that is obsolete: products still sold, in the catalogue's order.

    One that is no longer sold itself gives way to what replaces it in turn; nothing hidden is among them.
    """
    return {
        each["id"]: tuple(_still_sold(session, each, {each["id"]}))
        for each in products
        if each["status"] == "obsolete"
    }


def _still_sold(session: Session, product: Record, seen: set[str]) -> Iterator[Record]:
    ids = [id for id in product["substitutes"] or () if id not in seen]
    seen.update(ids)
    for each in find_products(session, ids):
        if each["status"] in ("obsolete", "hidden"):
            yield from _still_sold(session, each, seen)
        else:
            yield each


def _joined(text: str) -> str:
    """Without the spaces around a cross: « 90x150 »."""
    return _CROSS.sub("x", fold(text))


def _has_size(product: Record, size: str) -> bool:
    labels = _joined(f"{product['label_fr'] or ''} {product['label_en'] or ''}")
    return re.search(rf"(?<!\d){re.escape(size)}(?!\d)", labels) is not None


def of_product(
    session: Session, product_id: str, account: str | None, price_list: str | None = None
) -> Suggestion:
    """One unit of a product, priced for an account. Raises NotFound."""
    return priced(session, [(records.get(session, "product", product_id), ONE)], account, price_list)[0]


def parse_entry(text: str) -> tuple[str, Decimal | None]:
    """« bob 450 x 24 » and « 24 x bob 450 » are (`bob 450`, 24); without × the quantity is None."""
    for pattern in (_BEFORE_A_NAME, _AFTER, _BEFORE):
        found = pattern.match(text.strip())
        if found:
            try:
                return found["words"].strip(), parse_decimal(found["quantity"], i18n.language())
            except ValueError:
                continue
    begun = _BEGUN.match(text.strip())
    return (begun["words"] if begun else text.strip()), None


def _found_products(session: Session, text: str, limit: int, account: str | None = None) -> list[Record]:
    """By reference or bar code first, then what this customer had before, then by words.

    Those no longer sold come last. Without any text: what the customer had lately.
    """
    if not text.strip():
        return find_products(session, bought(session, account, limit=limit)) if account else []
    exact = _exact(session, text.strip())
    named = _by_reference(session, text, limit)
    ids = list(dict.fromkeys([*exact, *named, *_by_bar_code(session, text, 3 * limit)]))
    if len(ids) < 3 * limit:
        ids = list(dict.fromkeys([*ids, *_by_words(session, text, 3 * limit)]))
    statuses, known = _statuses(session, ids), set(bought(session, account, ids)) if account else set()
    best = sorted(
        (id for id in ids if statuses.get(id, "hidden") != "hidden"),
        key=lambda id: (statuses[id] == "obsolete", id not in exact, id not in named, id not in known),
    )
    return find_products(session, best[:limit])


def _by_words(session: Session, text: str, limit: int) -> list[str]:
    """The products of these words; a size is found however its cross was typed: 90x150 is 90 × 150."""
    spellings = dict.fromkeys((text, _BETWEEN.sub(" ", text), _BETWEEN.sub("x", text)))
    hits = [hit.id for each in spellings for hit in search.find(session, each, limit, ("product",))]
    if not hits and (apart := _APART.sub(" ", text)) not in spellings:
        # « bob450 » for BOB-450.
        hits = [hit.id for hit in search.find(session, apart, limit, ("product",))]
    return hits


def _exact(session: Session, text: str) -> list[str]:
    """The product of this reference or bar code."""
    query = "SELECT id FROM product WHERE sku = ? OR ean = ? LIMIT 1"
    return list(session.connection().exec_driver_sql(query, (text.upper(), text)).scalars())


def _by_reference(session: Session, text: str, limit: int) -> list[str]:
    """The products whose reference begins with what was typed, « tap 90 » for TAP-90; none without a figure."""
    begun = "-".join(_APART.sub(" ", text).upper().split())
    if not any(sign.isdecimal() for sign in begun) or not begun[:1].isalpha():
        return []
    query = "SELECT id FROM product WHERE sku >= ? AND sku < ? || char(1114111) ORDER BY sku LIMIT ?"
    return list(session.connection().exec_driver_sql(query, (begun, begun, limit)).scalars())


def _by_bar_code(session: Session, text: str, limit: int) -> list[str]:
    """The products whose bar code begins with these digits: thousands share the digits of their maker."""
    digits = text.replace(" ", "")
    if not digits.isdecimal() or len(digits) < _BAR_CODE_FROM:
        return []
    query = (
        "SELECT id FROM product WHERE ean >= ? AND ean < ? || ':' AND deleted_at IS NULL ORDER BY ean LIMIT ?"
    )
    return list(session.connection().exec_driver_sql(query, (digits, digits, limit)).scalars())


def _statuses(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """What is said of each of these products that is there: cheaper than the products whole."""
    marks = ", ".join("?" * len(ids))
    query = f"SELECT id, coalesce(status, '') FROM product WHERE deleted_at IS NULL AND id IN ({marks})"
    return {row[0]: row[1] for row in session.connection().exec_driver_sql(query, tuple(ids))}


def bought(session: Session, account: str, among: Sequence[str] | None = None, limit: int = 200) -> list[str]:
    """The products that this customer was quoted or bought, the latest first; only those `among` where told."""
    which = "1" if among is None else f"l.product IN ({', '.join('?' * len(among))})"
    query = (
        "SELECT l.product FROM quote AS q JOIN quote_line AS l ON l.quote = q.id"
        " WHERE q.account = ? AND q.deleted_at IS NULL AND l.deleted_at IS NULL AND q.status <> 'refused'"
        f" AND l.product IS NOT NULL AND {which} GROUP BY l.product ORDER BY max(q.id) DESC LIMIT ?"
    )
    values = (account, *(among or ()), limit)
    return list(session.connection().exec_driver_sql(query, values).scalars())


def find_products(session: Session, ids: Sequence[str]) -> list[Record]:
    """The products of these ids, in their order; one that is gone is left out."""
    by_id = {row["id"]: dict(row) for row in session.execute(_products(), {"ids": list(ids)}).mappings()}
    return [by_id[id] for id in ids if id in by_id]


@cache
def _products() -> Select[Any]:
    """The products of some ids; kept, since making a statement takes as long as executing it."""
    table = entity("product").__table__
    return select(table).where(table.c.id.in_(bindparam("ids", expanding=True)), table.c.deleted_at.is_(None))
