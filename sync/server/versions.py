"""Which version of a document is meant: whoever writes to one that forked under him goes on with his own."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID, uuid5

from msgspec.structs import replace
from sqlalchemy import func, select

from sync import driver
from sync.merge import Value
from sync.protocol import Op
from sync.schema import SyncTable
from sync.server.allowed import may_write
from sync.server.change import Change
from sync.server.fields import get_field
from sync.server.head import current
from sync.server.working import Row, Working

_NAMESPACE = UUID("2b0f5d2e-7a4a-4a53-8f0a-6f4a2f0e6c11")
OTHERS, AGAIN = "\0others", "\0again"


def fork_id(id: str, transaction: str, whose: str = "") -> str:
    """The id of the other version of a document or line.

    By the transaction that makes it and not by its device and base: sent again after a restore, by whichever copy of
    a file, it makes the same version; and what another makes, in another life of the server, is never taken for it.
    Nor is the version of `OTHERS`, which moves aside for an issue, that of its issuer, who may have to do so himself.
    """
    return str(uuid5(_NAMESPACE, f"{id}\0{transaction}{whose}"))


def whole_commit(change: Change, rev: int) -> int:
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
        sent = op.fields.get(synced.aggregate)
        id = row[synced.aggregate] if row is not None else (sent[1] if sent else None)
        if id:
            found.setdefault((synced.document, str(id)), []).append(op)
    return found


def parts(working: Working, table: str, id: str) -> list[tuple[SyncTable, Row]]:
    """A document that is there, and all its lines, deleted ones too."""
    document = working.get(table, id)
    whole = [] if document is None else [(working.store.schema.tables[table], document)]
    return whole + [
        (synced, row)
        for synced in working.store.shape.lines
        if synced.aggregate and synced.document == table
        for row in working.find_all(synced.name, synced.aggregate, [id], table)
    ]


def renamed(op: Op, new_ids: dict[str, str]) -> Op:
    """The operation with other ids, in its links too."""

    def led(value: Value) -> Value:
        return new_ids.get(value, value) if isinstance(value, str) else value

    fields = {name: (led(base), led(new)) for name, (base, new) in op.fields.items()}
    return Op(op.table, new_ids.get(op.id, op.id), op.kind, op.base_rev, fields, op.at)


def say_what_stands(change: Change, ops: list[Op]) -> bool:
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


def follow(change: Change, ops: list[Op]) -> list[Op]:
    """What this device still writes to a document that forked under it goes to its own version."""
    unseen = _unseen_forks(change)
    # Of two that left one document he knows neither: the later one was stated, and is all that he has.
    just_made = {old: new for _table, old, new in change.working.forks.get(change.author.device, ())}
    latest = {old: new for old, new, _rev in unseen} | just_made
    unseen = [(old, new, rev) for old, new, rev in unseen if latest[old] == new]
    for _commit, together in groupby(unseen, key=lambda fork: whole_commit(change, fork[2])):
        # At once: what one version leaves another may have taken.
        made = {old: (new, rev) for old, new, rev in together}
        ops = [_led(change, op, made) for op in ops]
    earlier = [fork for fork in _forks_of(change, ops) if fork[0] not in just_made]
    for old, new, rev in earlier:
        ops = [
            renamed(op, {old: new})
            if old in _parts_named(change, op) and 0 < whole_commit(change, op.base_rev) < rev
            else op
            for op in ops
        ]
    if just_made:
        ops = [renamed(op, just_made) for op in ops]
    return _lifted(change, ops)


def _led(change: Change, op: Op, made: dict[str, tuple[str, int]]) -> Op:
    # Who has seen a part of the commit that made the fork has seen both versions.
    base = whole_commit(change, op.base_rev)
    return renamed(op, {old: new for old, (new, rev) in made.items() if base < rev})


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
    """The last revision before a version was made for this device, or found to be as it has it; 0 for never.

    What others did to it in that very commit, behind a copy of the file that made it, the device has not seen.
    """
    working, device = change.working, change.author.device
    if any(new == document for _table, _old, new in working.forks.get(device, ())):
        return current(working.connection, working.store)[0]
    forks = working.store.tables["sync_fork"]
    here = (forks.c.device == device) & (forks.c.new_id == document)
    made = int(working.connection.scalar(select(func.max(forks.c.rev)).where(here)) or 0)
    return working.past.before_commit_of(made) if made else 0


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


def without_remade(change: Change, ops: list[Op]) -> list[Op]:
    """The operations without those that made a version in a lost life which is here: somebody has brought it.

    Its author may not know that he made it, since no answer ever reached him. Where others went on with it, it is not
    what he goes on with.
    """
    if not change.working.past.came_back:
        return ops
    for (table, id), mine in _by_named_document(change, ops).items():
        named = {op.id for op in mine} | {row["id"] for _synced, row in parts(change.working, table, id)}
        made = {one: fork_id(one, change.uuid) for one in sorted(named | {id})}
        version = change.working.get(table, made[id])
        if version is None or not may_write(change, table, version):
            continue
        there = {row["id"]: synced.name for synced, row in parts(change.working, table, made[id])}
        new_ids = {old: new for old, new in made.items() if new in there}
        if say_what_stands(change, [renamed(op, new_ids) for op in mine]):
            change.map += [(there[new], old, new) for old, new in new_ids.items()]
            change.mark("conflict")
            for one, name in there.items():
                change.working.touch(name, one)
            ops = [op for op in ops if op not in mine]
    return ops


def without_issued(change: Change, table: str, id: str, ops: list[Op], mine: list[Op]) -> list[Op] | None:
    """The operations without `mine`, which issue a document, where a version of it is that very paper.

    So it is where somebody brought it after a restore, and the document has gone on meanwhile. None where none is.
    """
    if not change.working.past.came_back:
        return None
    named = {row["id"]: synced.name for synced, row in parts(change.working, table, id)}
    for version, new_ids in versions_since(change, (table, id), named, 0):
        root = change.working.get(*version)
        if root is None or not say_what_stands(change, [renamed(op, new_ids) for op in mine]):
            continue
        for op in mine:
            change.working.touch(op.table, op.id)
        if may_write(change, table, root):
            change.map += [(named[old], old, new) for old, new in new_ids.items()]
            for synced, row in parts(change.working, *version):
                change.working.touch(synced.name, row["id"])
        return [op for op in ops if op not in mine]
    return None


def _by_named_document(change: Change, ops: list[Op]) -> dict[tuple[str, str], list[Op]]:
    """The operations on documents and lines by the document that they name: the line may be another one's here."""
    found: dict[tuple[str, str], list[Op]] = {}
    for op in ops:
        aggregate = change.table(op.table).aggregate
        if aggregate is None:
            if op.table in change.working.store.shape.documents:
                found.setdefault((op.table, op.id), []).append(op)
            continue
        sent, row = op.fields.get(aggregate), change.working.get(op.table, op.id)
        id = sent[1] if sent else row[aggregate] if row is not None else None
        if id:
            found.setdefault((change.table(op.table).document, str(id)), []).append(op)
    return found


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


def is_placed_since(change: Change, key: tuple[str, str], epoch: str, seen: int, since: int) -> bool:
    """Whether a document was stated by this device as it was in that life, under its id or another's, since a revision.

    As far as `seen` there: a copy of its file may have stated less.

    A version that was made of what it sent is another thing: that may be less than what is stated.
    """
    tables, device = change.working.store.tables, change.author.device
    forks, stated = tables["sync_fork"], tables["sync_stated"]
    here = (forks.c.device == device) & (forks.c.rev > since) & (forks.c.old_id == key[1])
    whole = (stated.c.table_name == key[0]) & (stated.c.id == forks.c.new_id) & (stated.c.epoch == epoch)
    whole &= stated.c.seen >= seen
    statement = select(forks.c.rev).join(stated, whole).where(here).limit(1)
    return change.working.connection.execute(statement).first() is not None


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
