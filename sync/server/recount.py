"""Whether the rows that are there are those that were counted: what a disk loses, no commit says."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from sync import sums
from sync.server.store import Store

_BATCH = 10_000

Place = tuple[str, str]
"""(scope, table)"""


@dataclass(frozen=True)
class Difference:
    """A table in a scope whose live rows are not those of its sum: fewer, more, or as many but others."""

    scope: str
    table: str
    counted: int
    there: int


@dataclass(frozen=True)
class Recount:
    """All live rows of an organisation, and where they differ from what was counted in passing."""

    rows: int
    differences: list[Difference]
    sound: bool
    """Whether SQLite finds its own file whole; PostgreSQL looks after its pages itself."""

    @property
    def ok(self) -> bool:
        """Whether nothing was lost."""
        return self.sound and not self.differences


def recount(store: Store) -> Recount:
    """Count anew, in one snapshot. Nothing is put right: a lost row cannot be told from one that never was."""
    with store.read() as connection:
        if not store.postgres and not _is_whole(connection):
            return Recount(0, [], sound=False)
        counted, there = _counted(connection, store), _there(connection, store)
    nothing = (0, 0)
    differences = [
        Difference(*place, counted.get(place, nothing)[0], there.get(place, nothing)[0])
        for place in sorted(counted.keys() | there.keys())
        if counted.get(place, nothing) != there.get(place, nothing)
    ]
    return Recount(sum(count for count, _total in there.values()), differences, sound=True)


def _is_whole(connection: Connection) -> bool:
    try:
        return bool(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok")
    except DatabaseError:
        return False


def _counted(connection: Connection, store: Store) -> dict[Place, tuple[int, int]]:
    table = store.tables["scope_sum"]
    names = (table.c.scope, table.c.table_name, table.c.count, table.c.total)
    return {
        (scope, name): (count, total % sums.MODULUS)
        for scope, name, count, total in connection.execute(select(*names))
    }


def _there(connection: Connection, store: Store) -> dict[Place, tuple[int, int]]:
    found: dict[Place, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for name, table in store.tables.synced.items():
        live = select(table.c.scope, table.c.id, table.c.rev).where(table.c.deleted_at.is_(None))
        result = connection.execution_options(stream_results=True, yield_per=_BATCH).execute(live)
        for some in result.partitions():
            by_scope: dict[str, list[tuple[str, int]]] = defaultdict(list)
            for scope, id, rev in some:
                by_scope[scope].append((id, rev))
            for scope, rows in by_scope.items():
                count, total = found[scope, name]
                total = (total + sums.total(name, rows)) % sums.MODULUS
                found[scope, name] = count + len(rows), total
    return dict(found)
