"""What a quote asks beside its lines: carriage and other charges typed as one text, and its VAT treatment."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal, InvalidOperation

from app import formats, i18n
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_in
from app.money import parse_decimal
from app.quotes.adding import VAT_USUAL
from app.quotes.editing import check_quote, product_vat
from app.quotes.sheet import ZERO, Record, Sheet, spoken, with_quote

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

    A line without a product has the VAT of the one before, as when it was added.
    """
    if category == (sheet.quote["vat_category"] or "S"):
        return sheet
    lines: list[Record] = []
    vat: Record = {"vat_rate": VAT_USUAL, "vat_category": "S"}
    for line in sheet.lines:
        if line["kind"] in (None, "item"):
            if product := sheet.products.get(line["product"] or ""):
                vat = product_vat(product)
            line = {**line, **(vat if category == "S" else {"vat_rate": ZERO, "vat_category": category})}
        lines.append(line)
    after = with_quote(dataclasses.replace(sheet, lines=tuple(lines)), {"vat_category": category})
    rate = f"{_usual_rate(after):f}"
    charges = [
        {**charge, "vat_category": category, "vat_rate": rate} for charge in sheet.quote["charges"] or ()
    ]
    return with_quote(after, {"charges": charges or None})


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
    return max(rates, key=rates.count) if rates else Decimal(20)
