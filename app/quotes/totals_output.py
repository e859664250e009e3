"""A quote's amounts as text, for whoever asks with JSON: the shape of `tests/files/quote_cases.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.quotes import totals, totals_input
from app.quotes.totals import Deposit, LineAmounts, Sums, Totals, rate_text
from app.quotes.totals_input import Inputs


def price(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The amounts of one quote as text. Raises Invalid with one sentence per field."""
    found = totals_input.read(inputs)
    return _as_texts(totals.compute_inputs(found), found)


def _as_texts(found: Totals, inputs: Inputs) -> dict[str, Any]:
    texts: dict[str, Any] = {
        "lines": [_line_texts(line, inputs.price_mode) for line in found.lines],
        "sum_lines_net": str(found.sum_lines_net),
        "doc_discount_total": str(found.discount),
        "doc_discount_by_rate": [
            {"rate": rate_text(each.rate), "amount": str(each.amount)} for each in found.discount_by_rate
        ],
        "doc_charges_total": str(found.charges),
        "vat_breakdown": _vat_texts(found),
        **_sum_texts(found.total),
    }
    if found.options:
        texts["options"] = _sum_texts(found.options)
    if found.deposit:
        texts["deposit"] = _deposit_texts(found.deposit)
    return texts


def _vat_texts(found: Totals) -> list[dict[str, str]]:
    """A rate that several categories share, such as exempt and reverse charge, names them."""
    rates = [each.rate for each in found.vat_breakdown]
    return [
        {"rate": rate_text(each.rate), "base": str(each.base), "vat": str(each.vat)}
        | ({"category": each.category} if rates.count(each.rate) > 1 else {})
        for each in found.vat_breakdown
    ]


def _line_texts(line: LineAmounts, price_mode: str) -> dict[str, Any]:
    # The reference cases write the zero discount of a trade-in with the line's sign.
    discount = f"-{line.discount}" if line.gross < 0 and not line.discount else str(line.discount)
    if price_mode == "TTC":
        amounts = {"gross_ttc": str(line.gross), "discount_ttc": discount, "net_ttc": str(line.net)}
    else:
        amounts = {"gross": str(line.gross), "discount": discount}
    return {"id": line.id, **amounts, "net": str(line.net_ht), "in_total": line.in_total}


def _sum_texts(sums: Sums) -> dict[str, str]:
    return {"total_ht": str(sums.ht), "total_vat": str(sums.vat), "total_ttc": str(sums.ttc)}


def _deposit_texts(deposit: Deposit) -> dict[str, Any]:
    by_rate = [
        {"rate": rate_text(each.rate), "ttc": str(each.ttc), "base": str(each.base), "vat": str(each.vat)}
        for each in deposit.by_rate
    ]
    return {"ttc": str(deposit.ttc), "by_rate": by_rate, "balance_ttc": str(deposit.balance_ttc)}
