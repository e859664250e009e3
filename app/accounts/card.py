"""An account at a glance: figures, people, open opportunities, and everything that happened, latest first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from app import formats, lists, records
from app.entity import entity
from app.natural_dates import add_months
from app.search import find
from app.unsent import unsent

MONTHS = 12
EVENTS_PER_KIND = 150
FOUND_AT_MOST = 300
_DATED = re.compile(r"(\d{2})/(\d{2})/(\d{4})\s*:\s*(.+)")


@dataclass(frozen=True, slots=True)
class Row:
    """An account in the list."""

    id: str
    name: str
    town: str
    potential: str | None
    type: str | None
    revenue: Decimal
    last_visit: date | None
    unsent: bool
    due: bool
    """Whether a visit is due."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact on the card."""

    id: str
    name: str
    job: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class OpenOpportunity:
    """An open opportunity on the card."""

    id: str
    name: str
    amount: Decimal
    stage: str
    next_action: str
    next_day: date | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened or will: `kind` is that of the record, or `note`."""

    kind: str
    id: str
    at: datetime
    values: Mapping[str, Any] = field(default_factory=dict)
    unsent: bool = False
    timed: bool = True
    """Whether `at` has a time of day; a quote, a task and a note have a day alone."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the record page of an account shows."""

    account: dict[str, Any]
    address: str
    place: str
    """What a map is asked for: the address, or the coordinates where they are known."""
    revenue: Decimal
    months: tuple[Decimal, ...]
    """Revenue of each of the last twelve months, the present one last."""
    average: Decimal | None
    last_visit: date | None
    people: tuple[Person, ...]
    opportunities: tuple[OpenOpportunity, ...]
    unsent: bool
    conflicts: int
    notes: str
    events: tuple[Event, ...]

    @property
    def phone(self) -> str:
        """The number to call: the account's, else the first contact's."""
        return self.account["phone"] or next((person.phone for person in self.people if person.phone), "")


def find_ids(session: Session, filter: str = "all", sort: str = "name", typed: str = "") -> Sequence[str]:
    """The accounts of a filter in an order; of those the ones that `typed` finds, best first."""
    if not typed.strip():
        return lists.ids(session, "account", filter, sort)
    hits = [hit.id for hit in find(session, typed, limit=FOUND_AT_MOST, kinds=("account",))]
    if filter == "all" or not hits:
        return hits
    kept = set(lists.ids(session, "account", filter, sort))
    return [id for id in hits if id in kept]


def first_rows(session: Session, filter: str = "all", sort: str = "name") -> list[Row]:
    """The first rows of a list, to show while the ids are read."""
    return _listed(session, lists.first(session, "account", filter, sort))


def rows(session: Session, ids: Sequence[str]) -> list[Row]:
    """The rows of a window of the list."""
    return _listed(session, lists.rows(session, "account", ids))


def count(session: Session) -> int:
    """How many accounts there are."""
    return int(session.scalar(text("SELECT count(*) FROM account_summary")) or 0)


def card(session: Session, id: str, today: date) -> Card:
    """The card of an account. Raises NotFound."""
    account = records.get(session, "account", id)
    address, place = _address(session, id)
    months, quotes = _revenue(session, id, today)
    revenue = sum(months, Decimal(0))
    notes, dated = split_notes(account["notes"] or "")
    return Card(
        account=account,
        address=address,
        place=place,
        revenue=revenue,
        months=months,
        average=(revenue / quotes).quantize(Decimal("0.01")) if quotes else None,
        last_visit=_last_visit(session, id),
        people=_people(session, id),
        opportunities=_opportunities(session, id),
        unsent=bool(unsent(session, "account", [id])),
        conflicts=_conflicts(session, id),
        notes=notes,
        events=events_of(session, id, dated),
    )


def add_note(session: Session, id: str, note: str, day: date) -> dict[str, Any]:
    """Write a dated line at the end of what is worth knowing; the account as it was."""
    before = records.get(session, "account", id)
    line = f"{formats.format_date(day, 'short')} : {' '.join(note.split())}"
    notes = f"{before['notes'].rstrip()}\n{line}" if before["notes"] else line
    records.save(session, "account", id, {"notes": notes}, loaded=before)
    return before


def split_notes(notes: str) -> tuple[str, list[tuple[date, str]]]:
    """What is always worth knowing, and the dated lines with their days."""
    kept: list[str] = []
    dated: list[tuple[date, str]] = []
    for line in notes.splitlines():
        found = _DATED.fullmatch(line.strip())
        day = _day(*found.groups()[:3]) if found else None
        if found and day:
            dated.append((day, found[4]))
        else:
            kept.append(line)
    return "\n".join(kept).strip(), dated


def _day(day: str, month: str, year: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _table(kind: str) -> Table:
    found: Any = entity(kind).__table__
    assert isinstance(found, Table)
    return found


def _listed(session: Session, found: Sequence[lists.Row]) -> list[Row]:
    names = lists.LISTS["account"].names()
    given = [dict(zip(names, row, strict=True)) for row in found]
    due = _due(session, [row["id"] for row in given])
    return [
        Row(
            id=row["id"],
            name=row["name"],
            town=row["town"],
            potential=row["potential"],
            type=row["type"],
            revenue=Decimal(row["revenue"]) / 100,
            last_visit=date.fromisoformat(row["last_visit"]) if row["last_visit"] else None,
            unsent=bool(row["unsent"]),
            due=row["id"] in due,
        )
        for row in given
    ]


def _due(session: Session, ids: Sequence[str]) -> frozenset[str]:
    """Those of the accounts whose visit is due."""
    if not ids:
        return frozenset()
    connection: Any = session.connection().connection.dbapi_connection
    marks = ", ".join("?" * len(ids))
    query = f"SELECT account FROM account_summary WHERE visit_due <= ? AND visit_due <> '' AND account IN ({marks})"
    return frozenset(row[0] for row in connection.execute(query, (lists.today(), *ids)))


def _address(session: Session, account: str) -> tuple[str, str]:
    site = main_site(session, account)
    if site is None:
        return "", ""
    town = " ".join(part for part in (site["postcode"], site["town"]) if part)
    address = ", ".join(part for part in (site["line1"], town) if part)
    where = site["coordinates"]
    return address, address or (f"{where[0]},{where[1]}" if where else "")


def main_site(session: Session, account: str) -> dict[str, Any] | None:
    """The site whose address stands for the account: billing before delivery before visit."""
    sites = records.find_rows(session, "site", {"account": account})
    sites.sort(key=lambda row: (row["kind"] is None, row["kind"] or "", row["id"]))
    return sites[0] if sites else None


def _revenue(session: Session, account: str, today: date) -> tuple[tuple[Decimal, ...], int]:
    """Accepted quotes of the last twelve months by month, and how many there were."""
    quote = _table("quote")
    since = add_months(today, -MONTHS)
    decided = func.coalesce(quote.c.decided_on, quote.c.issued_on)
    rows = session.execute(
        select(quote.c.decided_on, quote.c.issued_on, quote.c.total_ht).where(
            quote.c.account == account,
            quote.c.deleted_at.is_(None),
            quote.c.status == "accepted",
            decided > since,
        )
    ).all()
    months = [Decimal(0)] * MONTHS
    for on, issued, total in rows:
        day = on or issued
        ago = (today.year - day.year) * 12 + today.month - day.month
        # The days of the first month that are left of a year ago count with the month after it.
        months[max(0, MONTHS - 1 - ago)] += total or Decimal(0)
    return tuple(months), len(rows)


def _last_visit(session: Session, account: str) -> date | None:
    found = session.scalar(
        text("SELECT last_visit FROM account_summary WHERE account = :account"), {"account": account}
    )
    return date.fromisoformat(found) if found else None


def _people(session: Session, account: str) -> tuple[Person, ...]:
    return tuple(
        Person(
            row["id"],
            " ".join(part for part in (row["first_name"], row["last_name"]) if part),
            row["job"] or row["role"] or "",
            row["mobile"] or row["phone"] or "",
            row["email"] or "",
        )
        for row in records.find_rows(session, "contact", {"account": account})
        if row["left_on"] is None
    )


def _opportunities(session: Session, account: str) -> tuple[OpenOpportunity, ...]:
    opportunity, stage = _table("opportunity"), _table("stage")
    rows = session.execute(
        select(opportunity, stage.c.name.label("stage_name"))
        .join(stage, stage.c.id == opportunity.c.stage, isouter=True)
        .where(
            opportunity.c.account == account,
            opportunity.c.deleted_at.is_(None),
            func.coalesce(stage.c.outcome, "open") == "open",
        )
        .order_by(opportunity.c.next_action_date.is_(None), opportunity.c.next_action_date, opportunity.c.id)
    ).mappings()
    return tuple(
        OpenOpportunity(
            row["id"],
            row["name"] or "",
            row["amount"] or Decimal(0),
            row["stage_name"] or "",
            row["next_action"] or "",
            row["next_action_date"],
        )
        for row in rows
    )


def _conflicts(session: Session, account: str) -> int:
    conflict = _table("conflict")
    return (
        session.scalar(
            select(func.count())
            .select_from(conflict)
            .where(
                conflict.c.record_kind == "account",
                conflict.c.record == account,
                conflict.c.state == "open",
                conflict.c.deleted_at.is_(None),
            )
        )
        or 0
    )


_MOMENTS = {
    "appointment": "start",
    "visit_report": "start",
    "call": "at",
    "quote": "issued_on",
    "task": "due",
}
"""The field that says when something happened, by kind of record."""


def events_of(session: Session, account: str, notes: Sequence[tuple[date, str]] = ()) -> tuple[Event, ...]:
    """What happened with an account and what is planned, latest first; `notes` are dated lines of its own."""
    found = [Event("note", "", _at_noon(day), {"text": words}, timed=False) for day, words in notes]
    reported: set[str] = set()
    for kind, moment in _MOMENTS.items():
        table = _table(kind)
        rows = (
            session.execute(
                select(table)
                .where(table.c.account == account, table.c.deleted_at.is_(None))
                .order_by(table.c[moment].desc())
                .limit(EVENTS_PER_KIND)
            )
            .mappings()
            .all()
        )
        waiting = unsent(session, kind, [row["id"] for row in rows])
        found += [_event(kind, moment, dict(row), row["id"] in waiting) for row in rows]
        if kind == "visit_report":
            reported = {row["appointment"] for row in rows if row["appointment"]}
    # A visit and its report are one event to whoever reads: the report tells it.
    shown = [event for event in found if not (event.kind == "appointment" and event.id in reported)]
    return tuple(sorted(shown, key=lambda event: event.at, reverse=True))


def _event(kind: str, moment: str, row: dict[str, Any], waiting: bool) -> Event:
    at = row[moment] or row["created_at"] or datetime.now(UTC)
    if kind == "task":
        at = row["done_at"] or at
    timed = isinstance(at, datetime)
    return Event(kind, row["id"], at if isinstance(at, datetime) else _at_noon(at), row, waiting, timed)


def _at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), formats.zone())
