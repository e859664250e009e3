"""How much discount a person may give alone, and what happens to a quote that gives more.

A quote beyond its author's authority is sent for approval: it prints as a draft only until a manager
agrees, at the next synchronisation or over the telephone. What was agreed is the content: any change
afterwards asks again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

from app import formats, records
from app.catalogue.pricing import PriceBook, open_book
from app.errors import NotAllowed
from app.i18n import translate as _
from app.quotes.composing import quote_totals
from app.quotes.eco import is_eco_of
from app.quotes.model import FROZEN
from app.quotes.suggesting import find_products
from sync import state

Record = Mapping[str, Any]

HUNDRED = Decimal(100)
APPROVERS = ("manager", "office", "admin")
CONTENT = (
    *("account", "price_list", "currency", "tax_mode", "vat_category", "discount_type", "discount_value"),
    *("charges", "deposit_type", "deposit_value", "deposit_kind", "payment_terms"),
)
LINE_CONTENT = (
    *("kind", "position", "product", "description", "quantity", "unit", "unit_price", "discount_percent"),
    *("discount_amount", "vat_rate", "vat_category", "choice_kind", "option_group", "selected"),
    "discountable",
)


@dataclass(frozen=True, slots=True)
class Discount:
    """The deepest discount of a quote in percent, on which line, and how deep its author may go alone."""

    percent: Decimal
    line: str
    authority: Decimal | None
    """None: nobody set a limit."""

    @property
    def needs_approval(self) -> bool:
        """Whether the quote gives more than its author may."""
        return self.authority is not None and self.percent > self.authority


def deepest_discount(session: Session, quote_id: str, user_id: str | None = None) -> Discount:
    """The deepest discount of the quote against the price that the rules give, global discount included.

    `user_id` is whose authority counts; whoever works on this laptop unless told. Raises NotFound.
    """
    quote = records.get(session, "quote", quote_id)
    lines = records.find_rows(session, "quote_line", {"quote": quote_id}, order="position")
    products = {
        product["id"]: product
        for product in find_products(session, sorted({each["product"] for each in lines if each["product"]}))
    }
    book = open_book(
        session, quote["account"], list(products), quote["price_list"], vat=quote["vat_category"]
    )
    percent, line = discount_of(quote, lines, products, book)
    return Discount(percent, line, authority_of(session, user_id or state.user(session.connection())))


def discount_of(
    quote: Record, lines: Sequence[Record], products: Mapping[str, Record], book: PriceBook
) -> tuple[Decimal, str]:
    """(percent, description of the line) of the deepest discount, of one line or of the whole."""
    counted = _counted(quote, lines, products, book)
    return max(_deepest_line(counted), _deepest_whole(counted), key=itemgetter(0))


_NONE = (Decimal(0), "")


@dataclass(frozen=True, slots=True)
class _Counted:
    """A line as its discount is judged, both amounts without sign."""

    line: Record
    full: Decimal
    """What it usually costs; of money that goes back, what came with the goods that do."""
    net: Decimal
    in_total: bool
    goes_back: bool


def _counted(
    quote: Record, lines: Sequence[Record], products: Mapping[str, Record], book: PriceBook
) -> list[_Counted]:
    totals = quote_totals(quote, lines)
    by_id = {str(line["id"]): line for line in lines}
    discountable = sum(
        (a.net for a in totals.lines if a.in_total and by_id[a.id]["discountable"] is not False), Decimal(0)
    )
    share = totals.discount_entered / discountable if discountable > 0 else Decimal(0)
    found, returned = [], _eco_of_returns(lines)
    for amounts in totals.lines:
        line, goes_back = by_id[amounts.id], amounts.net < 0
        # The law sets it: only one that gives money back, with no goods coming back, is a discount.
        if line["choice_kind"] == "eco" and (not goes_back or line["id"] in returned):
            continue
        product = products.get(line["product"] or "")
        quantity = abs(line["quantity"] if line["quantity"] is not None else Decimal(1))
        full = Decimal(0) if goes_back and product is None else _usual_price(line, product, book) * quantity
        net = abs(amounts.net) * (1 - (share if line["discountable"] is not False else 0))
        found.append(_Counted(line, full, net, amounts.in_total, goes_back))
    return found


def _deepest_line(counted: Sequence[_Counted]) -> tuple[Decimal, str]:
    found = [
        (_percent(one.full - one.net, one.full), one.line["description"] or one.line["sku"] or "")
        for one in counted
        if not one.goes_back and one.full > 0
    ]
    deepest = max(found, key=itemgetter(0), default=_NONE)
    return deepest if deepest[0] > 0 else _NONE


def _deepest_whole(counted: Sequence[_Counted]) -> tuple[Decimal, str]:
    """Where a line gives back more than goods that cost it: « Geste commercial × −1 » is a discount too."""
    gifts = [(one.net - one.full, one.line["description"] or "") for one in counted if one.goes_back]
    gifts = [gift for gift in gifts if gift[0] > 0]
    sold = [one for one in counted if one.in_total and not one.goes_back and one.full > 0]
    worth = sum((one.full for one in sold), Decimal(0))
    if not gifts or not worth:
        return _NONE
    given = sum((one.full - one.net for one in sold), sum((gift for gift, _where in gifts), Decimal(0)))
    return min(_percent(given, worth), HUNDRED), max(gifts, key=itemgetter(0))[1]


def _eco_of_returns(lines: Sequence[Record]) -> set[str]:
    """The eco-participations that go back with their product, as many of it and for what they came."""
    return {
        eco["id"]
        for above, eco in pairwise(lines)
        if is_eco_of(eco, above)
        if (above["quantity"] or 0) < 0 and eco["quantity"] == above["quantity"]
        if eco["unit_price"] == eco["list_price"]
    }


def _percent(part: Decimal, of: Decimal) -> Decimal:
    return (part / of * HUNDRED).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _usual_price(line: Record, product: Record | None, book: PriceBook) -> Decimal:
    """What the rules ask; of a line without a product, or whose price was never theirs, its own."""
    if product is None:
        return Decimal(line["list_price"] or line["unit_price"] or 0)
    quantity = line["quantity"] if line["quantity"] is not None else Decimal(1)
    price = book.price(product, quantity).unit_price
    # A rule that asks more than the list price is no ground to call the list price a discount.
    return min(price, book.list_price(product)) if product["list_price"] else price


def authority_of(session: Session, user_id: str | None) -> Decimal | None:
    """How deep this person may go alone, in percent: their own limit, else their role's, else none.

    The roles' limits are the setting `discount_authority`: `{"rep": 10, "manager": 25}`.
    """
    user = records.known(session, "user", user_id)
    if user.get("discount_authority") is not None:
        return Decimal(user["discount_authority"])
    limits = records.first(session, "setting", {"name": "discount_authority"}).get("value")
    limit = limits.get(user.get("role")) if isinstance(limits, dict) else None
    return None if limit is None or isinstance(limit, bool) else Decimal(str(limit))


def content_hash(session: Session, quote_id: str) -> str:
    """SHA-256 over what an approval is about: what is sold, in which unit, prices, quantities, discounts, terms.

    An approval that was given over fewer facts than these fits no longer, and is asked for again.
    """
    quote = records.get(session, "quote", quote_id)
    lines = records.find_rows(session, "quote_line", {"quote": quote_id}, order="position")
    content = [
        {name: quote[name] for name in CONTENT},
        [{name: line[name] for name in LINE_CONTENT} for line in lines],
    ]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_canonical)
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_approved(session: Session, quote: Record) -> bool:
    """Whether somebody who may has agreed to the quote as it stands."""
    return was_approved(quote) and quote["approval"].get("content") == content_hash(session, quote["id"])


def was_approved(quote: Record) -> bool:
    """Whether somebody agreed to the quote, as it stands or as it was."""
    return bool((quote["approval"] or {}).get("by"))


def check_may_issue(session: Session, quote: Record) -> None:
    """Raises NotAllowed where the quote needs an approval that it does not have."""
    found = deepest_discount(session, quote["id"])
    if not found.needs_approval:
        return
    if is_approved(session, quote):
        _check_named(quote, found)
        return
    if was_approved(quote):
        raise NotAllowed(_("This quote is not the one that was approved any more. Ask a manager again."))
    raise NotAllowed(
        _(
            "A discount of {given} on “{line}” is more than your {limit}. Ask a manager to approve this quote.",
            given=formats.format_percentage(found.percent),
            line=found.line,
            limit=formats.format_percentage(found.authority or Decimal(0)),
        )
    )


def _check_named(quote: Record, found: Discount) -> None:
    """A manager on the telephone agreed to the discount that he heard, and saw no quote."""
    approval = quote["approval"]
    if approval.get("means") != "telephone":
        return
    named = Decimal(approval.get("percent") or 0)
    if found.percent > named:
        raise NotAllowed(
            _(
                "By today's prices this quote gives {given}; the manager heard {named}. Ask him again.",
                given=formats.format_percentage(found.percent),
                named=formats.format_percentage(named),
            )
        )


def request_approval(session: Session, quote_id: str, note: str = "") -> None:
    """Put the draft before a manager. Raises NotAllowed for one that was issued."""
    quote = records.get(session, "quote", quote_id)
    _check_open(quote)
    found = deepest_discount(session, quote_id)
    asked = {
        "asked_by": state.user(session.connection()),
        "asked_at": _now(),
        "percent": str(found.percent),
        "note": note,
    }
    records.save(session, "quote", quote_id, {"status": "to_approve", "approval": asked})


def approve(session: Session, quote_id: str, note: str = "") -> None:
    """Agree to the quote as it stands; its author may then issue it.

    Raises NotAllowed for whoever is no manager, or gives more than they may themselves.
    """
    quote = records.get(session, "quote", quote_id)
    _check_open(quote)
    me = state.user(session.connection())
    check_approver(session, me, deepest_discount(session, quote_id, me))
    _keep(session, quote, {"by": me, "means": "sync", "answer_note": note})


def refuse_approval(session: Session, quote_id: str, note: str) -> None:
    """Give the quote back to its author as a draft, with the reason. Raises NotAllowed."""
    quote = records.get(session, "quote", quote_id)
    _check_open(quote)
    me = state.user(session.connection())
    check_approver(session, me, None)
    refused = {**(quote["approval"] or {}), "refused_by": me, "refused_at": _now(), "answer_note": note}
    records.save(session, "quote", quote_id, {"status": "draft", "approval": refused})


def keep_approval(session: Session, quote_id: str, values: Mapping[str, Any]) -> None:
    """Store an approval that was given over the telephone, for the quote as it stands."""
    quote = records.get(session, "quote", quote_id)
    _check_open(quote)
    _keep(session, quote, values)


def check_approver(session: Session, user_id: str | None, discount: Discount | None) -> None:
    """Raises NotAllowed where this person may not approve such a discount."""
    user = records.known(session, "user", user_id)
    if user.get("role") not in APPROVERS:
        raise NotAllowed(_("Only a manager or the office approves a quote."))
    if discount is not None and discount.needs_approval:
        raise NotAllowed(
            _(
                "A discount of {given} is more than you may approve ({limit}).",
                given=formats.format_percentage(discount.percent),
                limit=formats.format_percentage(discount.authority or Decimal(0)),
            )
        )


def _keep(session: Session, quote: Record, values: Mapping[str, Any]) -> None:
    given = {"at": _now(), "content": content_hash(session, quote["id"])}
    approval = {**(quote["approval"] or {}), **given, **values}
    records.save(session, "quote", quote["id"], {"status": "draft", "approval": approval})


def _check_open(quote: Record) -> None:
    if quote["status"] in FROZEN:
        raise NotAllowed(_("This quote was issued already."))


def _canonical(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
