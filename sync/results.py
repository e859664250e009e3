"""What the server made of our transactions, written into the outbox."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from sync.overlay import GONE, set_field, write_row
from sync.protocol import Result
from sync.schema import SyncSchema


def settle(connection: Connection, schema: SyncSchema, result: Result, now: str) -> None:
    """Keep one result, given at the server's time `now`. Entries stay in the overlay until a pull has passed."""
    if result.outcome == "parked":
        connection.exec_driver_sql(
            "UPDATE sync_transaction SET state = 'parked', outcome = 'parked', reason = ?"
            # Who took it back meanwhile still wants that.
            " WHERE uuid = ? AND state NOT IN ('withdrawing', 'withdrawn')",
            (result.reason, result.uuid),
        )
        return
    if result.outcome == "withdrawn":
        withdraw(connection, schema, result.uuid, now)
        return
    connection.exec_driver_sql(
        "UPDATE sync_transaction SET state = 'acknowledged', outcome = ?, reason = ?, rev = ?, answered_at = ?"
        " WHERE uuid = ?",
        (result.outcome, result.reason or None, result.rev, now, result.uuid),
    )
    connection.exec_driver_sql("UPDATE sync_entry SET rev = ? WHERE tx = ?", (result.rev, result.uuid))
    # Each row has its own revision in the commit: its entries are passed when that one arrives.
    for kind, id, rev in result.rows:
        connection.exec_driver_sql(
            "UPDATE sync_entry SET rev = ? WHERE tx = ? AND kind = ? AND id = ?", (rev, result.uuid, kind, id)
        )
    _fork(connection, schema, result)


def withdraw(connection: Connection, schema: SyncSchema, uuid: str, now: str) -> None:
    """Take a transaction out of the overlay: rows go back to the server's version, new ones go."""
    records = connection.exec_driver_sql(
        "SELECT DISTINCT kind, id FROM sync_entry WHERE tx = ?", (uuid,)
    ).all()
    undone = {
        (kind, id): list(
            connection.exec_driver_sql(
                "SELECT op, field, base FROM sync_entry WHERE tx = ? AND kind = ? AND id = ? ORDER BY seq DESC",
                (uuid, kind, id),
            )
        )
        for kind, id in records
    }
    connection.exec_driver_sql("DELETE FROM sync_entry WHERE tx = ?", (uuid,))
    connection.exec_driver_sql(
        "UPDATE sync_transaction SET state = 'withdrawn', outcome = 'withdrawn', answered_at = ?"
        " WHERE uuid = ?",
        (now, uuid),
    )
    for kind, id in records:
        _back_to_server(connection, schema, kind, id, undone[kind, id])


def _back_to_server(
    connection: Connection, schema: SyncSchema, kind: str, id: str, undone: list[Any]
) -> None:
    """The row as the server has it, under what is still to send; `undone` are the entries taken out, newest first."""
    table = schema.tables[kind]
    names = ", ".join(f'"{name}"' for name in table.columns())
    row = connection.exec_driver_sql(f'SELECT {names} FROM "{kind}" WHERE id = ?', (id,)).first()
    if row is None:
        return
    values = dict(zip(table.columns(), row, strict=True))
    shadow = connection.exec_driver_sql(
        "SELECT row FROM sync_shadow WHERE kind = ? AND id = ?", (kind, id)
    ).first()
    if shadow is not None and shadow[0] == GONE:
        # The next pull takes away what nothing needs any more.
        return
    if shadow is not None:
        values = json.loads(shadow[0])
    else:
        for op, name, base in undone:
            if op == "create":
                connection.exec_driver_sql(f'DELETE FROM "{kind}" WHERE id = ?', (id,))
                return
            if op in ("delete", "restore"):
                values["deleted_at"] = None if op == "delete" else values["updated_at"]
            elif name is not None:
                set_field(values, name, base)
    write_row(connection, table, values)


def _fork(connection: Connection, schema: SyncSchema, result: Result) -> None:
    """A document forked: our version lives on under new ids, the server's goes back under the old ones."""
    if not result.map:
        return
    undone = {(kind, old): _entries_backwards(connection, kind, old) for kind, old, _new in result.map}
    for kind, old, new in result.map:
        columns = [name for name in schema.tables[kind].columns() if name not in ("id", "rev")]
        names = ", ".join(f'"{name}"' for name in columns)
        connection.exec_driver_sql(
            # A pull may have brought it already.
            f'INSERT INTO "{kind}" (id, rev, {names}) SELECT ?, 0, {names} FROM "{kind}" WHERE id = ?'
            " ON CONFLICT (id) DO NOTHING",
            (new, old),
        )
        for table in ("sync_entry", "draft"):
            connection.exec_driver_sql(
                f"UPDATE {table} SET id = ? WHERE kind = ? AND id = ?", (new, kind, old)
            )
    for kind, old, new in result.map:
        _relink(connection, schema, kind, old, new, [made for _kind, _old, made in result.map])
    for kind, old, _new in result.map:
        _back_to_server(connection, schema, kind, old, undone[kind, old])


def _relink(
    connection: Connection, schema: SyncSchema, kind: str, old: str, new: str, made: list[str]
) -> None:
    """Links of the fork's own rows, and of our unsent work, follow the fork."""
    for other in schema.tables.values():
        for field in other.fields.values():
            if field.link == kind:
                connection.exec_driver_sql(
                    f'UPDATE "{other.name}" SET "{field.name}" = ? WHERE "{field.name}" = ? AND (id IN'
                    " (SELECT value FROM json_each(?)) OR id IN (SELECT id FROM sync_entry WHERE kind = ?))",
                    (new, old, json.dumps(made), other.name),
                )


def _entries_backwards(connection: Connection, kind: str, id: str) -> list[Any]:
    return list(
        connection.exec_driver_sql(
            "SELECT op, field, base FROM sync_entry WHERE kind = ? AND id = ? ORDER BY seq DESC", (kind, id)
        )
    )
