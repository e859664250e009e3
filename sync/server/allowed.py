"""What the author of a transaction may write; all else is parked, never refused.

Of a row that he may not see he learns nothing: the answer is the one that he gets for a row that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from sync import conflicts
from sync.protocol import Op
from sync.schema import COMPANY, OFFICE, SyncTable
from sync.server import parking, scopes
from sync.server.change import Change, Parked
from sync.server.working import Row

DECISION = (conflicts.DECISION, parking.DECISION)
RECORD = ("record_kind", "record")


def authorise(change: Change, op: Op) -> None:
    """Park what this user may not write, judged by the row as it was before."""
    synced, author = change.table(op.table), change.author
    if author.is_server:
        return
    if synced.writers == "nobody":
        raise Parked("not_allowed")
    if synced.writers == "office" and not author.grants.can_write_company:
        raise Parked("not_allowed")
    row = change.working.at_start(op.table, op.id)
    if row is None:
        if op.kind != "create":
            raise Parked("missing_record", op.id)
    elif not _may_see(change, op.table, row):
        # A new row under an id that is taken cannot be had, whoever has it.
        raise Parked("not_allowed") if op.kind == "create" else Parked("missing_record", op.id)
    elif not may_write(change, op.table, row):
        raise Parked("not_allowed")
    if not _decides_at_most(change, op):
        raise Parked("not_allowed")
    for table, id in _named_parents(change, op, row):
        parent = change.working.at_start(table, id) if table in change.working.store.schema.tables else None
        if parent is not None and not _may_see(change, table, parent):
            raise Parked("missing_parent", id)


def _decides_at_most(change: Change, op: Op) -> bool:
    """Conflicts and parked work are the server's rows: of them a person writes the decision alone."""
    schema = change.working.store.schema
    if op.table not in (schema.conflict, schema.parked):
        return True
    return op.kind == "update" and set(op.fields) <= DECISION[op.table == schema.parked]


def _may_see(change: Change, table: str, row: Row) -> bool:
    author = change.author
    if row["scope"] in author.writable:
        return True
    # It may leave in this very request, by an action that came before this one.
    before = change.working.before.get((table, row["id"]))
    if before is not None and before["scope"] in author.writable:
        return True
    # At its last word from here this device still had it.
    if any(
        scopes.left_since(change.working, table, row["id"], held.scopes, held.rev) for held in author.held
    ):
        return True
    # What its user made under such a record before he knew that it had left.
    return row["created_by"] == author.user and any(
        (parent := change.working.get(kind, id)) is not None and _may_see(change, kind, parent)
        for kind, id in scopes.parent_keys(change.working, table, row)
    )


def may_write(change: Change, table: str, row: Row) -> bool:
    """Whether the author may write the row as it stands."""
    if change.author.is_server:
        return True
    if row["scope"] == COMPANY and not change.author.grants.can_write_company:
        return False
    return _may_see(change, table, row)


def authorise_result(change: Change, op: Op) -> None:
    """Park a row that lands where its author may not write.

    Giving rows away is allowed: an account to another territory, a task to a colleague.
    """
    row = change.working.get(op.table, op.id)
    if change.author.is_server or row is None:
        return
    before, scope = change.working.at_start(op.table, op.id), str(row["scope"])
    if before is not None and (scope == before["scope"] or scope != COMPANY):
        return
    if scope in (COMPANY, OFFICE) and not change.author.grants.can_write_company:
        raise Parked("not_allowed")
    if scope in change.author.writable or scope.startswith("user:"):
        return
    # Under a parent that has just left, or was given away.
    if not scopes.parents(change.working, op.table, row):
        raise Parked("not_allowed")


def _named_parents(change: Change, op: Op, row: Row | None) -> Iterator[tuple[str, str]]:
    """The records of whose subtree the row is to become part, or whose scope it is to take."""
    shape = change.working.store.shape
    for link, target in shape.parents[op.table]:
        if link in op.fields and op.fields[link][1]:
            yield target, str(op.fields[link][1])
    if op.table in shape.follows_record:
        pair = [op.fields[name][1] if name in op.fields else row and row[name] for name in RECORD]
        if all(pair) and (row is None or pair != [row[name] for name in RECORD]):
            yield str(pair[0]), str(pair[1])


def require_thawed(change: Change, op: Op) -> None:
    """Park a change of an immutable record, or of a line of one."""
    synced, working = change.table(op.table), change.working
    row = working.at_start(op.table, op.id)
    if row is not None and is_frozen(synced, row) and not _is_allowed_when_frozen(synced, op):
        raise Parked("frozen")
    link = synced.aggregate
    if link is None:
        return
    target = synced.fields[link].link
    assert target is not None
    ids = {row[link]} if row is not None else set()
    ids |= {op.fields[link][1]} if link in op.fields else set()
    for id in ids - {None}:
        document = working.at_start(target, str(id))
        if document is not None and is_frozen(change.table(target), document):
            raise Parked("frozen")


def _is_allowed_when_frozen(synced: SyncTable, op: Op) -> bool:
    """Its fate may change, never its content, nor that it is frozen."""
    if op.kind != "update" or not set(op.fields) <= synced.unfrozen:
        return False
    assert synced.frozen_when is not None
    name, values = synced.frozen_when
    return name not in op.fields or op.fields[name][1] in values


def is_frozen(synced: SyncTable, row: Row) -> bool:
    """Whether the row is immutable but for what may change after its issue."""
    return synced.frozen_when is not None and row[synced.frozen_when[0]] in synced.frozen_when[1]
