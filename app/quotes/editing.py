"""A draft quote as it is typed: lines in and out, prices that follow quantities, one transaction per pause.

Each action gives a new `Sheet`, which makes undo a matter of keeping the old one, and works without the
file, so that totals follow every keystroke.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from app import formats, i18n, records
from app.catalogue.pricing import open_book
from app.errors import Invalid
from app.i18n import mark as m_
from app.i18n import translate as _
from app.natural_dates import parse_when
from app.quotes import forked, paper
from app.quotes.composing import Known, quote_totals
from app.quotes.leaving import require_whole
from app.quotes.product_line import BY_HAND, of_product, priced_as
from app.quotes.sheet import (
    HUNDRED,
    LINE_FIELDS,
    MARGIN_FLOOR,
    ONE,
    ZERO,
    Record,
    Sheet,
    blank_line,
    eco_follows,
    eco_line,
    parsed,
    with_line,
    with_quote,
)
from app.quotes.suggesting import Suggestion, find_products, find_substitutes
from app.quotes.totals import Totals
from app.seller import find_company

LINES_REMEMBERED = 5000
_known_lines: Known = {}

QUOTE_FIELDS = (
    *("account", "contact", "site", "subject", "introduction", "notes", "valid_until", "payment_terms"),
    *("delivery_terms", "discount_type", "discount_value", "charges", "deposit_type", "deposit_value"),
    *("deposit_kind", "sale_place", "in_main_activity", "customer_reference", "language", "follow_up_on"),
    *("vat_category", "with_vat"),
)
SHARES = {"discount": None, "deposit": "acompte"}
"""What is typed as a percentage or an amount of the whole, with the kind that it has unless told."""
DEPOSIT_KINDS = ("acompte", "arrhes")
"""Two things in French law, which may be said beside the figure: « arrhes 30 % »."""
_NEEDED = {
    "quantity": m_("A line needs a quantity: Esc brings the old one back."),
    "unit_price": m_("A line needs a price: 0 for what is free, Esc brings the old one back."),
}
_WORDS_OF_SHARE = re.compile("|".join(DEPOSIT_KINDS), re.IGNORECASE)
# After a figure too: « 50eur » is no percentage.
_CURRENCY = re.compile(r"€|(?<![^\W\d_])eur(?:os?)?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Margin:
    """What remains of the total without VAT after costs; `complete` when every line has a cost."""

    percent: Decimal
    amount: Decimal
    complete: bool
    enough: bool


# Reading


def open_sheet(session: Session, quote_id: str) -> Sheet:
    """The quote with its lines, its customer and its products' prices. Raises NotFound."""
    quote = records.get(session, "quote", quote_id)
    lines = records.find_rows(session, "quote_line", {"quote": quote_id}, order="position")
    ids = sorted({line["product"] for line in lines if line["product"]})
    products = find_products(session, ids)
    substitutes = find_substitutes(session, products)
    priced = sorted({*ids, *(each["id"] for each in chain(*substitutes.values()))})
    return Sheet(
        quote=quote,
        lines=tuple(lines),
        book=open_book(session, quote["account"], priced, quote["price_list"], vat=quote["vat_category"]),
        products={product["id"]: product for product in products},
        substitutes=substitutes,
        account=records.known(session, "account", quote["account"]),
        contact=records.known(session, "contact", quote["contact"]),
        margin_floor=_margin_floor(session),
    )


def new_quote(session: Session, account_id: str, **values: Any) -> str:
    """A draft for an account with what is known of it: contact, address, price list, terms; its id."""
    account = records.get(session, "account", account_id)
    book = open_book(session, account_id, [])
    organisation = find_company(session)
    known = {
        "account": account_id,
        "contact": records.first(session, "contact", {"account": account_id, "left_on": None}).get("id"),
        "site": records.first(session, "site", {"account": account_id}).get("id"),
        "status": "draft",
        "revision": 1,
        "price_list": book.price_list,
        "currency": book.currency,
        "tax_mode": book.tax_mode,
        # A company without VAT of its own prints none, whatever its products say.
        "vat_category": "E" if organisation.get("vat_scheme") == "franchise" else "S",
        "payment_terms": account["payment_terms"] or organisation.get("default_payment_terms"),
        "valid_until": formats.now().date() + timedelta(days=paper.valid_days(organisation)),
    }
    return records.add(session, "quote", {**known, **values})


# Changing a sheet


def add_product(sheet: Sheet, suggestion: Suggestion, at: int | None = None) -> Sheet:
    """The sheet with a line for a suggested product, at the end unless `at` says before which line."""
    product = suggestion.product
    book = sheet.book.including(suggestion.book)
    line = {
        **blank_line("item"),
        "quantity": suggestion.quantity,
        **of_product(sheet, product, book.price(product, suggestion.quantity)),
    }
    after = dataclasses.replace(
        with_line(sheet, line, at),
        book=book,
        products={**sheet.products, product["id"]: product},
        substitutes={**sheet.substitutes, product["id"]: suggestion.substitutes},
    )
    if not product["eco_participation"]:
        return after
    return with_line(after, eco_line(after, line, product), None if at is None else at + 1)


def set_cell(sheet: Sheet, at: int, name: str, text: str) -> Sheet:
    """The sheet after `text` was typed into a line's field. Raises ValueError with one sentence.

    The price follows the quantity unless it was typed by hand. An emptied figure is none: neither a free
    product nor one of it.
    """
    line = dict(sheet.lines[at])
    if name in _NEEDED and not text.strip():
        raise ValueError(_(_NEEDED[name]))
    if name == "discount_percent":
        line.update(_typed_discount(text))
        if line["choice_kind"] == "eco" and (line["discount_percent"] or line["discount_amount"]):
            raise ValueError(_("No discount is given on an eco-participation."))
    else:
        line[name] = parsed("quote_line", name, text)
    if name == "quantity":
        line = _repriced(sheet, sheet.lines[at], line)
        sheet = eco_follows(sheet, at, line["quantity"])
    elif name == "unit_price":
        if line["unit_price"] != sheet.lines[at]["unit_price"]:
            line.update(price_rule=None, price_explanation=_(BY_HAND))
    elif name == "description" and not line["description"]:
        raise ValueError(_("A line needs a description."))
    check_line(sheet, line)
    return dataclasses.replace(sheet, lines=(*sheet.lines[:at], line, *sheet.lines[at + 1 :]))


def set_field(sheet: Sheet, name: str, text: str) -> Sheet:
    """The sheet after `text` was typed into a field of the quote. Raises ValueError with one sentence."""
    if name in SHARES:
        return with_quote(sheet, _checked_share(sheet, name, text))
    if name in ("valid_until", "follow_up_on"):
        day = parse_when(text, formats.now(), i18n.language())
        text = text if day is None else (day.date() if isinstance(day, datetime) else day).isoformat()
    return with_quote(sheet, {name: parsed("quote", name, text)})


def set_contact(sheet: Sheet, contact: Record) -> Sheet:
    """The sheet addressed to another person."""
    return dataclasses.replace(with_quote(sheet, {"contact": contact.get("id")}), contact=contact)


def totals(sheet: Sheet) -> Totals:
    """The amounts of the sheet as it stands. Raises Invalid."""
    if len(_known_lines) > LINES_REMEMBERED:
        _known_lines.clear()
    return quote_totals(sheet.quote, sheet.lines, _known_lines)


def margin(sheet: Sheet, found: Totals) -> Margin | None:
    """The margin on the lines whose cost is known; None without any."""
    by_id = {line["id"]: line for line in sheet.lines}
    sold = cost = reduced = everything = ZERO
    complete = True
    for amounts in found.lines:
        line = by_id[amounts.id]
        # An eco-participation is passed on as it is: nothing is earned on it.
        if not amounts.in_total or line["choice_kind"] == "eco":
            continue
        discountable = line["discountable"] is not False
        everything += amounts.net_ht if discountable else ZERO
        if line["cost"] is None:
            complete = False
            continue
        sold += amounts.net_ht
        reduced += amounts.net_ht if discountable else ZERO
        cost += line["cost"] * (line["quantity"] if line["quantity"] is not None else ONE)
    if everything > 0:
        sold -= found.discount * reduced / everything
    if sold <= 0:
        return None
    percent = (sold - cost) / sold * HUNDRED
    return Margin(percent, sold - cost, complete, percent >= sheet.margin_floor)


# Saving


def save(session: Session, before: Sheet, after: Sheet) -> Sheet:
    """Write what differs between two sheets of one quote; returns `after` as it is stored.

    Raises Invalid, NotAllowed for an issued quote and for one that is leaving. What another person changed
    meanwhile in other fields stays theirs; a line that another person removed stays removed, unless it was
    changed here.
    """
    before, after = forked.follow(session, before), forked.follow(session, after)
    require_whole(session, after.id)
    forked.keep_base(session, before)
    after = _without_removed(session, before, after)
    found = totals(after)
    nets = {each.id: each.net for each in found.lines}
    lines = [
        {**line, "position": position, "net": nets.get(line["id"])}
        for position, line in enumerate(after.lines, start=1)
    ]
    _save_lines(session, before, after.id, lines)
    sums = {"total_ht": found.total.ht, "total_vat": found.total.vat, "total_ttc": found.total.ttc}
    quote = {**after.quote, **sums}
    changed = {name: quote[name] for name in (*QUOTE_FIELDS, *sums)}
    records.save(session, "quote", after.id, changed, loaded=before.quote)
    return dataclasses.replace(after, quote=quote, lines=tuple(lines))


def _save_lines(session: Session, before: Sheet, quote: str, lines: Sequence[Record]) -> None:
    """Write the lines that differ: a thousand pasted rows, and their removal, are one statement each."""
    shown = {line["id"]: line for line in before.lines}
    now = {line["id"]: line for line in lines}
    standing = {line["id"] for line in records.find_rows(session, "quote_line", {"quote": quote})}
    records.delete_all(session, "quote_line", [id for id in shown if id not in now])
    gone = [id for id in now if id not in standing]
    # A removal that was undone: the line comes back as the same record.
    back = set(records.restore_all(session, "quote_line", gone))
    new = {id: {**_own(now[id]), "quote": quote} for id in gone if id not in back}
    if new:
        records.add_all(session, "quote_line", new)
    for id, line in now.items():
        if id in back or (id in standing and id not in shown):
            records.save(session, "quote_line", id, _own(line))
        elif id in standing:
            changed = {name: value for name, value in _own(line).items() if value != shown[id][name]}
            if changed:
                records.save(session, "quote_line", id, changed, loaded=shown[id])


def _without_removed(session: Session, before: Sheet, after: Sheet) -> Sheet:
    shown = {line["id"]: _said(line) for line in before.lines}
    standing = {line["id"] for line in records.find_rows(session, "quote_line", {"quote": after.id})}
    kept = tuple(
        line for line in after.lines if line["id"] in standing or shown.get(line["id"]) != _said(line)
    )
    return after if len(kept) == len(after.lines) else dataclasses.replace(after, lines=kept)


def _said(line: Record) -> Record:
    """What a person says with a line; where it stands and what it comes to follow from the others too."""
    return {name: value for name, value in _own(line).items() if name not in ("position", "net")}


def _own(line: Record) -> Record:
    return {name: line[name] for name in LINE_FIELDS}


# Parts


def _repriced(sheet: Sheet, before: Record, line: Record) -> Record:
    product = sheet.products.get(line["product"] or "")
    if product is None:
        return line
    quantity = before["quantity"] if before["quantity"] is not None else ONE
    if sheet.book.price(product, quantity).unit_price != before["unit_price"]:
        return line
    return {**line, **priced_as(sheet.book.price(product, line["quantity"]))}


def _typed_discount(text: str) -> Record:
    """A percentage, or with a currency sign an amount taken off the line."""
    if _CURRENCY.search(text):
        amount = parsed("quote_line", "discount_amount", _CURRENCY.sub("", text))
        return {"discount_percent": None, "discount_amount": amount}
    return {"discount_percent": parsed("quote_line", "discount_percent", text), "discount_amount": None}


def _checked_share(sheet: Sheet, name: str, text: str) -> Record:
    kind = next((each for each in DEPOSIT_KINDS if SHARES[name] and each in text.casefold()), None)
    text = _WORDS_OF_SHARE.sub(" ", text) if SHARES[name] else text
    if kind and not text.strip():
        # « arrhes » alone says what the figure is that stands there.
        if not sheet.quote[f"{name}_value"]:
            raise ValueError(_("Write how much: “{kind} 30 %”.", kind=kind))
        return {f"{name}_kind": kind}
    amount = bool(_CURRENCY.search(text))
    value = parsed("quote", f"{name}_value", _CURRENCY.sub("", text))
    values = {
        f"{name}_type": None if not value else "amount" if amount else "percent",
        f"{name}_value": value or None,
    }
    if SHARES[name]:
        values[f"{name}_kind"] = (kind or sheet.quote[f"{name}_kind"] or SHARES[name]) if value else None
    check_quote(sheet, values)
    return values


def check_quote(sheet: Sheet, values: Record) -> None:
    """Raises ValueError with one sentence where the quote has no honest total with these values."""
    try:
        quote_totals({**sheet.quote, **values}, sheet.lines)
    except Invalid as refusal:
        raise ValueError(next(iter(refusal.problems.values()))) from None


def check_line(sheet: Sheet, line: Record) -> None:
    """Refuse a line that has no honest total, beside the cell in which it was typed."""
    try:
        quote_totals(
            {"tax_mode": sheet.quote["tax_mode"], "vat_category": sheet.quote["vat_category"]}, [line]
        )
    except Invalid as refusal:
        raise ValueError(next(iter(refusal.problems.values()))) from None


def _margin_floor(session: Session) -> Decimal:
    """The company's own floor where the office set one."""
    value = records.first(session, "setting", {"name": "margin_floor"}).get("value")
    try:
        found = Decimal(str(value)) if isinstance(value, int | float | str) else MARGIN_FLOOR
    except InvalidOperation:
        return MARGIN_FLOOR
    return found if found.is_finite() else MARGIN_FLOOR
