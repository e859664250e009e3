"""Conflicts as they are declared: what sync keeps where two people wrote one field."""

from __future__ import annotations

from app.entity import Entity, Mapped, Travel, choice, json, link, text, timestamp
from app.i18n import mark as _
from sync.schema import ScopeRule


class Conflict(Entity):
    """A value that did not win, with its author, until somebody decides."""

    label, labels = _("Conflict"), _("Conflicts")
    travel = Travel(scope=(ScopeRule(fixed="record"),))

    record_kind: Mapped[str] = text(_("Kind of record"), required=True, listed=True)
    record: Mapped[str] = text(_("Record"), required=True, listed=True)
    field: Mapped[str] = text(_("Field"), required=True, listed=True)
    base: Mapped[str | None] = json(_("Before"))
    candidates: Mapped[object] = json(_("Versions"))
    state: Mapped[str | None] = choice(
        _("State"), (("open", _("Open")), ("resolved", _("Resolved"))), listed=True
    )
    resolution: Mapped[object] = json(_("Decision"))
    resolved_by: Mapped[str | None] = text(_("Decided by"))
    resolved_at: Mapped[object] = timestamp(_("Decided at"))


class Parked(Entity):
    """An action that the server could not apply, for its author and for those who lead him."""

    label, labels = _("Parked action"), _("Parked actions")
    travel = Travel(scope=(ScopeRule(field="author", prefix="parked"),))

    author: Mapped[str] = link("user", _("Author"), required=True, listed=True)
    device: Mapped[str | None] = text(_("Laptop"))
    reason: Mapped[str | None] = text(_("Reason"), listed=True)
    waits_for: Mapped[str | None] = text(_("Waits for"))
    done_at: Mapped[object] = timestamp(_("Done at"), index=False)
    received_at: Mapped[object] = timestamp(_("Received at"), listed=True, index=False)
    changes: Mapped[object] = json(_("Changes"))
    """As they were sent: a list of `{"table", "id", "kind", "base_rev", "fields", "at"}`."""
    state: Mapped[str | None] = choice(
        _("State"),
        (("waiting", _("Waiting")), ("applied", _("Applied")), ("withdrawn", _("Withdrawn"))),
        listed=True,
    )
    decision: Mapped[str | None] = choice(
        _("Decision"), (("retry", _("Try again")), ("withdraw", _("Take back")))
    )
    correction: Mapped[object] = json(_("Corrected changes"))
    decided_by: Mapped[str | None] = text(_("Decided by"))
    decided_at: Mapped[object] = timestamp(_("Decided at"), index=False)
