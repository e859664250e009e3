"""Two records that went out under one name: both are on paper and stand, and somebody is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from sync import conflicts
from sync.merge import Value
from sync.protocol import Op
from sync.schema import SyncTable
from sync.server.allowed import is_frozen, may_write
from sync.server.change import Change, add_conflict
from sync.server.working import Row


def tell_of_twins(change: Change, ops: Iterable[Op]) -> None:
    """A conflict on the earlier one for each record that became immutable here under a name in use."""
    for table, id in dict.fromkeys((op.table, op.id) for op in ops):
        synced = change.table(table)
        row = change.working.get(table, id)
        if not synced.papers or row is None or not is_frozen(synced, row) or row["deleted_at"] is not None:
            continue
        before = change.working.at_start(table, id)
        if before is not None and is_frozen(synced, before):
            continue
        author, outcome = change.author, change.outcome
        for twin in bearing(change, synced, [row[field] for field in synced.papers], id):
            added = conflicts.Candidate(
                value=id, user=author.user, device=author.device, at=change.now, group={}
            )
            add_conflict(change, table, twin["id"], conflicts.FORK, None, added)
            if not may_write(change, table, twin):
                # Who may not see it does not hear that the name is in use.
                change.outcome = outcome


def bearing(change: Change, synced: SyncTable, name: list[Value], but: str) -> Iterator[Row]:
    """The other records that went out under a name, which are the values of `synced.papers`."""
    working = change.working
    if not name or name[0] is None:
        return
    columns = working.store.tables.synced[synced.name]
    here = columns.c[synced.papers[0]] == name[0]
    found = working.connection.execute(select(columns.c.id).where(here)).scalars()
    ids = {str(id) for id in found} | {id for table, id in working.touched if table == synced.name}
    for id in sorted(ids - {but}):
        other = working.get(synced.name, id)
        if other is None or other["deleted_at"] is not None or not is_frozen(synced, other):
            continue
        if [other[field] for field in synced.papers] == name:
            yield other
