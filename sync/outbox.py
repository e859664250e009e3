"""What is to send: entries folded and sealed into transactions, whose bytes never change again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection

from sync import driver, lost
from sync.protocol import Op, OpKind, Transaction, Value, seal
from sync.schema import SyncSchema

Bases = dict[tuple[str, str, str], Value]
"""The value that a form was loaded with, by (kind, id, field): what the person saw."""


@dataclass(slots=True)
class _Field:
    """The folded change of one field."""

    seen: Value
    """What the person saw: the base of the merge."""
    was: Value
    """What the row held: it differs where a pull came under an open form, and is what comes back."""
    new: Value


@dataclass(slots=True)
class _Record:
    """The folded change of one record."""

    kind: str
    id: str
    at: str
    base_rev: int
    created: bool = False
    deleted: bool | None = None
    was_deleted: bool | None = None
    """Before this transaction, where it deleted or restored the record."""
    fields: dict[str, _Field] = field(default_factory=dict)


def unsealed(connection: Connection) -> bool:
    """Whether entries wait to be sealed: writes of this transaction, or strays of raw SQL."""
    return connection.exec_driver_sql("SELECT 1 FROM sync_entry WHERE tx IS NULL LIMIT 1").first() is not None


def seal_entries(connection: Connection, schema: SyncSchema, bases: Bases, label: str = "") -> str | None:
    """Fold all unsealed entries into one transaction, number and freeze it; its uuid, None if empty."""
    rows = driver.read(
        connection,
        "SELECT kind, id, op, field, base, new, at, base_rev FROM sync_entry WHERE tx IS NULL ORDER BY seq",
    )
    if not rows:
        return None
    records = [record for record in _fold(rows, bases).values() if _has_effect(record, schema)]
    connection.exec_driver_sql("DELETE FROM sync_entry WHERE tx IS NULL")
    if not records:
        return None
    for record in records:
        record.base_rev = _document_rev(connection, schema, record, bases)
    ops = [op for record in records for op in _operations(record)]
    sealed = seal(str(uuid.uuid4()), _next_n(connection), ops)
    _keep(connection, sealed, label, ops[-1].at)
    _keep_entries(connection, sealed.uuid, records)
    return sealed.uuid


def _fold(rows: Iterable[Any], bases: Bases) -> dict[tuple[str, str], _Record]:
    records: dict[tuple[str, str], _Record] = {}
    for kind, id, op, name, base, new, at, base_rev in rows:
        record = records.setdefault((kind, id), _Record(kind, id, at, base_rev))
        record.at = at
        if op in ("delete", "restore"):
            record.deleted = op == "delete"
            if record.was_deleted is None:
                record.was_deleted = op == "restore"
        elif name is None:
            record.created = True
        elif name in record.fields:
            record.fields[name].new = new
        else:
            seen = base if record.created else bases.get((kind, id, name), base)
            record.fields[name] = _Field(seen, base, new)
    return records


def _has_effect(record: _Record, schema: SyncSchema) -> bool:
    """Drop fields that are back where they were, groups as a whole; False when nothing remains."""
    if record.created:
        return not record.deleted
    if record.deleted == record.was_deleted:
        record.deleted = None
    declared = schema.tables[record.kind].fields
    moved = {name for name, one in record.fields.items() if one.seen != one.new}
    groups = {declared[name].group for name in moved if name in declared} - {None}
    record.fields = {
        name: pair
        for name, pair in record.fields.items()
        if name in moved or (name in declared and declared[name].group in groups)
    }
    return bool(record.fields) or record.deleted is not None


def _document_rev(connection: Connection, schema: SyncSchema, record: _Record, bases: Bases) -> int:
    """A document with its lines is one whole: its base is the newest revision of any part of it.

    Of one that a form showed as it was before a pull it is what the form showed: its field is `rev`.
    """
    table = schema.tables[record.kind]
    lines = [child for child in schema.tables.values() if child.aggregate is not None]
    if table.aggregate is not None:
        document = connection.exec_driver_sql(
            f'SELECT "{table.aggregate}" FROM "{table.name}" WHERE id = ?', (record.id,)
        ).scalar()
        parts = [child for child in lines if child.name == record.kind]
    else:
        document = record.id
        parts = [child for child in lines if child.document == record.kind]
    rev = record.base_rev
    for child in parts:
        root = child.document
        found = connection.exec_driver_sql(
            f'SELECT max(rev) FROM (SELECT rev FROM "{root}" WHERE id = ? UNION ALL'
            f' SELECT rev FROM "{child.name}" WHERE "{child.aggregate}" = ?)',
            (document, document),
        ).scalar()
        rev = max(rev, int(found or 0))
        seen = bases.get((str(root), str(document), "rev"))
        rev = min(rev, int(seen)) if seen else rev
    return rev


def _operations(record: _Record) -> list[Op]:
    pairs = {name: (one.seen, one.new) for name, one in record.fields.items()}
    found: list[Op] = []

    def add(kind: OpKind, fields: dict[str, tuple[Value, Value]]) -> None:
        found.append(Op(record.kind, record.id, kind, record.base_rev, fields, record.at))

    if record.created:
        add("create", pairs)
        return found
    if record.deleted is False:
        add("restore", {})
    if pairs:
        add("update", pairs)
    if record.deleted:
        add("delete", {})
    return found


def _next_n(connection: Connection) -> int:
    row = connection.exec_driver_sql(
        "INSERT INTO sync_state (name, value) VALUES ('n', 1)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
    ).one()
    return int(row[0])


def _keep(connection: Connection, sealed: Transaction, label: str, at: str) -> None:
    body = b"[" + b",".join(bytes(op) for op in sealed.ops) + b"]"
    connection.exec_driver_sql(
        "INSERT INTO sync_transaction (uuid, n, hash, body, label, at) VALUES (?, ?, ?, ?, ?, ?)",
        (sealed.uuid, sealed.n, sealed.hash, body, label, at),
    )


def _keep_entries(connection: Connection, tx: str, records: list[_Record]) -> None:
    rows: list[tuple[Any, ...]] = []
    for record in records:
        same = (record.at, record.base_rev)
        if record.created:
            rows.append((tx, record.kind, record.id, "create", None, None, None, *same))
        if record.deleted is not None:
            op = "delete" if record.deleted else "restore"
            rows.append((tx, record.kind, record.id, op, None, None, None, *same))
        rows += [
            (tx, record.kind, record.id, "update", name, one.was, one.new, *same)
            for name, one in record.fields.items()
        ]
    connection.exec_driver_sql(
        "INSERT INTO sync_entry (tx, kind, id, op, field, base, new, at, base_rev)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def waiting(connection: Connection) -> list[Transaction]:
    """All sealed transactions that the server has not answered, in order."""
    return transactions(connection, "state = 'sealed'")


def withdrawn(connection: Connection) -> list[str]:
    """Parked transactions that their author takes back, not yet told to the server."""
    found = driver.read(connection, "SELECT uuid FROM sync_transaction WHERE state = 'withdrawing'")
    return [uuid for (uuid,) in found]


def any_answered(connection: Connection) -> bool:
    """Whether entries have the server's answer and wait for the pull that passes it."""
    return bool(driver.read(connection, "SELECT 1 FROM sync_entry WHERE rev IS NOT NULL LIMIT 1"))


def newest(connection: Connection) -> int | None:
    """The last entry that was written; None where there is none."""
    found: int | None = driver.read(connection, "SELECT max(seq) FROM sync_entry")[0][0]
    return found


def to_send(connection: Connection) -> int:
    """How many user actions wait to be sent."""
    return int(
        connection.exec_driver_sql(
            "SELECT count(*) FROM sync_transaction WHERE state = 'sealed'"
        ).scalar_one()
    )


def transactions(connection: Connection, where: str, values: tuple[Any, ...] = ()) -> list[Transaction]:
    """The sealed transactions of which the SQL condition `where` holds, in order."""
    found = [
        Transaction(uuid, n, hash, msgspec.json.decode(body, type=list[msgspec.Raw]))
        for uuid, n, hash, body in driver.read(
            connection, f"SELECT uuid, n, hash, body FROM sync_transaction WHERE {where} ORDER BY n", values
        )
    ]
    return lost.marked(connection, found)
