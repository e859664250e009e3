"""What sync could not settle alone: conflicts to decide, parked transactions to retry or to take back."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.orm import Session

from app import records
from app.conflicts import reading
from app.conflicts.reading import OpenConflict, Side
from app.entity import entity
from app.errors import Invalid, NotAllowed, NotFound
from app.i18n import mark
from app.i18n import translate as _
from app.kinds import KINDS

MINE, THEIRS, BOTH = "mine", "theirs", "both"

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


def resolve(session: Session, id: str, name: str, decision: Any) -> None:
    """Decide: `mine`, `theirs`, a version, or a value of one's own, typed or Python. An ordinary save, so it travels.

    Of fields that belong together a version is taken whole. Raises NotFound, Invalid, and NotAllowed where the
    conflict is about another field.
    """
    conflict = reading.get_conflict(session, id)
    if name != conflict.field.name:
        raise NotAllowed(_("This conflict is about the field “{name}”.", name=conflict.field.name))
    chosen = _chosen(conflict, decision)
    if conflict.field is reading.FORKED:
        if decision != BOTH:
            raise Invalid({name: _("Both versions stay: decide with both.")})
    elif conflict.field is reading.DELETED:
        if chosen is None:
            raise Invalid({name: _("Decide with mine or theirs.")})
        if (chosen.value is None) != (conflict.sides[0].value is None):
            _delete_or_restore(session, conflict)
    elif chosen is None or not conflict.is_held(chosen):
        values = dict(chosen.group) if chosen is not None else {}
        value = decision if chosen is None else chosen.value
        records.save(session, conflict.kind, conflict.record, values or _values(session, conflict, value))
    _close(session, conflict)


def _chosen(conflict: OpenConflict, decision: Any) -> Side | None:
    """The version that the decision names; None for a value that nobody had."""
    if isinstance(decision, Side):
        return decision
    if decision == MINE:
        return conflict.mine
    if decision == THEIRS:
        return conflict.theirs
    # One value of fields that belong together names its version, where only one has it.
    found = [side for side in conflict.sides if side.group and side.value == decision]
    return found[0] if len(found) == 1 else None


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


def _values(session: Session, conflict: OpenConflict, value: Any) -> dict[str, Any]:
    """What to save: one key of a structure is saved with its neighbours, the company's own fields by name."""
    parent, dot, key = conflict.field.name.partition(".")
    if not dot or parent == "custom":
        return {conflict.field.name: value}
    neighbours = records.get(session, conflict.kind, conflict.record)[parent] or {}
    return {parent: {**neighbours, key: value}}


def _delete_or_restore(session: Session, conflict: OpenConflict) -> None:
    """The version that did not win is the deletion of a record that stands, or the return of a deleted one."""
    if conflict.sides[0].value is None:
        records.delete(session, conflict.kind, conflict.record)
    else:
        records.restore(session, conflict.kind, conflict.record)


def _close(session: Session, conflict: OpenConflict) -> None:
    kind, name = conflict.kind, conflict.field.name
    table = _table(kind)
    row = session.execute(select(table).where(table.c.id == conflict.record)).mappings().one()
    value = None if conflict.field is reading.FORKED else reading.value_of(dict(row), name)
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
