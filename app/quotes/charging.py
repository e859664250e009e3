"""What a quote asks beside its lines: carriage and other charges typed as one text, and its VAT treatment."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from app import formats, i18n
from app.catalogue.pricing import PriceBook
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_in
from app.money import parse_decimal, round_half_up
from app.quotes.editing import check_quote
from app.quotes.product_line import priced_as, product_vat
from app.quotes.sheet import HUNDRED, ONE, VAT_USUAL, ZERO, Record, Sheet, spoken, with_quote

_CHARGE = re.compile(
    r"^(?P<label>.*?)\s*(?P<amount>\d{1,3}(?:[\s\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d[\d.,]*)\s*(?:€|eur)?(?:\s+(?P<rate>\d[\d.,]*)\s*%)?$",
    re.IGNORECASE,
)
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
    charges = [_read(sheet, part.strip()) for part in text.split(";") if part.strip()]
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
    are without it where none is due.
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
            vat = product_vat(product) if product else vat
            bears = vat if category == "S" else {"vat_rate": ZERO, "vat_category": category}
            line = {**line, **bears, **_price_under(sheet, book, line, product, vat["vat_rate"])}
        lines.append(line)
    after = dataclasses.replace(sheet, lines=tuple(lines), book=book)
    after = with_quote(after, {"vat_category": category})
    rate = _usual_rate(after)
    charges = [
        {
            **charge,
            "vat_category": category,
            "vat_rate": f"{rate:f}",
            "amount": f"{_under(sheet, category, Decimal(charge['amount']), rate, charge['vat_rate']):f}",
        }
        for charge in sheet.quote["charges"] or ()
    ]
    return with_quote(after, {"charges": charges or None})


def _price_under(
    sheet: Sheet, book: PriceBook, line: Record, product: Record | None, rate: Decimal
) -> Record:
    """The line's prices under another treatment: by the rules where they made them, else with or without VAT."""
    if sheet.quote["tax_mode"] != "TTC":
        return {}
    if product and line["unit_price"] == sheet.book.price(product, line["quantity"] or ONE).unit_price:
        return priced_as(book.price(product, line["quantity"] or ONE))
    names = [name for name in ("list_price", "unit_price") if line[name] is not None]
    return {name: _under(sheet, book.vat, line[name], rate, line["vat_rate"]) for name in names}


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
