"""The picture of a product: an attachment of its own, which lists, sheets and quotes show."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import attachments, company, records
from app.attachments import Prepared
from app.errors import Invalid, NotAllowed
from app.i18n import translate as _


def may_picture(session: Session) -> bool:
    """Whether whoever works here gives products their pictures: the catalogue is the office's, as the company is."""
    return company.may_write(session)


def keep_picture(session: Session, product: str, prepared: Prepared) -> str:
    """Make prepared bytes the product's picture; the attachment's id. Raises NotFound, NotAllowed, Invalid."""
    known = records.get(session, "product", product)
    if not may_picture(session):
        raise NotAllowed(_("Only the office changes the catalogue."))
    # A name alone may say that it is one, and the paper kept an empty place; a GIF is kept as it came, unmeasured.
    if prepared.width is None and prepared.media_type != "image/gif":
        raise Invalid({"image": _("“{name}” is no picture. Choose a PNG or a JPEG.", name=prepared.name)})
    id = attachments.add(session, prepared, "product", product)
    records.save(session, "product", product, {"image": id}, loaded=known)
    return id
