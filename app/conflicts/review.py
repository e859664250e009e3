"""Conflicts as a person decides them: record by record, each field with its versions, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.orm import Session

from app import records
from app.conflicts import resolving
from app.entity import entity, fields
from app.errors import NotFound
from app.fields import Field
from app.i18n import translate as _
from app.titles import DELETION, field_of, kind_label, shown, shown_stored, title_of
from sync import state
from sync.conflicts import FORK
from sync.merge import BETWEEN, MINE, THEIRS

OFFICE_ROLES = ("office", "admin", "manager")
BOTH = "both"
"""The decision about a document that was changed on two sides: both stand."""


@dataclass(frozen=True, slots=True)
class Version:
    """One side's value of a field."""

    decision: Any
    """What to hand to `decide` to choose it."""
    text: str
    mine: bool
    """Whether this laptop's user wrote it."""
    stands: bool
    """Whether the record holds it now."""
    by: str
    """The author's name; empty where this laptop does not know."""
    office: bool
    """Whether the author works at the office."""
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """One field to decide. The first version is the one to show at the left."""

    id: str
    field: Field
    versions: tuple[Version, ...]
    before: str
    """What stood there before both changed it."""
    values: tuple[Any, ...] = ()
    """The Python values of the versions, in their order."""
    other: str | None = None
    """For a document that exists twice: the id of the other one."""

    @property
    def text(self) -> bool:
        """Whether both versions can be kept one after the other."""
        return self.field.kind == "long_text" and "." not in self.field.name

    @property
    def joined(self) -> str:
        """All versions, one after the other."""
        return "\n".join(version.text for version in self.versions if version.text)


@dataclass(frozen=True, slots=True)
class Disputed:
    """A record with fields to decide."""

    id: str
    kind: str
    title: str
    kind_label: str
    questions: tuple[Question, ...]


def find_disputed(session: Session) -> list[Disputed]:
    """Every record of this laptop with a field to decide, the oldest conflict first."""
    connection = session.connection()
    rows = {row["id"]: row for row in records.find_rows(session, "conflict", {"state": "open"})}
    conflicts = {one.id: one for one in resolving.find_conflicts(session)}
    grouped: dict[tuple[str, str], list[Question]] = {}
    for id, row in rows.items():
        if id in conflicts:
            question = _question(session, conflicts[id], row)
        elif row["field"] == FORK and _exists(connection, row["record_kind"], row["record"]):
            question = _fork(connection, row)
        else:
            continue
        grouped.setdefault((row["record_kind"], row["record"]), []).append(question)
    return [
        Disputed(
            id,
            kind,
            title_of(connection, kind, id) or kind_label(kind),
            kind_label(kind),
            _ordered(kind, found),
        )
        for (kind, id), found in grouped.items()
    ]


def _ordered(kind: str, questions: list[Question]) -> tuple[Question, ...]:
    """In the order in which the record's form shows its fields."""
    order = list(fields(kind))

    def place(question: Question) -> tuple[int, str]:
        name = question.field.name.partition(".")[0]
        return (order.index(name) if name in order else -1, question.field.name)

    return tuple(sorted(questions, key=place))


def count_merged(session: Session) -> int:
    """How many of this laptop's actions the server merged with somebody else's by itself."""
    found = session.connection().exec_driver_sql(
        "SELECT count(*) FROM sync_transaction WHERE outcome = 'merged'"
    )
    return int(found.scalar_one())


def decide(session: Session, decisions: Mapping[str, tuple[str, Any]]) -> int:
    """Settle conflicts, by conflict id the field's name and `mine`, `theirs` or a value; how many.

    Raises NotFound, Invalid, NotAllowed; nothing is settled then.
    """
    for id, (name, decision) in decisions.items():
        if name == FORK:
            _set_state(session, id, "resolved")
        else:
            resolving.resolve(session, id, name, decision)
    return len(decisions)


def _question(session: Session, conflict: resolving.OpenConflict, row: Mapping[str, Any]) -> Question:
    connection = session.connection()
    field = field_of(connection, conflict.kind, conflict.field.name)
    me = state.user(connection)
    author, since = _author(session, conflict, me)
    stands = _version(
        connection, field, me, author, since,
        conflict.mine if conflict.mine_stands else conflict.theirs,
        resolving.MINE if conflict.mine_stands else resolving.THEIRS,
        stands=True,
    )  # fmt: skip
    loser = conflict.theirs if conflict.mine_stands else conflict.mine
    token = resolving.THEIRS if conflict.mine_stands else resolving.MINE
    found = [(stands, conflict.mine if conflict.mine_stands else conflict.theirs)]
    for candidate in _candidates(row):
        value = resolving._python(conflict.field, candidate.get("value"))
        decision = token if value == loser else value
        at = _moment(candidate.get("at"))
        version = _version(connection, field, me, candidate.get("user"), at, value, decision, stands=False)
        found.append((version, value))
    found = _without_marks(found)
    # The user's own version stands at the left, whichever of them the record holds now.
    found.sort(key=lambda pair: not pair[0].mine)
    before = "" if field.name == DELETION else shown_stored(connection, conflict.field, row["base"])
    return Question(
        conflict.id, field, tuple(v for v, _value in found), before, tuple(value for _v, value in found)
    )


def _without_marks(found: list[tuple[Version, Any]]) -> list[tuple[Version, Any]]:
    """A text that holds both sides between marks is shown as the side that no other version is."""
    version, value = found[0]
    if not isinstance(value, str) or MINE not in value.split("\n"):
        return found
    sides = [_one_side(value, first) for first in (True, False)]
    left = [side for side in sides if all(side != other for _version, other in found[1:])]
    if len(left) != 1:
        return found
    return [(replace(version, decision=left[0], text=left[0]), left[0]), *found[1:]]


def _one_side(text: str, first: bool) -> str:
    kept, inside = [], None
    for line in text.split("\n"):
        if line in (MINE, BETWEEN, THEIRS):
            inside = {MINE: True, BETWEEN: False, THEIRS: None}[line]
        elif inside is None or inside is first:
            kept.append(line)
    return "\n".join(kept)


def _author(
    session: Session, conflict: resolving.OpenConflict, me: str | None
) -> tuple[str | None, datetime | None]:
    """Who set the value that stands, and when: this laptop's unsent edit, else what a sync brought, else
    whoever wrote the record last."""
    where = (conflict.kind, conflict.record, conflict.field.name)
    connection = session.connection()
    own = connection.exec_driver_sql(
        "SELECT at FROM sync_entry WHERE kind = ? AND id = ? AND field = ? ORDER BY seq DESC LIMIT 1", where
    ).first()
    if own is not None:
        return me, _moment(own.at)
    brought = connection.exec_driver_sql(
        "SELECT by, at FROM sync_news WHERE kind = ? AND id = ? AND field = ? ORDER BY seq DESC LIMIT 1",
        where,
    ).first()
    if brought is not None and brought.by:
        return brought.by, _moment(brought.at)
    table = _table(conflict.kind)
    author, at = session.execute(
        select(table.c.updated_by, table.c.updated_at).where(table.c.id == conflict.record)
    ).one()
    if author == me and not conflict.mine_stands:
        return None, None  # the user wrote another field since; this one is somebody else's
    return author, at


def _version(
    connection: Connection, field: Field, me: str | None, author: str | None, at: datetime | None,
    value: Any, decision: Any, *, stands: bool,
) -> Version:  # fmt: skip
    if field.name == DELETION:
        text = _("Kept") if value is None else _("Deleted")
    else:
        text = shown(connection, field, value)
    name, role = _user(connection, author)
    mine = author is not None and author == me
    return Version(decision, text, mine, stands, name, role in OFFICE_ROLES, at)


def _fork(connection: Connection, row: Mapping[str, Any]) -> Question:
    """A document that was changed on two sides: both exist, and there is nothing to choose."""
    versions = []
    for candidate in _candidates(row)[-1:]:
        name, role = _user(connection, candidate.get("user"))
        title = title_of(connection, row["record_kind"], str(candidate.get("value")))
        at = _moment(candidate.get("at"))
        versions.append(Version(BOTH, title, False, False, name, role in OFFICE_ROLES, at))
    other = next((str(candidate.get("value")) for candidate in _candidates(row)[-1:]), None)
    label = _("Two versions of this document")
    return Question(row["id"], Field(FORK, "text", label), tuple(versions), "", other=other)


def _user(connection: Connection, id: str | None) -> tuple[str, str]:
    row = connection.exec_driver_sql('SELECT name, role FROM "user" WHERE id = ?', (id,)).first()
    return (str(row[0]), str(row[1] or "")) if row and row[0] else ("", "")


def _candidates(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [one for one in row["candidates"] or [] if isinstance(one, dict)]


def _exists(connection: Connection, kind: str, id: str) -> bool:
    try:
        _table(kind)
    except NotFound:
        return False
    return connection.exec_driver_sql(f'SELECT 1 FROM "{kind}" WHERE id = ?', (id,)).first() is not None


def _set_state(session: Session, id: str, state: str) -> None:
    now, me = datetime.now(UTC), session.info["user"]
    closed = state == "resolved"
    table = _table("conflict")
    session.execute(
        update(table)
        .where(table.c.id == id)
        .values(
            state=state,
            resolution=None,
            resolved_by=me if closed else None,
            resolved_at=now if closed else None,
            updated_at=now,
            updated_by=me,
        )
    )


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _table(kind: str) -> Table:
    return entity(kind).__table__  # type: ignore[return-value]
