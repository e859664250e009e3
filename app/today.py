"""The day of whoever sits before the laptop: visits, tasks, quotes to follow up, conflicts, drafts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, func, or_, select
from sqlalchemy.orm import Session

from app import alone, drafts, records
from app.entity import entity
from app.unsent import unsent
from sync import state

EXPIRES_WITHIN_DAYS = 7
SILENT_FOR_DAYS = 7
EXPIRED_FOR_DAYS = 30
"""A quote is followed up on its day, or when it expires soon; one that expired lately still shows."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment of kind `visit` of today."""

    id: str
    start: datetime
    minutes: int
    account: str | None
    name: str
    town: str
    subject: str
    done: bool
    report: str | None
    report_unsent: bool
    draft: str | None


@dataclass(frozen=True, slots=True)
class ToDo:
    """An open task that is late, or due today or tomorrow."""

    id: str
    subject: str
    due: date | None
    account: str | None
    name: str
    unsent: bool


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A quote that waits for its customer's word."""

    id: str
    number: str
    account: str | None
    name: str
    phone: str
    total: Decimal
    issued_on: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A visit report that was begun."""

    id: str
    account: str | None
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the first screen shows."""

    first_name: str
    day: date
    visits: tuple[Visit, ...]
    tasks: tuple[ToDo, ...]
    quotes: tuple[FollowUp, ...]
    conflicts: int
    unfinished: tuple[Unfinished, ...]

    @property
    def next_visit(self) -> Visit | None:
        """The first visit that has no report yet."""
        return next((visit for visit in self.visits if not visit.done), None)


def overview(session: Session, now: datetime) -> Overview:
    """The day around `now`, an aware moment whose zone tells which day it is."""
    me = local_user(session)
    begun = _unfinished(session)
    return Overview(
        first_name=_first_name(session, me),
        day=now.date(),
        visits=tuple(_visits(session, me, now, begun)),
        tasks=tuple(_tasks(session, me, now.date())),
        quotes=tuple(_quotes(session, me, now.date())),
        conflicts=conflict_count(session),
        unfinished=tuple(draft for draft, _appointment in begun),
    )


def local_user(session: Session) -> str | None:
    """The id of this laptop's user; None before enrolment."""
    return state.user(session.connection())


def conflict_count(session: Session) -> int:
    """How many records have fields that wait for a decision."""
    conflict = _table("conflict")
    waiting = (
        select(conflict.c.record_kind, conflict.c.record)
        .where(conflict.c.state == "open", conflict.c.deleted_at.is_(None))
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def complete_task(session: Session, id: str) -> dict[str, Any]:
    """Mark a task as done; the task as it was, for `reopen_task`."""
    before = records.get(session, "task", id)
    records.save(session, "task", id, {"status": "done", "done_at": datetime.now(UTC)}, loaded=before)
    return before


def reopen_task(session: Session, before: dict[str, Any]) -> None:
    """Take back `complete_task`."""
    records.save(session, "task", before["id"], {name: before[name] for name in ("status", "done_at")})


def plan_again(session: Session, id: str, due: date) -> str:
    """A new task like the one that was done, due on another day; its id."""
    done = records.get(session, "task", id)
    kept = ("subject", "account", "contact", "opportunity", "quote", "priority")
    return records.add(session, "task", {name: done[name] for name in kept} | {"due": due, "status": "open"})


def _table(kind: str) -> Table:
    found: Any = entity(kind).__table__
    assert isinstance(found, Table)
    return found


def _first_name(session: Session, me: str | None) -> str:
    if me is None:
        return alone.person(session).split(" ")[0]
    user = _table("user")
    name = session.scalar(select(user.c.name).where(user.c.id == me)) or ""
    return str(name).split(" ")[0]


def _mine(table: Table, me: str | None) -> ColumnElement[bool]:
    """The rows of the user; all of them on a laptop without one."""
    return and_(True) if me is None else or_(table.c.owner == me, table.c.owner.is_(None))


def _towns(session: Session, accounts: Collection[str]) -> dict[str, str]:
    if not accounts:
        return {}
    site = _table("site")
    rows = session.execute(
        select(site.c.account, site.c.town)
        .where(site.c.account.in_(accounts), site.c.deleted_at.is_(None), site.c.town.is_not(None))
        .order_by(site.c.kind.is_(None), site.c.kind, site.c.id)
    )
    found: dict[str, str] = {}
    for account, town in rows:
        found.setdefault(account, town)
    return found


def _unfinished(session: Session) -> list[tuple[Unfinished, str | None]]:
    """The begun reports with their appointments."""
    begun = drafts.find_all(session, "visit_report")
    names = _names(session, [draft.values.get("account") for draft in begun])
    found: list[tuple[Unfinished, str | None]] = []
    for draft in begun:
        account = draft.values.get("account")
        unfinished = Unfinished(draft.id, account, names.get(account or "", ""), draft.at)
        found.append((unfinished, draft.values.get("appointment")))
    return found


def _names(session: Session, accounts: Iterable[str | None]) -> dict[str, str]:
    wanted = {account for account in accounts if account}
    if not wanted:
        return {}
    account = _table("account")
    rows = session.execute(select(account.c.id, account.c.name).where(account.c.id.in_(wanted)))
    return {id: name or "" for id, name in rows}


def _visits(
    session: Session, me: str | None, now: datetime, begun: list[tuple[Unfinished, str | None]]
) -> list[Visit]:
    appointment = _table("appointment")
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    mine = _mine(appointment, me)
    if me is not None:
        mine = or_(mine, appointment.c.attendees.cast(Text).contains(f'"{me}"', autoescape=True))
    rows = (
        session.execute(
            select(appointment)
            .where(
                appointment.c.start >= midnight,
                appointment.c.start < midnight + timedelta(days=1),
                appointment.c.kind == "visit",
                func.coalesce(appointment.c.state, "planned") != "cancelled",
                appointment.c.deleted_at.is_(None),
                mine,
            )
            .order_by(appointment.c.start, appointment.c.id)
        )
        .mappings()
        .all()
    )
    accounts = {row["account"] for row in rows if row["account"]}
    names, towns = _names(session, accounts), _towns(session, accounts)
    reports = _reports(session, [row["id"] for row in rows])
    waiting = unsent(session, "visit_report", list(reports.values()))
    by_appointment = {appointment_id: draft.id for draft, appointment_id in begun if appointment_id}
    return [
        Visit(
            id=row["id"],
            start=row["start"].astimezone(now.tzinfo),
            minutes=int((row["end"] - row["start"]).total_seconds() // 60) if row["end"] else 0,
            account=row["account"],
            name=names.get(row["account"] or "", "") or row["subject"] or "",
            town=towns.get(row["account"] or "", ""),
            subject=row["subject"] or "",
            done=row["state"] == "done" or row["id"] in reports,
            report=reports.get(row["id"]),
            report_unsent=reports.get(row["id"]) in waiting,
            draft=by_appointment.get(row["id"]),
        )
        for row in rows
    ]


def _reports(session: Session, appointments: list[str]) -> dict[str, str]:
    """The report of each appointment that has one."""
    if not appointments:
        return {}
    report = _table("visit_report")
    rows = session.execute(
        select(report.c.appointment, report.c.id)
        .where(report.c.appointment.in_(appointments), report.c.deleted_at.is_(None))
        .order_by(report.c.id)
    )
    return {row.appointment: row.id for row in rows}


def _tasks(session: Session, me: str | None, today: date) -> list[ToDo]:
    task = _table("task")
    rows = session.execute(
        select(task.c.id, task.c.subject, task.c.due, task.c.account)
        .where(
            func.coalesce(task.c.status, "open") == "open",
            task.c.deleted_at.is_(None),
            or_(task.c.due.is_(None), task.c.due <= today + timedelta(days=1)),
            _mine(task, me),
        )
        .order_by(task.c.due.is_(None), task.c.due, task.c.priority != "high", task.c.id)
    ).all()
    names = _names(session, [row.account for row in rows])
    waiting = unsent(session, "task", [row.id for row in rows])
    return [
        ToDo(
            row.id,
            row.subject or "",
            row.due,
            row.account,
            names.get(row.account or "", ""),
            row.id in waiting,
        )
        for row in rows
    ]


def _quotes(session: Session, me: str | None, today: date) -> list[FollowUp]:
    quote, account = _table("quote"), _table("account")
    old = today - timedelta(days=SILENT_FOR_DAYS)
    soon = today + timedelta(days=EXPIRES_WITHIN_DAYS)
    lately = today - timedelta(days=EXPIRED_FOR_DAYS)
    rows = session.execute(
        select(
            quote.c.id,
            quote.c.number,
            quote.c.account,
            account.c.name,
            account.c.phone,
            quote.c.total_ht,
            quote.c.issued_on,
            quote.c.valid_until,
        )
        .join(account, account.c.id == quote.c.account, isouter=True)
        .where(
            quote.c.status.in_(("issued", "sent", "expired")),
            quote.c.deleted_at.is_(None),
            or_(quote.c.valid_until.is_(None), quote.c.valid_until >= lately),
            or_(
                func.coalesce(quote.c.follow_up_on <= today, quote.c.issued_on <= old),
                quote.c.valid_until <= soon,
            ),
            _mine(quote, me),
        )
        .order_by(quote.c.valid_until.is_(None), quote.c.valid_until, quote.c.id)
    )
    return [
        FollowUp(id, number or "", of, name or "", phone or "", total or Decimal(0), issued, until)
        for id, number, of, name, phone, total, issued, until in rows
    ]
