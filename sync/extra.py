"""Fields that only one end knows yet: kept in `extra`, and put in their place after an upgrade."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, inspect, text

from sync import blobs, errors, state
from sync.merge import canonical
from sync.overlay import set_field
from sync.protocol import Rows
from sync.schema import INTEGERS, SyncSchema, SyncTable
from sync.soundness import is_integer

Held = Callable[[list[Any]], dict[Any, Sequence[Any]]]
"""The rows that this laptop holds, by id, in the order of its columns."""


def in_our_columns(table: SyncTable, block: Rows, held: Held) -> list[Sequence[Any]]:
    """The server's rows in the order of our columns, whichever of the two ends is the newer one.

    What a newer server says beyond our columns is kept in `extra`. A column that an older server
    lacks keeps what it gave back in `extra`, or else what is here: it is never blanked.
    """
    columns = table.columns()
    if tuple(block.columns) == columns:
        return list(block.rows)
    if any(len(row) != len(block.columns) for row in block.rows):
        raise errors.Protocol(f"a row of {table.name} has not {len(block.columns)} values")
    if len(set(block.columns)) < len(block.columns) or "id" not in block.columns:
        raise errors.Protocol(f"the columns of {table.name} are not its columns")
    lacking = [name for name in columns if name not in block.columns]
    foreign = [name for name in block.columns if name not in columns]
    id_at = block.columns.index("id")
    ours = held([row[id_at] for row in block.rows]) if lacking else {}
    found: list[Sequence[Any]] = []
    for row in block.rows:
        values: dict[str, Any] = dict(zip(block.columns, row, strict=True))
        kept = ours.get(values["id"])
        values |= {name: kept[columns.index(name)] if kept else None for name in lacking}
        keep(values, {name: values[name] for name in foreign if values[name] is not None})
        put_in_place(table, values)
        found.append(tuple(values[name] for name in columns))
    return found


def keep(values: dict[str, Any], foreign: dict[str, Any]) -> None:
    """Put fields that this end does not know into the row's `extra`."""
    if foreign:
        values["extra"] = canonical({**_fields_of(values.get("extra")), **foreign})


def put_in_place(table: SyncTable, values: dict[str, Any], servers: bool = False) -> bool:
    """Move the fields of a row's `extra` that are columns by now into them; whether there was one.

    `servers`: the server gave them, so that this may be a column that it alone writes.
    """
    kept = _fields_of(values.get("extra"))
    known = [name for name, value in kept.items() if _fits(table, name, value, servers)]
    for name in known:
        set_field(values, name, kept.pop(name))
    if known:
        values["extra"] = canonical(kept) if kept else None
    return bool(known)


def replay(connection: Connection, schema: SyncSchema) -> int:
    """After an upgrade: what newer peers wrote before it goes into the columns that exist now; how many rows.

    Both ends do the same with the same rows, so that no revision changes.
    """
    count, on_laptop = 0, inspect(connection).has_table("sync_shadow")
    for table in schema.tables.values():
        names = ", ".join(f'"{name}"' for name in table.columns())
        rows = connection.execute(text(f'SELECT {names} FROM "{table.name}" WHERE extra IS NOT NULL')).all()
        sets = ", ".join(f'"{name}" = :{name}' for name in table.columns() if name != "id")
        for row in rows:
            values = dict(zip(table.columns(), row, strict=True))
            if put_in_place(table, values, servers=on_laptop):
                connection.execute(text(f'UPDATE "{table.name}" SET {sets} WHERE id = :id'), values)
                count += 1
                if on_laptop and table.name == schema.blob:
                    # It may say now that the server has the bytes, and no row will come to say so again.
                    state.put(connection, blobs.OPEN, 1)
    if on_laptop:
        _replay_shadows(connection, schema)
    return count


def _replay_shadows(connection: Connection, schema: SyncSchema) -> None:
    """The same of the server's versions that lie under unsent work: they have the columns of the old release."""
    for kind, id, row in connection.execute(text("SELECT kind, id, row FROM sync_shadow")).all():
        before, table = json.loads(row), schema.tables.get(kind)
        if table is None or not isinstance(before, dict):
            continue
        values = dict.fromkeys(table.columns()) | before
        put_in_place(table, values, servers=True)
        if values != before:
            kept = {"row": json.dumps(values, ensure_ascii=False), "kind": kind, "id": id}
            connection.execute(
                text("UPDATE sync_shadow SET row = :row WHERE kind = :kind AND id = :id"), kept
            )


def _fits(table: SyncTable, name: str, value: Any, servers: bool) -> bool:
    column, _dot, key = name.partition(".")
    declared = table.fields.get(column)
    if key:
        by_key = declared is not None and declared.by_key
        return by_key and (value is None or (isinstance(value, str) and _is_json(value)))
    if declared is None and not (servers and column in table.servers_columns()):
        return False
    if value is None:
        return True
    if is_integer(table.table.columns[column].type):
        is_kept = isinstance(value, int) and value in INTEGERS
    else:
        is_kept = isinstance(value, str)
    return is_kept and (declared is None or declared.can_be_shown(value))


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _fields_of(kept: str | None) -> dict[str, Any]:
    try:
        found = json.loads(kept or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
