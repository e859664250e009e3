"""Triggers that leave an outbox entry for every write to a synced table, whatever writes it.

The switch `sync_state('capture')` is 0 only inside the transaction that applies the server's rows,
so another connection never sees it off, and a crash turns it on again with the rollback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from sync.schema import SyncField, SyncSchema, SyncTable

_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
_ON = "(SELECT value FROM sync_state WHERE name = 'capture') = 1"
_INTO = "INSERT INTO sync_entry (kind, id, op, field, base, new, at, base_rev)"


def install(connection: Connection, schema: SyncSchema) -> None:
    """Make or renew the triggers of all synced tables: after creation and after every migration."""
    connection.exec_driver_sql("INSERT OR IGNORE INTO sync_state (name, value) VALUES ('capture', 1)")
    for table in schema.tables.values():
        for name, event, body in _triggers(table):
            connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS "{name}"')
            connection.exec_driver_sql(
                f'CREATE TRIGGER "{name}" {event} ON "{table.name}" WHEN {_ON} BEGIN {body} END'
            )


@contextmanager
def paused(connection: Connection) -> Iterator[None]:
    """No entries for what is written inside: for applying the server's rows, in one transaction."""
    connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'capture'")
    yield
    connection.exec_driver_sql("UPDATE sync_state SET value = 1 WHERE name = 'capture'")


def _triggers(table: SyncTable) -> Iterator[tuple[str, str, str]]:
    yield f"capture_{table.name}_insert", "AFTER INSERT", _insert_body(table)
    yield f"capture_{table.name}_update", "AFTER UPDATE", _update_body(table)
    yield f"capture_{table.name}_delete", "AFTER DELETE", _delete_body(table)


def _insert_body(table: SyncTable) -> str:
    said = [("create", "NULL", "NULL", "NULL", "1")]
    for field in _plain(table):
        column = f'NEW."{field.name}"'
        said.append(("create", f"'{field.name}'", "NULL", column, f"{column} IS NOT NULL"))
    by_key = [_by_key(table, field, "'{}'", f'NEW."{field.name}"') for field in _keyed(table)]
    return " ".join([_entries(table, said), *by_key])


def _update_body(table: SyncTable) -> str:
    was, is_ = "OLD.deleted_at IS NOT NULL", "NEW.deleted_at IS NOT NULL"
    said = [
        ("delete", "NULL", "NULL", "NULL", f"NOT ({was}) AND {is_}"),
        ("restore", "NULL", "NULL", "NULL", f"{was} AND NOT ({is_})"),
    ]
    for field in _plain(table):
        old, new = f'OLD."{field.name}"', f'NEW."{field.name}"'
        said.append(("update", f"'{field.name}'", old, new, _changed(table, field)))
    by_key = [_by_key(table, field, f'OLD."{field.name}"', f'NEW."{field.name}"') for field in _keyed(table)]
    return " ".join([_entries(table, said), *by_key])


def _plain(table: SyncTable) -> list[SyncField]:
    return [field for field in table.fields.values() if not field.by_key]


def _keyed(table: SyncTable) -> list[SyncField]:
    return [field for field in table.fields.values() if field.by_key]


def _changed(table: SyncTable, field: SyncField) -> str:
    """A field of a coupled group is captured when any field of the group changes."""
    group = [f.name for f in table.fields.values() if field.group and f.group == field.group] or [field.name]
    return " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in group)


def _delete_body(table: SyncTable) -> str:
    return f"{_INTO} SELECT '{table.name}', OLD.id, 'delete', NULL, NULL, NULL, {_NOW}, OLD.rev;"


def _entries(table: SyncTable, said: list[tuple[str, str, str, str, str]]) -> str:
    """One entry for each (op, field, base, new, when) whose `when` holds.

    As one statement: SQLite sets up room for all that a trigger says whenever a row is written, even while it is off.
    """
    values = ", ".join(f"('{op}', {field}, {base}, {new}, {when})" for op, field, base, new, when in said)
    return (
        f"{_INTO} SELECT '{table.name}', NEW.id, column1, column2, column3, column4, {_NOW}, NEW.rev"
        f" FROM (VALUES {values}) WHERE column5;"
    )


def _by_key(table: SyncTable, field: SyncField, old: str, new: str) -> str:
    """One entry for each key whose JSON value differs; the values are JSON text."""
    return (
        f"{_INTO} SELECT '{table.name}', NEW.id, 'update', '{field.name}.' || k.key,"
        f" o.value, n.value, {_NOW}, NEW.rev"
        f" FROM (SELECT key FROM json_each(coalesce({old}, '{{}}'))"
        f" UNION SELECT key FROM json_each(coalesce({new}, '{{}}'))) AS k"
        f" LEFT JOIN (SELECT key, coalesce({old}, '{{}}') -> fullkey AS value"
        f" FROM json_each(coalesce({old}, '{{}}'))) AS o ON o.key = k.key"
        f" LEFT JOIN (SELECT key, coalesce({new}, '{{}}') -> fullkey AS value"
        f" FROM json_each(coalesce({new}, '{{}}'))) AS n ON n.key = k.key"
        f" WHERE o.value IS NOT n.value;"
    )
