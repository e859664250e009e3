"""A document as one device knows it: what stands, without what others did since and with what is its own.

After a restore a device's work may stand in no edit of its own: its transaction was left to a statement of the whole
document. Where a copy of its file sends that transaction too, it is kept, and is the copy's work all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace
from sqlalchemy import select, update

from sync import conflicts
from sync.merge import Value
from sync.protocol import Op
from sync.schema import SyncTable
from sync.server import adapters, lives, versions
from sync.server.change import BIRTH, Change
from sync.server.fields import get_field, set_field
from sync.server.past import Key
from sync.server.working import Row


@dataclass
class Part:
    """The document or one of its lines: as it stands, and as the device knew it (None: not yet born)."""

    synced: SyncTable
    row: Row
    known: Row | None


def as_seen_by(change: Change, key: Key, base: int, ops: list[Op]) -> tuple[list[Part], list[Op]]:
    """The same as the author of `ops` knew it.

    What he did in a lost life made a version of its own there: before he heard of that it was a part of this one, and
    after that it is none. What his operations say they found tells which.
    """
    found, lines = as_known(change, key, base)
    if not change.working.past.came_back or _is_what_they_found(found, ops):
        return found, lines
    without, lines_left = as_known(change, key, base, without_forked=True)
    return (without, lines_left) if _is_what_they_found(without, ops) else (found, lines)


def _is_what_they_found(parts: list[Part], ops: list[Op]) -> bool:
    return next(found_otherwise(parts, ops), None) is None


def found_otherwise(parts: list[Part], ops: list[Op]) -> Iterator[tuple[Part, Op, str, Value]]:
    """The fields in which operations found something else than their author knew: (part, operation, name, known)."""
    by_id = {part.row["id"]: part for part in parts}
    for op in ops:
        part = by_id.get(op.id)
        if part is None or part.known is None or op.kind != "update":
            continue
        for name, (base, _new) in op.fields.items():
            known = get_field(part.synced, part.known, name)
            if known != base:
                yield part, op, name, known


def as_known(
    change: Change, key: Key, base: int, *, without_forked: bool = False
) -> tuple[list[Part], list[Op]]:
    """The document and its lines, as they stand and as the device that had seen `base` knew them.

    And the lines that the device has made and that stand nowhere in the document: each as it last left it.
    `without_forked`: without what made a version of its own in a lost life.
    """
    found = {
        row["id"]: Part(synced, row, _without_others(change, synced, row, base))
        for synced, row in versions.parts(change.working, *key)
    }
    lines: dict[str, Op] = {}
    for op in _left_to_statements(change, base, without_forked):
        if op.id in found:
            _add(change, found[op.id], op)
        elif op.id in lines and op.kind == "delete":
            del lines[op.id]
        elif op.id in lines:
            lines[op.id] = replace(lines[op.id], fields={**lines[op.id].fields, **op.fields})
        elif op.kind == "create" and _document_of(change, op) == key[1]:
            lines[op.id] = op
    return list(found.values()), list(lines.values())


def _document_of(change: Change, line: Op) -> Value:
    link = change.table(line.table).aggregate
    return line.fields[link][1] if link in line.fields else None


def keep_left(change: Change, ops: list[Op]) -> None:
    """A copy of a file sends what its device left to a statement: keep it, and see whether the copy has the same."""
    results = change.working.store.tables["sync_result"]
    here = (results.c.uuid == change.uuid) & results.c.life.is_not(None) & results.c.ops.is_(None)
    statement = update(results).where(here).values(ops=msgspec.json.encode(ops))
    change.working.connection.execute(statement)
    for key, mine in versions.by_document(change, ops).items():
        base = versions.whole_commit(change, min(op.base_rev for op in mine))
        found, lines = as_known(change, key, base)
        if found and all(map(_is_as_known, found)) and not lines:
            for part in found:
                change.working.touch(part.synced.name, part.row["id"])
                change.placed.append((part.synced.name, part.row["id"], part.row["id"]))


def _left_to_statements(change: Change, base: int, without_forked: bool) -> list[Op]:
    """What this device did by transactions that made no edits; without those that it knows by what it has seen."""
    if not change.working.past.came_back:
        return []
    tables, connection = change.working.store.tables, change.working.connection
    results, shared, edits = tables["sync_result"], tables["sync_shared"], tables["field_edit"]
    mine = (shared.c.device == change.author.device) & (shared.c.uuid == results.c.uuid)
    kept = results.c.life.is_not(None) & results.c.ops.is_not(None) & (results.c.rev > base)
    settled = results.c.outcome.not_in(("parked", "withdrawn"))
    names = (results.c.uuid, results.c.ops, results.c.life)
    found: list[Op] = []
    for uuid, raw, life in connection.execute(
        select(*names).where(mine, kept, settled).order_by(results.c.n)
    ).all():
        ops = adapters.kept(bytes(raw)) or []
        named = edits.c.id.in_({op.id for op in ops})
        written = set(connection.scalars(select(edits.c.id).where(named & (edits.c.transaction == uuid))))
        made = lives.decoded(life) if without_forked else None
        new_ids = {old: new for _table, old, new in made.forks} if made is not None else {}
        found += (versions.renamed(op, new_ids) for op in ops if op.id not in written)
    return found


def _add(change: Change, part: Part, op: Op) -> None:
    if op.kind == "create" and part.known is None:
        kept = ("id", "rev", "scope", "created_at", "created_by", "updated_at", "updated_by")
        part.known = {name: value if name in kept else None for name, value in part.row.items()}
    if part.known is None:
        return
    if op.kind == "delete":
        part.known = {**part.known, "deleted_at": change.now}
    for name, (_base, new) in op.fields.items():
        part.known = set_field(change.working, part.synced, part.known, name, new, keep=False)


def _is_as_known(part: Part) -> bool:
    known, row = part.known, part.row
    if known is None or (known["deleted_at"] is None) != (row["deleted_at"] is None):
        return False
    return all(known[name] == row[name] for name in part.synced.fields)


def _without_others(change: Change, synced: SyncTable, row: Row, base: int) -> Row | None:
    """The row without what other devices did after `base`."""
    edits = change.working.store.tables["field_edit"]
    foreign = (edits.c.rev > base) & change.working.past.foreign(change.author.device)
    here = (edits.c.id == row["id"]) & (edits.c.table_name == synced.name)
    statement = (
        select(edits.c.field, edits.c.old)
        .where(here & foreign)
        .order_by(edits.c.rev.desc(), edits.c.seq.desc())
    )
    past, device = change.working.past, change.author.device
    # What waited of several devices may be applied in one commit.
    pending = reversed(change.working.edits_of(synced.name, row["id"]))
    olds = {edit.field: edit.old for edit in pending if past.is_foreign(edit, device)}
    olds |= {edit[0]: edit[1] for edit in change.working.connection.execute(statement)}
    if BIRTH in olds:
        return None
    known = dict(row)
    for name, old in olds.items():
        if name == conflicts.DELETION:
            known["deleted_at"] = json.loads(old) if old is not None else None
        else:
            value: Value = json.loads(old) if old is not None else None
            known = set_field(change.working, synced, known, name, value, keep=False)
    return known
