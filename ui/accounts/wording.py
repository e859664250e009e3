"""How the events of an account read: one title, one line, one date each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app import formats
from app.accounts.card import Event
from app.entity import field
from app.i18n import language
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from ui.accounts.timeline import Entry
from ui.words import amount, short_day

GROUPS: dict[str, frozenset[str]] = {
    "visits": frozenset({"appointment", "visit_report"}),
    "quotes": frozenset({"quote"}),
    "calls": frozenset({"call"}),
}
"""The chips of the timeline and the kinds that each shows."""


def timeline(events: Iterable[Event], group: str | None, now: datetime) -> list[Entry]:
    """The entries of a group, all without one, under headings of day and month."""
    entries: list[Entry] = []
    heading = ""
    for event in events:
        if group is not None and event.kind not in GROUPS[group]:
            continue
        here = formats.local(event.at)
        title = _heading(here.date(), now.date())
        if title != heading:
            heading = title
            entries.append(Entry(title))
        entries.append(_entry(event, here, now))
    return entries


def for_customer(entries: Iterable[Entry]) -> list[Entry]:
    """The same without what was noted about the customer: tasks, notes, and the words of reports and calls."""
    found: list[Entry] = []
    for entry in entries:
        if entry.event is None:
            if found and found[-1].event is None:
                found.pop()  # a heading with nothing left under it
            found.append(entry)
        elif entry.event.kind == "quote":
            found.append(entry)
        elif entry.event.kind in ("appointment", "visit_report", "call"):
            title = _("Visit report") if entry.event.kind == "visit_report" else entry.title
            found.append(replace(entry, title=title, detail="", tone="info"))
    if found and found[-1].event is None:
        found.pop()
    return found


def _heading(day: date, today: date) -> str:
    if day > today:
        return _("To come")
    if day == today:
        words = formats.relative_days(day, today)
        return words[0].upper() + words[1:]
    words = f"{formats.MONTHS[language()][day.month - 1]} {day.year}"
    return words[0].upper() + words[1:]


def _entry(event: Event, here: datetime, now: datetime) -> Entry:
    icon, tone, title, detail = _WORDED[event.kind](event.values, here, now)
    when = (
        f"{here:%H:%M}" if event.timed and here.date() == now.date() else short_day(here.date(), now.date())
    )
    return Entry(title, icon, tone, _one_line(detail), when, event.unsent, event)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _joined(*parts: str | None) -> str:
    return "  ·  ".join(part for part in parts if part)


Words = tuple[str, str, str, str]
PLANNED = {
    "visit": m_("Visit planned at {time}"),
    "call": m_("Call planned at {time}"),
    "meeting": m_("Meeting planned at {time}"),
    "demo": m_("Demonstration planned at {time}"),
}
CANCELLED = {
    "visit": m_("Visit cancelled"),
    "call": m_("Call cancelled"),
    "meeting": m_("Meeting cancelled"),
    "demo": m_("Demonstration cancelled"),
}


def _appointment(row: Mapping[str, Any], here: datetime, now: datetime) -> Words:
    kind = row["kind"] if row["kind"] in PLANNED else "visit"
    if row["state"] == "cancelled":
        title = _(CANCELLED[kind])
        return "calendar", "flat", title, _joined(row["subject"], row["notes"])
    if here > now:
        title = _(PLANNED[kind], time=f"{here:%H:%M}")
        return "calendar-clock", "info", title, _joined(row["subject"], row["place"])
    title = field("appointment", "kind").choice_label(kind)
    return "calendar-check", "info", title, _joined(row["subject"], row["notes"])


def _report(row: Mapping[str, Any], here: datetime, now: datetime) -> Words:
    outcome = field("visit_report", "outcome")
    said = row["summary"] or row["next_action"] or ""
    title = _("Visit report")
    if row["outcome"]:
        title = _("Visit report, {outcome}", outcome=outcome.choice_label(row["outcome"]).lower())
    tone = {"negative": "bad", "absent": "flat", "neutral": "info"}.get(row["outcome"] or "", "ok")
    photos = len(row["photos"] or ())
    shown = _n("{n} photo", "{n} photos", photos) if photos else None
    return "clipboard-check", tone, title, _joined(shown, said)


def _call(row: Mapping[str, Any], here: datetime, now: datetime) -> Words:
    title = _("Incoming call") if row["direction"] == "in" else _("Outgoing call")
    if row["duration"]:
        title = f"{title}, {formats.format_duration(row['duration'])}"
    return "phone", "ok", title, _joined(row["outcome"], row["notes"])


def _quote(row: Mapping[str, Any], here: datetime, now: datetime) -> Words:
    status = field("quote", "status").choice_label(row["status"] or "draft").lower()
    name = _("Quote {number}", number=row["number"]) if row["number"] else _("Quote")
    tone = {"accepted": "ok", "refused": "bad", "expired": "flat"}.get(row["status"] or "", "vio")
    total = amount(row["total_ht"]) if row["total_ht"] is not None else None
    until = None
    if row["status"] in ("issued", "sent") and row["valid_until"]:
        when = formats.relative_days(row["valid_until"], now.date())
        late = row["valid_until"] < now.date()
        until = _("expired {when}", when=when) if late else _("expires {when}", when=when)
    return "file-text", tone, f"{name}, {status}", _joined(row["subject"], total, until)


def _task(row: Mapping[str, Any], here: datetime, now: datetime) -> Words:
    done = row["status"] == "done"
    state = _("Done") if done else _("To do")
    if row["status"] == "cancelled":
        state = _("Cancelled")
    late = not done and here.date() < now.date()
    icon, tone = (
        ("circle-check", "ok") if done else ("circle-alert", "bad") if late else ("circle-check", "flat")
    )
    return icon, tone, row["subject"] or "", _joined(state, row["notes"])


def _note(row: Mapping[str, Any], here: datetime, now: datetime) -> Words:
    return "pen-line", "flat", _("Note"), row["text"]


_WORDED = {
    "appointment": _appointment,
    "visit_report": _report,
    "call": _call,
    "quote": _quote,
    "task": _task,
    "note": _note,
}
