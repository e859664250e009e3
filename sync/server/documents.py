"""Documents with lines never merge: one that others changed since the base is forked."""

from __future__ import annotations

from sync import conflicts
from sync.merge import canonical
from sync.protocol import Op
from sync.schema import SyncTable
from sync.server import versions
from sync.server.allowed import is_frozen
from sync.server.change import BIRTH, Change, add_conflict
from sync.server.deletion import has_foreign_change
from sync.server.erasure import find_erased
from sync.server.fields import get_field, keys_of
from sync.server.known import Part, as_seen_by
from sync.server.past import Edit
from sync.server.working import Row

COPIED = '"copied"'
"""What was there before the birth of a version: the row of which it is a copy, whoever had written that."""


def redirect(change: Change, ops: list[Op]) -> list[Op]:
    """The operations with those on stale documents led to a fork, made here or by an earlier transaction."""
    if not change.working.store.shape.lines or change.is_stated:
        return ops
    ops = versions.apart(change, versions.without_remade(change, versions.follow(change, ops)))
    deletes_document = any(
        op.kind == "delete" and op.table in change.working.store.shape.documents for op in ops
    )
    for (table, id), mine in versions.by_document(change, ops).items():
        document = change.working.get(table, id)
        if document is None or not _changes_content(change, table, mine):
            continue
        if deletes_document and all(op.kind == "delete" for op in mine):
            # The lines were to go with their document: one that another version has by now stays with that.
            ops = _but_touch(change, ops, mine)
            continue
        base = versions.whole_commit(change, max(op.base_rev for op in mine))
        keys = [(synced.name, row["id"]) for synced, row in versions.parts(change.working, table, id)]
        if id not in change.forks_again and not has_foreign_change(change, keys, base):
            continue
        issues = _freezes(change, table, mine)
        if issues and is_frozen(change.table(table), document) and versions.say_what_stands(change, mine):
            # It is that very paper: somebody else brought it first, after a restore perhaps.
            ops = _but_touch(change, ops, mine)
            continue
        left = versions.without_issued(change, table, id, ops, mine) if issues else None
        ops = _fork(change, table, id, base, ops, issues) if left is None else left
    return ops


def _but_touch(change: Change, ops: list[Op], mine: list[Op]) -> list[Op]:
    """The operations without some, whose rows the device is to have as they stand."""
    for op in mine:
        change.working.touch(op.table, op.id)
    return [op for op in ops if op not in mine]


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
    found, lines = as_seen_by(change, (table, id), base, ops)
    if found[0].known is None:
        # Its author knew it in a life that the server lost; here it was born since, and stands for what he knew.
        found = [Part(part.synced, part.row, part.row) for part in found]
    # What was a version of its own in a lost life is one again, whatever stands here by now.
    gives_way = issuing and not stands and id not in change.forks_again
    whose = versions.OTHERS if gives_way else ""
    while working.get(table, versions.fork_id(id, change.uuid, whose)) is not None:
        # Made in a lost life and brought by somebody, and others went on with it.
        whose += versions.AGAIN
    new_ids = {part.row["id"]: versions.fork_id(part.row["id"], change.uuid, whose) for part in found}
    new_ids |= _ids_again(change, found)
    ops = [*lines, *ops]
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
        ops = [versions.renamed(op, new_ids) for op in ops]
    tell_of_fork(change, table, id, new_ids[id])
    return versions.apart(change, ops)


def tell_of_fork(change: Change, table: str, id: str, other: str) -> None:
    """A question on the document that names its other version."""
    author = change.author
    candidate = conflicts.Candidate(
        value=other, user=author.user, device=author.device, at=change.now, group={}
    )
    add_conflict(change, table, id, conflicts.FORK, None, candidate)


def _ids_again(change: Change, parts: list[Part]) -> dict[str, str]:
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


def _go_back(change: Change, part: Part) -> None:
    """A part stands as its issuer knew it; what that undoes is remembered as any other edit."""
    synced, row = part.synced, part.row
    # One that went with the rest in a deletion must not come back with it.
    known = part.known or {**row, "deleted_at": change.now}
    op = Op(synced.name, row["id"], "update")
    for name, field in synced.fields.items():
        keys = keys_of(row[name]) | keys_of(known[name]) if field.by_key else set()
        for one in sorted(f"{name}.{key}" for key in keys) if field.by_key else [name]:
            old = get_field(synced, row, one)
            if old != get_field(synced, known, one):
                change.log(op, one, canonical(old))
    if known["deleted_at"] != row["deleted_at"]:
        change.log(op, conflicts.DELETION, canonical(row["deleted_at"]))
    change.working.put(synced.name, row["id"], {name: value for name, value in known.items() if name != "id"})


def _copy(change: Change, synced: SyncTable, row: Row, new_ids: dict[str, str]) -> None:
    links = {name: new_ids.get(str(row[name]), row[name]) for name, f in synced.fields.items() if f.link}
    values = {name: value for name, value in row.items() if name not in ("id", "rev", "scope")}
    new = change.working.put(synced.name, new_ids[row["id"]], values | links)
    author = change.author
    change.working.log(
        Edit(synced.name, new["id"], BIRTH, change.now, author.user, author.device, change.uuid, COPIED)
    )
