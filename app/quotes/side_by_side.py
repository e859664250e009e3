"""A quote that was changed on two sides, both versions line by line beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.orm import Session

from app import formats, records
from app.i18n import translate as _
from app.quotes import comparing
from app.quotes.document import DocumentLine
from sync import state


@dataclass(frozen=True, slots=True)
class Side:
    """One version."""

    id: str
    number: str
    """Empty for a draft."""
    draft: bool
    mine: bool
    by: str
    at: datetime | None
    total: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line, or one fact of the head, as both have it. `state`: same, changed, added or removed."""

    state: str
    label: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class TwoQuotes:
    """Both versions."""

    left: Side
    right: Side
    lines: tuple[Row, ...]
    facts: tuple[Row, ...]


def compare(session: Session, left: str, right: str) -> TwoQuotes:
    """The versions beside each other; raises NotFound where one is not on this laptop."""
    from app.quotes import paper

    documents = [paper.document(session, id) for id in (left, right)]
    sides = [
        _side(session, records.get(session, "quote", id), document.amounts.ttc)
        for id, document in zip((left, right), documents, strict=True)
    ]
    found = comparing.compare(*documents)
    lines = tuple(
        Row(one.state, _name(one.before or one.after), _line(one.before), _line(one.after))
        for one in found.lines
    )
    facts = tuple(
        Row("changed", _(change.label), _number(change.before), _number(change.after))
        for change in (*found.head, *found.amounts)
    )
    return TwoQuotes(sides[0], sides[1], lines, facts)


def _side(session: Session, quote: dict[str, Any], total: str) -> Side:
    connection = session.connection()
    me = state.user(connection)
    # Who wrote a line last wrote the quote last.
    parts = [quote, *records.find_rows(session, "quote_line", {"quote": quote["id"]})]
    last = max(parts, key=lambda part: part["updated_at"])
    by = last["updated_by"] or quote["created_by"]
    name = connection.exec_driver_sql('SELECT name FROM "user" WHERE id = ?', (by,)).scalar()
    return Side(
        id=quote["id"],
        number=quote["number"] or "",
        draft=quote["status"] in (None, "draft", "to_approve"),
        mine=by == me,
        by=str(name or ""),
        at=last["updated_at"],
        total=formats.format_money(Decimal(total or 0), quote["currency"] or "EUR"),
    )


def _name(line: DocumentLine | None) -> str:
    return "" if line is None else (line.description or line.reference)


def _line(line: DocumentLine | None) -> str:
    """`6 × 89,00  −5 %  507,30`; a text has none."""
    if line is None:
        return ""
    parts = [_number(line.quantity)] if line.quantity else []
    if line.unit_price:
        parts.append(f"× {_number(line.unit_price, 2)}")
    if line.discount:
        parts.append(f"−{_number(line.discount)}{'' if line.discount_is_amount else ' %'}")
    if line.amount:
        parts.append(f"=  {_number(line.amount)}")
    return "  ".join(parts)


def _number(text: str, least: int = 0) -> str:
    """A decimal text as the user writes it, with `least` decimals at least; anything else as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return formats.format_number(value, max(least, -int(value.as_tuple().exponent)))
