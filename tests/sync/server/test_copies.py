"""The whole organisation in one file and back, on both databases and from each to the other, while it is served."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Table, select, text

from sync import errors
from sync.protocol import HelloRequest, PullRequest
from sync.server import admin
from sync.server.admin import RESTORED_SERIES, Administration
from sync.server.service import Service
from sync.server.store import Organisations
from tests.sync.server.conftest import Company, Laptop, create, grant_rule, make_schema

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Organisations, str]]:
    """A database that does not have the organisation yet, and a name for it."""
    slug = f"copied-{next(_numbers)}-{abs(hash(tmp_path)) % 10**8}"
    database = (
        str(tmp_path / "elsewhere") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    known = Organisations(database, make_schema())
    yield known, slug
    store = known.find(slug)
    if store is not None and store.postgres:
        with store.write() as connection:
            connection.execute(text(f'DROP SCHEMA "{store.pg_schema}" CASCADE'))
    known.close()


def _content(company_store: Any) -> dict[str, list[Any]]:
    with company_store.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*_copied(table))).all()))
            for table in company_store.tables.metadata.sorted_tables
            if table.name not in ("sync_head", "sync_commit", "sync_restore", "scope_file")
        }


def _copied(table: Table) -> list[Any]:
    """Its columns but for what a restore itself notes."""
    return [column for column in table.columns if column.name != "restored_n"]


def test_a_copy_is_the_same_wherever_it_is_put_back(
    company: Company, nora: Laptop, elsewhere: tuple[Organisations, str], tmp_path: Path
) -> None:
    nora.do(create("account", "a1", name="Dupont", territory="north"))
    nora.do(create("contact", "c1", account="nowhere", name="Waits"))
    Administration(company.store).backup(tmp_path / "copy.sqlite")
    known, slug = elsewhere
    restored = admin.restore(known, slug, tmp_path / "copy.sqlite").store
    assert _content(restored) == _content(company.store)
    hello = Service(restored, grant_rule, slug).connect(nora.token).hello(HelloRequest(""))
    assert nora.page is not None
    assert hello.epoch != nora.page.hello.epoch
    assert hello.last_n == nora.n
    assert hello.lives


def test_a_restored_organisation_grants_no_series_twice(
    company: Company, nora: Laptop, tmp_path: Path
) -> None:
    Administration(company.store).backup(tmp_path / "copy.sqlite")
    later = [company.laptop("nora") for _n in range(3)]
    known, slug = _place(company)
    admin.restore(known, slug, tmp_path / "copy.sqlite")
    with company.store.read() as connection:
        series = connection.scalar(select(company.store.tables["sync_head"].c.series))
    assert series == RESTORED_SERIES + 1
    for lost in later:
        with pytest.raises(errors.SignInNeeded):
            company.service.connect(lost.token).hello(HelloRequest(""))
    known.close()


def test_a_reader_sees_the_organisation_before_or_after_a_restore_and_never_a_part(
    company: Company, nora: Laptop, tmp_path: Path
) -> None:
    nora.do(*(create("account", f"a{n}", name="A", territory="north") for n in range(200)))
    Administration(company.store).backup(tmp_path / "copy.sqlite")
    nora.do(create("account", "later", name="Later", territory="north"))
    known, slug = _place(company)
    stop, seen = Event(), set()

    def read() -> None:
        while not stop.is_set():
            page = company.service.connect(nora.token).pull(PullRequest())
            seen.add(sum(len(block.rows) for block in page.blocks if block.table == "account"))

    reader = Thread(target=read)
    reader.start()
    for _time in range(3):
        admin.restore(known, slug, tmp_path / "copy.sqlite")
    stop.set()
    reader.join(30)
    assert seen <= {200, 201}
    nora.cursor, nora.rows = "", {}
    nora.pull()
    assert ("account", "later") not in nora.rows
    assert sum(table == "account" for table, _id in nora.rows) == 200
    known.close()


def test_a_copy_is_one_file_and_a_failed_one_leaves_nothing(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    Administration(company.store).backup(folder / "copy.sqlite")
    assert [found.name for found in folder.iterdir()] == ["copy.sqlite"]
    with pytest.raises((errors.ServerBusy, sqlite3.OperationalError)):
        Administration(company.store).backup(folder / "missing" / "copy.sqlite")
    assert [found.name for found in folder.iterdir()] == ["copy.sqlite"]


def _place(company: Company) -> tuple[Organisations, str]:
    url = company.store.engine.url
    if company.store.postgres:
        known = Organisations(url.render_as_string(False), make_schema())
        return known, str(company.store.pg_schema).removeprefix("org_")
    path = Path(str(url.database))
    return Organisations(path.parent, make_schema()), path.stem
