"""Columns and indexes that an older server lacks in the tables which are never sent; they only grow."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, Table, text
from sqlalchemy.schema import CreateColumn

from sync.server.tables import ServerTables

_SQLITE = (
    "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'",
    "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'",
)
_POSTGRES = (
    "SELECT t.relname, a.attname FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid"
    " WHERE t.relnamespace = CAST(:schema AS regnamespace) AND t.relkind = 'r'"
    " AND a.attnum > 0 AND NOT a.attisdropped",
    "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = :name",
)
"""(table, column) and (table, index) of all that there are: asked at once, not table by table."""


def add_missing(connection: Connection, tables: ServerTables, schema: str | None) -> None:
    """Bring the tables of an organisation up to the declarations; new rows of old tables hold NULL or 0."""
    columns, indexes = _here(connection, schema)
    for table in tables.metadata.sorted_tables:
        if table.name not in columns:
            continue
        if table.name not in tables.synced:
            _add_columns(connection, table, columns[table.name])
        for index in table.indexes:
            if index.name not in indexes[table.name]:
                index.create(connection)


def _here(connection: Connection, schema: str | None) -> list[dict[str, set[str]]]:
    found: list[dict[str, set[str]]] = []
    for statement in _SQLITE if schema is None else _POSTGRES:
        names: dict[str, set[str]] = defaultdict(set)
        for table, name in connection.execute(text(statement), {"schema": f'"{schema}"', "name": schema}):
            names[table].add(name)
        found.append(names)
    return found


def _add_columns(connection: Connection, table: Table, known: set[str]) -> None:
    for column in table.columns:
        if column.name not in known:
            declared = str(CreateColumn(column).compile(dialect=connection.dialect))
            default = "" if column.nullable else " DEFAULT 0"
            connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {declared}{default}')
