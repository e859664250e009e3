"""Deleting a record with its subtree, and bringing it back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sync import conflicts
from sync.merge import Value, canonical
from sync.protocol import Op
from sync.server import scopes
from sync.server.allowed import is_frozen
from sync.server.change import Change, Parked, add_conflict, last_edit
from sync.server.past import Key
from sync.server.working import Row


@dataclass(frozen=True)
class Deletions:
    """What one transaction deletes together."""

    seen: Mapping[Key, int]
    """The revision at which the author saw each record that he names."""
    kept: Collection[Key]
    """What stays although it is named: it hangs under a record that has to stay."""


def together(change: Change, ops: Iterable[Op]) -> Deletions:
    """The deletions among a transaction's operations."""
    deletions = [op for op in ops if op.kind == "delete"]
    seen = {(op.table, op.id): op.base_rev for op in deletions}
    kept: set[Key] = set()
    for op in deletions:
        below = [(synced.name, row["id"]) for synced, row in scopes.subtree(change.working, op.table, op.id)]
        if len(below) > 1 and has_foreign_change(change, below, op.base_rev, seen):
            kept |= set(below) - {(op.table, op.id)}
    return Deletions(seen, kept)


def delete(change: Change, op: Op, deletions: Deletions) -> None:
    """Delete a record with its subtree, where nobody else changed anything in there that its author had not seen."""
    working = change.working
    row = working.get(op.table, op.id)
    working.touch(op.table, op.id)
    if row is None or row["deleted_at"] is not None or (op.table, op.id) in deletions.kept:
        return
    below = scopes.subtree(working, op.table, op.id)
    at, author = change.at(op), change.author
    keys = [(synced.name, doomed["id"]) for synced, doomed in below]
    if has_foreign_change(change, keys, op.base_rev, deletions.seen):
        candidate = conflicts.Candidate(value=at, user=author.user, device=author.device, at=at, group={})
        _keep_deletion(change, op, candidate)
        return
    if any(is_frozen(synced, doomed) and doomed["deleted_at"] is None for synced, doomed in below):
        # What was issued is kept, whether the laptop knew of it or not.
        raise Parked("frozen")
    for synced, doomed in below:
        if doomed["deleted_at"] is None:
            values: dict[str, Value] = {"deleted_at": at, "updated_at": at, "updated_by": author.user}
            working.put(synced.name, doomed["id"], values)
            change.log(on_row(op, synced.name, doomed["id"]), conflicts.DELETION)


def has_foreign_change(
    change: Change, keys: list[Key], base_rev: int, seen: Mapping[Key, int] | None = None
) -> bool:
    """Whether another device changed one of the rows after `base_rev`, or after that row was `seen`."""
    device, working = change.author.device, change.working
    past = working.past
    pending = (edit for table, id in keys for edit in working.edits_of(table, id))
    if any(past.is_foreign(one, device) for one in pending if not one.field.startswith(conflicts.MARK)):
        return True
    changed = zip(keys, past.foreign_revs(device, keys), strict=True)
    return any(rev > max(base_rev, (seen or {}).get(key, 0)) for key, rev in changed)


def undo(change: Change, op: Op) -> None:
    """Bring back what the author knew to be deleted; where somebody else deleted it meanwhile, that stands."""
    working = change.working
    row = working.get(op.table, op.id)
    if row is not None and row["deleted_at"] is not None:
        last = last_edit(working, row, op.table, conflicts.DELETION)
        ((seen, _at),) = working.past.commits([op.base_rev])
        is_foreign = last.device not in ("", change.author.device)
        if is_foreign and not 0 < last.rev <= seen:
            working.touch(op.table, op.id)
            return
    restore(change, op.table, op.id, op)


def restore(change: Change, table: str, id: str, op: Op) -> None:
    """Bring back a record with all that went with it in the same deletion."""
    working = change.working
    row = working.get(table, id)
    working.touch(table, id)
    if row is None or row["deleted_at"] is None:
        return
    moment = row["deleted_at"]
    deletion = last_edit(working, row, table, conflicts.DELETION).transaction
    for synced, gone in scopes.subtree(working, table, id):
        if gone["deleted_at"] != moment:
            continue
        # Two deletions by a clock that goes wrong may bear one time.
        if last_edit(working, gone, synced.name, conflicts.DELETION).transaction == deletion:
            values: dict[str, Value] = {"deleted_at": None, "updated_at": change.at(op)}
            if synced.merged_into is not None:
                # It stands for itself again; what was moved to its survivor stays there.
                values[synced.merged_into] = None
            working.put(synced.name, gone["id"], values | {"updated_by": change.author.user})
            change.log(on_row(op, synced.name, gone["id"]), conflicts.DELETION, canonical(moment))


def revive(change: Change, op: Op, row: Row) -> None:
    """A write to a deleted record brings it back; the deletion stays to be decided."""
    last = last_edit(change.working, row, op.table, conflicts.DELETION)
    restore(change, op.table, op.id, op)
    if last.device != change.author.device:
        candidate = conflicts.Candidate(
            value=row["deleted_at"], user=last.user, device=last.device, at=last.at, group={}
        )
        _keep_deletion(change, op, candidate)


def _keep_deletion(change: Change, op: Op, candidate: conflicts.Candidate) -> None:
    """Who deletes twice wants it once: of one laptop the last time stays."""
    working, kind = change.working, change.working.store.schema.conflict
    key = conflicts.conflict_id(op.table, op.id, conflicts.DELETION)
    row = working.get(kind, key) if kind in working.store.schema.tables else None
    author = (candidate["user"], candidate["device"])
    earlier = (
        one
        for one in conflicts.candidates_of(row["candidates"] if row is not None else None)
        if (one.get("user"), one.get("device")) == author
    )
    add_conflict(change, op.table, op.id, conflicts.DELETION, None, candidate, next(earlier, None))


def restore_ancestors(change: Change, op: Op) -> None:
    working = change.working
    row = working.get(op.table, op.id)
    queue = [(op.table, row)] if row is not None else []
    seen = {(op.table, op.id)}
    while queue:
        for table, parent in scopes.parents(working, *queue.pop()):
            if parent["deleted_at"] is not None:
                revive(change, on_row(op, table, parent["id"]), parent)
            if (table, parent["id"]) not in seen:
                seen.add((table, parent["id"]))
                queue.append((table, parent))


def on_row(op: Op, table: str, id: str) -> Op:
    """The operation's author and time, for another row."""
    return Op(table, id, "restore", op.base_rev, {}, op.at)
