"""Conflicts as they lie on this laptop: each with all its versions, who wrote them and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.orm import Session

from app import records
from app.entity import entity, fields
from app.errors import NotFound
from app.fields import Field
from app.i18n import mark
from app.i18n import translate as _
from app.kinds import KINDS
from app.titles import field_of, shown, title_of
from sync import state as sync_state
from sync.conflicts import DELETION, FORK, value_mark
from sync.merge import MINE, versions_of

DELETED = Field(DELETION, "timestamp", mark("Deleted at"))
FORKED = Field(FORK, "text", mark("Two versions of this document"))
_OWN = Field("custom", "json", mark("Own fields"))


@dataclass(frozen=True)
class Side:
    """One version of the field. Values are Python values, as `app.records` gives them."""

    value: Any
    by: str | None
    """Who wrote it: a user's id, none where this laptop does not know."""
    at: str | None
    mine: bool
    stands: bool
    """Whether the record holds it now."""
    group: Mapping[str, Any] = field(default_factory=dict)
    """All values of the version, where fields belong together."""

    def as_json(self, declared: Field, kind: str) -> dict[str, Any]:
        """A version in `terrain conflicts --json`."""
        group = {name: _json(_declared(kind, name), value) for name, value in self.group.items()}
        found = {"value": _json(declared, self.value), "by": self.by, "at": self.at, "stands": self.stands}
        return {**found, "fields": group} if group else found


@dataclass(frozen=True)
class OpenConflict:
    """One field of one record, or fields that belong together, that two people wrote or more."""

    id: str
    kind: str
    record: str
    field: Field
    base: Any
    state: str
    sides: tuple[Side, ...]
    """The version that stands, then the others in the order in which they came. A text that holds two versions between
    marks is given as the one that no other side is."""
    held: Any = None
    """What the record holds in the field, marks and all."""

    def is_held(self, side: Side) -> bool:
        """Whether the record says just what this version says."""
        return (side.value, dict(side.group)) == (self.held, dict(self.sides[0].group))

    @property
    def mine(self) -> Side:
        """This user's version; the one that stands where none is his."""
        return next((side for side in reversed(self.sides[1:]) if side.mine), self.sides[0])

    @property
    def theirs(self) -> Side:
        """The one that stands where this user's does not; else the latest other one."""
        return self.sides[0] if not self.mine.stands else self.sides[-1]

    def as_json(self) -> dict[str, Any]:
        """The object that `terrain conflicts --json` prints."""
        return {
            "id": self.id,
            "kind": self.kind,
            "record": self.record,
            "field": self.field.name,
            "base": _json(self.field, self.base),
            "mine": _json(self.field, self.mine.value),
            "theirs": _json(self.field, self.theirs.value),
            "by": self.theirs.by,
            "at": self.theirs.at,
            "state": self.state,
            "versions": [side.as_json(self.field, self.kind) for side in self.sides],
        }


def find_conflicts(
    session: Session, state: str | None = "open", record: str | None = None
) -> list[OpenConflict]:
    """The conflicts in `state` (None: all), oldest first; of one record where `record` names it."""
    where = {name: value for name, value in (("state", state), ("record", record)) if value is not None}
    me = _who(session)
    found = (
        _read(session, row, me) for row in records.find_rows(session, "conflict", where, order="created_at")
    )
    return [conflict for conflict in found if conflict is not None]


def get_conflict(session: Session, id: str) -> OpenConflict:
    """One conflict; raises NotFound."""
    found = _read(session, records.get(session, "conflict", id), _who(session))
    if found is None:
        raise NotFound(_("The record of this conflict is not on this laptop."))
    return found


def told(connection: Connection, conflict: OpenConflict, side: Side, *, named: bool = True) -> list[str]:
    """A version as a person reads it: one text, or one for each field where several belong together, which `named`
    puts before it."""
    if conflict.field is DELETED:
        return [_("Kept") if side.value is None else _("Deleted")]
    if conflict.field is FORKED:
        return [title_of(connection, conflict.kind, str(side.value)) or str(side.value)]
    if not side.group:
        return [shown(connection, field_of(connection, conflict.kind, conflict.field.name), side.value)]
    values = ((each, side.group.get(each.name)) for each in together(conflict))
    texts = [(each.label, text) for each, value in values if (text := shown(connection, each, value))]
    return [_("{label}: {value}", label=label, value=text) if named else text for label, text in texts]


def heading_of(connection: Connection, conflict: OpenConflict) -> Field:
    """The field under whose name the question is asked: of fields that belong together the first one."""
    if conflict.field is FORKED:
        return FORKED
    return next(iter(together(conflict)), field_of(connection, conflict.kind, conflict.field.name))


def together(conflict: OpenConflict) -> tuple[Field, ...]:
    """The fields that are decided as one, in the order of the record's form; none where it is one field alone."""
    return tuple(each for each in fields(conflict.kind).values() if each.name in conflict.sides[0].group)


def _read(session: Session, row: Mapping[str, Any], me: tuple[str | None, str | None]) -> OpenConflict | None:
    kind, name = row["record_kind"], row["field"]
    try:
        table = _table(kind)
    except NotFound:
        return None  # of a kind that only a newer version knows
    record = session.execute(select(table).where(table.c.id == row["record"])).mappings().first()
    declared = _declared(kind, name)
    if record is None or declared is None:
        return None
    candidates = [each for each in row["candidates"] or [] if isinstance(each, dict)]
    others = [_side(kind, declared, each, me) for each in candidates]
    stands = _standing(session, row, dict(record), declared, others, me[0])
    return OpenConflict(
        id=row["id"],
        kind=kind,
        record=row["record"],
        field=declared,
        base=None if declared is FORKED else _python(declared, row["base"]),
        state=row["state"] or "open",
        sides=(replace(stands, value=_without_marks(stands.value, others)), *others),
        held=stands.value,
    )


def _side(
    kind: str, declared: Field, candidate: Mapping[str, Any], me: tuple[str | None, str | None]
) -> Side:
    user, device = candidate.get("user") or None, candidate.get("device") or None
    group = {
        name: _python(each, value)
        for name, value in (candidate.get("group") or {}).items()
        if (each := _declared(kind, name)) is not None
    }
    mine = (device is not None and device == me[1]) or (user is not None and user == me[0])
    return Side(_python(declared, candidate.get("value")), user, candidate.get("at"), mine, False, group)


def _standing(
    session: Session,
    row: Mapping[str, Any],
    record: Mapping[str, Any],
    declared: Field,
    others: Sequence[Side],
    me: str | None,
) -> Side:
    names = {name for side in others for name in side.group}
    group = {name: record[name] for name in names if name in record}
    value = value_of(record, declared.name)
    stored = None if value is None else KINDS[declared.kind].to_stored(value, declared)
    by, at = _named(row, value_mark(stored)) or _author(session, row, record, stored, others, me)
    return Side(value, by, at, by is not None and by == me, True, group)


def _without_marks(value: Any, others: Sequence[Side]) -> Any:
    """Of a text that holds versions between marks the one that no other side is; else the value itself."""
    if not isinstance(value, str) or MINE not in value.split("\n"):
        return value
    left = [text for text in versions_of(value) if all(text != other.value for other in others)]
    return left[0] if len(left) == 1 else value


def _named(row: Mapping[str, Any], mark_of_value: str) -> tuple[str | None, str | None] | None:
    """Who wrote the value that stands, and when, as the server said when another one lost against it."""
    for candidate in reversed(row["candidates"] or []):
        over = candidate.get("over") if isinstance(candidate, dict) else None
        if isinstance(over, dict) and over.get("value") == mark_of_value:
            return over.get("user"), over.get("at")
    return None


def _author(
    session: Session,
    row: Mapping[str, Any],
    record: Mapping[str, Any],
    stored: Any,
    others: Sequence[Side],
    me: str | None,
) -> tuple[str | None, str | None]:
    """Who set the value that stands, and when: this laptop's unsent edit, else what a sync brought, else
    whoever wrote the record last."""
    where = (row["record_kind"], row["record"], row["field"])
    connection = session.connection()
    own = connection.exec_driver_sql(
        "SELECT at FROM sync_entry WHERE kind = ? AND id = ? AND field = ? ORDER BY seq DESC LIMIT 1", where
    ).first()
    if own is not None:
        return me, own.at
    brought = connection.exec_driver_sql(
        "SELECT by, at FROM sync_news WHERE kind = ? AND id = ? AND field = ? AND new IS ?"
        " ORDER BY seq DESC LIMIT 1",
        (*where, stored),
    ).first()
    if brought is not None and brought.by:
        return brought.by, brought.at
    if record["updated_by"] == me and any(side.mine for side in others):
        return None, None  # the user wrote another field since; this one is somebody else's
    return record["updated_by"], _moment(record["updated_at"])


def _declared(kind: str, name: str) -> Field | None:
    if name == DELETION:
        return DELETED
    if name == FORK:
        return FORKED
    if name.startswith("custom."):
        return Field(name, _OWN.kind, name.removeprefix("custom."))
    parent, dot, key = name.partition(".")
    declared = fields(kind).get(parent)
    if declared is None or not dot:
        return declared
    if declared.kind != "json" or declared.unit != "key":
        return None  # which only a newer version knows
    return Field(name, "json", f"{declared.label} · {key}")


def value_of(record: Mapping[str, Any], name: str) -> Any:
    """What the record holds in a field, or in one key of a structure."""
    parent, dot, key = name.partition(".")
    return (record[parent] or {}).get(key) if dot else record[name]


def _python(declared: Field, stored: Any) -> Any:
    return None if stored is None else KINDS[declared.kind].from_stored(stored, declared)


def _json(declared: Field | None, value: Any) -> Any:
    return None if value is None or declared is None else KINDS[declared.kind].to_json(value, declared)


def _moment(value: Any) -> str | None:
    text = KINDS["timestamp"].to_stored(value, DELETED)
    return None if text is None else str(text)


def _table(kind: str) -> Table:
    return entity(kind).__table__  # type: ignore[return-value]


def _who(session: Session) -> tuple[str | None, str | None]:
    """This laptop's user and device."""
    connection = session.connection()
    return sync_state.user(connection), sync_state.get(connection, "device")
