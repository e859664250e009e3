"""Attachments as they are declared: what a file is; its bytes travel apart."""

from __future__ import annotations

from app.entity import Entity, Mapped, Travel, integer, link, text
from app.i18n import mark as _
from sync.schema import AS_RECORD, ScopeRule


class Attachment(Entity):
    """A file that belongs to a record, known by the SHA-256 of its bytes."""

    label, labels = _("Attachment"), _("Attachments")
    travel = Travel(
        # A picture of a product is the company's, one of a report its account's.
        scope=(
            ScopeRule(parent="account"),
            ScopeRule(fixed=AS_RECORD),
            ScopeRule(field="owner", prefix="user"),
        ),
        parent="account",
    )

    account: Mapped[str | None] = link("account", _("Account"))
    record_kind: Mapped[str | None] = text(_("Kind of record"))
    record: Mapped[str | None] = text(_("Record"), index=True)
    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    media_type: Mapped[str | None] = text(_("Type"), listed=True)
    size: Mapped[int | None] = integer(_("Size"), unit="bytes", listed=True)
    sha256: Mapped[str | None] = text("SHA-256", index=True)
    thumbnail: Mapped[str | None] = text(_("SHA-256 of the small picture"), index=True)
    arrived: Mapped[str | None] = text(_("What the server has"), computed=True)
    """`thumbnail` or `file`, said by the server once it has those bytes from the row's author."""
    width: Mapped[int | None] = integer(_("Width"), unit="px")
    height: Mapped[int | None] = integer(_("Height"), unit="px")
    caption: Mapped[str | None] = text(_("Caption"))
