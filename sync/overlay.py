"""What a laptop shows of a record: the server's version under the entries that no pull has passed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from sync.merge import canonical
from sync.protocol import Value
from sync.schema import SyncSchema, SyncTable

GONE = "null"
"""The shadow of a row that left our scopes while entries of ours were unsent."""
_CHUNK = 500
"""Ids in one IN (…): well below SQLite's limit, few enough to plan fast."""


def overlay(connection: Connection, table: SyncTable, values: dict[str, Any]) -> None:
    """Lay the entries of a record that no pull has passed over `values`, a row by column."""
    for op, name, new, at in connection.exec_driver_sql(
        "SELECT op, field, new, at FROM sync_entry WHERE kind = ? AND id = ? ORDER BY seq",
        (table.name, values["id"]),
    ):
        lay(values, op, name, new, at)


def lay(values: dict[str, Any], op: str, name: str | None, new: Value, at: str) -> None:
    """Lay one entry over a row."""
    if op == "delete":
        values["deleted_at"] = at
    elif op == "restore":
        values["deleted_at"] = None
    elif name is not None:
        set_field(values, name, new)


def is_leaving(connection: Connection, kind: str, id: str) -> bool:
    """Whether the record is out of our scopes and stays for our unsent work alone: what hung on it may be gone."""
    shadow = connection.exec_driver_sql("SELECT row FROM sync_shadow WHERE kind = ? AND id = ?", (kind, id))
    return shadow.scalar() == GONE


def write_row(connection: Connection, table: SyncTable, values: dict[str, Any]) -> None:
    """Show the server's `values` of a record, under the entries of it that no pull has passed."""
    overlay(connection, table, values)
    sets = ", ".join(f'"{name}" = ?' for name in table.columns())
    connection.exec_driver_sql(
        f'UPDATE "{table.name}" SET {sets} WHERE id = ?',
        (*(values[name] for name in table.columns()), values["id"]),
    )


def server_version(connection: Connection, table: SyncTable, id: str) -> dict[str, Any]:
    """The record as the server last gave it, without our entries; empty where it gave none or took it away."""
    names = ", ".join(f'"{name}"' for name in table.columns())
    row = connection.exec_driver_sql(f'SELECT {names} FROM "{table.name}" WHERE id = ?', (id,)).first()
    if row is None or not row[table.columns().index("rev")]:
        return {}
    values = dict(zip(table.columns(), row, strict=True))
    entries = connection.exec_driver_sql(
        "SELECT op, field, base FROM sync_entry WHERE kind = ? AND id = ? ORDER BY seq DESC", (table.name, id)
    ).all()
    if not entries:
        return values
    shadow = connection.exec_driver_sql(
        "SELECT row FROM sync_shadow WHERE kind = ? AND id = ?", (table.name, id)
    ).scalar()
    if shadow is not None:
        found = json.loads(shadow)
        return found if isinstance(found, dict) else {}
    return values if undo(values, entries) else {}


def keep_server_version(connection: Connection, table: SyncTable, id: str) -> None:
    """Of a row that several actions changed: when one is taken back the later ones do not know what stood before."""
    values = server_version(connection, table, id)
    if values:
        connection.exec_driver_sql(
            "INSERT INTO sync_shadow (kind, id, row) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO NOTHING",
            (table.name, id, json.dumps(values, ensure_ascii=False)),
        )


def undo(values: dict[str, Any], entries: Iterable[Any]) -> bool:
    """Take entries, newest first, out of a row; False where they made it."""
    for op, name, base in entries:
        if op == "create":
            return False
        if op in ("delete", "restore"):
            values["deleted_at"] = None if op == "delete" else values["updated_at"]
        elif name is not None:
            set_field(values, name, base)
    return True


def back_to_server(connection: Connection, schema: SyncSchema, kind: str, id: str, undone: list[Any]) -> bool:
    """The row as the server has it, under what is still to send; `undone` are the entries taken out, newest first.

    Whether there is such a row: one that the server does not have goes, unless what is still to send makes it.
    """
    table = schema.tables[kind]
    names = ", ".join(f'"{name}"' for name in table.columns())
    row = connection.exec_driver_sql(f'SELECT {names} FROM "{kind}" WHERE id = ?', (id,)).first()
    if row is None:
        return False
    values = dict(zip(table.columns(), row, strict=True))
    shadow = connection.exec_driver_sql(
        "SELECT row FROM sync_shadow WHERE kind = ? AND id = ?", (kind, id)
    ).first()
    if shadow is not None and shadow[0] == GONE:
        # The next pull takes away what nothing needs any more.
        return True
    if shadow is not None:
        values = json.loads(shadow[0])
    elif not undo(values, undone) and not _is_made(connection, kind, id):
        connection.exec_driver_sql(f'DELETE FROM "{kind}" WHERE id = ?', (id,))
        return False
    write_row(connection, table, values)
    return True


def _is_made(connection: Connection, kind: str, id: str) -> bool:
    """Whether an entry makes the record: of one that is sent again there is a second `create`."""
    return (
        connection.exec_driver_sql(
            "SELECT 1 FROM sync_entry WHERE kind = ? AND id = ? AND op = 'create'", (kind, id)
        ).first()
        is not None
    )


def leave_a_mark(connection: Connection, kind: str, id: str) -> None:
    """A row that is nobody's here any more: a pull takes away all of it once no entry needs it."""
    connection.exec_driver_sql(
        "INSERT INTO sync_shadow (kind, id, row) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, id) DO UPDATE SET row = excluded.row",
        (kind, id, GONE),
    )


def set_field(values: dict[str, Any], name: str, new: Value) -> None:
    """Put one captured value into a row; `field.key` goes into the JSON object of that field."""
    column, _dot, key = name.partition(".")
    if not key:
        values[column] = new
        return
    keys = json.loads(values.get(column) or "{}")
    if new is None:
        keys.pop(key, None)
    else:
        keys[key] = json.loads(str(new))
    values[column] = canonical(keys) if keys else None


def hidden_by_entries(connection: Connection, table: str, ids: Sequence[Any]) -> dict[Any, Any]:
    """The server's `deleted_at` of records whose own one an entry of ours covers, by id."""
    found: dict[Any, Any] = {}
    for part, marks in chunks(ids):
        for id, op, shadow in connection.exec_driver_sql(
            "SELECT e.id, e.op, s.row FROM sync_entry e LEFT JOIN sync_shadow s ON s.kind = e.kind AND s.id = e.id"
            f" WHERE e.kind = ? AND e.op IN ('delete', 'restore') AND e.id IN ({marks}) ORDER BY e.seq DESC",
            (table, *part),
        ):
            before = "deleted" if op == "restore" else None
            found[id] = json.loads(shadow)["deleted_at"] if shadow and shadow != GONE else before
    return found


def pending_ids(connection: Connection, table: str, ids: Sequence[Any]) -> set[Any]:
    """Which of the records have entries that no pull has passed."""
    found: set[Any] = set()
    for part, marks in chunks(ids):
        found.update(
            row[0]
            for row in connection.exec_driver_sql(
                f"SELECT DISTINCT id FROM sync_entry WHERE kind = ? AND id IN ({marks})", (table, *part)
            )
        )
    return found


def chunks(ids: Iterable[Any]) -> Iterator[tuple[list[Any], str]]:
    """The ids in parts that fit into one statement, each with its placeholders."""
    rest = list(ids)
    for start in range(0, len(rest), _CHUNK):
        part = rest[start : start + _CHUNK]
        yield part, ", ".join("?" * len(part))
