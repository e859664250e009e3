"""A parked action as a person corrects it: what it wanted to write, field by field, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.conflicts import parked, resolving
from app.entity import fields
from app.errors import NotFound
from app.fields import Field
from app.i18n import translate as _
from app.kinds import KINDS
from app.titles import kind_label, shown, title_of
from app.whereabouts import Place, place_of

SILENT = ("owner", "record", "record_kind", "sha256", "position")
"""Fields that tell a person nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field that a parked action writes."""

    name: str
    """`kind.field`, for `send_corrected`."""
    record: str
    field: Field
    value: Any
    text: str
    """The value as a person reads it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parked action of this laptop, or of somebody whom this user leads."""

    id: str
    kind: str
    title: str
    author: str
    """Whose it is; empty for this laptop's own."""
    reason: str
    at: datetime
    decided: str
    """What was decided and leaves with the next sync, in words; empty while nothing was."""
    place: Place | None
    wanted: tuple[Wanted, ...]

    @property
    def own(self) -> bool:
        """Whether this laptop sent it."""
        return not self.author


def find_waiting(session: Session) -> tuple[Waiting, ...]:
    """This laptop's own first, then those of the team, each the oldest first."""
    return (*_own(session), *_team(session))


def send_again(session: Session, waiting: Waiting, values: Mapping[str, Any]) -> None:
    """Send it once more with the next sync, with other values where there are some; raises Invalid, NotFound."""
    connection = session.connection()
    if waiting.own and values:
        parked.correct_mine(connection, waiting.id, values)
    elif waiting.own:
        resolving.retry(connection, waiting.id)
    elif values:
        parked.correct(session, waiting.id, values)
    else:
        parked.decide(session, waiting.id, parked.RETRY)


def take_back(session: Session, waiting: Waiting) -> None:
    """Take it back with the next sync; raises NotFound."""
    if waiting.own:
        resolving.withdraw(session.connection(), waiting.id)
    else:
        parked.decide(session, waiting.id, parked.WITHDRAW)


def _own(session: Session) -> list[Waiting]:
    connection = session.connection()
    found = []
    for one in resolving.find_parked(session):
        rows = connection.exec_driver_sql(
            "SELECT kind, id, op, field, new FROM sync_entry WHERE tx = ? ORDER BY seq", (one["id"],)
        ).all()
        records = [(row.kind, row.id) for row in rows]
        wanted = [
            _wanted(session, row.kind, row.id, row.field, _value(row.kind, row.field, row.new))
            for row in rows
            if row.field is not None
        ]
        leaving = _("Taken back with the next sync") if one["state"] == "withdrawing" else ""
        found.append(_shaped(session, one["id"], records, "", one["sentence"], one["at"], leaving, wanted))
    return found


def _team(session: Session) -> list[Waiting]:
    decided = {
        parked.RETRY: _("Tried again with the next sync"),
        parked.WITHDRAW: _("Taken back with the next sync"),
    }
    found = []
    for one in parked.find_team_parked(session):
        records = [(change.kind, change.id) for change in one.changes]
        wanted = [
            _wanted(session, change.kind, change.id, change.field, change.new)
            for change in one.changes
            if change.field is not None
        ]
        author = one.author_name or _("a colleague")
        done = decided.get(one.decision or "", "")
        at = one.done_at or one.received_at
        found.append(_shaped(session, one.id, records, author, one.sentence, at, done, wanted))
    return found


def _shaped(
    session: Session, id: str, records: list[tuple[str, str]], author: str, sentence: str, at: Any,
    decided: str, wanted: list[Wanted | None],
) -> Waiting:  # fmt: skip
    connection = session.connection()
    kind, record = records[0] if records else ("", "")
    title = title_of(connection, kind, record) if record else ""
    # A record that only the action itself would have made is known by what it says.
    title = title or next((str(w.value) for w in wanted if w and w.field.kind == "text" and w.value), "")
    moment = datetime.fromisoformat(at) if isinstance(at, str) and at else at
    return Waiting(
        id=id,
        kind=kind,
        title=f"{kind_label(kind)}, {title}"
        if title and kind
        else kind_label(kind)
        if kind
        else _("A change"),
        author=author,
        reason=sentence,
        at=moment or datetime.now(UTC),
        decided=decided,
        place=place_of(connection, kind, record) if record else None,
        wanted=tuple(one for one in wanted if one is not None),
    )


def _wanted(session: Session, kind: str, id: str, name: str | None, value: Any) -> Wanted | None:
    field = _field(kind, name or "")
    if field is None or name in SILENT:
        return None
    connection = session.connection()
    title = title_of(connection, kind, id)
    record = f"{kind_label(kind)}, {title}" if title else kind_label(kind)
    return Wanted(f"{kind}.{name}", record, field, value, shown(connection, field, value))


def _value(kind: str, name: str, stored: Any) -> Any:
    field = _field(kind, name)
    return None if field is None or stored is None else KINDS[field.kind].from_stored(stored, field)


def _field(kind: str, name: str) -> Field | None:
    try:
        return fields(kind).get(name)
    except NotFound:
        return None
