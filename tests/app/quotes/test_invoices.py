"""Electronic invoices that others published: their stated totals come out of the quote's arithmetic."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.quotes.totals_output import price


def published() -> list[dict[str, Any]]:
    """The invoices whose stated amounts agree with themselves; none where the data is not there."""
    file = Path(os.environ.get("TERRAIN_DATA", "")) / "invoices" / "invoices_expected_dev.json"
    if not os.environ.get("TERRAIN_DATA") or not file.exists():
        return []
    return [each for each in json.loads(file.read_text("utf-8")) if each["our_recheck"]["all"]]


INVOICES = published()
PRICED = [each for each in INVOICES if each["vat_breakdown"]]
EACH = [pytest.param(each, id=each["file"]) for each in PRICED] or [pytest.param(None, id="no-data")]


def amount(text: str | None) -> Decimal:
    return Decimal(text or "0")


def plain(text: str | None) -> str:
    return f"{amount(text):f}"


def rate_of(each: dict[str, Any]) -> dict[str, str]:
    return {"vat_rate": plain(each["vat_rate"]), "vat_category": each["vat_category"] or "S"}


def lines_of(invoice: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines; where the profile carries none, one for each VAT rate stands for what they came to."""
    if invoice["lines"]:
        return [as_line(line) for line in invoice["lines"]]
    return [
        {"id": str(at), "qty": "1", "unit_price": str(sold_at(row, invoice)), **rate_of(renamed(row))}
        for at, row in enumerate(invoice["vat_breakdown"], 1)
        if sold_at(row, invoice)
    ]


def sold_at(row: dict[str, Any], invoice: dict[str, Any]) -> Decimal:
    """What a rate's base is without the allowances and charges at that rate."""
    return amount(row["taxable"]) - sum(
        amount(each["amount"]) * (1 if each["charge"] else -1)
        for each in invoice["document_allowances_charges"]
        if rate_of(each) == rate_of(renamed(row))
    )


def renamed(row: dict[str, Any]) -> dict[str, Any]:
    return {"vat_rate": row["rate"], "vat_category": row["category"]}


def as_quote(invoice: dict[str, Any]) -> dict[str, Any]:
    """The inputs of the arithmetic: quantities, prices, allowances and charges, none of the sums."""
    return {
        "lines": lines_of(invoice),
        "doc_allowances": [as_charge(a) for a in invoice["document_allowances_charges"] if not a["charge"]],
        "doc_charges": [
            as_charge(a)
            for a in (*invoice["document_allowances_charges"], *invoice.get("logistics_charges", ()))
            if a.get("charge", True)
        ],
    }


def as_line(line: dict[str, Any]) -> dict[str, Any]:
    allowances = line["allowances_charges"]
    return {
        "id": line["id"],
        "qty": plain(line["qty"]),
        "unit_price": plain(line["net_price"]),
        "price_base_qty": plain(line.get("price_base_qty") or "1"),
        "discount_amount": str(sum((amount(a["amount"]) for a in allowances if not a["charge"]), Decimal(0))),
        "charge_amount": str(sum((amount(a["amount"]) for a in allowances if a["charge"]), Decimal(0))),
        **rate_of(line),
    }


def as_charge(charge: dict[str, Any]) -> dict[str, Any]:
    return {"label": charge.get("reason") or "", "amount": plain(charge["amount"]), **rate_of(charge)}


@pytest.mark.usefixtures("real_data")
def test_all_sound_invoices_are_there():
    assert len(INVOICES) == 36


@pytest.mark.usefixtures("real_data")
def test_only_an_invoice_without_any_line_and_rate_cannot_be_priced():
    bare = [each for each in INVOICES if each not in PRICED]
    assert all(not each["lines"] for each in bare)
    for each in bare:
        stated = each["expected"]
        assert amount(stated["total_excl_vat"]) + amount(stated["vat"]) == amount(stated["total_incl_vat"])


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize("invoice", EACH)
def test_a_published_invoice_is_reproduced_to_the_cent(invoice):
    found, stated = price(as_quote(invoice)), invoice["expected"]
    assert Decimal(found["sum_lines_net"]) == amount(stated["sum_lines"])
    assert Decimal(found["doc_discount_total"]) == amount(stated["allowances"])
    assert Decimal(found["doc_charges_total"]) == amount(stated["charges"])
    assert Decimal(found["total_ht"]) == amount(stated["total_excl_vat"])
    assert Decimal(found["total_vat"]) == amount(stated["vat"])
    assert Decimal(found["total_ttc"]) == amount(stated["total_incl_vat"])
    for line, stated_line in zip(found["lines"], invoice["lines"], strict=False):
        assert Decimal(line["net"]) == amount(stated_line["line_total"])


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize("invoice", EACH)
def test_a_published_invoice_has_its_vat_at_each_rate(invoice):
    found = sorted(
        (Decimal(row["rate"]), Decimal(row["base"]), Decimal(row["vat"]))
        for row in price(as_quote(invoice))["vat_breakdown"]
    )
    stated = sorted(
        (amount(row["rate"]), amount(row["taxable"]), amount(row["tax"])) for row in invoice["vat_breakdown"]
    )
    assert found == stated
