"""What waits at the server of a whole team: to be corrected, tried again, or taken back by who may decide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app import records
from app.conflicts import resolving
from app.conflicts.resolving import reason_sentence
from app.entity import fields
from app.errors import Invalid, NotFound
from app.fields import Field
from app.i18n import translate as _
from app.kinds import KINDS
from sync import state
from sync.protocol import Op, freeze, hash_of

RETRY, WITHDRAW = "retry", "withdraw"
_NAMED = 5
"""Records that one sentence names."""


class AsSent(str):
    """A value that no screen could show, as it was sent: it waits until somebody writes a better one."""


@dataclass(frozen=True, slots=True)
class ParkedChange:
    """One field that a parked action changes, or what else it does to a record."""

    kind: str
    id: str
    op: str
    """`create`, `update`, `delete` or `restore`."""
    field: str | None
    base: Any
    new: Any
    """Python values; `AsSent` what is none, and of a field that this laptop does not know what was sent."""


@dataclass(frozen=True, slots=True)
class TeamParked:
    """A parked action as whoever decides sees it."""

    id: str
    author: str
    """The user's id."""
    author_name: str
    mine: bool
    reason: str
    sentence: str
    """The reason in plain words."""
    done_at: datetime | None
    received_at: datetime | None
    changes: tuple[ParkedChange, ...]
    decision: str | None
    """What somebody here decided and the next sync carries out."""

    def as_json(self) -> dict[str, Any]:
        """The object that `terrain parked --team --json` prints."""
        return {
            "id": self.id,
            "author": self.author,
            "author_name": self.author_name,
            "reason": self.reason,
            "sentence": self.sentence,
            "at": self.done_at.isoformat() if self.done_at else None,
            "decision": self.decision,
            "changes": [
                {
                    "kind": c.kind,
                    "id": c.id,
                    "op": c.op,
                    "field": c.field,
                    "base": _json(c, c.base),
                    "new": _json(c, c.new),
                }
                for c in self.changes
            ],
        }


def find_team_parked(session: Session, *, others: bool = True) -> list[TeamParked]:
    """What waits at the server and this user may decide about, the oldest first.

    With `others` what this laptop itself sent is left out: `app.sync_view` shows that.
    """
    found = records.find_rows(session, "parked", {"state": "waiting"}, order="received_at")
    here = state.get(session.connection(), "device")
    me = state.user(session.connection())
    return [_shape(session, row, me) for row in found if not others or row["device"] != here]


def get_team_parked(session: Session, id: str) -> TeamParked:
    """One of them; raises NotFound."""
    return _shape(session, _row(session, id), state.user(session.connection()))


def is_team_parked(session: Session, id: str) -> bool:
    """Whether the id is one of theirs."""
    return bool(records.find_rows(session, "parked", {"id": id, "state": "waiting"}))


def decide(session: Session, id: str, decision: str) -> None:
    """Have the server try an action again by this user's rights, or take it back; raises NotFound.

    An ordinary save: it travels with the next sync, and the author's laptop hears of it with his.
    """
    _row(session, id)
    _save(session, id, {"decision": decision})


def correct(session: Session, id: str, values: Mapping[str, Any]) -> None:
    """Try an action again with other values, named as in `corrected_operations`; raises NotFound, Invalid.

    What is corrected is then written by this user.
    """
    row = _row(session, id)
    corrected = corrected_operations(row["changes"] or [], values)
    _save(session, id, {"decision": RETRY, "correction": corrected})


def correct_mine(connection: Connection, id: str, values: Mapping[str, Any]) -> str:
    """Send an action that this laptop has parked once more with other values; its new id.

    Raises NotFound, Invalid. Its records show the new values once the next sync took the old ones back.
    """
    fresh = resolving.retry(connection, id)
    (body,) = connection.exec_driver_sql("SELECT body FROM sync_transaction WHERE uuid = ?", (fresh,)).one()
    operations = corrected_operations(json.loads(body), values)
    raw = [freeze(msgspec.convert(op, Op)) for op in operations]
    connection.exec_driver_sql(
        "UPDATE sync_transaction SET body = ?, hash = ? WHERE uuid = ?",
        (b"[" + b",".join(raw) + b"]", hash_of(raw), fresh),
    )
    for op in operations:
        for name, (_base, new) in op["fields"].items():
            connection.exec_driver_sql(
                "UPDATE sync_entry SET new = ? WHERE tx = ? AND kind = ? AND id = ? AND field = ?",
                (new, fresh, op["table"], op["id"], name),
            )
    return fresh


def corrected_operations(operations: list[dict[str, Any]], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations with new values (typed or Python) of the fields named; raises Invalid.

    A field is named as `name_of` does; `field` or `kind.field` do where the action writes one such.
    """
    corrected = [{**op, "fields": dict(op.get("fields", {}))} for op in operations]
    for name, value in values.items():
        for op, field in _places(corrected, name):
            base = op["fields"][field][0]
            op["fields"][field] = [base, _stored(op["table"], field, value)]
    return corrected


def name_of(kind: str, id: str, field: str) -> str:
    """The name of a field of one record, where an action writes several."""
    return f"{kind}.{id}.{field}"


def _places(operations: list[dict[str, Any]], name: str) -> list[tuple[dict[str, Any], str]]:
    """The operations of the one record whose field is named, each with the field; raises Invalid."""
    found = [
        (op, field)
        for op in operations
        for field in op["fields"]
        if name in (field, f"{op['table']}.{field}", name_of(op["table"], op["id"], field))
    ]
    if not found:
        raise Invalid({name: _("This action does not change that field.")})
    names = list(dict.fromkeys(name_of(op["table"], op["id"], field) for op, field in found))
    if len(names) > 1:
        several = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
        raise Invalid({name: _("This action changes that field of several records: {names}.", names=several)})
    return found


def _save(session: Session, id: str, values: dict[str, Any]) -> None:
    decided = {"decided_by": session.info["user"], "decided_at": datetime.now(UTC)}
    records.save(session, "parked", id, {**values, **decided})


def _row(session: Session, id: str) -> dict[str, Any]:
    found = records.find_rows(session, "parked", {"id": id, "state": "waiting"})
    if not found:
        raise NotFound(_("No parked action has the id {id}. `terrain parked` lists them.", id=id))
    return found[0]


def _shape(session: Session, row: Mapping[str, Any], me: str | None) -> TeamParked:
    users = records.find_rows(session, "user", {"id": row["author"]})
    return TeamParked(
        id=row["id"],
        author=row["author"],
        author_name=str(users[0]["name"]) if users else "",
        mine=row["author"] == me,
        reason=row["reason"] or "",
        sentence=reason_sentence(row["reason"]),
        done_at=row["done_at"],
        received_at=row["received_at"],
        changes=tuple(_changes(row["changes"] or [])),
        decision=row["decision"],
    )


def _changes(operations: list[dict[str, Any]]) -> list[ParkedChange]:
    found = []
    for op in operations:
        kind, id, what = op["table"], op["id"], op["kind"]
        pairs = op.get("fields", {})
        if not pairs:
            found.append(ParkedChange(kind, id, what, None, None, None))
        found += [
            ParkedChange(kind, id, what, name, _python(kind, name, base), _python(kind, name, new))
            for name, (base, new) in pairs.items()
        ]
    return found


def _python(kind: str, name: str, stored: Any) -> Any:
    field = _field(kind, name)
    if stored is None:
        return None
    if field is not None:
        return as_shown(field, stored)
    try:
        return json.loads(stored) if "." in name else stored
    except (ValueError, TypeError):
        return AsSent(stored)


def as_shown(field: Field, stored: Any) -> Any:
    """The Python value of a stored one; what no screen could show as it was sent."""
    kind = KINDS[field.kind]
    try:
        if not isinstance(stored, int if kind.storage == "integer" else str):
            return AsSent(stored)
        kind.check(stored, field)
    except (ValueError, TypeError, OverflowError):
        return AsSent(stored)
    return kind.from_stored(stored, field)


def _stored(kind: str, name: str, value: Any) -> Any:
    field = _field(kind, name)
    if field is None:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        parsed = KINDS[field.kind].parse(value, field)
    except ValueError as problem:
        raise Invalid({name: str(problem)}) from problem
    return None if parsed is None else KINDS[field.kind].to_stored(parsed, field)


def _json(change: ParkedChange, value: Any) -> Any:
    field = _field(change.kind, change.field or "")
    if field is None or value is None or isinstance(value, AsSent):
        return value
    return KINDS[field.kind].to_json(value, field)


def _field(kind: str, name: str) -> Any:
    try:
        return fields(kind).get(name)
    except NotFound:
        return None
