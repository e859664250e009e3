"""Appointments, tasks and calls as they are declared."""

from __future__ import annotations

from app.entity import (
    Entity,
    Mapped,
    choice,
    date,
    duration,
    link,
    links,
    long_text,
    text,
    timestamp,
    under,
)
from app.i18n import mark as _


class Appointment(Entity):
    """A meeting that is planned or took place; a visit is an appointment of kind `visit`."""

    label, labels = _("Appointment"), _("Appointments")
    travel = under("account")

    kind: Mapped[str | None] = choice(
        _("Kind"),
        (("visit", _("Visit")), ("call", _("Call")), ("meeting", _("Meeting")), ("demo", _("Demonstration"))),
        listed=True,
    )
    subject: Mapped[str | None] = text(_("Subject"), listed=True)
    account: Mapped[str | None] = link("account", _("Account"), listed=True)
    site: Mapped[str | None] = link("site", _("Site"))
    contacts: Mapped[object] = links(_("Contacts"), "contact")
    start: Mapped[object] = timestamp(_("Start"), required=True, listed=True, group="time")
    end: Mapped[object] = timestamp(_("End"), group="time")
    time_zone: Mapped[str | None] = text(_("Time zone"), group="time")
    place: Mapped[str | None] = text(_("Place"))
    attendees: Mapped[object] = links(_("Attendees"), "user")
    state: Mapped[str | None] = choice(
        _("State"), (("planned", _("Planned")), ("done", _("Done")), ("cancelled", _("Cancelled")))
    )
    recurrence: Mapped[str | None] = text(_("Recurrence"))
    outside_id: Mapped[str | None] = text(_("Outside calendar's id"))
    notes: Mapped[str | None] = long_text(_("Notes"))


class Task(Entity):
    """Something to do by a day."""

    label, labels = _("Task"), _("Tasks")
    travel = under("account")

    subject: Mapped[str] = text(_("Subject"), required=True, listed=True)
    account: Mapped[str | None] = link("account", _("Account"), listed=True)
    contact: Mapped[str | None] = link("contact", _("Contact"))
    opportunity: Mapped[str | None] = link("opportunity", _("Opportunity"))
    quote: Mapped[str | None] = link("quote", _("Quote"))
    due: Mapped[object] = date(_("Due"), listed=True)
    due_time: Mapped[object] = timestamp(_("At"))
    priority: Mapped[str | None] = choice(
        _("Priority"), (("low", _("Low")), ("normal", _("Normal")), ("high", _("High")))
    )
    reminder: Mapped[object] = timestamp(_("Reminder"))
    status: Mapped[str | None] = choice(
        _("Status"), (("open", _("Open")), ("done", _("Done")), ("cancelled", _("Cancelled"))), listed=True
    )
    done_at: Mapped[object] = timestamp(_("Done at"))
    notes: Mapped[str | None] = long_text(_("Notes"))


class Call(Entity):
    """A telephone call that took place."""

    label, labels = _("Call"), _("Calls")
    travel = under("account")

    account: Mapped[str | None] = link("account", _("Account"), listed=True)
    contact: Mapped[str | None] = link("contact", _("Contact"))
    direction: Mapped[str | None] = choice(
        _("Direction"), (("in", _("Incoming")), ("out", _("Outgoing"))), listed=True
    )
    at: Mapped[object] = timestamp(_("At"), required=True, listed=True)
    duration: Mapped[int | None] = duration(_("Duration"), listed=True)
    outcome: Mapped[str | None] = text(_("Outcome"), listed=True)
    notes: Mapped[str | None] = long_text(_("Notes"))
