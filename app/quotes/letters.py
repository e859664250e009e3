"""A quote's e-mail that the server posts: queued on the laptop, with or without a network, and what became of it.

The letter is made here, whole, and carried as an attachment of the quote (see `sync.letters`); the company's setting
`server_mail`, which the server writes itself, says whether there is anybody to post it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app import attachments, formats, records
from app.errors import Invalid, NotAllowed
from app.i18n import mark
from app.i18n import translate as _
from app.quotes import life, mailing
from sync import state
from sync.clock import parse_time
from sync.letters import (
    KIND,
    MOST_BYTES,
    NO_ACCESS,
    NO_BYTES,
    POSTED,
    RECIPIENT,
    REFUSED,
    SENDER,
    SETTING,
    TOO_BIG,
    TOO_MANY,
    UNREACHED,
    UNREADABLE,
    UNSURE,
    read_state,
)

if TYPE_CHECKING:
    from app.workspace import Workspace

_REASONS: Mapping[str, str] = {
    NO_ACCESS: mark("whoever wrote it has no access any more, or does not see this quote."),
    NO_BYTES: mark("its file never came to the server."),
    TOO_BIG: mark("it is larger than 30 MB."),
    TOO_MANY: mark("whoever wrote it sends too many e-mails a day."),
    UNREADABLE: mark("its content is not that of an e-mail with a quote."),
    RECIPIENT: mark("it has too many recipients, or one whose address is none."),
    SENDER: mark("the e-mail address of whoever wrote it cannot be used."),
    UNREACHED: mark("the server could not reach its mail server for three days."),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What whoever sends it read over, and may have changed."""

    to: str
    subject: str
    text: str

    @classmethod
    def of(cls, letter: mailing.Letter, to: str = "") -> Wording:
        """As the company's words have it, and to whom the record says, even what is no address."""
        subject, text = letter.words()
        return cls(to or letter.to, subject, text)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of a quote: to whom, what became of it, and the moment or the reason."""

    id: str
    to: str
    state: str
    detail: str


def server_posts(session: Session) -> bool:
    """Whether the server of this laptop posts e-mails."""
    found = records.first(session, "setting", {"name": SETTING}).get("value")
    return isinstance(found, Mapping) and state.get(session.connection(), "server") is not None


def queue(workspace: Workspace, letter: mailing.Letter, wording: Wording) -> str:
    """Have the server post it once this laptop has synchronised; the letter's id. Raises Invalid, NotAllowed."""
    with workspace.read() as session:
        if not server_posts(session):
            raise NotAllowed(_("Your server posts no e-mails. Write this one in your mail program."))
    to = check(wording)
    content = replace(letter, to=", ".join(to)).render((wording.subject, wording.text))
    if len(content) > MOST_BYTES:
        raise NotAllowed(_("The e-mail would be larger than 30 MB, which the server does not send."))
    quote = letter.quote
    folder = workspace.folder / attachments.FOLDER
    prepared = attachments.prepare(folder, content, f"{letter.name}.eml")
    with workspace.transaction(_("E-mail with the quote")) as session:
        return attachments.add(
            session, prepared, KIND, quote["id"], account=quote["account"], caption=", ".join(to)
        )


def check(wording: Wording) -> list[str]:
    """The addresses to which it goes. Raises Invalid beside what is missing, or is no address."""
    to = mailing.check_addresses(wording.to)
    if not to:
        raise Invalid({"to": _("Enter an e-mail address such as name@example.com.")})
    if not all(one.isascii() for one in to):
        raise Invalid({"to": _("This address has letters that mail servers do not know.")})
    if not wording.subject.strip():
        raise Invalid({"subject": _("Write a subject.")})
    return to


def letters_of(session: Session, quote_id: str) -> list[Letter]:
    """The letters of a quote, the latest last."""
    rows = records.find_rows(session, "attachment", {"record": quote_id, "record_kind": KIND})
    return [Letter(row["id"], row["caption"] or "", *read_state(row["arrived"])) for row in rows]


def describe(letter: Letter) -> tuple[str, str]:
    """(what became of it in one sentence, how grave that is)."""
    match letter.state:
        case "waiting":
            return _("The e-mail to {to} leaves with the next sync.", to=letter.to), "info"
        case "file":
            return _("The e-mail to {to} is with your server, which posts it.", to=letter.to), "info"
        case state if state == POSTED:
            return _("The e-mail to {to} was posted on {at}.", to=letter.to, at=_moment(letter.detail)), "ok"
        case state if state == REFUSED:
            reason = _reason(letter.detail)
            words = _("The e-mail to {to} was refused: {reason}", to=letter.to, reason=reason)
            return words, "bad"
        case state if state == UNSURE:
            words = _(
                "The e-mail to {to} may have arrived: the connection broke as it went out. Ask before sending again.",
                to=letter.to,
            )
            return words, "warn"
    raise AssertionError(letter.state)


def _reason(detail: str) -> str:
    """Why, in this language; what a mail server said stands as it did."""
    words = _REASONS.get(detail.partition(" ")[0])
    return _(words) if words else detail


def _moment(text: str) -> str:
    at = parse_time(text)
    return formats.format_moment(formats.local(at)) if at else text


def note_posted(session: Session) -> list[str]:
    """Mark the issued quotes whose letter was posted as sent, of whoever queued it here; their ids."""
    me = state.user(session.connection())
    rows = session.connection().exec_driver_sql(
        "SELECT DISTINCT q.id FROM quote AS q JOIN attachment AS a ON a.record = q.id"
        f" WHERE q.status = 'issued' AND q.deleted_at IS NULL AND a.record_kind = '{KIND}'"
        f" AND a.arrived LIKE '{POSTED}%' AND a.created_by = ?",
        (me,),
    )
    found = [str(id) for (id,) in rows]
    for id in found:
        life.mark_sent(session, id)
    return found
