"""A parked action as a person corrects it: what it wanted to write, field by field, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.conflicts import parked, resolving
from app.errors import NotFound
from app.fields import Field
from app.i18n import translate as _
from app.titles import field_of, kind_label, shown, title_of
from app.whereabouts import Place, place_of

SILENT = ("owner", "record", "record_kind", "sha256", "position")
"""Fields that tell a person nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field that a parked action writes."""

    kind: str
    id: str
    record: str
    """What the record is called."""
    field: Field
    value: Any
    text: str
    """The value as a person reads it."""

    @property
    def name(self) -> str:
        """Its name for `send_again`: of this record alone."""
        return parked.name_of(self.kind, self.id, self.field.name)


class _Change(NamedTuple):
    """One entry of an action; `field` is empty where it makes, deletes or restores the record."""

    kind: str
    id: str
    field: str | None
    value: Any


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
        changes = [_Change(row.kind, row.id, row.field, _value(connection, row)) for row in rows]
        leaving = _("Taken back with the next sync") if one["state"] == "withdrawing" else ""
        found.append(_shaped(connection, one["id"], changes, "", one["sentence"], one["at"], leaving))
    return found


def _team(session: Session) -> list[Waiting]:
    decided = {
        parked.RETRY: _("Tried again with the next sync"),
        parked.WITHDRAW: _("Taken back with the next sync"),
    }
    found = []
    for one in parked.find_team_parked(session):
        changes = [_Change(change.kind, change.id, change.field, change.new) for change in one.changes]
        author = one.author_name or _("a colleague")
        done = decided.get(one.decision or "", "")
        at = one.done_at or one.received_at
        found.append(_shaped(session.connection(), one.id, changes, author, one.sentence, at, done))
    return found


def _shaped(
    connection: Connection, id: str, changes: list[_Change], author: str, sentence: str, at: Any, decided: str
) -> Waiting:
    named = _names(connection, changes)
    kind, record = next(iter(named), ("", ""))
    title = named.get((kind, record)) or _("A change")
    moment = datetime.fromisoformat(at) if isinstance(at, str) and at else at
    return Waiting(
        id=id,
        kind=kind,
        title=f"{title} (+{len(named) - 1})" if len(named) > 1 else title,
        author=author,
        reason=sentence,
        at=moment or datetime.now(UTC),
        decided=decided,
        place=place_of(connection, kind, record) if record else None,
        wanted=tuple(
            _wanted(connection, change, named[change.kind, change.id])
            for change in changes
            if change.field is not None and change.field not in SILENT
        ),
    )


def _names(connection: Connection, changes: list[_Change]) -> dict[tuple[str, str], str]:
    """What each record is called; one that only the action would make by the first text that it says."""
    said: dict[tuple[str, str], str] = {}
    for kind, id, name, value in changes:
        known = said.setdefault((kind, id), "")
        if not known and name and isinstance(value, str) and _field(connection, kind, name).kind == "text":
            said[kind, id] = value
    found = {}
    for (kind, id), text in said.items():
        title = title_of(connection, kind, id) or text
        found[kind, id] = f"{kind_label(kind)}, {title}" if title else kind_label(kind)
    return found


def _wanted(connection: Connection, change: _Change, record: str) -> Wanted:
    field = _field(connection, change.kind, change.field or "")
    is_sound = not isinstance(change.value, parked.AsSent)
    text = shown(connection, field, change.value) if is_sound else str(change.value)
    return Wanted(change.kind, change.id, record, field, change.value, text)


def _value(connection: Connection, row: Any) -> Any:
    if row.field is None or row.new is None:
        return None
    return parked.as_shown(_field(connection, row.kind, row.field), row.new)


def _field(connection: Connection, kind: str, name: str) -> Field:
    try:
        return field_of(connection, kind, name)
    except NotFound:
        return Field(name, "json", name)
