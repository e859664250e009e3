"""Finds the rows in which a laptop differs from the server, by drill-down of sums, and mends those alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from sync import driver, errors, sums
from sync.overlay import hidden_by_entries
from sync.protocol import Rows, Sum, SyncProtocol, VerifyRequest
from sync.schema import SyncSchema

Place = tuple[str, str]
"""(scope, table)"""
Total = tuple[int, str]
"""(count, total) as in `sync.sums.to_wire`"""

_MOST_CALLS = 2_000
"""Of one drill-down: more than half a million rows need, and an end to what a lying server invents."""
_MOST_IDS = 200
"""Rows asked for at once: well below a page."""
_AT_ONCE = 1_000
"""Rows counted at a stretch: whoever draws a window goes on between two."""


@dataclass
class Found:
    """How one table of one scope differs."""

    ours: dict[str, int]
    theirs: dict[str, int] = field(default_factory=dict)
    """The server's (id, rev) where it differs, as far as they belong to what was pulled."""
    extra: set[str] = field(default_factory=set)
    blocks: list[Rows] = field(default_factory=list)
    moved: bool = False
    """The server went on meanwhile, so a row may have left without our knowing it."""

    def total_after(self, table: str) -> Total:
        """What our sum will be once it is mended."""
        rows = {id: rev for id, rev in self.ours.items() if id not in self.extra} | self.theirs
        return len(rows), sums.to_wire(sums.total(table, rows.items()))


def expected(theirs: Iterable[Sum]) -> dict[Place, Total]:
    """The server's sums by place."""
    return {(one.scope, one.table): (one.count, one.total) for one in theirs if one.count}


def differing(connection: Connection, schema: SyncSchema, theirs: Mapping[Place, Total]) -> list[Place]:
    """Where our sums are not the server's."""
    ours = {
        (scope, table): (count, total)
        for scope, table, count, total in driver.read(
            connection, "SELECT scope, kind, count, total FROM sync_sum WHERE count <> 0"
        )
    }
    return sorted(
        (scope, table)
        for scope, table in ours.keys() | theirs.keys()
        if table in schema.tables and ours.get((scope, table)) != theirs.get((scope, table))
    )


def describe(connection: Connection, places: Iterable[Place], theirs: Mapping[Place, Total]) -> str | None:
    """The difference with both sums: another one in the same place is another difference."""
    ours = {
        (scope, table): f"{count} {total}"
        for scope, table, count, total in connection.exec_driver_sql(
            "SELECT scope, kind, count, total FROM sync_sum"
        )
    }
    said = [f"{place[0]}/{place[1]}: {ours.get(place)}, {theirs.get(place)}" for place in places]
    return "; ".join(said) or None


def rows_of(connection: Connection, place: Place) -> dict[str, int]:
    """The live rows of a place as the server knows them: id -> rev, whatever our own entries say."""
    return {id: rev for part in _parts_of(connection, place) for id, rev in part}


def count(connection: Connection, place: Place) -> Total:
    """The same counted and summed, a few rows in memory at a time."""
    found, total = 0, 0
    for part in _parts_of(connection, place):
        found, total = found + len(part), total + sums.total(place[1], part)
    return found, sums.to_wire(total)


def _parts_of(connection: Connection, place: Place) -> Iterator[list[tuple[str, int]]]:
    scope, table = place
    covered = connection.exec_driver_sql(
        "SELECT DISTINCT id FROM sync_entry WHERE kind = ? AND op IN ('delete', 'restore')", (table,)
    )
    hidden = hidden_by_entries(connection, table, list(covered.scalars()))
    rows = connection.exec_driver_sql(
        f'SELECT id, rev, deleted_at FROM "{table}" WHERE scope = ? AND rev > 0', (scope,)
    )
    for part in rows.partitions(_AT_ONCE):
        yield [(id, rev) for id, rev, deleted_at in part if hidden.get(id, deleted_at) is None]


def recount(connection: Connection, place: Place) -> Total:
    """Sum up a place anew from its rows, and keep that."""
    found = count(connection, place)
    connection.exec_driver_sql(
        "INSERT INTO sync_sum (scope, kind, count, total) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (scope, kind) DO UPDATE SET count = excluded.count, total = excluded.total",
        (*place, *found),
    )
    return found


def drill_down(remote: SyncProtocol, place: Place, ours: dict[str, int], head: int) -> Found:
    """Ask until the differing rows are known, and fetch those; what is newer than `head` comes by itself."""
    walk = _Walk(remote, place, head, Found(ours))
    walk.below("", ours)
    found = walk.found
    wanted = sorted(found.theirs)
    for start in range(0, len(wanted), _MOST_IDS):
        walk.fetch(wanted[start : start + _MOST_IDS])
    return found


@dataclass
class _Walk:
    remote: SyncProtocol
    place: Place
    head: int
    found: Found
    calls: int = 0

    def below(self, prefix: str, ours: dict[str, int]) -> None:
        scope, table = self.place
        answer = self._ask(VerifyRequest(scope, table, prefix))
        if not answer.parts:
            theirs = dict(answer.rows)
            differ = {id: rev for id, rev in theirs.items() if ours.get(id) != rev}
            self.found.theirs |= {id: rev for id, rev in differ.items() if 0 < rev <= self.head}
            self.found.extra |= ours.keys() - theirs.keys()
            return
        length = len(answer.parts[0][0])
        if length <= len(prefix) or any(len(part) != length for part, _count, _total in answer.parts):
            raise errors.Protocol("the parts of a sum lead nowhere")
        groups: dict[str, dict[str, int]] = defaultdict(dict)
        for id, rev in ours.items():
            groups[id[:length]][id] = rev
        for part, count, total in answer.parts:
            some = groups.pop(part, {})
            if (len(some), sums.to_wire(sums.total(table, some.items()))) != (count, total):
                self.below(part, some)
        for left in groups.values():
            self.found.extra |= left.keys()

    def fetch(self, ids: list[str]) -> None:
        """Ask for these rows whole, again for those that an answer had no room for."""
        left = set(ids)
        while left:
            given, more = self._fetch_some(sorted(left))
            if more and not given:
                raise errors.Protocol("an answer without a row says that there are more")
            left -= given
            if not more:
                break
        for id in left:
            # One that is gone or changed since comes with the next pull.
            del self.found.theirs[id]
            self.found.moved = True

    def _fetch_some(self, ids: list[str]) -> tuple[set[str], bool]:
        """The ids of which there was a row, and whether there are more."""
        scope, table = self.place
        answer = self._ask(VerifyRequest(scope, table, ids=ids))
        block = answer.block
        if block is None or block.table != table or not {"id", "rev", "scope"} <= set(block.columns):
            raise errors.Protocol("rows of another table")
        id_at, rev_at, scope_at = (block.columns.index(name) for name in ("id", "rev", "scope"))
        for row in block.rows:
            if len(row) != len(block.columns) or row[id_at] not in ids or row[scope_at] != scope:
                raise errors.Protocol("rows that were not asked for")
        rows = [row for row in block.rows if row[rev_at] == self.found.theirs[str(row[id_at])]]
        self.found.blocks.append(Rows(table, block.columns, rows))
        given = {str(row[id_at]) for row in block.rows}
        for id in given - {str(row[id_at]) for row in rows}:
            del self.found.theirs[id]
            self.found.moved = True
        return given, answer.more

    def _ask(self, request: VerifyRequest) -> Any:
        self.calls += 1
        if self.calls > _MOST_CALLS:
            raise errors.Protocol("the drill-down has no end")
        answer = self.remote.verify(request)
        self.found.moved |= answer.head != self.head
        return answer
