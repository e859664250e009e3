"""Many rows in and out of one table by the driver's own statements: an ORM's would cost more than the database."""

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


def find_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    key: str,
    values: Sequence[str],
    ending: str = "",
) -> list[Values]:
    """The values of `names` in the rows whose column `key` holds one of `values`, a batch at most."""
    columns = ", ".join(map(_quoted, names))
    postgres = connection.dialect.name == "postgresql"
    among = "= ANY(%s)" if postgres else f"IN ({', '.join(['?'] * len(values))})"
    parameters: tuple[Any, ...] = (list(values),) if postgres else tuple(values)
    statement = f"SELECT {columns} FROM {_quoted(table.name)} WHERE {_quoted(key)} {among} {ending}"
    result = connection.exec_driver_sql(statement, parameters)
    assert result.cursor is not None
    # The driver's own tuples: what is read by thousands has no use for a named row each.
    rows: list[Values] = list(result.cursor.fetchall())
    result.close()
    return rows


def _execute(connection: Connection, statement: str, rows: list[Values]) -> None:
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _place(connection: Connection) -> str:
    return "%s" if connection.dialect.name == "postgresql" else "?"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
