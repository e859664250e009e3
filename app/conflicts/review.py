"""Conflicts as a person decides them: record by record, each field with its versions, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.conflicts import reading, resolving
from app.conflicts.reading import OpenConflict, Side
from app.conflicts.resolving import BOTH
from app.entity import fields
from app.fields import Field
from app.i18n import translate as _
from app.titles import field_of, kind_label, shown, title_of
from sync.conflicts import FORK

OFFICE_ROLES = ("office", "admin", "manager")


@dataclass(frozen=True, slots=True)
class Version:
    """One side's value of a field."""

    decision: Any
    """What to hand to `decide` to choose it."""
    text: str
    value: Any
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
    name: str
    """The field by which `decide` knows the question."""
    field: Field
    """The field under whose name it is asked."""
    versions: tuple[Version, ...]
    before: str
    """What stood there before both changed it."""
    others: tuple[str, ...] = ()
    """For a document that exists twice or more: the ids of the other ones."""

    together: tuple[Field, ...] = ()
    """All fields of a version, where several belong together."""

    def written(self, value: Any) -> Any:
        """What to hand to `decide` for something else; of fields that belong together all values by name."""
        if not self.together:
            return value
        return Side(value.get(self.name), None, None, mine=True, stands=False, group=value)

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
    grouped: dict[tuple[str, str], list[Question]] = {}
    for conflict in reading.find_conflicts(session):
        ask = _fork if conflict.field is reading.FORKED else _question
        grouped.setdefault((conflict.kind, conflict.record), []).append(ask(connection, conflict))
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
        resolving.resolve(session, id, name, decision)
    return len(decisions)


def _question(connection: Connection, conflict: OpenConflict) -> Question:
    found = [_version(connection, conflict, side) for side in conflict.sides]
    # The user's own version stands at the left, whichever of them the record holds now.
    found.sort(key=lambda version: not version.mine)
    field = reading.heading_of(connection, conflict)
    before, together = _before(connection, conflict), reading.together(conflict)
    return Question(conflict.id, conflict.field.name, field, tuple(found), before, together=together)


def _before(connection: Connection, conflict: OpenConflict) -> str:
    if conflict.field is reading.DELETED or conflict.base is None:
        return ""
    field = field_of(connection, conflict.kind, conflict.field.name)
    text = shown(connection, field, conflict.base)
    is_named = field.name == reading.heading_of(connection, conflict).name
    return text if is_named else _("{label}: {value}", label=field.label, value=text)


def _fork(connection: Connection, conflict: OpenConflict) -> Question:
    """A document that was changed on two sides: all versions exist, and there is nothing to choose."""
    others = tuple(str(side.value) for side in conflict.sides[1:])
    found = tuple(_version(connection, conflict, side) for side in conflict.sides[1:])
    return Question(conflict.id, FORK, conflict.field, found, "", others)


def _version(connection: Connection, conflict: OpenConflict, side: Side) -> Version:
    name, role = _user(connection, side.by)
    decision = BOTH if conflict.field is reading.FORKED else side
    text = "\n".join(reading.told(connection, conflict, side))
    office, at = role in OFFICE_ROLES, _moment(side.at)
    return Version(decision, text, side.value, side.mine, side.stands, name, office, at)


def _user(connection: Connection, id: str | None) -> tuple[str, str]:
    row = connection.exec_driver_sql('SELECT name, role FROM "user" WHERE id = ?', (id,)).first()
    return (str(row[0]), str(row[1] or "")) if row and row[0] else ("", "")


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
