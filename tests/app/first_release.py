"""The tables of records as the first release made them, which carried no revision yet."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection

from app import migrations
from app.features import sync_schema


def make(connection: Connection) -> None:
    """Put the first release's empty tables in the place of today's."""
    sync_schema().metadata.drop_all(connection)
    connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    command.upgrade(migrations._config(connection), migrations.FIRST)
    connection.exec_driver_sql("DROP TABLE alembic_version")
