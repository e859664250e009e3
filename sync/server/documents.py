"""Documents with lines never merge: one that others changed since the base is forked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID, uuid5

from msgspec.structs import replace
from sqlalchemy import func, select

from sync import conflicts, driver
from sync.merge import Value, canonical
from sync.protocol import Op
from sync.schema import SyncTable
from sync.server.allowed import is_frozen
from sync.server.change import BIRTH, Change, add_conflict
from sync.server.deletion import has_foreign_change
from sync.server.erasure import find_erased
from sync.server.fields import get_field, set_field
from sync.server.head import current
from sync.server.past import Edit
from sync.server.working import Row

_NAMESPACE = UUID("2b0f5d2e-7a4a-4a53-8f0a-6f4a2f0e6c11")


OTHERS = "\0others"
COPIED = '"copied"'
"""What was there before the birth of a version: the row of which it is a copy, whoever had written that."""


@dataclass
class _Part:
    """The document or one of its lines: as it stands, and as the device knew it (None: not yet born)."""

    synced: SyncTable
    row: Row
    known: Row | None


def fork_id(id: str, transaction: str, whose: str = "") -> str:
    """The id of the other version of a document or line.

    By the transaction that makes it and not by its device and base: sent again after a restore, by whichever copy of
    a file, it makes the same version; and what another makes, in another life of the server, is never taken for it.
    Nor is the version of `OTHERS`, which moves aside for an issue, that of its issuer, who may have to do so himself.
    """
    return str(uuid5(_NAMESPACE, f"{id}\0{transaction}{whose}"))


def redirect(change: Change, ops: list[Op]) -> list[Op]:
    """The operations with those on stale documents led to a fork, made here or by an earlier transaction."""
    if not change.working.store.shape.lines or change.is_stated:
        return ops
    ops = apart(change, _follow_forks(change, ops))
    for (table, id), mine in by_document(change, ops).items():
        document = change.working.get(table, id)
        if document is None or not _changes_content(change, table, mine):
            continue
        base = _whole_commit(change, max(op.base_rev for op in mine) or change.author.rev_presented)
        keys = [(synced.name, row["id"]) for synced, row in parts(change, table, id)]
        if id not in change.forks_again and not has_foreign_change(change, keys, base):
            continue
        issues = _freezes(change, table, mine)
        if issues and is_frozen(change.table(table), document) and _say_what_stands(change, mine):
            # It is that very paper: somebody else brought it first, after a restore perhaps.
            ops = [op for op in ops if op not in mine]
            for op in mine:
                change.working.touch(op.table, op.id)
        else:
            ops = _fork(change, table, id, base, ops, issues)
    return ops


def _say_what_stands(change: Change, ops: list[Op]) -> bool:
    """Whether the operations would change nothing at all."""
    for op in ops:
        row = change.working.get(op.table, op.id)
        if row is None or (row["deleted_at"] is not None) != (op.kind == "delete"):
            return False
        synced = change.table(op.table)
        if any(
            get_field(synced, row, name) != new
            for name, (_base, new) in op.fields.items()
            if not (name == "owner" and new is None)
        ):
            return False
    return True


def _whole_commit(change: Change, rev: int) -> int:
    """The last revision of the commit that took `rev`: who has seen a part of it has seen all."""
    ((last, _at),) = change.working.past.commits([rev])
    return last


def by_document(change: Change, ops: list[Op]) -> dict[tuple[str, str], list[Op]]:
    """The operations on documents and their lines, by (table, id) of the document."""
    documents = change.working.store.shape.documents
    found: dict[tuple[str, str], list[Op]] = {}
    for op in ops:
        synced = change.table(op.table)
        if op.table in documents:
            found.setdefault((op.table, op.id), []).append(op)
        if synced.aggregate is None:
            continue
        row = change.working.get(op.table, op.id)
        target = synced.fields[synced.aggregate].link
        sent = op.fields.get(synced.aggregate)
        id = row[synced.aggregate] if row is not None else (sent[1] if sent else None)
        if id and target:
            found.setdefault((target, str(id)), []).append(op)
    return found


def _line_tables(change: Change) -> list[SyncTable]:
    return change.working.store.shape.lines


def parts(change: Change, table: str, id: str) -> list[tuple[SyncTable, Row]]:
    """A document that is there, and all its lines, deleted ones too."""
    document = change.working.get(table, id)
    whole = [] if document is None else [(change.table(table), document)]
    return whole + [
        (synced, row)
        for synced in _line_tables(change)
        if synced.aggregate and synced.fields[synced.aggregate].link == table
        for row in change.working.find_all(synced.name, synced.aggregate, [id], table)
    ]


def _changes_content(change: Change, table: str, ops: list[Op]) -> bool:
    """Whether more is touched than what may change after the issue; a deletion has its own rule."""
    if any(op.table == table and op.kind in ("delete", "restore") for op in ops):
        return False
    unfrozen = change.table(table).unfrozen
    return any(op.table != table or not set(op.fields) <= unfrozen or op.kind == "create" for op in ops) and (
        any(op.fields or op.kind == "delete" for op in ops)
    )


def _freezes(change: Change, table: str, ops: list[Op]) -> bool:
    frozen = change.table(table).frozen_when
    if frozen is None:
        return False
    name, values = frozen
    return any(op.table == table and name in op.fields and op.fields[name][1] in values for op in ops)


def _fork(change: Change, table: str, id: str, base: int, ops: list[Op], issuing: bool) -> list[Op]:
    """Two versions: the issued side keeps the id, else the one on the server does."""
    working = change.working
    document = working.get(table, id)
    assert document is not None
    frozen = change.table(table).frozen_when
    stands = frozen is not None and document[frozen[0]] in frozen[1]
    found = [
        _Part(synced, row, _as_known(change, synced, row, base)) for synced, row in parts(change, table, id)
    ]
    if found[0].known is None:
        # Its author knew it in a life that the server lost; here it was born since, and stands for what he knew.
        found = [_Part(part.synced, part.row, part.row) for part in found]
    gives_way = issuing and not stands
    whose = OTHERS if gives_way else ""
    new_ids = {part.row["id"]: fork_id(part.row["id"], change.uuid, whose) for part in found}
    new_ids |= _ids_again(change, found)
    for part in found:
        working.touch(part.synced.name, part.row["id"])
    if gives_way:
        for part in found:
            _copy(change, part.synced, part.row, new_ids)
            _go_back(change, part)
    else:
        for part in found:
            if part.known is not None:
                _copy(change, part.synced, part.known, new_ids)
                change.map.append((part.synced.name, part.row["id"], new_ids[part.row["id"]]))
        ops = [renamed(op, new_ids) for op in ops]
    tell_of_fork(change, table, id, new_ids[id])
    return ops


def tell_of_fork(change: Change, table: str, id: str, other: str) -> None:
    """A question on the document that names its other version."""
    author = change.author
    candidate = conflicts.Candidate(
        value=other, user=author.user, device=author.device, at=change.now, group={}
    )
    add_conflict(change, table, id, conflicts.FORK, None, candidate)


def _ids_again(change: Change, parts: list[_Part]) -> dict[str, str]:
    """The ids that the parts had as another version in a lost life, where nothing has them here."""
    working, found = change.working, dict[str, str]()
    wanted = [(part, change.forks_again.get(part.row["id"])) for part in parts]
    erased = find_erased(working.connection, working.store, {new for _part, new in wanted if new})
    for part, new in wanted:
        # The device says so: what is there already, or is to be nowhere, is not its to write.
        taken = new in found.values() or new in erased
        if new and not taken and working.get(part.synced.name, new) is None:
            found[part.row["id"]] = new
    return found


def _go_back(change: Change, part: _Part) -> None:
    """A part stands as its issuer knew it; what that undoes is remembered as any other edit."""
    synced, row = part.synced, part.row
    # One that went with the rest in a deletion must not come back with it.
    known = part.known or {**row, "deleted_at": change.now}
    op = Op(synced.name, row["id"], "update")
    for name, field in synced.fields.items():
        keys = _keys_of(row[name]) | _keys_of(known[name]) if field.by_key else set()
        for one in sorted(f"{name}.{key}" for key in keys) if field.by_key else [name]:
            old = get_field(synced, row, one)
            if old != get_field(synced, known, one):
                change.log(op, one, canonical(old))
    if known["deleted_at"] != row["deleted_at"]:
        change.log(op, conflicts.DELETION, canonical(row["deleted_at"]))
    change.working.put(synced.name, row["id"], {name: value for name, value in known.items() if name != "id"})


def _keys_of(text: Value) -> set[str]:
    return set(json.loads(text)) if isinstance(text, str) and text else set()


def _copy(change: Change, synced: SyncTable, row: Row, new_ids: dict[str, str]) -> None:
    links = {name: new_ids.get(str(row[name]), row[name]) for name, f in synced.fields.items() if f.link}
    values = {name: value for name, value in row.items() if name not in ("id", "rev", "scope")}
    new = change.working.put(synced.name, new_ids[row["id"]], values | links)
    author = change.author
    change.working.log(
        Edit(synced.name, new["id"], BIRTH, change.now, author.user, author.device, change.uuid, COPIED)
    )


def _as_known(change: Change, synced: SyncTable, row: Row, base: int) -> Row | None:
    """The row without what other devices did after `base`."""
    edits = change.working.store.tables["field_edit"]
    foreign = (edits.c.rev > base) & change.working.past.foreign(change.author.device)
    here = (edits.c.id == row["id"]) & (edits.c.table_name == synced.name)
    statement = (
        select(edits.c.field, edits.c.old)
        .where(here & foreign)
        .order_by(edits.c.rev.desc(), edits.c.seq.desc())
    )
    olds = {edit[0]: edit[1] for edit in change.working.connection.execute(statement)}
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


def renamed(op: Op, new_ids: dict[str, str]) -> Op:
    """The operation with other ids, in its links too."""

    def led(value: Value) -> Value:
        return new_ids.get(value, value) if isinstance(value, str) else value

    fields = {name: (led(base), led(new)) for name, (base, new) in op.fields.items()}
    return Op(op.table, new_ids.get(op.id, op.id), op.kind, op.base_rev, fields, op.at)


def _follow_forks(change: Change, ops: list[Op]) -> list[Op]:
    """What this device still writes to a document that forked under it goes to its own version."""
    for old, new, rev in _unseen_forks(change):
        # Who has seen a part of the commit that made the fork has seen both versions.
        ops = [renamed(op, {old: new}) if _whole_commit(change, op.base_rev) < rev else op for op in ops]
    for old, new, rev in _forks_of(change, ops):
        ops = [
            renamed(op, {old: new})
            if old in _parts_named(change, op) and 0 < _whole_commit(change, op.base_rev) < rev
            else op
            for op in ops
        ]
    just_made = {old: new for _table, old, new in change.working.forks.get(change.author.device, ())}
    if just_made:
        ops = [renamed(op, just_made) for op in ops]
    return _lifted(change, ops)


def _lifted(change: Change, ops: list[Op]) -> list[Op]:
    """The operations on a version that stands as this device had it with that one for their base.

    The revision on which it was written may be one of a life that the server lost, or of before the version was made.
    """
    bases: dict[int, int] = {}
    for (_table, document), mine in by_document(change, ops).items():
        placed = _placed_at(change, document)
        bases |= {id(op): placed for op in mine if op.base_rev < placed}
    return [replace(op, base_rev=bases[id(op)]) if id(op) in bases else op for op in ops]


def _placed_at(change: Change, document: str) -> int:
    """The revision at which a version was made for this device, or found to be as it has it; 0 for never."""
    working, device = change.working, change.author.device
    if any(new == document for _table, _old, new in working.forks.get(device, ())):
        return current(working.connection, working.store)[0]
    forks = working.store.tables["sync_fork"]
    here = (forks.c.device == device) & (forks.c.new_id == document)
    return int(working.connection.scalar(select(func.max(forks.c.rev)).where(here)) or 0)


def _forks_of(change: Change, ops: list[Op]) -> list[tuple[str, str, int]]:
    """The same of documents and lines that are named, by their base: a copy of the file may have seen more."""
    named = {id for op in ops for id in _parts_named(change, op)}
    if not named:
        return []
    forks = change.working.store.tables["sync_fork"]
    here = (forks.c.device == change.author.device) & forks.c.old_id.in_(sorted(named))
    statement = select(forks.c.old_id, forks.c.new_id, forks.c.rev).where(here).order_by(forks.c.rev)
    return [(old, new, rev) for old, new, rev in change.working.connection.execute(statement)]


def _parts_named(change: Change, op: Op) -> set[str]:
    synced = change.table(op.table)
    if synced.aggregate is None:
        return {op.id} if op.table in change.working.store.shape.documents else set()
    sent = op.fields.get(synced.aggregate)
    return {op.id, str(sent[1])} if sent and sent[1] else {op.id}


def apart(change: Change, ops: list[Op]) -> list[Op]:
    """A new line of a version that forked, whose id the other version has already, gets one of its own.

    So it is where somebody else brought the line first: from a copy of the file, or after a restore.
    """
    for op in ops:
        synced = change.table(op.table)
        if op.kind != "create" or synced.aggregate not in op.fields:
            continue
        there = change.working.get(op.table, op.id)
        if there is not None and there[synced.aggregate] != op.fields[synced.aggregate][1]:
            new = fork_id(op.id, change.uuid)
            change.map.append((op.table, op.id, new))
            ops = [renamed(one, {op.id: new}) for one in ops]
    return ops


def versions_since(
    change: Change, key: tuple[str, str], named: dict[str, str], since: int
) -> list[tuple[tuple[str, str], dict[str, str]]]:
    """The versions that anybody made of a document after a revision: (table, id), and by old id the new ones.

    `named` are the ids in question, with their tables.
    """
    forks, working = change.working.store.tables["sync_fork"], change.working
    named = {**named, key[1]: key[0]}
    here = forks.c.old_id.in_(sorted(named)) & (forks.c.rev > since) & (forks.c.old_id != forks.c.new_id)
    statement = select(forks.c.old_id, forks.c.new_id).where(here).order_by(forks.c.rev)
    made = list(dict.fromkeys((old, new) for old, new in working.connection.execute(statement)))
    found = []
    for version in (new for old, new in made if old == key[1]):
        new_ids = {key[1]: version}
        for old, new in made:
            link, row = change.table(named[old]).aggregate, working.get(named[old], new)
            if link is not None and row is not None and row[link] == version:
                new_ids[old] = new
        root = working.get(key[0], version)
        if root is not None and root["deleted_at"] is None:
            found.append(((key[0], version), new_ids))
    return found


def is_placed_since(change: Change, id: str, since: int) -> bool:
    """Whether a document stands as this device had it, under its id or another's, since a revision."""
    forks = change.working.store.tables["sync_fork"]
    here = (forks.c.device == change.author.device) & (forks.c.rev > since) & (forks.c.old_id == id)
    return change.working.connection.execute(select(forks.c.rev).where(here).limit(1)).first() is not None


def any_forked(change: Change) -> bool:
    """Whether something may have forked of which this device does not know."""
    forks = change.working.forks.get(change.author.device)
    return bool(forks or (change.working.store.shape.lines and _unseen_forks(change)))


_UNSEEN_FORKS = "SELECT old_id, new_id, rev FROM sync_fork WHERE device = ? AND rev > ? ORDER BY rev"


def _unseen_forks(change: Change) -> list[tuple[str, str, int]]:
    """(old id, new id, revision)"""
    working, author = change.working, change.author
    if author.device not in working.forks_before:
        rows = driver.read(working.connection, _UNSEEN_FORKS, (author.device, author.rev_presented))
        working.forks_before[author.device] = [(old, new, rev) for old, new, rev in rows]
    return working.forks_before[author.device]
