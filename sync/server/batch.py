"""Many rows in and out of one table by the driver's own statements: an ORM's would cost more than the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Integer, LargeBinary, Table

from sync import driver

Values = Sequence[Any]
_AT_ONCE = 2_000
_IDS = 500


def insert_rows(connection: Connection, table: Table, names: Sequence[str], rows: list[Values]) -> None:
    """Insert rows, each with the values of `names` in their order."""
    if not rows:
        return
    into = f"INSERT INTO {_quoted(table.name)} ({', '.join(map(_quoted, names))})"
    if _is_postgres(connection):
        read, values = _as_table(table, names)
        _execute_whole(connection, f"{into} SELECT {values} FROM {read}", names, rows)
    else:
        _execute(connection, f"{into} VALUES ({', '.join(['?'] * len(names))})", rows)


def update_rows(
    connection: Connection, table: Table, names: Sequence[str], keys: Sequence[str], rows: list[Values]
) -> None:
    """Update rows, each given by the values of `names` and then of the key columns `keys`."""
    if not rows:
        return
    given = (*names, *keys)
    if _is_postgres(connection):
        here = _quoted(table.name)
        changes = ", ".join(f"{_quoted(name)} = r.{_quoted(name)}" for name in names)
        found = " AND ".join(f"{here}.{_quoted(name)} = r.{_quoted(name)}" for name in keys)
        read, _values = _as_table(table, given)
        _execute_whole(connection, f"UPDATE {here} SET {changes} FROM {read} WHERE {found}", given, rows)
    else:
        changes = ", ".join(f"{_quoted(name)} = ?" for name in names)
        found = " AND ".join(f"{_quoted(name)} = ?" for name in keys)
        _execute(connection, f"UPDATE {_quoted(table.name)} SET {changes} WHERE {found}", rows)


def find_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    key: str,
    values: Sequence[str],
    ending: str = "",
) -> list[tuple[Any, ...]]:
    """The values of `names` in the rows whose column `key` holds one of `values`, a batch at most."""
    columns = ", ".join(map(_quoted, names))
    postgres = _is_postgres(connection)
    among = "= ANY(?)" if postgres else f"IN ({', '.join(['?'] * len(values))})"
    parameters: tuple[Any, ...] = (list(values),) if postgres else tuple(values)
    question = f"SELECT {columns} FROM {_quoted(table.name)} WHERE {_quoted(key)} {among} {ending}"
    return driver.read(connection, question, parameters)


def within_scopes(
    connection: Connection,
    tables: Mapping[str, Table],
    keys: Iterable[tuple[str, str]],
    scopes: Collection[str],
) -> set[tuple[str, str]]:
    """Which of the rows, each (table, id), lie in one of the scopes; those of other tables are left out."""
    wanted: dict[str, set[str]] = {}
    for name, id in keys:
        wanted.setdefault(name, set()).add(id)
    found: set[tuple[str, str]] = set()
    for name in wanted.keys() & tables.keys():
        ids = sorted(wanted[name])
        for start in range(0, len(ids), _IDS):
            # By id alone: with the scope in the question SQLite reads all rows of the scopes.
            rows = find_rows(connection, tables[name], ("id", "scope"), "id", ids[start : start + _IDS])
            found |= {(name, id) for id, scope in rows if scope in scopes}
    return found


def _execute(connection: Connection, statement: str, rows: list[Values]) -> None:
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _execute_whole(connection: Connection, statement: str, names: Sequence[str], rows: list[Values]) -> None:
    """One statement for all rows, as JSON: PostgreSQL asks more for a statement than for the row in it."""
    for start in range(0, len(rows), _AT_ONCE):
        given = [
            {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in rows[start : start + _AT_ONCE]
        ]
        connection.exec_driver_sql(statement, (msgspec.json.encode(given).decode(),))


def _as_table(table: Table, names: Sequence[str]) -> tuple[str, str]:
    """What reads the JSON as rows `r`, and the values in them; bytes travel as base64."""
    columns, values = [], []
    for name in names:
        kind, here = table.c[name].type, f"r.{_quoted(name)}"
        columns.append(f"{_quoted(name)} {'bigint' if isinstance(kind, Integer) else 'text'}")
        values.append(f"decode({here}, 'base64')" if isinstance(kind, LargeBinary) else here)
    return f"json_to_recordset(%s::json) AS r({', '.join(columns)})", ", ".join(values)


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
