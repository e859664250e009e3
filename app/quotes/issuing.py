"""A quote's life: its totals, its number, the moment from which it can no longer change, and its revisions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import custom_fields, formats, records
from app.entity import entity, fields
from app.errors import Invalid, NotAllowed
from app.i18n import translate as _
from app.quotes import paper
from app.quotes.authority import check_may_issue
from app.quotes.composing import full_number, quote_totals
from app.quotes.leaving import require_whole
from app.quotes.model import CONTRACT, FROZEN
from app.seller import find_company
from sync import state

Record = dict[str, Any]

FOLLOW_UP_DAYS = 7
"""How long after its issue a quote asks to be followed up, where it says nothing itself."""

NOT_COPIED = frozenset(
    {
        *("number", "revision", "supersedes", "status", "issued_on", "issued_at", "valid_until", "snapshot"),
        *("document_hash", "pdf_hash", "approval", "signature", "decided_on", "decision_note"),
        *("outside_number", "custom", "follow_up_on", "printed_at"),
    }
)
"""What belongs to one issued paper and not to the next."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without I and O, which look like digits on paper."""


def refresh_totals(session: Session, quote_id: str) -> Record:
    """Compute and store the quote's totals and its lines' nets; returns the totals.

    Raises Invalid as `totals.compute` does, NotAllowed for an issued quote and for one that is leaving.
    """
    require_whole(session, quote_id)
    quote, lines = records.get(session, "quote", quote_id), find_lines(session, quote_id)
    found = quote_totals(quote, lines)
    nets = {each.id: each.net for each in found.lines}
    for line in lines:
        records.save(session, "quote_line", line["id"], {"net": nets.get(line["id"])})
    total = {"total_ht": found.total.ht, "total_vat": found.total.vat, "total_ttc": found.total.ttc}
    records.save(session, "quote", quote_id, total)
    return total


def issue(session: Session, quote_id: str) -> str:
    """Freeze the quote under a number that no other quote ever gets; returns the number.

    Number, document and status are written in the caller's transaction: all or none. A revision keeps
    its number, and what it supersedes is marked. Raises NotAllowed, Invalid.
    """
    quote = records.get(session, "quote", quote_id)
    _check_can_issue(quote, find_lines(session, quote_id))
    check_may_issue(session, quote)
    refresh_totals(session, quote_id)
    today, now = formats.now().date(), datetime.now(UTC)
    frozen: Record = {
        # A number typed into a draft is none of ours; a revision keeps that of what it supersedes.
        "number": (quote["supersedes"] and quote["number"]) or draw_number(session, today),
        "revision": _free_revision(session, quote),
        "status": "issued",
        "issued_on": today,
        "issued_at": now.replace(microsecond=now.microsecond // 1000 * 1000),
        "valid_until": quote["valid_until"]
        or today + timedelta(days=paper.valid_days(find_company(session))),
        "follow_up_on": quote["follow_up_on"] or today + timedelta(days=FOLLOW_UP_DAYS),
        "currency": quote["currency"] or "EUR",
        "tax_mode": quote["tax_mode"] or "HT",
    }
    printed = paper.build(session, {**records.get(session, "quote", quote_id), **frozen})
    content = paper.with_files(session, printed).render()
    frozen.update(
        snapshot=printed.to_dict(),
        document_hash=printed.document_hash(),
        pdf_hash=hashlib.sha256(content).hexdigest(),
    )
    records.save(session, "quote", quote_id, frozen)
    if quote["supersedes"]:
        _supersede(session, quote["supersedes"])
    return full_number(frozen)


def revise(session: Session, quote_id: str) -> str:
    """A draft with the same content that will supersede an issued quote; the draft's id.

    Raises NotAllowed for a draft: it can be changed as it is.
    """
    quote = records.get(session, "quote", quote_id)
    if quote["status"] not in FROZEN or not quote["number"]:
        raise NotAllowed(_("This quote is still a draft: change it as it is."))
    revision = _last_revision(session, quote["number"]) + 1
    return _copy(
        session,
        quote,
        {"number": quote["number"], "revision": revision, "supersedes": quote_id, "owner": quote["owner"]},
    )


def duplicate(session: Session, quote_id: str) -> str:
    """A draft with the same content and no link to the quote it came from; the draft's id."""
    return _copy(session, records.get(session, "quote", quote_id), {"owner": None})


def find_lines(session: Session, quote_id: str) -> list[Record]:
    """The quote's lines in their order."""
    return records.find_rows(session, "quote_line", {"quote": quote_id}, order="position")


def draw_number(session: Session, today: date, letter: str = "D") -> str:
    """The next number of this laptop's series, `D26-K7-00042`; the counter is kept in this transaction.

    `letter` says what is numbered, each with its own counter: D a quote (devis), C an order (commande).

    A number that was drawn is never drawn again, whatever becomes of its quote.
    """
    series = _series(session)
    name = f"number:{series}" if letter == "D" else f"number:{letter}:{series}"
    number = int(state.get(session.connection(), name) or 0) + 1
    state.put(session.connection(), name, number)
    return f"{letter}{today.year % 100:02}-{series}-{number:05}"


def _series(session: Session) -> str:
    """The server's series; with three letters of our own where another laptop may share it, or none was granted."""
    granted = state.get(session.connection(), "series")
    if granted and not state.get(session.connection(), "restored"):
        return str(granted)
    letters = state.get(session.connection(), "number_letters")
    if not letters:
        letters = "".join(secrets.choice(_LETTERS) for _letter in range(3))
        state.put(session.connection(), "number_letters", letters)
    return f"{granted or 'L'}{letters}"


def _check_can_issue(quote: Record, lines: list[Record]) -> None:
    if quote["status"] in FROZEN:
        raise NotAllowed(_("This quote was issued already."))
    if quote["status"] == "to_approve":
        raise NotAllowed(_("This quote waits for an approval. It can be issued once it is a draft again."))
    if not any(line["kind"] in (None, "item") for line in lines):
        raise NotAllowed(_("This quote has no lines. Add at least one, then issue it."))
    if quote["valid_until"] and quote["valid_until"] < formats.now().date():
        day = formats.format_date(quote["valid_until"])
        raise Invalid(
            {"valid_until": _("This offer would have ended on {day}. Give it a later day.", day=day)}
        )


def _supersede(session: Session, quote_id: str) -> None:
    """The older version may have left this laptop; the server then marks nothing, and the link says it."""
    known = records.find_rows(session, "quote", {"id": quote_id})
    # What the customer has accepted stays a contract until he accepts the revision.
    if known and known[0]["status"] not in (*CONTRACT, "superseded"):
        records.save(session, "quote", quote_id, {"status": "superseded"})


def _free_revision(session: Session, quote: Record) -> int:
    """The draft's own, or the next one where another revision of the same quote was issued before it."""
    revision = int(quote["revision"] or 1)
    if not quote["supersedes"] or not quote["number"]:
        return revision
    others = records.find_rows(session, "quote", {"number": quote["number"]})
    taken = {
        each["revision"] or 1 for each in others if each["status"] in FROZEN and each["id"] != quote["id"]
    }
    return revision if revision not in taken else max(taken) + 1


def _last_revision(session: Session, number: str) -> int:
    """The highest revision under this number, drafts and deleted ones included."""
    table = entity("quote").__table__
    found = session.scalar(select(func.max(table.c.revision)).where(table.c.number == number))
    return int(found or 1)


def _copy(session: Session, quote: Record, more: Mapping[str, Any]) -> str:
    require_whole(session, quote["id"])
    values = {
        name: quote[name]
        for name, field in fields("quote").items()
        if name not in NOT_COPIED and not field.computed
    }
    copy = records.add(
        session, "quote", {**values, **_own(session, "quote", quote), "status": "draft", **more}
    )
    for line in find_lines(session, quote["id"]):
        content = {name: line[name] for name in fields("quote_line") if name != "custom"}
        records.add(session, "quote_line", {**content, **_own(session, "quote_line", line), "quote": copy})
    return copy


def _own(session: Session, kind: str, record: Record) -> Record:
    """The company's own fields that are still declared."""
    known = custom_fields.declared(session, kind)
    return {f"custom.{name}": value for name, value in (record["custom"] or {}).items() if name in known}
