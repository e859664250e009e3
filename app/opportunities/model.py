"""Opportunities, pipelines and stages as they are declared."""

from __future__ import annotations

from app.entity import (
    Entity,
    Mapped,
    choice,
    date,
    everywhere,
    integer,
    json,
    link,
    links,
    long_text,
    money,
    percentage,
    text,
    under,
)
from app.i18n import mark as _


class Pipeline(Entity):
    """A row of stages that opportunities pass."""

    label, labels = _("Pipeline"), _("Pipelines")
    travel = everywhere()

    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    position: Mapped[int | None] = integer(_("Position"))


class Stage(Entity):
    """One step of a pipeline."""

    label, labels = _("Stage"), _("Stages")
    travel = everywhere()

    pipeline: Mapped[str | None] = link("pipeline", _("Pipeline"))
    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    position: Mapped[int | None] = integer(_("Position"), listed=True)
    probability: Mapped[object] = percentage(_("Probability"), listed=True)
    exit_criteria: Mapped[str | None] = long_text(_("Exit criteria"))
    max_age: Mapped[int | None] = integer(_("Longest stay"), unit="days")
    outcome: Mapped[str | None] = choice(
        _("Outcome"), (("open", _("Open")), ("won", _("Won")), ("lost", _("Lost")))
    )


class Opportunity(Entity):
    """A possible sale."""

    label, labels = _("Opportunity"), _("Opportunities")
    travel = under("account")

    name: Mapped[str] = text(_("Name"), required=True, search=True, listed=True, aliases=("opportunity_id",))
    account: Mapped[str | None] = link("account", _("Account"), listed=True)
    site: Mapped[str | None] = link("site", _("Site"))
    contacts: Mapped[object] = links(_("Contacts"), "contact")
    stage: Mapped[str | None] = link("stage", _("Stage"), listed=True)
    amount: Mapped[object] = money(_("Amount"), listed=True, aliases=("close_value",))
    probability: Mapped[object] = percentage(_("Probability"))
    close_date: Mapped[object] = date(_("Close date"), listed=True)
    competitor: Mapped[str | None] = text(_("Competitor"))
    next_action: Mapped[str | None] = text(_("Next action"), group="next_action")
    next_action_date: Mapped[object] = date(_("Next action on"), group="next_action")
    loss_reason: Mapped[str | None] = text(_("Loss reason"))
    stage_history: Mapped[object] = json(_("Stage history"), unit="list")
    source: Mapped[str | None] = text(_("Source"))
    products: Mapped[object] = links(_("Products of interest"), "product")
    opened_on: Mapped[object] = date(_("Opened on"), aliases=("engage_date",))
