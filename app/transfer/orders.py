"""Orders of another system as accepted quotes: `orders.csv` with `order_details.csv` beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.fields import Field
from app.formats import format_number
from app.i18n import translate as _
from app.kinds import KINDS
from app.money import parse_decimal, round_half_up, to_scaled
from app.quotes import totals
from app.transfer import reading
from app.transfer.links import Links
from app.transfer.report import Report

DETAILS = "order_details.csv"
_COLUMNS = ("order_id", "product_id", "unit_price", "quantity", "discount")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Order:
    """The totals and the lines of one order, in stored form."""

    values: dict[str, Any]
    lines: list[dict[str, Any]]


@dataclass(slots=True)
class _Detail:
    line: int
    product: str
    price: Decimal
    quantity: Decimal
    discount_percent: Decimal

    @property
    def exact(self) -> Decimal:
        """What the line comes to before rounding."""
        return self.price * self.quantity * (1 - self.discount_percent / _HUNDRED)


@dataclass(slots=True)
class Details:
    """The lines of all orders of a file."""

    links: Links
    report: Report
    by_order: dict[str, list[_Detail]] = field(default_factory=lambda: defaultdict(list))
    exact: Decimal = Decimal(0)
    """Σ price × quantity × (1 − discount) of the orders taken, before any rounding."""
    rounded: Decimal = Decimal(0)
    """The same as the quotes say it: each line rounded to the cent."""

    def of(self, order: str, quote: str) -> Order | None:
        """The lines of an order as those of `quote`, with the totals; None where it has none."""
        found = self.by_order.get(order)
        if not found:
            return None
        rows = [self._row(detail, quote, position) for position, detail in enumerate(found, 1)]
        amounts = totals.compute([_line(detail, row) for detail, row in zip(found, rows, strict=True)])
        for row, amount in zip(rows, amounts.lines, strict=True):
            row["net"] = to_scaled(amount.net, 2)
        sums = amounts.total
        self.exact += sum(each.exact for each in found)
        self.rounded += sums.ht
        return Order(
            {
                "total_ht": to_scaled(sums.ht, 2),
                "total_vat": to_scaled(sums.vat, 2),
                "total_ttc": to_scaled(sums.ttc, 2),
            },
            rows,
        )

    def say_sum(self) -> None:
        """Tell what the orders come to, and how much of that rounding has moved."""
        if self.rounded:
            self.report.notes.append(
                _(
                    "Orders: {exact} before rounding, {rounded} with each line rounded to the cent ({moved}).",
                    exact=format_number(self.exact, 4),
                    rounded=format_number(self.rounded, 2),
                    moved=format_number(self.rounded - self.exact, 4),
                )
            )

    def _row(self, detail: _Detail, quote: str, position: int) -> dict[str, Any]:
        id = self.links.find("product", detail.product)
        label, rate, category = self.links.product(id) if id else (detail.product, 0, None)
        if id is None:
            self.report.warn(
                detail.line,
                _("{file}: no product “{value}” is known here.", file=DETAILS, value=detail.product),
            )
        return {
            "quote": quote, "kind": "item", "choice_kind": "item", "position": position, "product": id,
            "sku": detail.product, "description": label, "quantity": to_scaled(detail.quantity, 4),
            "unit_price": to_scaled(detail.price, 6), "list_price": to_scaled(detail.price, 6),
            "discount_percent": to_scaled(detail.discount_percent, 4), "vat_rate": rate,
            "vat_category": category or ("S" if rate else "O"),
        }  # fmt: skip


def details(file: Path, links: Links, report: Report) -> Details | None:
    """The order lines beside a file of orders; None where there are none."""
    beside = file.with_name(DETAILS)
    if not beside.is_file():
        return None
    sheet = reading.read_file(beside)
    if not set(_COLUMNS) <= set(sheet.headings):
        return None
    places = [sheet.headings.index(name) for name in _COLUMNS]
    found = Details(links, report)
    for line, row in sheet.rows:
        try:
            order, product, price, quantity, discount = (row[place].strip() for place in places)
            detail = _Detail(
                line, product, nearest(price), parse_decimal(quantity, "en"), nearest(discount) * _HUNDRED
            )
        except (IndexError, ValueError):
            report.refuse(line, _("{file}: this line cannot be read.", file=DETAILS))
            continue
        if price != f"{detail.price.normalize():f}" and "." in price and len(price.partition(".")[2]) > 4:
            report.warn(
                line,
                _(
                    "{file}: prices with more than four decimals were read as the nearest value with four.",
                    file=DETAILS,
                ),
            )
        found.by_order[order].append(detail)
    return found


def nearest(text: str) -> Decimal:
    """The nearest value of at most four decimals: a float's noise, as in 9.80000019, is no price."""
    return round_half_up(parse_decimal(text, "en"), 4)


def as_accepted(values: dict[str, Any]) -> dict[str, Any]:
    """An order is a quote that the customer accepted, on its day."""
    day = values.get("issued_on")
    defaults = {"status": "accepted", "decided_on": day, "currency": "EUR", "tax_mode": "HT", "revision": 0}
    return {**{name: value for name, value in defaults.items() if value is not None}, **values}


def _line(detail: _Detail, row: dict[str, Any]) -> totals.Line:
    rate = KINDS["percentage"].from_stored(row["vat_rate"], Field("", "percentage", ""))
    return totals.Line(
        str(row["position"]),
        quantity=detail.quantity,
        unit_price=detail.price,
        vat_rate=Decimal(rate),
        vat_category=row["vat_category"],
        discount_percent=detail.discount_percent,
    )
