"""What to look at before a quote is issued: questions that nobody answered, values that legal texts lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import formats, records
from app.i18n import mark
from app.i18n import translate as _
from app.quotes import authority, paper
from app.quotes.mentions import may_take_deposit_at_once
from app.quotes.model import FROZEN
from app.seller import find_company

QUESTIONS = {
    "sale_place": mark(
        "Where is it sold? At his own place a consumer or a small firm may withdraw for 14 days."
    ),
    "headcount": mark("How many people does the customer employ? The law protects small firms."),
    "in_main_activity": mark("Is the purchase within the customer's main activity?"),
}
"""How each question of `app.quotes.mentions` is asked."""


@dataclass(frozen=True, slots=True)
class Point:
    """One sentence, and where its answer is given: `details`, `company`, `customer`, `approval`, or nowhere."""

    text: str
    where: str = ""


def points(session: Session, quote_id: str) -> list[Point]:
    """The points of a draft, the gravest first; an issued quote has none. Raises NotFound."""
    quote = records.get(session, "quote", quote_id)
    if quote["status"] in FROZEN:
        return []
    account = records.known(session, "account", quote["account"])
    found, said = [], paper.mentions_of(session, quote_id)
    discount = authority.deepest_discount(session, quote_id)
    if discount.needs_approval and not authority.is_approved(session, quote):
        words = _(
            "{given} on “{line}” needs a manager's approval.",
            given=formats.format_percentage(discount.percent),
            line=discount.line,
        )
        if authority.was_approved(quote):
            words += " " + _("This quote is not the one that was approved any more. Ask a manager again.")
        found.append(Point(words, "approval"))
    found += [Point(_(QUESTIONS[name]), "details") for name in said.questions]
    if quote["deposit_value"] and not may_take_deposit_at_once(account, quote):
        found.append(Point(_("No money may change hands within seven days of this sale."), "details"))
    if find_company(session).get("vat_scheme") == "franchise" and _charges_vat(session, quote):
        found.append(Point(_("Your company charges no VAT, yet this quote does."), "details"))
    found += [Point(text, "company") for text in said.missing]
    address = paper.billing_site(session, quote) or {}
    if not any(address.get(name) for name in ("line1", "line2", "postcode", "town")):
        found.append(Point(_("The customer has no address: the quote names none."), "customer"))
    if account.get("customer_kind") == "consumer":
        found += _for_a_consumer(quote)
    return found


def _for_a_consumer(quote: Mapping[str, Any]) -> list[Point]:
    """What the law has a consumer told before he agrees: the price with VAT, and by when (L. 111-1, L. 112-1)."""
    found = []
    if quote["total_vat"] and quote["tax_mode"] != "TTC":
        words = _("A consumer's prices include VAT: choose a price list of such prices.")
        found.append(Point(words, "details"))
    if not quote["delivery_terms"]:
        found.append(
            Point(_("Say by when it is delivered or done: a consumer is told before he agrees."), "details")
        )
    return found


def _charges_vat(session: Session, quote: Mapping[str, Any]) -> bool:
    """Whether the total bears VAT, or any line would once it is taken."""
    lines = records.find_rows(session, "quote_line", {"quote": quote["id"]})
    return bool(quote["total_vat"]) or any(
        line["vat_rate"] for line in lines if line["kind"] in (None, "item")
    )
