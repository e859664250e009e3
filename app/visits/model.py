"""Visit reports and report templates as they are declared."""

from __future__ import annotations

from app.entity import (
    Entity,
    Mapped,
    choice,
    everywhere,
    integer,
    json,
    link,
    links,
    long_text,
    text,
    timestamp,
    under,
    yes_no,
)
from app.i18n import mark as _

TYPES = (
    ("customer_visit", _("Customer visit")),
    ("discovery", _("Discovery")),
    ("after_sales", _("After-sales")),
)
OUTCOMES = (
    ("positive", _("Positive")),
    ("neutral", _("Neutral")),
    ("negative", _("Negative")),
    ("absent", _("Absent")),
)


FORM_FIELDS = (
    "appointment", "account", "site", "start", "end", "contacts_met", "type", "outcome", "template",
    "template_version", "answers", "summary", "next_action", "next_action_date", "no_next_action",
)  # fmt: skip
"""What the sheet of a visit report holds."""


class ReportTemplate(Entity):
    """The questions that a type of visit asks."""

    label, labels = _("Report template"), _("Report templates")
    travel = everywhere()

    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    type: Mapped[str | None] = choice(_("Type"), TYPES, listed=True)
    version: Mapped[int | None] = integer(_("Version"))
    questions: Mapped[object] = json(_("Questions"), unit="list")
    active: Mapped[bool | None] = yes_no(_("Active"), listed=True)


class VisitReport(Entity):
    """What happened at a visit, and what comes next."""

    label, labels = _("Visit report"), _("Visit reports")
    travel = under("account")

    appointment: Mapped[str | None] = link("appointment", _("Appointment"))
    account: Mapped[str | None] = link("account", _("Account"), required=True, listed=True)
    site: Mapped[str | None] = link("site", _("Site"))
    start: Mapped[object] = timestamp(_("Start"), listed=True)
    end: Mapped[object] = timestamp(_("End"))
    contacts_met: Mapped[object] = links(_("Contacts met"), "contact")
    type: Mapped[str] = choice(_("Type"), TYPES, required=True, listed=True)
    outcome: Mapped[str | None] = choice(_("Outcome"), OUTCOMES, listed=True)
    template: Mapped[str | None] = link("report_template", _("Template"))
    template_version: Mapped[int | None] = integer(_("Template version"))
    answers: Mapped[object] = json(_("Answers"), unit="key")
    summary: Mapped[str | None] = long_text(_("Report"), search=True)
    objections: Mapped[str | None] = long_text(_("Objections"))
    competition: Mapped[str | None] = long_text(_("Competition"), search=True)
    next_action: Mapped[str | None] = text(_("Next action"), group="next_action")
    next_action_date: Mapped[object] = timestamp(_("Next action on"), group="next_action")
    no_next_action: Mapped[bool | None] = yes_no(_("No next action"), group="next_action")
    photos: Mapped[object] = links(_("Photos"), "attachment")
    validated_at: Mapped[object] = timestamp(_("Validated at"))
