"""An older release of the program, for tests in which two of them meet: fewer fields, fewer kinds of record."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Column, MetaData, Table

from app.features import sync_schema
from app.workspace import Workspace
from sync import capture, extra
from sync.schema import SyncSchema, SyncTable

LATER_FIELDS = {
    "account": {"website", "visit_interval"},
    "contact": {"job"},
    "attachment": {"thumbnail", "arrived"},
}
LATER_KINDS = {"task"}


def older() -> SyncSchema:
    """The declarations before `LATER_FIELDS` and `LATER_KINDS` came."""
    schema, metadata = sync_schema(), MetaData()
    tables = {
        name: without(table, LATER_FIELDS.get(name, set()), metadata)
        for name, table in schema.tables.items()
        if name not in LATER_KINDS
    }
    # Without these columns attachments are rows like all others.
    return replace(schema, metadata=metadata, tables=tables, version=schema.version - 1, blob="")


def without(table: SyncTable, later: set[str], metadata: MetaData) -> SyncTable:
    """The declaration before these columns came."""
    columns = [
        Column(
            column.name,
            column.type,
            primary_key=column.primary_key,
            nullable=column.nullable,
            server_default=column.server_default.arg if column.server_default is not None else None,  # type: ignore[attr-defined]
        )
        for column in table.table.columns
        if column.name not in later
    ]
    fields = {name: field for name, field in table.fields.items() if name not in later}
    return replace(table, table=Table(table.name, metadata, *columns), fields=fields)


def install_older(workspace: Workspace) -> None:
    """Let an open, still empty profile be one of the older release: what came later is neither read nor captured."""
    workspace.schema = older()
    with workspace.exclusive() as connection:
        for kind in LATER_KINDS:
            for event in ("insert", "update", "delete"):
                connection.exec_driver_sql(f'DROP TRIGGER "capture_{kind}_{event}"')
        capture.install(connection, workspace.schema)


def install_present(workspace: Workspace) -> None:
    """Upgrade it, as opening it with the present program does."""
    workspace.schema = sync_schema()
    with workspace.exclusive() as connection:
        capture.install(connection, workspace.schema)
        with capture.paused(connection):
            extra.replay(connection, workspace.schema)
