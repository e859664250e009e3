"""Documents that this laptop states whole to a server that came back from a copy: as it knew them to be there.

That is what the server last gave, with all of ours that it had acknowledged, and nothing that is still unsent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from sync import forks
from sync.lost import Fork
from sync.overlay import GONE, lay, undo
from sync.protocol import Op
from sync.schema import SyncSchema, SyncTable

Row = dict[str, Any]


def acknowledged(connection: Connection, table: SyncTable, id: str, again: Collection[str]) -> Row:
    """The record as it was at the server, with the transactions that go `again`; empty where it was not."""
    names = ", ".join(f'"{name}"' for name in table.columns())
    row = connection.exec_driver_sql(f'SELECT {names} FROM "{table.name}" WHERE id = ?', (id,)).first()
    if row is None:
        return {}
    values = dict(zip(table.columns(), row, strict=True))
    entries = connection.exec_driver_sql(
        "SELECT op, field, base, new, at, rev IS NOT NULL, tx FROM sync_entry WHERE kind = ? AND id = ?"
        " ORDER BY seq",
        (table.name, id),
    ).all()
    had = [answered or tx in again for *_entry, answered, tx in entries]
    shadow = connection.exec_driver_sql(
        "SELECT row FROM sync_shadow WHERE kind = ? AND id = ?", (table.name, id)
    ).scalar()
    if shadow == GONE:
        return {}
    if shadow is not None:
        values = dict(json.loads(shadow))
        for (op, name, _base, new, at, *_rest), was in zip(entries, had, strict=True):
            if was:
                lay(values, op, name, new, at)
        return values
    unsent = [one[:3] for one, was in zip(entries, had, strict=True) if not was]
    return values if undo(values, reversed(unsent)) else {}


def touched(connection: Connection, again: Collection[str]) -> set[tuple[str, str]]:
    """The records that transactions which go `again` changed since the last pull."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT kind, id FROM sync_entry WHERE tx IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(again)),),
    )
    return {(kind, id) for kind, id in rows}


def is_under_work(connection: Connection, rows: Collection[tuple[str, str]], again: Collection[str]) -> bool:
    """Whether unsent work stands on one of the records."""
    for kind, id in rows:
        found = connection.exec_driver_sql(
            "SELECT tx FROM sync_entry WHERE kind = ? AND id = ? AND rev IS NULL", (kind, id)
        ).scalars()
        if any(tx not in again for tx in found):
            return True
    return False


def revs(
    connection: Connection, rows: Collection[tuple[str, str]], known: Mapping[str, int]
) -> Iterator[int]:
    """The revisions of the transactions that changed these records since the last pull."""
    for kind, id in rows:
        found = connection.exec_driver_sql(
            "SELECT DISTINCT tx FROM sync_entry WHERE kind = ? AND id = ?", (kind, id)
        ).scalars()
        yield from (known[tx] for tx in found if tx in known)


def contained(
    connection: Connection, schema: SyncSchema, again: Collection[str], scopes: Collection[str]
) -> dict[str, list[str]]:
    """Of transactions that go `again` the rows of documents that are stated whole, with what these did to them."""
    reader = _Reader(connection, schema)
    live: dict[tuple[str, str], bool] = {}

    def is_stated(key: tuple[str, str]) -> bool:
        if key not in live:
            row = acknowledged(connection, schema.tables[key[0]], key[1], again)
            there = bool(row) and row["deleted_at"] is None
            live[key] = there and (not row["rev"] or row["scope"] in scopes)
        return live[key]

    found: dict[str, list[str]] = {}
    for uuid, ops in reader.bodies(again):
        keys = [set(reader.documents(op)) for op in ops]
        # What one transaction did to a document and its versions goes one way, whichever each operation names.
        stated = set[tuple[str, str]]().union(*(some for some in keys if any(map(is_stated, some))))
        ids = {op.id for op, some in zip(ops, keys, strict=True) if some & stated}
        if ids:
            found[uuid] = sorted(ids)
    return found


def old_names(connection: Connection, schema: SyncSchema, again: Collection[str]) -> list[Fork]:
    """The versions on which unsent work stands that names the ids of before these were versions."""
    waiting = connection.exec_driver_sql("SELECT uuid FROM sync_transaction WHERE state = 'sealed'").scalars()
    reader = _Reader(connection, schema)
    found: dict[Fork, None] = {}
    for uuid, ops in reader.bodies([one for one in waiting if one not in again]):
        here = touched(connection, [uuid])
        for op in ops:
            found |= dict.fromkeys(reader.led(op, here))
    return list(found)


class _Reader:
    """Frozen transactions, with the documents that they are about."""

    def __init__(self, connection: Connection, schema: SyncSchema) -> None:
        self._connection, self._schema = connection, schema
        lines = {table.name: table for table in schema.tables.values() if table.aggregate is not None}
        self._roots = {name: one.document for name, one in lines.items()}
        self._made: Mapping[str, list[str]] = defaultdict(list)
        for _kind, old, new in forks.carried_out(connection):
            self._made[old].append(new)

    def bodies(self, uuids: Collection[str]) -> Iterator[tuple[str, list[Op]]]:
        """The operations of each on documents and their lines."""
        rows = self._connection.exec_driver_sql(
            "SELECT uuid, body FROM sync_transaction WHERE uuid IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(uuids)),),
        ).all()
        kinds = {*self._roots, *self._roots.values()}
        for uuid, body in rows:
            ops = [op for op in msgspec.json.decode(body, type=list[Op]) if op.table in kinds]
            if ops:
                yield uuid, ops

    def documents(self, op: Op) -> Iterator[tuple[str, str]]:
        """The document that an operation names, and the versions that it became."""
        kind = self._roots.get(op.table, op.table)
        for id in [op.id] if kind == op.table else self._documents_of_line(op):
            yield kind, id
            for new in self._made[id]:
                yield kind, new

    def led(self, op: Op, here: set[tuple[str, str]]) -> Iterator[Fork]:
        """Where an operation goes by the entries of its transaction, where that is not what it names."""
        if (op.table, op.id) not in here:
            new = next((one for one in self._made[op.id] if (op.table, one) in here), None)
            if new is not None:
                yield op.table, op.id, new
        kind = self._roots.get(op.table)
        if kind is not None and (sent := self._sent(op)) is not None:
            stands = self._link(op.table, op.id)
            if stands is not None and stands != sent and stands in self._made[sent]:
                yield kind, sent, stands

    def _documents_of_line(self, op: Op) -> list[str]:
        found = [self._sent(op), *(self._link(op.table, id) for id in (op.id, *self._made[op.id]))]
        return [id for id in dict.fromkeys(found) if id is not None]

    def _sent(self, op: Op) -> str | None:
        pair = op.fields.get(str(self._schema.tables[op.table].aggregate))
        return str(pair[1]) if pair and pair[1] else None

    def _link(self, kind: str, id: str) -> str | None:
        link = self._schema.tables[kind].aggregate
        found = self._connection.exec_driver_sql(
            f'SELECT "{link}" FROM "{kind}" WHERE id = ?', (id,)
        ).scalar()
        return None if found is None else str(found)
