"""A made-up quote in the company's own look, for whoever chooses that look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app import formats
from app.i18n import translate as _
from app.quotes import paper
from app.quotes.composing import build_document
from app.seller import find_company


def sample_paper(session: Session, style: Mapping[str, Any]) -> paper.Paper:
    """The paper of a small quote as this style would print it."""
    organisation = {**find_company(session), "quote_style": dict(style)}
    today = formats.now().date()
    quote = {
        "number": "D26-K7-00042",
        "status": "issued",
        "issued_on": today,
        "valid_until": today + timedelta(days=30),
        "subject": _("Example"),
        "payment_terms": organisation.get("default_payment_terms"),
        "deposit_type": "percent",
        "deposit_value": Decimal(30),
    }
    rows = (("DSI-600", _("Soap dispenser"), 6, "89.00"), ("BOB-450", _("Paper rolls"), 24, "39.58"))
    lines: list[dict[str, Any]] = [{"kind": "section", "description": _("Example")}]
    lines += [
        {
            "id": sku,
            "kind": "item",
            "sku": sku,
            "description": label,
            "quantity": Decimal(quantity),
            "unit_price": Decimal(price),
            "vat_rate": Decimal(20),
        }
        for sku, label, quantity, price in rows
    ]
    buyer = {"name": "Boulangerie Morel"}
    logo = paper.digest_of(session, organisation.get("logo"))
    terms = paper.digest_of(session, organisation.get("terms_file"))
    document = build_document(organisation, buyer, None, None, {}, quote, lines, logo=logo, terms_file=terms)
    return paper.with_files(session, document)
