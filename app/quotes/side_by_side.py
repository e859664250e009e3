"""A quote that was changed on two sides, both versions line by line beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.orm import Session

from app import formats, i18n, records, units
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import comparing
from app.quotes.composing import full_number
from app.quotes.document import DocumentLine
from sync import state

_FIGURES = frozenset({"quantity", "unit_price", "discount", "amount"})
CHOICES = {
    "item": m_("Item"),
    "option": m_("Option"),
    "alternate": m_("Alternative"),
    "eco": m_("Eco-participation"),
}


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
    """One line, or one fact of the head, as both have it. `state`: same, changed, added or removed.

    Under the figures of a line stands, on lines of their own, what else differs.
    """

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
    customer: str = ""


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
        Row(
            one.state,
            _name(one.before or one.after),
            "\n".join(filter(None, (_line(one.before), *(_said(each, each.before) for each in _more(one))))),
            "\n".join(filter(None, (_line(one.after), *(_said(each, each.after) for each in _more(one))))),
        )
        for one in found.lines
    )
    facts = tuple(
        Row("changed", _(change.label), worded(change, change.before), worded(change, change.after))
        for change in (*found.head, *found.amounts)
        if change.name != "ttc"  # each side bears its own
    )
    customers = dict.fromkeys(document.buyer.name for document in documents)
    return TwoQuotes(sides[0], sides[1], lines, facts, " / ".join(filter(None, customers)))


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
        number=full_number(quote),
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


def _more(line: comparing.LineChange) -> list[comparing.Change]:
    """What differs and is not among the figures of the line."""
    changes = [change for change in line.changes if change.name not in _FIGURES]
    roles = any(change.name == "choice" for change in changes)
    return [change for change in changes if not (roles and change.name == "in_total")]


def _said(change: comparing.Change, value: str) -> str:
    """« TVA : 10 % »."""
    return _("{label}: {value}", label=_(change.label), value=worded(change, value) or "—")


def worded(change: comparing.Change, value: str) -> str:
    """One of a change's two values as the user writes it."""
    language = i18n.language()
    match change.name:
        case "choice":
            return _(CHOICES.get(value, value))
        case "in_total":
            return _("Yes") if value == "True" else _("No")
        case "unit":
            return units.short_name(value, language)
        case "vat_rate":
            return f"{_number(value)}\u00a0%"
        case "valid_until" if value:
            return formats.format_date(date.fromisoformat(value))
        case "quantity" if value:
            return _number(value)
        case "ht" | "vat" | "ttc" | "discount" | "deposit" | "unit_price" | "amount" if value:
            return _number(value, 2)
        case _:
            return value


def _number(text: str, least: int = 0) -> str:
    """A decimal text as the user writes it, with `least` decimals at least; anything else as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return formats.format_number(value, max(least, -int(value.as_tuple().exponent)))
