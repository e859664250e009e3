"""Handing out rows: pages by revision, new scopes caught up beside, exits, and the sums at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, select

from sync import sums
from sync.protocol import Result, Rows, Sum, pack_cursor, unpack_cursor
from sync.schema import INTEGERS
from sync.server.announced import Announcements, Owed
from sync.server.batch import Values, find_rows
from sync.server.store import Store
from sync.server.weight import fitting

_ROWS_PER_MB = 3_000
"""How many rows to read for a page of a megabyte: more than fit, seldom far more."""
_MOST_ROWS = 50_000
_ROWS_PER_BLOCK = 500
"""A block is read at one go, during which a laptop's windows stand still."""
_STATEMENTS = 4_000
_ALL = -1
"""A revision after which all come, as after 0; but nothing goes ahead of them any more."""


@dataclass
class Cursor:
    """Up to where a device has read. `behind` holds scopes still to be filled: (table, rev, upto).

    Tables are numbered; below 0, counted from the last, while the user's own rows go ahead of the others.
    """

    epoch: str
    rev: int
    scopes: set[str] = field(default_factory=set)
    behind: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    seal: str = ""
    """See `sync.server.received`."""
    owed: Owed | None = None

    def pack(self) -> str:
        """The text that travels."""
        fields = {"e": self.epoch, "r": self.rev, "s": sorted(self.scopes), "b": self.behind}
        if self.owed is not None:
            fields["o"] = list(self.owed)
        return pack_cursor(fields | {"k": self.seal} if self.seal else fields)


def read_cursor(text: str, epoch: str, head: int, horizon: int = 0) -> Cursor | None:
    """The cursor of this server's present life; None for an empty, damaged, foreign or too old one."""
    fields = unpack_cursor(text)
    try:
        behind = {
            str(scope): (_number(a), _number(b), _number(c)) for scope, (a, b, c) in fields["b"].items()
        }
        seal = str(fields.get("k", ""))
        cursor = Cursor(str(fields["e"]), _number(fields["r"]), {str(s) for s in fields["s"]}, behind, seal)
        if "o" in fields:
            after, upto, exits, settled = fields["o"]
            cursor.owed = Owed(_number(after), min(_number(upto), head), bool(exits), bool(settled))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return cursor if cursor.epoch == epoch and horizon <= cursor.rev <= head else None


def is_new(granted: frozenset[str], cursor: Cursor | None) -> bool:
    """Whether a scope is granted of which the cursor does not know."""
    return cursor is None or not granted <= cursor.scopes.union(cursor.behind)


def _number(value: Any) -> int:
    """A revision or a place, as a database can be asked about it; raises ValueError."""
    number = int(value)
    if number not in INTEGERS:
        raise ValueError(value)
    return number


@dataclass
class Page:
    """What one snapshot gave."""

    cursor: Cursor
    blocks: list[Rows]
    exits: list[tuple[str, str, str]]
    sums: list[Sum]
    more: bool
    settled: list[Result]


@dataclass
class Pull:
    """One page for one device."""

    connection: Connection
    store: Store
    device: str
    granted: frozenset[str]
    max_bytes: int
    head: int
    restored: int | None = None
    """The last revision of the copy from which this server first came back, None where it never did."""
    own: Callable[[], frozenset[str]] = frozenset
    """Asks for the scopes in which the user himself works: of what is new to a device these come first."""
    user: str = ""
    """Of a scope that takes several pages his own records come first."""

    def __post_init__(self) -> None:
        self._left = float(self.max_bytes)
        self._limit = min(max(200, self.max_bytes * _ROWS_PER_MB // 1_000_000), _MOST_ROWS)
        self._tables = list(self.store.schema.tables)
        self._blocks: dict[str, list[Values]] = {}
        self._exits: list[tuple[str, str, str]] = []
        self._settled: list[Result] = []
        self._beside = Announcements(
            self.connection, self.store, self.device, self.granted, float(self.max_bytes)
        )

    def run(self, cursor: Cursor) -> Page:
        """The rows after `cursor`, as many as fit."""
        cursor = self._granted_only(cursor)
        if cursor.rev < self.head:
            cursor.rev = self._changes(cursor)
        if cursor.owed is not None:
            cursor.owed = self._tell_owed(cursor.owed)
        if cursor.rev == self.head and cursor.behind:
            self._fill(cursor)
        more = cursor.rev < self.head or bool(cursor.behind) or cursor.owed is not None
        sums = [] if more else self._sums()
        return Page(cursor, self._as_rows(), self._exits, sums, more, self._settled)

    def _tell(self, after: int, upto: int, exits_after: int | None, settled: bool = True) -> int:
        told = self._beside.tell(after, upto, exits_after, settled)
        self._exits += told.exits
        self._settled += told.settled
        return told.upto

    def _tell_owed(self, owed: Owed) -> Owed | None:
        """What is left to tell after this page."""
        upto = self._tell(owed.after, owed.upto, self.restored if owed.exits else None, owed.settled)
        return owed._replace(after=upto) if upto < owed.upto else None

    def _granted_only(self, cursor: Cursor) -> Cursor:
        scopes, first = cursor.scopes & self.granted, -len(self._tables)
        behind = {
            # A place that nobody was given is no place.
            scope: (max(at, first), rev, upto)
            for scope, (at, rev, upto) in cursor.behind.items()
            if scope in self.granted
        }
        for scope in sorted(self.granted - scopes - set(behind)):
            behind[scope] = (0, 0, cursor.rev)
        return Cursor(cursor.epoch, cursor.rev, scopes, behind, cursor.seal, cursor.owed)

    # What changed

    def _changes(self, cursor: Cursor) -> int:
        """Up to which revision the page brings them all."""
        upto = self.head
        found: list[tuple[int, str, Values, float]] = []
        for name, scopes in self._changed_since(cursor.rev).items():
            bounds = {"scopes": scopes, "after": cursor.rev, "upto": upto, "most": self._limit}
            rows, weights, whole = self._fitting(_changes_of(self.store.tables.synced[name]), bounds)
            rev_at = self._rev_at(name)
            if not whole:
                upto = rows[-1][rev_at]
            found += [(row[rev_at], name, row, weight) for row, weight in zip(rows, weights, strict=True)]
        found.sort(key=itemgetter(0))
        upto = self._tell(cursor.rev, self._full_at(found, upto), cursor.rev)
        for rev, name, row, weight in found:
            if rev > upto:
                break
            self._blocks.setdefault(name, []).append(row)
            self._left -= weight
        return upto

    def _full_at(self, found: list[tuple[int, str, Values, float]], upto: int) -> int:
        """The revision, `upto` at most, with which the page is full."""
        left = self._left
        for rev, _name, _row, weight in found:
            left -= weight
            if left <= 0:
                return min(rev, upto)
        return upto

    def _fitting(
        self, statement: Select[Any], bounds: dict[str, Any]
    ) -> tuple[list[Values], list[float], bool]:
        """The rows that there is room for, what each takes, and whether there are no more."""
        result = self.connection.execute(statement, bounds)
        rows, weights, whole = fitting(result.cursor, self._left)
        result.close()
        return rows, weights, whole and len(rows) < bounds["most"]

    def _changed_since(self, rev: int) -> dict[str, list[str]]:
        """The tables with something newer than `rev`, and in which of the granted scopes."""
        bounds = {"scopes": list(self.granted), "after": rev}
        found: dict[str, list[str]] = {}
        for name, scope in self.connection.execute(_newer_places(self.store.tables["scope_sum"]), bounds):
            found.setdefault(name, []).append(scope)
        return {name: found[name] for name in self._tables if name in found}

    def _rev_at(self, name: str) -> int:
        return self.store.schema.tables[name].columns().index("rev")

    # What came within reach

    def _fill(self, cursor: Cursor) -> None:
        """Rows of scopes that are new to the device; what changed since it got them comes as a change."""
        filled, last_table = self._filled(cursor.behind), len(self._tables)
        own = self.own()
        for scope in sorted(cursor.behind, key=lambda scope: (scope not in own, scope)):
            at, rev, upto = cursor.behind.pop(scope)
            if (at, rev) == (0, 0) and scope in own and self._is_long(scope, filled):
                at = -last_table
            while at < last_table:
                if self._left <= 0:
                    cursor.behind[scope] = (at, rev, upto)
                    return
                name = self._tables[at]
                last = self._fill_table(scope, name, rev, upto, at < 0) if (scope, name) in filled else 0
                at, rev = (at, last) if last else (at + 1, 0)
                if (at, rev) == (0, 0):
                    # They come once more with the others: on a page of theirs, and not for ever.
                    rev, self._left = _ALL, 0
            cursor.scopes.add(scope)

    def _is_long(self, scope: str, filled: Mapping[tuple[str, str], int]) -> bool:
        return sum(count for place, count in filled.items() if place[0] == scope) > self._limit

    def _filled(self, scopes: Iterable[str]) -> dict[tuple[str, str], int]:
        """Where there are rows at all, and how many: most kinds of most territories have none."""
        statement = _filled_places(self.store.tables["scope_sum"], self.restored is not None)
        bounds = {"scopes": list(scopes), "restored": self.restored}
        found = self.connection.execute(statement, bounds)
        return {(scope, name): count for scope, name, count in found}

    def _fill_table(self, scope: str, name: str, after: int, upto: int, own: bool) -> int:
        """Add rows in (after, upto], the user's `own` alone perhaps; the last one's revision, 0 when it is done."""
        owner = self.store.shape.owner.get(name)
        if own and owner is None:
            return 0
        statement = _rows_of(
            self.store.tables.synced[name], self.restored is not None, owner if own else None
        )
        bounds = {
            "user": self.user,
            "scope": scope,
            "after": after,
            "upto": upto,
            "most": self._limit,
            "restored": self.restored,
        }
        rows, weights, whole = self._fitting(statement, bounds)
        if rows:
            self._blocks.setdefault(name, []).extend(rows)
        self._left -= sum(weights)
        return 0 if whole else int(rows[-1][self._rev_at(name)])

    # The end

    def _as_rows(self) -> list[Rows]:
        schema, blocks = self.store.schema, self._blocks
        names = [name for name in self._tables if name in blocks]
        return [
            Rows(name, list(schema.tables[name].columns()), blocks[name][start : start + _ROWS_PER_BLOCK])
            for name in names
            for start in range(0, len(blocks[name]), _ROWS_PER_BLOCK)
        ]

    def _sums(self) -> list[Sum]:
        table, names = self.store.tables["scope_sum"], ("scope", "table_name", "count", "total")
        found = find_rows(self.connection, table, names, "scope", sorted(self.granted))
        return [
            Sum(scope, name, count, sums.to_wire(total))
            for scope, name, count, total in sorted(map(tuple, found))
            if count > 0
        ]


# Statements of every pull, put together once for each organisation's tables.

_among = partial(bindparam, "scopes", expanding=True)


def _window(table: Table) -> ColumnElement[bool]:
    return (table.c.rev > bindparam("after")) & (table.c.rev <= bindparam("upto"))


@lru_cache(maxsize=_STATEMENTS)
def _changes_of(table: Table) -> Select[Any]:
    here = table.c.scope.in_(_among()) & _window(table)
    return select(table).where(here).order_by(table.c.rev).limit(bindparam("most"))


@lru_cache(maxsize=_STATEMENTS)
def _newer_places(table: Table) -> Select[Any]:
    newer = (table.c.rev > bindparam("after")) | table.c.rev.is_(None)
    return select(table.c.table_name, table.c.scope).where(table.c.scope.in_(_among()) & newer)


@lru_cache(maxsize=_STATEMENTS)
def _filled_places(table: Table, restored: bool) -> Select[Any]:
    any_row: ColumnElement[bool] = table.c["count"] > 0
    if restored:
        any_row |= (table.c.rev > bindparam("restored")) | table.c.rev.is_(None)
    found = select(table.c.scope, table.c.table_name, table.c["count"])
    return found.where(table.c.scope.in_(_among()) & any_row)


@lru_cache(maxsize=_STATEMENTS)
def _rows_of(table: Table, restored: bool, owner: str | None) -> Select[Any]:
    wanted: ColumnElement[bool] = table.c.deleted_at.is_(None)
    if restored:
        # Who holds a row that the copy lacks has to know that it was deleted since, or he brings it back.
        wanted |= table.c.rev > bindparam("restored")
    here = (table.c.scope == bindparam("scope")) & wanted & _window(table)
    if owner is not None:
        here &= table.c[owner] == bindparam("user")
    return select(table).where(here).order_by(table.c.rev).limit(bindparam("most"))
