"""What may be done next with a quote on this laptop, read at once for the menu that offers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import attachments, records
from app.errors import NotAllowed
from app.i18n import translate as _
from app.quotes import authority, issuing, letters, life, sealing
from app.quotes.composing import full_number
from app.quotes.notices import find_versions
from sync import state

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prospects:
    """A quote, who looks at it, and what belongs to it."""

    quote: Record
    choices: tuple[Record, ...] = ()
    """Its options and alternatives."""
    revisions: tuple[tuple[str, str], ...] = ()
    """(id, number) of the other revisions on this laptop, and of a version that another person made at once."""
    order: str | None = None
    signature: Record | None = None
    approver: bool = False
    """Whether whoever works here may approve quotes."""
    needs_approval: bool = False
    server_posts: bool = False
    """Whether the server sends e-mails, so that no mail program is needed."""
    people: tuple[tuple[str, str], ...] = ()
    """(id, name) of the others, to whom an approver may give codes."""

    def may_become(self, status: str) -> bool:
        """Whether that status may follow."""
        return status in life.NEXT[self.quote["status"] or "draft"]


def look(session: Session, quote_id: str) -> Prospects:
    """What may be done with the quote. Raises NotFound."""
    quote = records.get(session, "quote", quote_id)
    me = state.user(session.connection())
    try:
        authority.check_approver(session, me, None)
        approver = True
    except NotAllowed:
        approver = False
    draft = quote["status"] in (None, "draft", "to_approve")
    lines = issuing.find_lines(session, quote_id)
    signatures = records.find_rows(session, "signature", {"quote": quote_id}, limit=1)
    same = records.find_rows(session, "quote", {"number": quote["number"]}) if quote["number"] else []
    versions = find_versions(session, quote_id)
    users = records.find_rows(session, "user", order="name") if approver else []
    return Prospects(
        quote=quote,
        choices=tuple(line for line in lines if line["choice_kind"] in ("option", "alternate")),
        revisions=(
            *((each["id"], full_number(each)) for each in same if each["id"] not in (quote_id, *versions)),
            *((id, _("the other version")) for id in versions),
        ),
        order=life.order_of(session, quote_id),
        signature=signatures[0] if signatures else None,
        approver=approver,
        needs_approval=draft
        and authority.deepest_discount(session, quote_id).needs_approval
        and not authority.is_approved(session, quote),
        server_posts=letters.server_posts(session),
        people=tuple((each["id"], each["name"]) for each in users if each["id"] != me),
    )


def signed_file(session: Session, signature: Record) -> bytes | None:
    """The sealed PDF, or the photo of the signed paper; None while it is not on this laptop."""
    found = records.find_rows(session, "attachment", {"id": signature["attachment"]}, limit=1)
    return attachments.of_digest(session, found[0]["sha256"]) if found else None


def seal_holds(content: bytes) -> bool:
    """Whether not one byte of a sealed PDF was changed."""
    return sealing.check(content).good
