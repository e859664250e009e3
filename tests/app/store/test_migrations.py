"""The schema only grows, and every old file comes to what the declarations say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect

from app import errors, migrations, records
from app.features import sync_schema
from app.store import raw, schema
from app.workspace import FILE, Workspace
from tests.app import first_release
from tests.app.store.test_opening import connected, digest

NEXT = migrations.HEAD + 1
VERSIONS = sorted((Path(migrations.__file__).parent / "versions").glob("0*.py"))


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), sync_schema().metadata)


def test_migrating_nothing_gives_what_the_declarations_say():
    with create_engine("sqlite://").connect() as connection, connection.begin():
        migrations.migrate(connection)
        assert differences(connection) == []
        migrations.migrate(connection)
        assert differences(connection) == []


def test_a_database_made_before_it_carried_a_revision_is_taken_for_the_first():
    with create_engine("sqlite://").connect() as connection, connection.begin():
        first_release.make(connection)
        migrations.migrate(connection)
        assert differences(connection) == []


def test_a_new_file_carries_the_newest_revision(workspace):
    with workspace.exclusive() as connection:
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        assert revision == f"{migrations.HEAD:04}" == VERSIONS[-1].name[:4]
        assert schema.version(connection) == migrations.HEAD == sync_schema().version
        before = inspect(connection).get_table_names()
        migrations.migrate(connection)
        assert inspect(connection).get_table_names() == before


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_migrations_only_add(path):
    taken_away = r"drop_|alter_column|rename_table|batch_alter|execute\(|nullable=False(?!, server_default)"
    assert re.findall(taken_away, path.read_text(encoding="utf-8")) == []


# On a laptop


@pytest.fixture
def old(profile: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile with one account, for a program that is one version newer and adds a table."""
    workspace = Workspace.open(profile)
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "Hôtel Bellevue"})
    workspace.close()
    monkeypatch.setattr(schema, "HEAD", NEXT)
    monkeypatch.setattr(schema, "migrate", _add_a_table)
    return profile


def _add_a_table(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE lead (id TEXT PRIMARY KEY)")


def test_an_old_file_is_brought_up_to_date_after_a_copy(old, template):
    connection = connected(old, template.key)
    connection.execute("DROP TRIGGER capture_account_update")
    connection.close()
    workspace = Workspace.open(old)
    with workspace.exclusive() as connection:
        assert schema.version(connection) == NEXT
        tables = inspect(connection).get_table_names()
        triggers = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).scalars()
        assert "capture_account_update" in set(triggers)
    assert "lead" in tables
    workspace.close()
    copy = connected(old, template.key, f"{Path(FILE).stem}-before-{NEXT}.db")
    assert copy.execute("PRAGMA user_version").fetchone() == (migrations.HEAD,)
    assert copy.execute("SELECT name FROM account").fetchall() == [("Hôtel Bellevue",)]
    copy.close()


def test_a_migration_that_fails_leaves_the_old_file_and_the_copy(old, template, monkeypatch):
    def fails(connection: Connection) -> None:
        _add_a_table(connection)
        connection.exec_driver_sql("DELETE FROM account")
        raise RuntimeError("a bug in a migration")

    monkeypatch.setattr(schema, "migrate", fails)
    before = digest(old)
    with pytest.raises(RuntimeError):
        Workspace.open(old)
    after = digest(old)
    assert after.pop(f"{Path(FILE).stem}-before-{NEXT}.db")
    assert after == before


def test_a_migration_waits_for_no_other_process_for_ever(old, template, monkeypatch):
    monkeypatch.setattr(raw, "BUSY_TIMEOUT_MS", 50)
    other = connected(old, template.key)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(errors.Locked):
        Workspace.open(old)
    assert other.execute("PRAGMA user_version").fetchone() == (migrations.HEAD,)
    assert other.execute("SELECT count(*) FROM sqlite_master WHERE name = 'lead'").fetchone() == (0,)
    other.execute("ROLLBACK")
    other.close()
    Workspace.open(old).close()
