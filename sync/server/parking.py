"""What waits, as rows that travel: for its author's other laptops and for those who may decide about it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sync.merge import Value, canonical
from sync.protocol import MAX_ROW_BYTES, UNREADABLE, Op
from sync.server import scopes
from sync.server.change import Author, Change
from sync.server.weight import weight_of
from sync.server.working import Row, Working

DECISION = frozenset({"decision", "correction", "decided_by", "decided_at"})
"""What a person writes of a parked row; the rest is the server's."""
COLUMNS = ("author", "device", "reason", "waits_for", "done_at", "received_at", "changes", "state", *DECISION)
"""What the table that `SyncSchema.parked` names must have, beside the system columns."""


_MOST_BYTES = MAX_ROW_BYTES // 2
"""Of the operations in a row, which must leave room for a correction; larger ones stay at the server unseen."""


@dataclass(frozen=True)
class Waiting:
    """A transaction that could not be applied, and why."""

    uuid: str
    author: Author
    reason: str
    waits_for: str | None
    done_at: str
    ops: list[Op]


def publish(working: Working, found: Waiting, now: str) -> None:
    """Keep the row of a parked transaction true."""
    table = working.store.schema.parked
    if table not in working.store.schema.tables:
        return
    row = working.get(table, found.uuid)
    user = found.author.user
    values: dict[str, Value] = {
        "reason": found.reason, "waits_for": found.waits_for, "state": "waiting", "decision": None,
        "deleted_at": None, "updated_at": now, "updated_by": user,
    }  # fmt: skip
    if row is None:
        values |= {
            "author": user, "device": found.author.device, "owner": user, "done_at": found.done_at,
            "received_at": now, "created_at": now, "created_by": user,
            "changes": shown(found.ops),
        }  # fmt: skip
    working.put(table, found.uuid, values)
    scopes.settle(working, [(table, found.uuid)])


def shown(ops: list[Op]) -> str | None:
    """What a row tells of the operations that wait; nothing of more than laptops could take."""
    changes = canonical(msgspec.to_builtins(ops))
    return changes if weight_of(changes) <= _MOST_BYTES else None


def close(working: Working, uuid: str, outcome: str, now: str) -> None:
    """The transaction waits no more: its row becomes a tombstone that says nothing of it."""
    table = working.store.schema.parked
    row = working.get(table, uuid) if table in working.store.schema.tables else None
    if row is None or row["deleted_at"] is not None:
        return
    state = "withdrawn" if outcome == "withdrawn" else "applied"
    values: dict[str, Value] = {"deleted_at": now, "updated_at": now, "state": state}
    working.put(table, uuid, {**values, "changes": None, "correction": None})


def decided(change: Change, ops: list[Op]) -> list[str]:
    """The transactions about which an applied one holds a decision."""
    table = change.working.store.schema.parked
    return [op.id for op in ops if op.table == table and "decision" in op.fields]


def corrected_ops(row: Row) -> list[Op] | None:
    """The operations as whoever decided wants them; None where they are to stay as they were sent."""
    text = row["correction"]
    if not text:
        return None
    try:
        return msgspec.json.decode(str(text), type=list[Op])
    except UNREADABLE:
        return None
