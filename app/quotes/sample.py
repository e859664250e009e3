"""A made-up quote in the company's own look, for whoever chooses that look; and keeping the choice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app import alone, formats, records
from app.errors import NotAllowed
from app.i18n import translate as _
from app.quotes import paper
from app.quotes.composing import build_document
from app.quotes.style import QuoteStyle, read_style
from app.workspace import Workspace
from sync import state

WRITERS = ("office", "admin")


def sample_paper(session: Session, style: Mapping[str, Any]) -> paper.Paper:
    """The paper of a small quote as this style would print it."""
    organisation = {**paper.organisation_of(session), "quote_style": dict(style)}
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
    logo = paper.digest_of(session, organisation.get("logo"))
    document = build_document(
        organisation, {"name": "Boulangerie Morel"}, None, None, {}, quote, lines, logo=logo
    )
    return paper.with_files(session, document)


def style_of(session: Session) -> QuoteStyle | None:
    """The company's choices, where whoever works here may change them; else None."""
    if not (alone.is_ours(session) or _may_write(session)):
        return None
    return read_style(paper.organisation_of(session).get("quote_style"))


def keep_style(workspace: Workspace, values: Mapping[str, Any]) -> None:
    """Keep the choices: new quotes are printed with them. Raises NotAllowed."""
    with workspace.read() as session:
        mine, writer = alone.is_ours(session), _may_write(session)
    if mine:
        alone.keep_company(workspace, {"quote_style": dict(values)})
        return
    if not writer:
        raise NotAllowed(_("Only the office changes the look of quotes."))
    with workspace.transaction() as session:
        company = paper.organisation_of(session)
        records.save(session, "organisation", company["id"], {"quote_style": dict(values)}, loaded=company)


def _may_write(session: Session) -> bool:
    me = state.get(session.connection(), "user")
    user = paper.known(session, "user", None if me is None else str(me))
    return bool(paper.organisation_of(session)) and user.get("role") in WRITERS
