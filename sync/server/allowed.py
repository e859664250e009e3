"""What the author of a transaction may write; all else is parked, never refused."""

from __future__ import annotations

from sync.protocol import Op
from sync.schema import COMPANY, OFFICE, SyncTable
from sync.server import scopes
from sync.server.change import Change, Parked
from sync.server.working import Row


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
        return
    if not _may_write(change, op.table, row):
        raise Parked("not_allowed")


def _may_write(change: Change, table: str, row: Row) -> bool:
    author, scope = change.author, row["scope"]
    if scope == COMPANY and not author.grants.can_write_company:
        return False
    if scope in author.writable:
        return True
    return bool(author.entitled) and scopes.left_since(
        change.working, table, row["id"], author.entitled, author.rev_presented
    )


def authorise_result(change: Change, op: Op) -> None:
    """A new row must land where its author may write; private rows may be given to a colleague."""
    row = change.working.get(op.table, op.id)
    if change.author.is_server or row is None or change.working.at_start(op.table, op.id) is not None:
        return
    scope = str(row["scope"])
    if scope in (COMPANY, OFFICE) and not change.author.grants.can_write_company:
        raise Parked("not_allowed")
    if scope in change.author.writable or scope.startswith("user:"):
        return
    synced = change.table(op.table)
    for parent_table, parent in scopes.parents(change.working, synced, row):
        if _may_write(change, parent_table.name, parent):
            return
    raise Parked("not_allowed")


def require_thawed(change: Change, op: Op) -> None:
    """Park a change of an immutable record, or of a line of one."""
    synced, working = change.table(op.table), change.working
    row = working.at_start(op.table, op.id)
    thawed = op.kind == "update" and set(op.fields) <= synced.unfrozen
    if row is not None and _is_frozen(synced, row) and not thawed:
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
        if document is not None and _is_frozen(change.table(target), document):
            raise Parked("frozen")


def _is_frozen(synced: SyncTable, row: Row) -> bool:
    return synced.frozen_when is not None and row[synced.frozen_when[0]] in synced.frozen_when[1]
