"""Many rows into one table by one statement of the driver's own: an ORM's would cost more than the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table

Values = Sequence[Any]


def insert_rows(connection: Connection, table: Table, names: Sequence[str], rows: list[Values]) -> None:
    """Insert rows, each with the values of `names` in their order."""
    if rows:
        places = ", ".join([_place(connection)] * len(names))
        columns = ", ".join(map(_quoted, names))
        _execute(connection, f"INSERT INTO {_quoted(table.name)} ({columns}) VALUES ({places})", rows)


def update_rows(
    connection: Connection, table: Table, names: Sequence[str], keys: Sequence[str], rows: list[Values]
) -> None:
    """Update rows, each given by the values of `names` and then of the key columns `keys`."""
    if rows:
        place = _place(connection)
        changes = ", ".join(f"{_quoted(name)} = {place}" for name in names)
        found = " AND ".join(f"{_quoted(name)} = {place}" for name in keys)
        _execute(connection, f"UPDATE {_quoted(table.name)} SET {changes} WHERE {found}", rows)


def _execute(connection: Connection, statement: str, rows: list[Values]) -> None:
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _place(connection: Connection) -> str:
    return "%s" if connection.dialect.name == "postgresql" else "?"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
