"""A quote that left this laptop's territories while work on it is still to be sent."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.errors import NotAllowed
from app.i18n import translate as _
from sync.overlay import is_leaving


def require_whole(session: Session, quote_id: str) -> None:
    """Raises NotAllowed for a quote of which lines may be gone: what is computed from the others would be wrong."""
    if is_leaving(session.connection(), "quote", quote_id):
        raise NotAllowed(
            _("This quote is no longer yours: it leaves this laptop once your work on it is sent.")
        )
