"""Conflicts as they are declared: what sync keeps where two people wrote one field."""

from __future__ import annotations

from app.entity import Entity, Mapped, Travel, choice, json, text, timestamp
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
