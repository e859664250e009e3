"""The revision: taken as the last lock before the commit, so that no reader's cursor passes an open one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from sync import sums
from sync.server.past import Key
from sync.server.store import Store
from sync.server.working import Row, Working

_SIGN = 1 << 63


def current(connection: Connection, store: Store) -> tuple[int, str]:
    """The head revision and the epoch."""
    head = store.tables["sync_head"]
    rev, epoch = connection.execute(select(head.c.rev, head.c.epoch)).one()
    return rev, epoch


def advance(connection: Connection, store: Store, count: int) -> int:
    """Take `count` revisions; returns the one before the first. Holds the head until the commit."""
    head = store.tables["sync_head"]
    taken = connection.execute(update(head).values(rev=head.c.rev + count).returning(head.c.rev)).scalar_one()
    return int(taken) - count


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
    connection.execute(
        insert(store.tables["sync_commit"]).values(rev=first + len(touched) + spare - 1, at=now)
    )
    return revs, first + len(touched)


def _write_rows(working: Working, revs: dict[Key, int]) -> None:
    born: dict[str, list[Row]] = defaultdict(list)
    changed: dict[str, list[Row]] = defaultdict(list)
    restamped: dict[str, list[Row]] = defaultdict(list)
    for (table, id), rev in revs.items():
        row = working.rows[(table, id)]
        before = working.before[(table, id)]
        if row is None:
            continue
        if before is None:
            born[table].append({**row, "rev": rev})
        elif row is before:
            restamped[table].append({"key": id, "stamp": rev})
        else:
            values = {f"new_{name}": value for name, value in row.items() if name != "id"}
            changed[table].append({**values, "key": id, "new_rev": rev})
    synced, execute = working.store.tables.synced, working.connection.execute
    for name, rows in born.items():
        execute(insert(synced[name]), rows)
    for name, rows in restamped.items():
        table_ = synced[name]
        execute(update(table_).where(table_.c.id == bindparam("key")).values(rev=bindparam("stamp")), rows)
    for name, rows in changed.items():
        table_ = synced[name]
        names = [column.name for column in table_.columns if column.name != "id"]
        places: dict[str, Any] = {column: bindparam(f"new_{column}") for column in names}
        execute(update(table_).where(table_.c.id == bindparam("key")).values(places), rows)


def _live_scope(row: Row | None) -> str | None:
    return row["scope"] if row is not None and row["deleted_at"] is None else None


def _write_exits(working: Working, revs: dict[Key, int], now: str) -> None:
    exits = []
    for key, rev in revs.items():
        before, row = working.before[key], working.rows[key]
        if before is not None and row is not None and before["scope"] != row["scope"]:
            left = {"table_name": key[0], "id": key[1], "scope": before["scope"]}
            exits.append({**left, "rev": rev, "at": now})
    if exits:
        working.connection.execute(insert(working.store.tables["scope_exit"]), exits)


def _write_sums(working: Working, revs: dict[Key, int]) -> None:
    deltas: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (table, id), rev in revs.items():
        before, row = working.before[(table, id)], working.rows[(table, id)]
        if (scope := _live_scope(before)) is not None and before is not None:
            deltas[(scope, table)][0] -= 1
            deltas[(scope, table)][1] -= sums.row_hash(table, id, before["rev"])
        if (scope := _live_scope(row)) is not None:
            deltas[(scope, table)][0] += 1
            deltas[(scope, table)][1] += sums.row_hash(table, id, rev)
    if not deltas:
        return
    connection, table_ = working.connection, working.store.tables["scope_sum"]
    statement = select(table_).where(table_.c.scope.in_({scope for scope, _ in deltas}))
    standing = {
        (s["scope"], s["table_name"]): (s["count"], s["total"])
        for s in connection.execute(statement).mappings()
    }
    new: list[Row] = []
    old: list[Row] = []
    for (scope, name), (count, total) in sorted(deltas.items()):
        was_count, was_total = standing.get((scope, name), (0, 0))
        values: Row = {"in_scope": scope, "in_table": name}
        values |= {"new_count": was_count + count, "new_total": signed(was_total + total)}
        (old if (scope, name) in standing else new).append(values)
    places: dict[str, Any] = {"count": bindparam("new_count"), "total": bindparam("new_total")}
    if new:
        keys: dict[str, Any] = {"scope": bindparam("in_scope"), "table_name": bindparam("in_table")}
        connection.execute(insert(table_).values({**keys, **places}), new)
    if old:
        here = (table_.c.scope == bindparam("in_scope")) & (table_.c.table_name == bindparam("in_table"))
        connection.execute(update(table_).where(here).values(places), old)


def signed(total: int) -> int:
    """A sum mod 2⁶⁴ as the signed number that a BIGINT keeps."""
    return (total + _SIGN) % sums.MODULUS - _SIGN


def _write_edits(working: Working, revs: dict[Key, int]) -> None:
    if not working.edits:
        return
    rows = [
        {
            "table_name": edit.table, "id": edit.id, "field": edit.field, "at": edit.at, "user": edit.user,
            "device": edit.device, "transaction": edit.transaction, "old": edit.old,
            "rev": revs[(edit.table, edit.id)],
        }
        for edit in working.edits
    ]  # fmt: skip
    working.connection.execute(insert(working.store.tables["field_edit"]), rows)
