"""Drafts that are written field by field, as scripts do: their status, and totals that follow their lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import records
from app.errors import Invalid
from app.quotes.model import FROZEN
from sync.overlay import is_leaving


def begun(kind: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is to be added; a quote without a status is a draft, by which lists find it."""
    return {"status": "draft", **values} if kind == "quote" else values


def quote_of(session: Session, kind: str, id: str) -> str | None:
    """The quote whose totals a change of this record moves."""
    if kind == "quote":
        return id
    if kind == "quote_line":
        return records.known(session, kind, id).get("quote")
    return None


def restate(session: Session, quotes: Iterable[str | None]) -> None:
    """Write the totals of these drafts, and the nets of their lines, where they are not what they should be.

    A draft of which lines may be gone keeps its own; one that has no honest total yet has none.
    """
    for id in sorted({id for id in quotes if id is not None}):
        quote = records.known(session, "quote", id)
        if quote and quote["status"] not in FROZEN and not is_leaving(session.connection(), "quote", id):
            _restate(session, id)


def _restate(session: Session, quote_id: str) -> None:
    # What computes and prices is loaded for quotes alone: a short word spends its time on loading.
    from app.quotes import editing

    sheet = editing.open_sheet(session, quote_id)
    if not sheet.lines and sheet.quote["total_ttc"] is None:
        return
    names = ("total_ht", "total_vat", "total_ttc")
    try:
        found = editing.totals(sheet)
    except Invalid:
        records.save(session, "quote", quote_id, dict.fromkeys(names))
        return
    for amounts in found.lines:
        records.save(session, "quote_line", amounts.id, {"net": amounts.net})
    total = found.total
    records.save(session, "quote", quote_id, dict(zip(names, (total.ht, total.vat, total.ttc), strict=True)))
