"""Attachments as they are declared: what a file is; its bytes travel apart."""

from __future__ import annotations

from app.entity import Entity, Mapped, integer, link, text, under
from app.i18n import mark as _


class Attachment(Entity):
    """A file that belongs to a record, known by the SHA-256 of its bytes."""

    label, labels = _("Attachment"), _("Attachments")
    travel = under("account")

    account: Mapped[str | None] = link("account", _("Account"))
    record_kind: Mapped[str | None] = text(_("Kind of record"))
    record: Mapped[str | None] = text(_("Record"))
    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    media_type: Mapped[str | None] = text(_("Type"), listed=True)
    size: Mapped[int | None] = integer(_("Size"), unit="bytes", listed=True)
    sha256: Mapped[str | None] = text("SHA-256")
    width: Mapped[int | None] = integer(_("Width"), unit="px")
    height: Mapped[int | None] = integer(_("Height"), unit="px")
    caption: Mapped[str | None] = text(_("Caption"))
