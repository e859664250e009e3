"""The revision: taken as the last lock before the commit, so that no reader's cursor passes an open one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import compress
from operator import ne

from sqlalchemy import Connection, delete, select

from sync import driver, sums
from sync.server.batch import Values, find_rows, insert_rows, update_rows
from sync.server.past import BATCH, Key
from sync.server.store import Store
from sync.server.working import Working

_SIGN = 1 << 63


def current(connection: Connection, store: Store) -> tuple[int, str]:
    """The head revision and the epoch."""
    ((rev, epoch),) = driver.read(connection, "SELECT rev, epoch FROM sync_head")
    return rev, epoch


@dataclass(frozen=True)
class Standing:
    """Where an organisation stands."""

    rev: int
    epoch: str
    is_restored: bool
    """Whether it ever came back from a copy."""
    exchange_key: bytes
    """The private one."""


_STANDING = (
    "SELECT h.rev, h.epoch, EXISTS (SELECT 1 FROM sync_restore r WHERE r.epoch = h.epoch),"
    " (SELECT k.private FROM sync_exchange_key k) FROM sync_head h"
)


def standing(connection: Connection) -> Standing:
    """What every answer begins with, in one statement."""
    ((rev, epoch, is_restored, exchange_key),) = driver.read(connection, _STANDING)
    return Standing(rev, epoch, bool(is_restored), bytes(exchange_key))


def advance(connection: Connection, store: Store, count: int) -> int:
    """Take `count` revisions; returns the one before the first. Holds the head until the commit."""
    taken = driver.read(connection, "UPDATE sync_head SET rev = rev + ? RETURNING rev", (count,))
    return int(taken[0][0]) - count


def commit(working: Working, now: str, spare: int = 0) -> tuple[dict[Key, int], int]:
    """Stamp and write all that was touched; returns each row's revision, and the first of `spare` more."""
    connection, store = working.connection, working.store
    touched = list(working.touched)
    if not touched and not spare:
        return {}, current(connection, store)[0]
    first = advance(connection, store, len(touched) + spare) + 1
    revs = {key: first + offset for offset, key in enumerate(touched)}
    _write_rows(working, revs)
    _write_exits(working, revs, now)
    _write_sums(working, revs)
    _write_edits(working, revs)
    last = first + len(touched) + spare - 1
    driver.write(connection, "INSERT INTO sync_commit (rev, at) VALUES (?, ?)", (last, now))
    return revs, first + len(touched)


def _write_rows(working: Working, revs: dict[Key, int]) -> None:
    born: dict[str, list[Values]] = defaultdict(list)
    changed: dict[tuple[str, tuple[bool, ...]], list[Values]] = defaultdict(list)
    synced = working.store.tables.synced
    # All rows of a table have its columns in one order.
    place = {table: synced[table].columns.keys().index("rev") for table in {table for table, _id in revs}}
    for key, rev in revs.items():
        row, before = working.rows[key], working.before[key]
        if row is None:
            continue
        values = list(row.values())
        values[place[key[0]]] = rev
        if before is None:
            born[key[0]].append(values)
        else:
            differs = tuple(map(ne, values, before.values()))
            changed[key[0], differs].append([*compress(values, differs), row["id"]])
    erased: dict[str, list[str]] = defaultdict(list)
    for table, id in sorted(working.erased):
        erased[table].append(id)
    for table, ids in erased.items():
        for start in range(0, len(ids), BATCH):
            here = synced[table].c.id.in_(ids[start : start + BATCH])
            working.connection.execute(delete(synced[table]).where(here))
    for name, rows in born.items():
        insert_rows(working.connection, synced[name], synced[name].columns.keys(), rows)
    for (name, differs), rows in changed.items():
        names = tuple(compress(synced[name].columns.keys(), differs))
        update_rows(working.connection, synced[name], names, ("id",), rows)


def _write_exits(working: Working, revs: dict[Key, int], now: str) -> None:
    exits: list[Values] = []
    for key, rev in revs.items():
        before = working.before[key]
        if before is None:
            continue
        row = working.rows[key]
        if key in working.erased if row is None else before["scope"] != row["scope"]:
            exits.append((*key, before["scope"], rev, now))
    names = ("table_name", "id", "scope", "rev", "at")
    insert_rows(working.connection, working.store.tables["scope_exit"], names, exits)
    if exits:
        # No new laptop may load what has left: the keys of the files go with this commit.
        files = working.store.tables["scope_file"]
        left = {one[2] for one in exits}
        dead = [
            name
            for name, listed in working.connection.execute(select(files.c.name, files.c.scope))
            if left & set(listed.splitlines())
        ]
        working.connection.execute(delete(files).where(files.c.name.in_(dead)))


def _write_sums(working: Working, revs: dict[Key, int]) -> None:
    gone: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    came: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    newest: dict[tuple[str, str], int] = {}
    for key, rev in revs.items():
        table, id = key
        before, row = working.before[key], working.rows[key]
        if before is not None and before["deleted_at"] is None:
            gone[before["scope"], table].append((id, before["rev"]))
        if row is not None:
            newest[row["scope"], table] = rev
            if row["deleted_at"] is None:
                came[row["scope"], table].append((id, rev))
    places = sorted(newest.keys() | gone.keys())
    if not places:
        return
    connection, table_ = working.connection, working.store.tables["scope_sum"]
    names, scopes = ("scope", "table_name", "count", "total", "rev"), sorted({scope for scope, _ in places})
    standing = {
        (scope, table): (count, total, rev)
        for start in range(0, len(scopes), BATCH)
        for scope, table, count, total, rev in find_rows(
            connection, table_, names, "scope", scopes[start : start + BATCH]
        )
    }
    new: list[Values] = []
    old: list[Values] = []
    for key in places:
        count, total, rev = standing.get(key, (0, 0, 0))
        count += len(came[key]) - len(gone[key])
        total += sums.total(key[1], came[key]) - sums.total(key[1], gone[key])
        values = (count, signed(total), newest.get(key, rev), *key)
        (old if key in standing else new).append(values)
    keys = ("scope", "table_name")
    insert_rows(connection, table_, ("count", "total", "rev", *keys), new)
    update_rows(connection, table_, ("count", "total", "rev"), keys, old)


def signed(total: int) -> int:
    """A sum mod 2⁶⁴ as the signed number that a BIGINT keeps."""
    return (total + _SIGN) % sums.MODULUS - _SIGN


def _write_edits(working: Working, revs: dict[Key, int]) -> None:
    names = ("table_name", "id", "field", "at", "user", "device", "transaction", "old", "rev", "seq")
    rows: list[Values] = [
        # One commit may set a field twice: `seq` tells in which order.
        (e.table, e.id, e.field, e.at, e.user, e.device, e.transaction, e.old, revs[e.table, e.id], seq)
        for seq, e in enumerate(working.edits)
    ]
    insert_rows(working.connection, working.store.tables["field_edit"], names, rows)
