"""What the server's disk loses or changes is found by counting anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from sync.protocol import Op
from sync.server import copies
from sync.server.recount import Difference, recount
from sync.server.store import Store, sqlite_engine
from tests.sync.server.conftest import Company, Laptop, create


@pytest.fixture
def filled(company: Company, nora: Laptop) -> Company:
    accounts = [create("account", f"a{n}", name=f"A {n}", territory="north") for n in range(5)]
    nora.do(*accounts, create("contact", "c0", account="a0", name="Luc"))
    nora.do(create("account", "gone", name="Gone", territory="north"))
    nora.pull()
    nora.do(nora.edit("account", "a1", name="B 1"))
    return company


def test_what_was_written_is_all_there(filled: Company) -> None:
    found = recount(filled.store)
    assert (found.ok, found.rows, found.differences) == (True, 10, [])


def test_a_deleted_row_is_missed_by_nobody(filled: Company, nora: Laptop) -> None:
    nora.pull()
    nora.do(Op("account", "gone", "delete", 1 << 40))
    assert recount(filled.store).rows == 9
    assert recount(filled.store).ok


class TestWhatADiskDoes:
    @pytest.fixture(autouse=True)
    def sums_equal_recomputed(self) -> None:
        """Here they differ: that is what is found."""

    def test_rows_that_are_gone_are_counted(self, filled: Company) -> None:
        accounts = filled.store.tables.synced["account"]
        with filled.store.write() as connection:
            connection.execute(delete(accounts).where(accounts.c.id.in_(["a1", "a2"])))
        found = recount(filled.store)
        assert found.differences == [Difference("territory:north", "account", 6, 4)]
        assert not found.ok

    def test_a_row_that_went_back_in_time_is_found_though_as_many_are_there(self, filled: Company) -> None:
        accounts = filled.store.tables.synced["account"]
        with filled.store.write() as connection:
            connection.execute(update(accounts).where(accounts.c.id == "a1").values(rev=3))
        assert recount(filled.store).differences == [Difference("territory:north", "account", 6, 6)]


def test_a_damaged_file_is_told_and_nothing_is_raised(filled: Company, tmp_path: Path) -> None:
    place = tmp_path / "copy.sqlite"
    copies.backup(filled.store, place)
    with closing(sqlite3.connect(place)) as file:
        question = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master WHERE name = 'account'"
        page, size = file.execute(question).fetchone()
    data = bytearray(place.read_bytes())
    data[(page - 1) * size : (page - 1) * size + 200] = b"\xff" * 200
    place.write_bytes(data)
    damaged = Store(sqlite_engine(place), filled.store.schema)
    found = recount(damaged)
    damaged.close()
    assert (found.ok, found.sound) == (False, False)
