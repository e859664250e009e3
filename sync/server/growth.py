"""Columns and indexes that an older server lacks in the tables which are never sent; they only grow."""

from __future__ import annotations

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.schema import CreateColumn

from sync.server.tables import ServerTables


def add_missing(connection: Connection, tables: ServerTables, schema: str | None) -> None:
    """Bring the tables of an organisation up to the declarations; new rows of old tables hold NULL or 0."""
    inspector = inspect(connection)
    columns = inspector.get_multi_columns(schema=schema)
    indexes = inspector.get_multi_indexes(schema=schema)
    for table in tables.metadata.sorted_tables:
        here = (schema, table.name)
        if here not in columns:
            continue
        if table.name not in tables.synced:
            _add_columns(connection, table, {str(column["name"]) for column in columns[here]})
        known = {index["name"] for index in indexes.get(here, [])}
        for index in table.indexes:
            if index.name not in known:
                index.create(connection)


def _add_columns(connection: Connection, table: Table, known: set[str]) -> None:
    for column in table.columns:
        if column.name not in known:
            declared = str(CreateColumn(column).compile(dialect=connection.dialect))
            default = "" if column.nullable else " DEFAULT 0"
            connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {declared}{default}')
