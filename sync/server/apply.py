"""One transaction of a device applied to the working rows, or parked with the reason."""

from __future__ import annotations

from collections.abc import Iterable

from sync.blob_messages import THUMBNAIL
from sync.merge import Value
from sync.protocol import Op
from sync.server import deciding, documents, merging, scopes
from sync.server.allowed import authorise, authorise_result, require_thawed
from sync.server.change import BIRTH, Change, Parked
from sync.server.deletion import Deletions, delete, restore_ancestors, revive, together, undo
from sync.server.fields import merge_fields, set_field
from sync.server.papers import tell_of_twins
from sync.server.scopes import Missing
from sync.server.values import fits
from sync.server.working import Row, Working

_ORDER = {"create": 0, "restore": 1, "update": 2, "delete": 3}


def apply(change: Change, ops: Iterable[Op]) -> None:
    """All operations or none: raises Parked, and the caller rolls back to the savepoint."""
    ordered = sorted(ops, key=lambda op: _ORDER[op.kind])
    for op in ordered:
        authorise(change, op)
    ordered = documents.redirect(change, merging.redirect(change, ordered))
    deletions: Deletions | None = None
    for op in ordered:
        require_thawed(change, op)
        match op.kind:
            case "create" | "update":
                _write(change, op)
                merging.gather(change, op)
            case "delete":
                deletions = deletions or together(change, ordered)
                delete(change, op, deletions)
            case "restore":
                undo(change, op)
    deciding.settle(change, ordered)
    try:
        scopes.settle(change.working, list(change.working.named))
        for op in ordered:
            if op.kind != "delete":
                restore_ancestors(change, op)
        for op in ordered:
            authorise_result(change, op)
        tell_of_twins(change, ordered)
    except Missing as missing:
        raise Parked("missing_parent", missing.id) from missing


def require_fit(change: Change, ops: Iterable[Op]) -> None:
    """Park what no column can hold, and what nobody could look at."""
    for op in ops:
        synced = change.table(op.table)
        for name, (base, new) in op.fields.items():
            if not fits(synced, name, base, new):
                raise Parked("invalid")


def _write(change: Change, op: Op) -> None:
    working, synced = change.working, change.table(op.table)
    row = working.get(op.table, op.id)
    at, user = change.at(op), change.author.user
    require_fit(change, [op])
    if row is None:
        stamps: dict[str, Value] = {"created_at": at, "created_by": user}
        stamps |= {"updated_at": at, "updated_by": user}
        if "owner" in synced.fields:
            # A laptop that worked alone had no user yet: what has no owner is its author's.
            stamps["owner"] = user
        sent = {name: new for name, (_base, new) in op.fields.items() if name != "owner" or new is not None}
        plain = {name: new for name, new in sent.items() if name in synced.fields}
        row = working.put(op.table, op.id, stamps | plain)
        for name in sent.keys() - plain.keys():
            row = set_field(working, synced, row, name, sent[name])
        change.log(op, BIRTH)
        change.born.append((op.table, op.id))
        return
    if row["deleted_at"] is not None:
        revive(change, op, row)
    working.touch(op.table, op.id)
    if op.table == working.store.schema.conflict:
        # Judged once everything else of the action is done.
        return
    merge_fields(change, op, synced)
    if op.table == working.store.schema.blob:
        _await_other_bytes(working, row)


def _await_other_bytes(working: Working, before: Row) -> None:
    """What is said of a file's bytes is not said of those that take their place."""
    table = working.store.schema.blob
    row = working.get(table, before["id"])
    if row is not None and row["sha256"] != before["sha256"] and row["arrived"] is not None:
        has_picture = row["thumbnail"] is not None and row["thumbnail"] == before["thumbnail"]
        working.put(table, row["id"], {"arrived": THUMBNAIL if has_picture else None})
