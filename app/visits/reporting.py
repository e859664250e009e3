"""From an appointment to its report: what the sheet opens with, its draft, and saving it with what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app import attachments, drafts, formats, records
from app.entity import entity
from app.errors import Invalid, NotFound
from app.i18n import translate as _
from app.identity import new_id
from app.natural_dates import add_months
from app.visits.model import FORM_FIELDS
from app.visits.templates import Template, templates

KIND = "visit_report"
_TYPE_OF = {"prospect": "discovery"}
"""The type of report that an account of this type begins with; others are customer visits."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact of the account."""

    id: str
    name: str
    job: str


@dataclass(frozen=True, slots=True)
class OpenQuote:
    """A quote that the customer has in hand."""

    id: str
    number: str
    total: Decimal
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Reminder:
    """What to have in mind before writing."""

    quotes: tuple[OpenQuote, ...]
    last_day: date | None
    last_action: str
    outstanding: Decimal | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the report page opens with; `values` come from the draft, else from the saved report."""

    id: str
    exists: bool
    account: str
    name: str
    start: datetime
    values: dict[str, Any]
    loaded: dict[str, Any]
    focus: str | None
    kept_at: datetime | None
    templates: tuple[Template, ...]
    people: tuple[Person, ...]
    reminder: Reminder
    unsent: bool = False


def open_sheet(
    session: Session,
    now: datetime,
    *,
    report: str | None = None,
    appointment: str | None = None,
    account: str | None = None,
) -> Sheet:
    """The sheet of a report, or of an appointment or account that has none yet. Raises NotFound."""
    draft = _draft_of(session, report, appointment, account)
    stored = _stored(session, draft.id if draft else report, appointment)
    if stored is None and draft is None and appointment is None and account is None:
        raise NotFound(_("This report is not on this laptop."))
    if stored is not None:
        loaded = stored
    else:
        given = draft.values if draft else {"appointment": appointment, "account": account}
        loaded = _fresh(session, now, given)
    values = {**loaded, **(draft.values if draft else {})}
    customer = records.get(session, "account", str(values["account"]))
    return Sheet(
        id=draft.id if draft else str(stored["id"]) if stored else _unused(session, report),
        exists=stored is not None,
        account=customer["id"],
        name=str(customer["name"]),
        start=values["start"] or now,
        values=values,
        # An older draft was written over what the form showed then: that stays the base of its merge.
        loaded={**loaded, **(draft.loaded or {})} if draft and stored else loaded,
        focus=draft.focus if draft else None,
        kept_at=draft.at if draft else None,
        templates=templates(session),
        people=people(session, customer["id"]),
        reminder=reminder(session, customer, now.date(), except_report=draft.id if draft else report),
    )


def keep_draft(
    session: Session, id: str, values: Mapping[str, Any], loaded: Mapping[str, Any], focus: str | None
) -> datetime:
    """Keep the sheet as it stands; when that was."""
    return drafts.keep(session, KIND, id, values, loaded, focus)


def drop_draft(session: Session, id: str) -> None:
    """Forget the draft of a report."""
    drafts.discard(session, KIND, id)


def save(session: Session, id: str, values: Mapping[str, Any], loaded: Mapping[str, Any]) -> str | None:
    """Keep the report, its follow-up task and the end of the visit in one transaction; the task's id. Raises Invalid.

    `values` are those of the form; a next action, or the word that there is none, is required.
    """
    clean = _checked(values)
    clean["photos"] = [file.id for file in attachments.find(session, KIND, id)]
    exists = _exists(session, id)
    if exists:
        records.save(session, KIND, id, clean, loaded=loaded)
    else:
        now = datetime.now(UTC)
        records.add(session, KIND, {"validated_at": now, **clean, "end": clean.get("end") or now}, id=id)
    task = _follow_up(session, clean, loaded if exists else {})
    if not exists:
        _end_visit(session, clean.get("appointment"))
    drafts.discard(session, KIND, id)
    return task


def people(session: Session, account: str) -> tuple[Person, ...]:
    """The contacts of an account who have not left."""
    rows = records.find_rows(session, "contact", {"account": account})
    return tuple(
        Person(
            row["id"],
            " ".join(part for part in (row["first_name"], row["last_name"]) if part),
            row["job"] or "",
        )
        for row in rows
        if row["left_on"] is None
    )


def reminder(
    session: Session, customer: Mapping[str, Any], today: date, except_report: str | None = None
) -> Reminder:
    """Open quotes, the last report's next action, and what the customer owes."""
    quote, report = _table("quote"), _table(KIND)
    quotes = session.execute(
        select(quote.c.id, quote.c.number, quote.c.total_ht, quote.c.valid_until)
        .where(
            quote.c.account == customer["id"],
            quote.c.deleted_at.is_(None),
            quote.c.status.in_(("issued", "sent")),
        )
        .order_by(quote.c.valid_until)
        .limit(3)
    )
    last = session.execute(
        select(report.c.start, report.c.next_action)
        .where(
            report.c.account == customer["id"],
            report.c.deleted_at.is_(None),
            report.c.next_action.is_not(None),
            report.c.id != (except_report or ""),
        )
        .order_by(report.c.start.desc())
        .limit(1)
    ).first()
    return Reminder(
        tuple(OpenQuote(id, number or "", total or Decimal(0), until) for id, number, total, until in quotes),
        formats.local(last.start).date() if last and last.start else None,
        str(last.next_action) if last else "",
        customer["outstanding"],
    )


def _table(kind: str) -> Table:
    found: Any = entity(kind).__table__
    assert isinstance(found, Table)
    return found


def _exists(session: Session, id: str) -> bool:
    report = _table(KIND)
    return session.execute(select(report.c.id).where(report.c.id == id)).first() is not None


def _unused(session: Session, id: str | None) -> str:
    """The id that a page already knows its report by, unless that report was deleted."""
    return new_id() if id is None or _exists(session, id) else id


def _draft_of(
    session: Session, report: str | None, appointment: str | None, account: str | None
) -> drafts.Draft | None:
    for id in (report, drafts.after_undo(report)) if report else ():
        if found := drafts.find(session, KIND, id):
            return found
    for draft in drafts.find_all(session, KIND):
        of = draft.values
        if appointment is not None and of.get("appointment") == appointment:
            return draft
        # An account has one report begun without an appointment; a saved one is not meant by it.
        if (
            report is None
            and appointment is None
            and of.get("account") == account
            and of.get("appointment") is None
            and not _exists(session, draft.id)
        ):
            return draft
    return None


def _stored(session: Session, report: str | None, appointment: str | None) -> dict[str, Any] | None:
    for where in ({"id": report}, {"appointment": appointment}):
        if None not in where.values():
            found = records.find_rows(session, KIND, where, limit=1)
            if found:
                return found[0]
    return None


def _fresh(session: Session, now: datetime, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a new report begins with."""
    values: dict[str, Any] = dict.fromkeys(FORM_FIELDS)
    account = given.get("account")
    if given.get("appointment"):
        visit = records.get(session, "appointment", str(given["appointment"]))
        account = visit["account"] or account
        values.update(appointment=visit["id"], site=visit["site"], start=visit["start"], end=visit["end"])
        values["contacts_met"] = visit["contacts"]
    if not account:
        raise NotFound(_("This visit names no account. Add one to the appointment first."))
    customer = records.get(session, "account", str(account))
    values["account"] = account
    values["start"] = values["start"] or now.astimezone(UTC).replace(second=0, microsecond=0)
    values["type"] = _TYPE_OF.get(str(customer["type"]), "customer_visit")
    template = next((t for t in templates(session) if t.type == values["type"]), None)
    if template is not None:
        values.update(template=template.id, template_version=template.version)
    return values


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    clean = {name: values.get(name) for name in FORM_FIELDS}
    action = str(clean["next_action"] or "").strip()
    none = bool(clean["no_next_action"])
    if not action and not none:
        raise Invalid({"next_action": _("Say what comes next, or choose “None planned”.")})
    if action and not none and clean["next_action_date"] is None:
        raise Invalid({"next_action_date": _("Say when: “Monday 10:00”, “+7”, 21/11/2026.")})
    clean["no_next_action"] = none
    clean["next_action"] = None if none else action
    when = clean["next_action_date"]
    clean["next_action_date"] = None if none or when is None else _moment(when)
    answers = {key: value for key, value in (clean["answers"] or {}).items() if value not in (None, "")}
    clean["answers"] = answers
    return clean


def _moment(when: date | datetime) -> datetime:
    """A day alone is kept as its midnight: a time that nobody chose is not shown as one."""
    if isinstance(when, datetime):
        return when
    return datetime(when.year, when.month, when.day, tzinfo=formats.zone())


def has_time(moment: datetime) -> bool:
    """Whether a time of day was chosen for the next action."""
    here = formats.local(moment)
    return bool(here.hour or here.minute)


def _follow_up(session: Session, clean: Mapping[str, Any], before: Mapping[str, Any]) -> str | None:
    """The task of the next action: new, or moved along when a saved report says another one."""
    action, moment = clean["next_action"], clean["next_action_date"]
    if action is None or (action, moment) == (before.get("next_action"), before.get("next_action_date")):
        return None
    values = {
        "subject": action,
        "account": clean["account"],
        "due": formats.local(moment).date(),
        "due_time": moment if has_time(moment) else None,
    }
    if before.get("next_action"):
        where = {"account": clean["account"], "subject": before["next_action"], "status": "open"}
        for task in records.find_rows(session, "task", where, order="-id", limit=1):
            records.save(session, "task", task["id"], values)
            return str(task["id"])
    contact = (clean["contacts_met"] or [None])[0]
    new = {**values, "contact": contact, "status": "open", "priority": "normal"}
    return records.add(session, "task", new)


def _end_visit(session: Session, appointment: str | None) -> None:
    if appointment is not None:
        records.save(session, "appointment", appointment, {"state": "done"})


def ahead(choice: str, today: date) -> date:
    """The day of a quick choice: `tomorrow`, `week`, `month`."""
    return {
        "tomorrow": today + timedelta(days=1),
        "week": today + timedelta(days=7),
        "month": add_months(today, 1),
    }[choice]
