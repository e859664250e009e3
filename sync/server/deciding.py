"""Decisions on conflicts: the first closes one, a later and different one opens it again; they never clash.

One made without having seen all versions closes nothing: the record takes it, and the question stays.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync import conflicts
from sync.conflicts import Candidate
from sync.merge import Value, canonical
from sync.protocol import Op
from sync.server.change import Change, last_edit
from sync.server.fields import get_field, whole_groups
from sync.server.working import Row


def settle(change: Change, ops: list[Op]) -> None:
    """Carry out what the action decides, once its own changes are merged: order inside it means nothing."""
    for op in ops:
        if op.table == change.working.store.schema.conflict and op.kind in ("create", "update"):
            row = change.working.get(op.table, op.id)
            # Where the action itself left a value in the conflict, others wrote meanwhile: nobody decided about that.
            if row is not None and op.id not in change.opened:
                _decide(change, op, row, ops)


def _decide(change: Change, op: Op, row: Row, ops: Iterable[Op]) -> None:
    is_seen = all(row[name] == base for name, (base, _new) in op.fields.items())
    is_decision = not op.fields.keys().isdisjoint(("state", "resolution"))
    if not is_decision or op.fields.get("state", ("", ""))[1] == "open":
        # Who decided, said once more, or a decision that is taken back while it still stands.
        if is_seen:
            _write(change, op, row)
        return
    decided = op.fields.get("resolution", (None, None))[1]
    if is_seen and not _is_overtaken(change, row, decided, ops):
        if _left(change, row, _unseen(change, op, row)):
            _put_open(change, op, _left(change, row, conflicts.candidates_of(row["candidates"])))
        else:
            _write(change, op, row)
    elif is_seen or (row["state"], row["resolution"]) != ("resolved", decided):
        _open_again(change, op, row, decided)


def _is_overtaken(change: Change, row: Row, decided: Value, ops: Iterable[Op]) -> bool:
    """Whether it lets a value stand that stands no more: somebody wrote another one that the decider had not seen."""
    key = (row["record_kind"], row["record"])
    if row["field"] in (conflicts.DELETION, conflicts.FORK):
        return False
    if any((op.table, op.id) == key and row["field"] in op.fields for op in ops):
        # Written by the action itself, and merged without a clash.
        return False
    return _standing(change, row) != conflicts.base_of(decided)


def _standing(change: Change, row: Row) -> Value:
    """What the record holds in the field of the conflict."""
    table, name = str(row["record_kind"]), str(row["field"])
    record = change.working.get(table, str(row["record"]))
    synced = change.working.store.schema.tables.get(table)
    return None if record is None or synced is None else get_field(synced, record, name)


def _write(change: Change, op: Op, row: Row) -> None:
    for name in op.fields:
        change.log(op, name, canonical(row[name]))
    written: dict[str, Value] = {name: new for name, (_base, new) in op.fields.items()}
    stamps: dict[str, Value] = {"updated_at": change.at(op), "updated_by": change.author.user}
    change.working.put(op.table, op.id, written | stamps)


def _unseen(change: Change, op: Op, row: Row) -> list[Candidate]:
    """The versions that others left after what the decider had before him: he decided nothing about them."""
    found = conflicts.candidates_of(row["candidates"])
    marks = [(op.table, op.id, conflicts.mark_of(one)) for one in found]
    pending = {edit.field for edit in change.working.edits_of(op.table, op.id)}
    return [
        one
        for one, mark, edit in zip(found, marks, change.working.past.last_edits(marks), strict=True)
        if one.get("device") != change.author.device
        and (mark[2] in pending or (edit is not None and edit.rev > op.base_rev))
    ]


def _left(change: Change, row: Row, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Without those that the record holds now, and links to what was erased: of them there is nothing to ask."""
    stands, candidates = _standing(change, row), list(candidates)
    erased = change.working.past.erased(one.get("value") for one in candidates)
    return [
        one
        for one in candidates
        if one.get("value") not in erased and (one.get("group") or one.get("value") != stands)
    ]


def _open_again(change: Change, op: Op, row: Row, decided: Value) -> None:
    """With the value decided on for a candidate, in place of the one on which its author had decided before."""
    base = op.fields.get("resolution", (None, None))[0]
    added, before = (_candidate(change, op, conflicts.base_of(value)) for value in (decided, base))
    together = conflicts.candidates_of(conflicts.with_candidate(row["candidates"], added, before))
    together += _overruled(change, row)
    if change.working.past.erased([conflicts.base_of(decided)]) and row["state"] == "resolved":
        # It asks no more since that was erased.
        change.working.touch(op.table, op.id)
        return
    _put_open(change, op, _left(change, row, together))


def _overruled(change: Change, row: Row) -> list[Candidate]:
    """What an earlier decision had let stand, and this action, which had not seen it, took away."""
    table, id, name = (str(row[column]) for column in ("record_kind", "record", "field"))
    working, synced = change.working, change.working.store.schema.tables.get(table)
    before, now = (synced and get(table, id) for get in (working.at_start, working.get))
    if not synced or not before or not now or row["state"] != "resolved":
        return []
    (names,) = whole_groups(synced, [name])
    stood = {one: get_field(synced, before, one) for one in names}
    is_kept = stood[name] == conflicts.base_of(row["resolution"])
    if not is_kept or all(value == get_field(synced, now, one) for one, value in stood.items()):
        return []
    edit = last_edit(working, row, str(working.store.schema.conflict), "resolution")
    group = stood if len(stood) > 1 else {}
    return [Candidate(value=stood[name], user=edit.user, device=edit.device, at=edit.at, group=group)]


def _put_open(change: Change, op: Op, candidates: list[Candidate]) -> None:
    values: dict[str, Value] = dict.fromkeys(("resolution", "resolved_by", "resolved_at"))
    change.working.put(op.table, op.id, values | {"state": "open", "candidates": canonical(candidates)})
    change.mark("conflict")


def _candidate(change: Change, op: Op, value: Value) -> Candidate:
    author = change.author
    return Candidate(value=value, user=author.user, device=author.device, at=change.at(op), group={})
