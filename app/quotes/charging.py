"""What a quote asks beside its lines: carriage and other charges typed as one text, and its VAT treatment."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from app import formats, i18n
from app.catalogue.pricing import PriceBook
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_in
from app.money import parse_decimal, round_half_up
from app.quotes import with_vat
from app.quotes.composing import quote_totals
from app.quotes.editing import check_quote
from app.quotes.product_line import priced_as, product_vat
from app.quotes.sheet import HUNDRED, ONE, VAT_USUAL, ZERO, Record, Sheet, spoken, with_quote

_CHARGE = re.compile(
    r"^(?P<label>.*?)\s*(?P<amount>\d{1,3}(?:[\s\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d[\d.,]*)\s*(?:€|eur)?(?:\s+(?P<rate>\d[\d.,]*)\s*%)?$",
    re.IGNORECASE,
)
LINE_AMOUNTS = ("list_price", "unit_price", "discount_amount")
VAT_TREATMENTS = (
    ("S", m_("Standard VAT")),
    ("E", m_("Exempt (franchise)")),
    ("AE", m_("Reverse charge")),
    ("K", m_("Intra-Community supply")),
    ("G", m_("Export")),
)


def set_charges(sheet: Sheet, text: str) -> Sheet:
    """The sheet with the charges « Port 12,50 ; Emballage 5 10 % ». Raises ValueError with one sentence.

    Without a rate a charge has that of most lines; without a label it is carriage.
    """
    known = {charge.get("label"): charge.get("with_vat") for charge in sheet.quote["charges"] or ()}
    charges = [_read(sheet, part.strip()) for part in text.split(";") if part.strip()]
    # Under reverse charge no rate is shown: typed anew, a charge still knows its own.
    charges = [{**each, "with_vat": own} if (own := known.get(each["label"])) else each for each in charges]
    kept = [charge for charge in charges if Decimal(charge["amount"])]
    check_quote(sheet, {"charges": kept})
    return with_quote(sheet, {"charges": kept or None})


def charges_text(sheet: Sheet) -> str:
    """The charges as they are typed."""
    usual = _usual_rate(sheet)
    parts = []
    for charge in sheet.quote["charges"] or ():
        amount = formats.format_money(Decimal(str(charge["amount"])), sheet.quote["currency"] or "EUR")
        rate = Decimal(str(charge.get("vat_rate") or 0))
        said = "" if rate == usual else " " + formats.format_percentage(rate)
        parts.append(f"{charge.get('label') or ''} {amount}{said}".strip())
    return " ; ".join(parts)


def set_vat_treatment(sheet: Sheet, category: str) -> Sheet:
    """The sheet under another VAT treatment: its lines follow, at the VAT of their products or none.

    A line without a product has the VAT of the one before, as when it was added. Prices that include VAT
    are without it where none is due, and so are discounts given as amounts; a deposit is what is paid, and
    stays. Back under VAT, what was not typed anew meanwhile is what it was, to the cent.
    """
    before = sheet.quote["vat_category"] or "S"
    if category == before:
        return sheet
    book = dataclasses.replace(sheet.book, vat=category)
    lines: list[Record] = []
    vat: Record = {"vat_rate": VAT_USUAL, "vat_category": "S"}
    for line in sheet.lines:
        if line["kind"] in (None, "item"):
            product = sheet.products.get(line["product"] or "")
            vat = with_vat.own_vat(line) or (product_vat(product) if product else vat)
            bears = vat if category == "S" else {"vat_rate": ZERO, "vat_category": category}
            amounts = _amounts_under(sheet, book, line, product, vat["vat_rate"])
            made = product is not None and _by_rules(sheet, line, product)
            typed = [name for name in amounts if name == "discount_amount" or not made]
            line = _carried(before, category, line, {**line, **bears, **amounts}, typed)
        lines.append(line)
    after = dataclasses.replace(sheet, lines=tuple(lines), book=book)
    after = with_quote(after, {"vat_category": category})
    after = with_quote(after, {"charges": _charges_under(sheet, after) or None})
    discounted = {**after.quote, "discount_value": _discount_under(sheet, after)}
    names = ("discount_value",) if sheet.quote["discount_type"] == "amount" else ()
    return with_quote(after, _carried(before, category, sheet.quote, discounted, names))


def _carried(before: str, category: str, old: Record, new: Record, names: Sequence[str]) -> Record:
    """The record under another treatment, with what it said under VAT kept or taken back."""
    if before == "S":
        return with_vat.keep(old, new, names)
    return with_vat.take_back(old, new) if category == "S" else new


def _charges_under(sheet: Sheet, after: Sheet) -> list[Record]:
    """The charges under the treatment of `after`; without a rate of their own, at that of most lines."""
    before, category = sheet.quote["vat_category"] or "S", after.quote["vat_category"]
    found, usual = [], _usual_rate(after)
    for charge in sheet.quote["charges"] or ():
        own = with_vat.own_vat(charge) if category == "S" else None
        rate = Decimal(own["vat_rate"]) if own else usual
        amount = _under(sheet, category, Decimal(charge["amount"]), rate, charge["vat_rate"])
        new = {**charge, "vat_category": category, "vat_rate": f"{rate:f}", "amount": f"{amount:f}"}
        carried = _carried(before, category, charge, new, ("amount",))
        # What remembers nothing is as it was typed: an approval counts every word of it.
        found.append({name: value for name, value in carried.items() if name != "with_vat" or value})
    return found


def _discount_under(sheet: Sheet, after: Sheet) -> Decimal | None:
    """A global discount given as an amount takes the same part of the lines with their VAT and without."""
    value: Decimal | None = sheet.quote["discount_value"]
    treatments = (sheet.quote["vat_category"], after.quote["vat_category"])
    if not value or sheet.quote["discount_type"] != "amount" or "E" in treatments:
        return value
    if sheet.quote["tax_mode"] != "TTC" or "S" not in (treatments[0] or "S", treatments[1]):
        return value
    base, base_after = _discountable(sheet), _discountable(after)
    return round_half_up(value * base_after / base, 2) if base > 0 else value


def _discountable(sheet: Sheet) -> Decimal:
    """What a global discount is taken from, in the price mode."""
    found = quote_totals({**sheet.quote, "discount_value": None, "deposit_value": None}, sheet.lines)
    freed = {line["id"] for line in sheet.lines if line["discountable"] is False}
    return sum((each.net for each in found.lines if each.in_total and each.id not in freed), ZERO)


def _amounts_under(
    sheet: Sheet, book: PriceBook, line: Record, product: Record | None, rate: Decimal
) -> Record:
    """The line's prices under another treatment: by the rules where they made them, else with or without VAT."""
    if sheet.quote["tax_mode"] != "TTC":
        return {}
    names = [name for name in LINE_AMOUNTS if line[name] is not None]
    found = {name: _under(sheet, book.vat, line[name], rate, line["vat_rate"]) for name in names}
    if product and _by_rules(sheet, line, product):
        found |= priced_as(book.price(product, line["quantity"] or ONE))
    if line["discount_amount"]:
        # A line given whole stays so, whatever its price was rounded to.
        gross = round_half_up((line["quantity"] or ONE) * found.get("unit_price", ZERO), 2)
        found["discount_amount"] = min(found["discount_amount"], abs(gross))
    return found


def _by_rules(sheet: Sheet, line: Record, product: Record) -> bool:
    """Whether the rules made the line's price: then they make it under another treatment too."""
    return bool(line["unit_price"] == sheet.book.price(product, line["quantity"] or ONE).unit_price)


def _under(sheet: Sheet, category: str, price: Decimal, rate: Decimal, bore: Any) -> Decimal:
    """A price that includes VAT without it, or one without with it; a company in franchise has one price."""
    before = sheet.quote["vat_category"] or "S"
    if sheet.quote["tax_mode"] != "TTC" or "E" in (before, category):
        return price
    if before == "S":
        return round_half_up(price / (1 + Decimal(str(bore or 0)) / HUNDRED), 2)
    return round_half_up(price * (1 + rate / HUNDRED), 2) if category == "S" else price


def _read(sheet: Sheet, text: str) -> Record:
    found = _CHARGE.match(text)
    try:
        if found is None:
            raise ValueError
        amount = parse_decimal(found["amount"], i18n.language())
        rate = parse_decimal(found["rate"], i18n.language()) if found["rate"] else _usual_rate(sheet)
    except (ValueError, InvalidOperation):
        raise ValueError(_("Write what is charged and how much: “Carriage 12.50”.")) from None
    label = (found["label"] or "").rstrip()
    if amount < 0 or label[-1:] in ("-", "\u2212"):
        raise ValueError(_("A charge cannot be negative. Give a discount instead."))
    return {
        "label": label or translate_in(spoken(sheet), m_("Carriage")),
        "amount": f"{amount:f}",
        "vat_rate": f"{rate:f}",
        "vat_category": sheet.quote["vat_category"] or "S",
    }


def _usual_rate(sheet: Sheet) -> Decimal:
    """The rate of most lines."""
    if (sheet.quote["vat_category"] or "S") != "S":
        return ZERO
    rates = [line["vat_rate"] for line in sheet.lines if line["vat_rate"] is not None]
    return max(rates, key=rates.count) if rates else VAT_USUAL
