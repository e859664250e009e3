"""After the server came back from a copy: what it lost and this laptop still has goes to it again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from sync import brought, errors, lost, outbox, results, sent, state
from sync.merge import canonical
from sync.protocol import VERSION, Hello, HelloRequest, PullPage, Rows, SyncProtocol, Value
from sync.schema import OFFICE, SyncSchema, SyncTable

_ASKED = 5_000
"""Transactions asked for in one call."""
_TOGETHER = 100
"""Records in one transaction, which is applied whole or not at all; a document counts as one."""

Entry = tuple[str, str, str, str | None, Value, Value, str, int]
"""(kind, id, op, field, base, new, at, base_rev), as capture writes it."""

Key = tuple[str, str]
"""(table, id)"""


def find_known(remote: SyncProtocol, names: list[str], now: str, n: int) -> tuple[Hello, set[str]]:
    """Which transactions the server knows, and what it says of itself."""
    known: set[str] = set()
    hello: Hello | None = None
    for start in range(0, max(1, len(names)), _ASKED):
        hello = remote.hello(HelloRequest(now, 0, names[start : start + _ASKED], protocol=VERSION))
        known |= set(hello.known)
    assert hello is not None
    if not known <= set(names):
        raise errors.Protocol("transactions that nobody asked for")
    return hello, known


def send_again(connection: Connection, schema: SyncSchema, hello: Hello, known: set[str]) -> int:
    """Queue what the server does not know any more; how many transactions of those it had acknowledged."""
    taken_back = connection.exec_driver_sql(
        "SELECT uuid FROM sync_transaction WHERE state = 'withdrawing'"
    ).scalars()
    for uuid in [one for one in taken_back if one not in known]:
        results.withdraw(connection, schema, uuid, hello.server_time)
    return sent.send_again(connection, known, hello.last_n, hello.restored_rev)


def queue_lost_rows(
    connection: Connection, schema: SyncSchema, pages: Iterable[PullPage], hello: Hello, now: str
) -> int:
    """Queue what others had written since the copy was made, as far as it is here; how many rows.

    `pages` are all that the server has. A row newer than the copy that is not among them is created
    again; one that the server has in its state of the copy gets the fields that were newer. Company
    rows go from those laptops alone that may write them.
    """
    brought.begin(connection)
    units: dict[Key, list[Entry]] = defaultdict(list)
    aside: dict[Key, list[Entry]] = defaultdict(list)
    for page in pages:
        for name, id, _scope in page.exits:
            brought.note(connection, name, [id])
        for block in page.blocks:
            table = schema.tables.get(block.table)
            if table is not None and {"id", "rev"} <= set(block.columns):
                id_at = block.columns.index("id")
                brought.note(connection, table.name, (row[id_at] for row in block.rows))
                if _may_bring(schema, table, hello):
                    for ours, touched, entries in _newer_fields(connection, schema, table, block, hello, now):
                        (aside if touched else units)[_whole(schema, table, ours)] += entries
    seen = int(state.get(connection, "head") or 0)
    for table, ids in _lost(connection, schema, hello):
        for id in ids:
            row = _row(connection, table, id)
            units[_whole(schema, table, row)] += _creation(table, row, now)
            # From now on it is like one that was never sent: the swap leaves it alone.
            connection.exec_driver_sql(f'UPDATE "{table.name}" SET rev = 0 WHERE id = ?', (id,))
    for key in units.keys() & aside.keys():
        # Somebody has written to a document since of which parts are missing: ours comes as another version.
        units[key] += aside[key]
    brought.end(connection)
    for group in _groups(list(units.values())):
        connection.exec_driver_sql(
            "INSERT INTO sync_entry (kind, id, op, field, base, new, at, base_rev)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            group,
        )
        sealed = outbox.seal_entries(connection, schema, {})
        if sealed is not None:
            lost.note(connection, {sealed: seen}, rescued=True)
    return len(units)


def _may_bring(schema: SyncSchema, table: SyncTable, hello: Hello) -> bool:
    if table.name == schema.parked:
        return False  # what waited comes again from its author
    return table.writers == "all" or (table.writers == "office" and OFFICE in hello.scopes)


def _lost(connection: Connection, schema: SyncSchema, hello: Hello) -> Iterator[tuple[SyncTable, list[str]]]:
    """Rows newer than the copy that the server does not have, parents first."""
    found: dict[str, list[str]] = {}
    for name, id, scope, rev, live in list(brought.missing(connection, schema)):
        wanted = live and rev > hello.restored_rev and scope in hello.scopes
        if wanted and not _has_entries(connection, name, id):
            found.setdefault(name, []).append(id)
    for table in _parents_first(schema):
        if table.name in found and _may_bring(schema, table, hello):
            yield table, found[table.name]


def _has_entries(connection: Connection, table: str, id: str) -> bool:
    found = connection.exec_driver_sql(
        "SELECT 1 FROM sync_entry WHERE kind = ? AND id = ? LIMIT 1", (table, id)
    )
    return found.first() is not None


def _parents_first(schema: SyncSchema) -> list[SyncTable]:
    done: dict[str, SyncTable] = {}

    def add(table: SyncTable, above: frozenset[str]) -> None:
        links = {rule.parent for rule in table.scope} | {table.parent, table.aggregate}
        for link in sorted(one for one in links if one):
            target = table.fields[link].link
            if target in schema.tables and target not in above:
                add(schema.tables[target], above | {table.name})
        done.setdefault(table.name, table)

    for table in schema.tables.values():
        add(table, frozenset({table.name}))
    return list(done.values())


def _creation(table: SyncTable, row: dict[str, Any], now: str) -> Iterator[Entry]:
    yield table.name, row["id"], "create", None, None, None, now, 0
    for name, new in _captured(table, row):
        yield table.name, row["id"], "create", name, None, new, now, 0


def _whole(schema: SyncSchema, table: SyncTable, row: dict[str, Any]) -> Key:
    """The record with which a row goes: a document goes in one transaction with its lines."""
    if table.aggregate is None:
        return table.name, row["id"]
    return str(table.fields[table.aggregate].link), row[table.aggregate]


def _newer_fields(
    connection: Connection, schema: SyncSchema, table: SyncTable, block: Rows, hello: Hello, now: str
) -> Iterator[tuple[dict[str, Any], bool, list[Entry]]]:
    """What is newer here than in a row of the server's copy: (our row, whether it was written since, entries)."""
    restored = hello.restored_rev
    for theirs in block.rows:
        values: dict[str, Any] = dict(zip(block.columns, theirs, strict=True))
        ours = _row(connection, table, values["id"])
        if not ours or ours["rev"] <= restored or values.get("deleted_at"):
            continue
        if _has_entries(connection, table.name, values["id"]):
            continue
        place = (now, min(values["rev"], restored))
        if ours["deleted_at"]:
            if table.aggregate is not None and _is_live(connection, *_whole(schema, table, ours)):
                # A document comes whole: without the lines that it had lost.
                entry = (table.name, values["id"], "delete", None, None, None, *place)
                yield ours, values["rev"] > restored, [entry]
            continue
        if table.aggregate is not None and values[table.aggregate] != ours[table.aggregate]:
            # In the other version of a document: it is a line there, and another one here.
            yield ours, values["rev"] > restored, list(_creation(table, ours, now))
            continue
        base, new = dict(_captured(table, values)), dict(_captured(table, ours))
        changed = sorted(name for name in base.keys() | new.keys() if base.get(name) != new.get(name))
        groups = {table.fields[name].group for name in changed if name in table.fields} - {None}
        changed += [f.name for f in table.fields.values() if f.group in groups and f.name not in changed]
        entries: list[Entry] = [
            (table.name, values["id"], "update", n, base.get(n), new.get(n), *place) for n in changed
        ]
        if entries:
            yield ours, values["rev"] > restored, entries


def _is_live(connection: Connection, table: str, id: str) -> bool:
    found = connection.exec_driver_sql(f'SELECT 1 FROM "{table}" WHERE id = ? AND deleted_at IS NULL', (id,))
    return found.first() is not None


def _row(connection: Connection, table: SyncTable, id: str) -> dict[str, Any]:
    names = ", ".join(f'"{name}"' for name in table.columns())
    row = connection.exec_driver_sql(f'SELECT {names} FROM "{table.name}" WHERE id = ?', (id,)).first()
    return {} if row is None else dict(zip(table.columns(), row, strict=True))


def _captured(table: SyncTable, row: dict[str, Any]) -> Iterator[tuple[str, Value]]:
    """The fields of a row as they are captured; those without a value are left out.

    What adds up too: it counts with those who counted it, who send it again, and would count twice.
    """
    for field in table.fields.values():
        value = row.get(field.name)
        if value is None or field.policy == "sum":
            continue
        if field.by_key:
            for key, part in json.loads(value).items():
                yield f"{field.name}.{key}", canonical(part)
        else:
            yield field.name, value


def _groups(units: list[list[Entry]]) -> Iterator[list[Entry]]:
    """So many records that they make one transaction."""
    for start in range(0, len(units), _TOGETHER):
        yield [entry for unit in units[start : start + _TOGETHER] for entry in unit]


def begins_anew(connection: Connection, hello: Hello) -> bool:
    """Whether the server has another life than the one that this laptop knows."""
    epoch = state.get(connection, "epoch")
    return epoch is not None and epoch != hello.epoch
