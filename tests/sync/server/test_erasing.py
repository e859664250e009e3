"""Erasure at the server, on SQLite and PostgreSQL: by ids kept outside, whatever brings a row back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select, text

from sync import errors
from sync.protocol import ERASED, Op
from sync.server import erasure
from sync.server.erased_list import erased_list
from tests.sync.server.conftest import Company, Laptop, create


@pytest.fixture(autouse=True)
def no_list_stays(company: Company) -> Iterator[None]:
    yield
    if company.store.pg_schema is not None:
        name = company.store.pg_schema.replace("org_", "erased_")
        with company.store.engine.begin() as connection:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'))


def _erase(company: Company, id: str) -> erasure.Erased:
    return erasure.erase(company.store, "account", id, company.service.now())


def _names(company: Company) -> set[str]:
    accounts = company.store.tables.synced["account"]
    with company.store.read() as connection:
        return set(connection.scalars(select(accounts.c.name)))


def test_what_was_erased_goes_from_every_laptop_and_does_not_come_back(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    nora.do(
        create("account", "a", name="D", territory="north"), create("contact", "c", account="a", name="J")
    )
    nora.pull(), office.pull()
    assert set(_erase(company, "a").gone) == {("account", "a"), ("contact", "c")}
    again = nora.do(
        Op("account", "a", "update", 1, {"name": ("D", "Secret")}),
        create("contact", "c2", account="a", name="Secret"),
        create("account", "b", name="Stays", territory="north"),
    )
    assert (again.outcome, set(again.outside)) == ("applied", {("account", "a"), ("contact", "c2")})
    later = nora.do(Op("contact", "c2", "update", 1, {"name": ("Secret", "More")}))
    assert (later.outcome, later.outside) == ("applied", [("contact", "c2")])
    assert _names(company) == {"Stays"}
    office.pull()
    assert office.page is not None
    assert ("account", "a", ERASED) in office.page.exits
    assert [key for key in office.rows if key[0] in ("account", "contact")] == [("account", "b")]


def test_what_comes_below_an_erased_record_goes_however_long_its_id_is(
    company: Company, nora: Laptop
) -> None:
    strangers = "account-of-a-program-that-is-not-ours-" * 5
    nora.do(create("account", strangers, name="D", territory="north"))
    _erase(company, strangers)
    result = nora.do(create("contact", "c", account=strangers, name="Secret"))
    assert (result.outcome, result.outside) == ("applied", [("contact", "c")])


def test_a_colleague_of_another_territory_hears_of_ids_alone(company: Company, nora: Laptop) -> None:
    nora.do(create("account", "a", name="D", territory="north"))
    sam = company.laptop("sam")
    sam.pull(), sam.pull()
    _erase(company, "a")
    sam.pull()
    assert sam.page is not None
    assert (sam.page.blocks, sam.page.exits) == ([], [("account", "a", ERASED)])


def test_the_list_outside_erases_again_what_a_copy_brought_back(company: Company, nora: Laptop) -> None:
    nora.do(
        create("account", "a", name="D", territory="north"), create("contact", "c", account="a", name="J")
    )
    with company.store.read() as connection:
        row = connection.execute(select(company.store.tables.synced["account"])).mappings().one()
    _erase(company, "a")
    assert set(erased_list(company.store).read()) == {("account", "a"), ("contact", "c")}
    with company.store.write() as connection:
        connection.execute(delete(company.store.tables["sync_erased"]))
        connection.execute(company.store.tables.synced["account"].insert().values(**row))
        sums = company.store.tables["scope_sum"]
        from sync.server.head import signed
        from sync.sums import row_hash

        here = (sums.c.scope == "territory:north") & (sums.c.table_name == "account")
        total = signed(row_hash("account", "a", row["rev"]))
        connection.execute(sums.update().where(here).values(count=1, total=total))
    assert set(erasure.reapply(company.store).gone) == {("account", "a"), ("contact", "c")}
    assert _names(company) == set()
    assert erasure.reapply(company.store).gone == []


def test_what_is_not_there_cannot_be_erased(company: Company) -> None:
    with pytest.raises(errors.Refused):
        _erase(company, "nowhere")
