"""The schema's history, one line for laptop and server. Migrations only add.

After a change of a declaration: raise `HEAD`, and write the next file of `versions/`. A test compares
the migrated tables with the declarations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = 7
"""The version of the newest migration; its revision is the same number in four digits.

Whoever wants this number alone loads no library for it."""

FIRST = "0001"
"""The revision of a database that was made before it carried any."""


def migrate(connection: Connection) -> None:
    """Run the migrations that the database still lacks, inside the caller's transaction."""
    from alembic import command

    config = _config(connection)
    tables = _tables(connection)
    if "alembic_version" not in tables and "account" in tables:
        command.stamp(config, FIRST)
    command.upgrade(config, "head")


def stamp(connection: Connection) -> None:
    """Note in a database that was just made from the declarations that no migration is missing.

    Written without Alembic, whose import would be most of the time that a new profile takes.
    """
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS alembic_version"
        " (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
    )
    connection.exec_driver_sql("DELETE FROM alembic_version")
    connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD:04}')")


def evolve(connection: Connection, fresh: bool) -> None:
    """A server's organisation: stamp one that was just made, migrate an older one."""
    if fresh:
        stamp(connection)
    elif _version(connection) != f"{HEAD:04}":
        from app.features import sync_schema
        from sync import extra

        migrate(connection)
        # What newer laptops sent meanwhile has its place now.
        extra.replay(connection, sync_schema())


def _version(connection: Connection) -> str | None:
    if "alembic_version" not in _tables(connection):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _tables(connection: Connection) -> list[str]:
    from sqlalchemy import inspect

    # A PostgreSQL organisation is the schema that the search path names first.
    postgres = connection.dialect.name == "postgresql"
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar() if postgres else None
    return inspect(connection).get_table_names(schema=schema)


def _config(connection: Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "app:migrations")
    config.attributes["connection"] = connection
    return config
