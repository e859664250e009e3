"""What becomes of an issued quote: sent, accepted, refused, expired, ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import formats, records
from app.entity import entity
from app.errors import Invalid, NotAllowed
from app.i18n import translate as _
from app.quotes.composing import quote_totals
from app.quotes.issuing import draw_number, find_lines
from app.quotes.model import FROZEN
from app.quotes.totals import Totals
from sync import state

Record = Mapping[str, Any]

CHOICES = ("option", "alternate")

NEXT: dict[str, tuple[str, ...]] = {
    "draft": ("to_approve", "issued"),
    "to_approve": ("draft",),
    "issued": ("sent", "accepted", "refused", "expired"),
    "sent": ("accepted", "refused", "expired"),
    # A customer may still say yes after the date, or change his mind; the salesperson decides.
    "expired": ("sent", "accepted", "refused"),
    "refused": ("accepted",),
    "accepted": (),
    "superseded": (),
    "replaced": (),
}
"""Which status may follow which. The revision that is issued makes an offer `superseded`; the one that is
accepted makes a contract `replaced`, since what the customer had agreed to is still kept."""


def mark_sent(session: Session, quote_id: str) -> None:
    """The customer has it. Raises NotAllowed."""
    quote = _moved(session, quote_id, "sent")
    _save(session, quote, {"status": "sent"})


def accept(
    session: Session,
    quote_id: str,
    chosen: Sequence[str] | None = None,
    note: str = "",
    on: date | None = None,
) -> None:
    """The customer agrees; `chosen` are the ids of the options and alternatives that he takes, None unasked.

    Raises NotAllowed, Invalid for a line that is no choice and for choices that make no total: nobody could
    order them.
    """
    quote = _moved(session, quote_id, "accepted")
    if chosen is not None:
        chosen_totals(quote, find_lines(session, quote_id), chosen)
    decision: Record = {"decided_on": on or formats.now().date(), "decision_note": note or None}
    if chosen is not None:
        # The order is made with the same ones; to have taken none is an answer too.
        decision = {**decision, "signature": {**(quote["signature"] or {}), "chosen": list(chosen)}}
    _save(session, quote, {"status": "accepted", **decision, "follow_up_on": None})
    if quote["number"]:
        for other in records.find_rows(session, "quote", {"number": quote["number"], "status": "accepted"}):
            if other["id"] != quote_id:
                # One contract takes the place of the other, whichever revision that was.
                records.save(session, "quote", other["id"], {"status": "replaced"})


def refuse(session: Session, quote_id: str, reason: str, on: date | None = None) -> None:
    """The customer declines, for a reason that the next offer may use. Raises NotAllowed."""
    quote = _moved(session, quote_id, "refused")
    decision = {"decided_on": on or formats.now().date(), "decision_note": reason or None}
    _save(session, quote, {"status": "refused", **decision, "follow_up_on": None})


def follow_up(session: Session, quote_id: str, on: date) -> None:
    """Ask about the quote again on that day: Today shows it."""
    records.get(session, "quote", quote_id)
    records.save(session, "quote", quote_id, {"follow_up_on": on})


def expire_due(session: Session, today: date, owner: str | None = None) -> list[str]:
    """Mark the quotes whose validity ended before `today`; their ids. Of one owner where told."""
    table = entity("quote").__table__
    query = select(table.c.id).where(
        table.c.status.in_(("issued", "sent")), table.c.deleted_at.is_(None), table.c.valid_until < today
    )
    if owner:
        query = query.where(table.c.owner == owner)
    found = [str(id) for id in session.scalars(query)]
    for id in found:
        records.save(session, "quote", id, {"status": "expired"})
    return found


def expire_own(session: Session, today: date) -> list[str]:
    """Mark the expired quotes of whoever works on this laptop; all where nobody signed in."""
    return expire_due(session, today, state.user(session.connection()))


def order_of(session: Session, quote_id: str) -> str | None:
    """The id of the order that was made of the quote; None while there is none."""
    found = records.find_rows(session, "order", {"quote": quote_id}, limit=1)
    return str(found[0]["id"]) if found else None


def convert(
    session: Session, quote_id: str, chosen: Sequence[str] | None = None, reference: str | None = None
) -> str:
    """Make the order of an accepted quote, with the options that the customer takes; its id.

    Unless told, those that he took when he accepted; as printed where nobody asked him.

    Raises NotAllowed for a quote that is not accepted or was ordered already, and for other options than
    those he signed for; Invalid for a line that is no choice.
    """
    quote = records.get(session, "quote", quote_id)
    if quote["status"] != "accepted":
        raise NotAllowed(_("Only an accepted quote becomes an order."))
    if order_of(session, quote_id):
        raise NotAllowed(_("This quote was ordered already."))
    lines = find_lines(session, quote_id)
    taken = _to_order(quote, lines, chosen)
    total = chosen_totals(quote, lines, taken).total
    today = formats.now().date()
    values = {
        "number": draw_number(session, today, "C"),
        "account": quote["account"],
        "quote": quote_id,
        "site": quote["site"],
        "status": "new",
        "ordered_on": quote["decided_on"] or today,
        "customer_reference": reference or quote["customer_reference"],
        "chosen": sorted(taken),
        "total_ht": total.ht,
        "total_vat": total.vat,
        "total_ttc": total.ttc,
        "owner": quote["owner"],
    }
    return records.add(session, "order", values)


def taken_choices(quote: Record) -> list[str] | None:
    """The ids of the options and alternatives that the customer took; None where nobody asked him."""
    found = (quote["signature"] or {}).get("chosen")
    return None if found is None else list(found)


def choices_signed(quote: Record) -> bool:
    """Whether the customer signed for the options that he took: no order holds others."""
    return taken_choices(quote) is not None and bool((quote["signature"] or {}).get("id"))


def _to_order(quote: Record, lines: Sequence[Record], chosen: Sequence[str] | None) -> Sequence[str]:
    taken = taken_choices(quote)
    if chosen is not None:
        if choices_signed(quote) and set(chosen) != set(taken or ()):
            raise NotAllowed(_("The customer signed for other options. Revise the quote to order otherwise."))
        return chosen
    if taken is not None:
        return taken
    return [line["id"] for line in lines if line["choice_kind"] in CHOICES and line["selected"]]


def chosen_totals(quote: Record, lines: Sequence[Record], chosen: Sequence[str]) -> Totals:
    """The totals with these options and alternatives taken. Raises Invalid.

    A deposit of a fixed amount is the whole of what is due where he takes less than that.
    """
    check_choices(lines, chosen)
    taken = set(chosen)
    groups = {line["option_group"] for line in lines if line["id"] in taken and line["option_group"]}
    decided = [
        {**line, "selected": line["id"] in taken}
        if line["choice_kind"] == "option" or (line["choice_kind"] == "alternate" and _open(line, groups))
        else line
        for line in lines
    ]
    if quote["deposit_value"] and quote["deposit_type"] == "amount":
        due = max(quote_totals({**quote, "deposit_value": None}, decided).total.ttc, Decimal(0))
        quote = {**quote, "deposit_value": min(quote["deposit_value"], due)}
    return quote_totals(quote, decided)


def check_choices(lines: Sequence[Record], chosen: Sequence[str]) -> None:
    """Raises Invalid for an id that is no option of these lines, and for two of one alternative group."""
    by_id = {line["id"]: line for line in lines if line["choice_kind"] in CHOICES}
    if any(id not in by_id for id in chosen):
        raise Invalid({"chosen": _("Only options and alternatives of this quote can be chosen.")})
    groups = [by_id[id]["option_group"] for id in chosen if by_id[id]["option_group"]]
    if len(groups) != len(set(groups)):
        raise Invalid({"chosen": _("Of an alternative group, only one line can be chosen.")})


def _open(line: Record, groups: set[str]) -> bool:
    """Whether the customer's choice decides about an alternative: his group was chosen from, or it has none."""
    return not line["option_group"] or line["option_group"] in groups


def _moved(session: Session, quote_id: str, status: str) -> Record:
    quote = records.get(session, "quote", quote_id)
    now = quote["status"] or "draft"
    if status not in NEXT[now]:
        raise NotAllowed(_refusal(now, status))
    return quote


def _refusal(now: str, status: str) -> str:
    if now in ("draft", "to_approve"):
        return _("Issue the quote first: a draft has no number and can still change.")
    if now in ("superseded", "replaced"):
        return _("A later revision took this quote's place: decide about that one.")
    if now == status:
        return _("That was noted already.")
    return _("This quote is decided already. Revise it to offer something else.")


def _save(session: Session, quote: Record, values: Record) -> None:
    records.save(session, "quote", quote["id"], dict(values), loaded=quote)


def note_printed(session: Session, quote_id: str) -> None:
    """Keep when the issued quote was printed last. Raises NotAllowed for a draft."""
    quote = records.get(session, "quote", quote_id)
    if quote["status"] not in FROZEN:
        raise NotAllowed(_("Issue the quote first: a draft has no number and can still change."))
    now = datetime.now(UTC)
    printed = now.replace(microsecond=now.microsecond // 1000 * 1000)
    records.save(session, "quote", quote_id, {"printed_at": printed})
