"""A server's organisation comes to what the declarations say, born or grown, on both databases."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect

from app import migrations
from app.features import sync_schema
from app.serve import organisations
from sync.server.store import Organisations
from tests.app import first_release


def test_a_new_organisation_carries_the_newest_revision(tmp_path: Path):
    known = organisations(tmp_path)
    with known.create("demo").read() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    known.close()
    assert version == f"{migrations.HEAD:04}"


def test_an_organisation_without_a_revision_is_migrated_when_it_opens(tmp_path: Path):
    before = Organisations(tmp_path, sync_schema())
    with before.create("demo").write() as connection:
        first_release.make(connection)
    before.close()
    known = organisations(tmp_path)
    store = known.find("demo")
    assert store is not None
    with store.read() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        assert version == f"{migrations.HEAD:04}"
        assert set(sync_schema().tables) <= set(inspect(connection).get_table_names())
    known.close()
