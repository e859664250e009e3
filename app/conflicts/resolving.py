"""What sync could not settle alone: conflicts to decide, parked transactions to retry or to take back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.orm import Session

from app import records
from app.entity import entity, fields
from app.errors import Invalid, NotAllowed, NotFound
from app.fields import Field
from app.i18n import mark
from app.i18n import translate as _
from app.kinds import KINDS
from sync import state as sync_state
from sync.conflicts import DELETION

MINE, THEIRS = "mine", "theirs"

_DELETED = Field(DELETION, "timestamp", mark("Deleted at"))
_OWN = Field("custom", "json", mark("Own fields"))

REASONS = {
    "not_allowed": mark("You may not change this record."),
    "missing_parent": mark("The record that this hangs under is not at the server, or not yours."),
    "missing_record": mark("This record is not at the server, or no longer yours."),
    "disabled": mark("Your access ended before this arrived; it is kept for your manager."),
    "frozen": mark("The quote was issued and can no longer be changed."),
    "invalid": mark("The server cannot keep one of the values."),
    "too_large": mark("The record would become too large to be handed out."),
    "unknown_table": mark("The server does not know this kind of record yet."),
    "behind": mark("An earlier action on the same record waits."),
}


@dataclass(frozen=True)
class OpenConflict:
    """One field of one record that two people wrote. Values are Python values, as `app.records` gives them."""

    id: str
    kind: str
    record: str
    field: Field
    base: Any
    mine: Any
    theirs: Any
    by: str | None
    """Who wrote `theirs`: a user's id."""
    at: str | None
    state: str
    mine_stands: bool
    """Whether the record holds `mine` now."""
    group: Mapping[str, Any]
    """All values of the version that did not win, where fields belong together."""

    def as_json(self) -> dict[str, Any]:
        """The object that `terrain conflicts --json` prints."""
        return {
            "id": self.id,
            "kind": self.kind,
            "record": self.record,
            "field": self.field.name,
            "base": _json(self.field, self.base),
            "mine": _json(self.field, self.mine),
            "theirs": _json(self.field, self.theirs),
            "by": self.by,
            "at": self.at,
            "state": self.state,
        }


def find_conflicts(
    session: Session, state: str | None = "open", record: str | None = None
) -> list[OpenConflict]:
    """The conflicts in `state` (None: all), oldest first; of one record where `record` names it."""
    where = {name: value for name, value in (("state", state), ("record", record)) if value is not None}
    me = _who(session)
    found = (_read(session, row, me) for row in records.find_rows(session, "conflict", where))
    return [conflict for conflict in found if conflict is not None]


def get_conflict(session: Session, id: str) -> OpenConflict:
    """One conflict; raises NotFound."""
    me = _who(session)
    found = _read(session, records.get(session, "conflict", id), me)
    if found is None:
        raise NotFound(_("The record of this conflict is not on this laptop."))
    return found


def resolve(session: Session, id: str, name: str, decision: Any) -> None:
    """Decide: `mine`, `theirs`, or a value of one's own, typed or Python. An ordinary save, so it travels.

    Raises NotFound, Invalid, and NotAllowed where the conflict is about another field.
    """
    conflict = get_conflict(session, id)
    if name != conflict.field.name:
        raise NotAllowed(_("This conflict is about the field “{name}”.", name=conflict.field.name))
    keeps = decision == (MINE if conflict.mine_stands else THEIRS)
    takes = decision == (THEIRS if conflict.mine_stands else MINE)
    if conflict.field is _DELETED:
        if not (keeps or takes):
            raise Invalid({name: _("Decide with mine or theirs.")})
        if takes:
            _delete_or_restore(session, conflict)
    elif takes and conflict.group:
        records.save(session, conflict.kind, conflict.record, conflict.group)
    elif not keeps:
        loser = conflict.theirs if conflict.mine_stands else conflict.mine
        values = _values(session, conflict, loser if takes else decision)
        records.save(session, conflict.kind, conflict.record, values)
    _close(session, conflict)


def find_parked(session: Session) -> list[dict[str, Any]]:
    """The actions that the server could not apply: id, label, time, reason, its sentence, and the records."""
    connection = session.connection()
    rows = connection.exec_driver_sql(
        "SELECT uuid, n, label, at, reason, state FROM sync_transaction"
        " WHERE state IN ('parked', 'withdrawing') ORDER BY n"
    ).all()
    return [
        {
            "id": row.uuid,
            "n": row.n,
            "label": row.label,
            "at": row.at,
            "state": row.state,
            "reason": row.reason,
            "sentence": reason_sentence(row.reason),
            "records": [
                {"kind": kind, "id": id}
                for kind, id in connection.exec_driver_sql(
                    "SELECT DISTINCT kind, id FROM sync_entry WHERE tx = ? ORDER BY seq", (row.uuid,)
                )
            ],
        }
        for row in rows
    ]


def withdraw(connection: Connection, id: str) -> None:
    """Take a parked action back with the next sync; its records then show the server's version."""
    _get_parked(connection, id)
    connection.exec_driver_sql("UPDATE sync_transaction SET state = 'withdrawing' WHERE uuid = ?", (id,))


def retry(connection: Connection, id: str) -> str:
    """Send a parked action once more; its new id.

    The server answers a uuid that it knows with the answer it gave: the same work goes out under a new
    one, and the parked one is taken back.
    """
    hashed, body, label, at = _get_parked(connection, id)
    fresh = str(uuid.uuid4())
    n = connection.exec_driver_sql(
        "INSERT INTO sync_state (name, value) VALUES ('n', 1)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
    ).scalar_one()
    connection.exec_driver_sql(
        "INSERT INTO sync_transaction (uuid, n, hash, body, label, at) VALUES (?, ?, ?, ?, ?, ?)",
        (fresh, n, hashed, body, label, at),
    )
    connection.exec_driver_sql(
        "INSERT INTO sync_entry (tx, kind, id, op, field, base, new, at, base_rev)"
        " SELECT ?, kind, id, op, field, base, new, at, base_rev FROM sync_entry WHERE tx = ? ORDER BY seq",
        (fresh, id),
    )
    # What is sent again keeps its place: work that was written on top of it stays on top.
    connection.exec_driver_sql(
        "UPDATE sync_entry SET tx = CASE tx WHEN ? THEN ? ELSE ? END WHERE tx IN (?, ?)",
        (id, fresh, id, id, fresh),
    )
    withdraw(connection, id)
    return fresh


def _get_parked(connection: Connection, id: str) -> Any:
    row = connection.exec_driver_sql(
        "SELECT hash, body, label, at FROM sync_transaction WHERE uuid = ? AND state = 'parked'", (id,)
    ).first()
    if row is None:
        raise NotFound(_("No parked action has the id {id}. `terrain parked` lists them.", id=id))
    return row


def _read(session: Session, row: Mapping[str, Any], me: tuple[str | None, str | None]) -> OpenConflict | None:
    kind, name = row["record_kind"], row["field"]
    table = _table(kind)
    record = session.execute(select(table).where(table.c.id == row["record"])).mappings().first()
    field = _field(kind, name)
    if record is None or field is None:
        return None
    stands = _value(dict(record), name)
    candidates = [c for c in row["candidates"] or [] if isinstance(c, dict)]
    last = candidates[-1] if candidates else {}
    own = next((c for c in reversed(candidates) if _is_mine(c, me)), None)
    shown = own or last
    loser = _python(field, shown.get("value"))
    author = (record["updated_by"], _moment(record["updated_at"]))
    by, at = author if own is not None else (shown.get("user"), shown.get("at"))
    return OpenConflict(
        id=row["id"],
        kind=kind,
        record=row["record"],
        field=field,
        base=_python(field, row["base"]),
        mine=stands if own is None else loser,
        theirs=loser if own is None else stands,
        by=by,
        at=at,
        state=row["state"] or "open",
        mine_stands=own is None,
        group={
            each: _python(declared, value)
            for each, value in (shown.get("group") or {}).items()
            if (declared := _field(kind, each)) is not None
        },
    )


def _is_mine(candidate: Mapping[str, Any], me: tuple[str | None, str | None]) -> bool:
    return (candidate.get("device") or "?") == me[1] or (candidate.get("user") or "?") == me[0]


def _field(kind: str, name: str) -> Field | None:
    if name == DELETION:
        return _DELETED
    if name.startswith("custom."):
        return Field(name, _OWN.kind, name.removeprefix("custom."))
    parent, dot, key = name.partition(".")
    declared = fields(kind).get(parent)
    if declared is None or not dot:
        return declared
    return Field(name, "json", f"{declared.label} · {key}")


def _value(record: Mapping[str, Any], name: str) -> Any:
    parent, dot, key = name.partition(".")
    return (record[parent] or {}).get(key) if dot else record[name]


def _python(field: Field, stored: Any) -> Any:
    return None if stored is None else KINDS[field.kind].from_stored(stored, field)


def _json(field: Field, value: Any) -> Any:
    return None if value is None else KINDS[field.kind].to_json(value, field)


def _moment(value: Any) -> str | None:
    text = KINDS["timestamp"].to_stored(value, _DELETED)
    return None if text is None else str(text)


def _values(session: Session, conflict: OpenConflict, value: Any) -> dict[str, Any]:
    """What to save: one key of a structure is saved with its neighbours, the company's own fields by name."""
    parent, dot, key = conflict.field.name.partition(".")
    if not dot or parent == "custom":
        return {conflict.field.name: value}
    neighbours = records.get(session, conflict.kind, conflict.record)[parent] or {}
    return {parent: {**neighbours, key: value}}


def _delete_or_restore(session: Session, conflict: OpenConflict) -> None:
    """The version that did not win is the deletion of a record that stands, or the return of a deleted one."""
    stands = conflict.mine if conflict.mine_stands else conflict.theirs
    if stands is None:
        records.delete(session, conflict.kind, conflict.record)
    else:
        records.restore(session, conflict.kind, conflict.record)


def _close(session: Session, conflict: OpenConflict) -> None:
    kind, name = conflict.kind, conflict.field.name
    table = _table(kind)
    row = session.execute(select(table).where(table.c.id == conflict.record)).mappings().one()
    value = _value(dict(row), name)
    # Written past the validation: text that looks like JSON would be read as such, and this is its text.
    decided = None if value is None else KINDS[conflict.field.kind].to_stored(value, conflict.field)
    now = datetime.now(UTC)
    conflicts = _table("conflict")
    session.execute(
        update(conflicts)
        .where(conflicts.c.id == conflict.id)
        .values(
            state="resolved",
            resolution=decided,
            resolved_by=session.info["user"],
            resolved_at=now,
            updated_at=now,
            updated_by=session.info["user"],
        )
    )


def reason_sentence(reason: str | None) -> str:
    """Why the server could not apply an action, in plain words."""
    code = (reason or "").partition(":")[0].strip()
    return _(REASONS[code]) if code in REASONS else _("The server gave no reason ({code}).", code=code or "?")


def _table(kind: str) -> Table:
    return entity(kind).__table__  # type: ignore[return-value]


def _who(session: Session) -> tuple[str | None, str | None]:
    """This laptop's user and device."""
    connection = session.connection()
    return sync_state.user(connection), sync_state.get(connection, "device")
