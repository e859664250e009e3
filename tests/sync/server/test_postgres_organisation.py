"""The program's own organisation on PostgreSQL: made, migrated, filled and synchronised."""

from __future__ import annotations

from uuid import uuid4

from app import admin
from app.migrations import HEAD
from app.serve import grants, organisations
from sync.protocol import EnrolRequest, PullRequest
from sync.server.service import Service


def test_an_organisation_on_postgresql_is_born_migrated_and_synchronises(postgres_url: str):
    slug = f"hygiene-{uuid4().hex[:8]}"
    admin.init(postgres_url, slug, "Hygiène Rhône-Alpes")
    admin.add_territory(postgres_url, slug, "Rhône")
    admin.add_user(
        postgres_url, slug, "claire@example.fr", "Claire", "rep", "a long password", territories=["Rhône"]
    )
    known = organisations(postgres_url)
    store = known.find(slug)
    assert store is not None
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == f"{HEAD:04}"
    service = Service(store, grants, slug)
    token = service.connect().enrol(EnrolRequest("claire@example.fr", "a long password")).token
    page = service.connect(token).pull(PullRequest())
    assert {block.table for block in page.blocks} >= {"user", "territory", "organisation"}
    known.close()
