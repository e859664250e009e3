"""The tables that are never sent grow when a newer server opens an older organisation."""

from __future__ import annotations

from sqlalchemy import inspect, text

from tests.sync.server.conftest import Company, Laptop


def _names(company: Company, table: str) -> tuple[set[str], set[str | None]]:
    with company.store.read() as connection:
        found, schema = inspect(connection), company.store.pg_schema
        columns = {column["name"] for column in found.get_columns(table, schema)}
        return columns, {index["name"] for index in found.get_indexes(table, schema)}


def test_columns_and_indexes_that_an_older_server_lacks_are_added_when_it_opens(
    company: Company, nora: Laptop
) -> None:
    whole = _names(company, "sync_device"), _names(company, "account")
    with company.store.write() as connection:
        for statement in (
            "ALTER TABLE sync_device DROP COLUMN rev_presented",
            "DROP INDEX ix_sync_device_user",
            "DROP INDEX ix_account_scope_rev",
        ):
            connection.execute(text(statement))
    assert (_names(company, "sync_device"), _names(company, "account")) != whole
    company.store.prepare()
    assert (_names(company, "sync_device"), _names(company, "account")) == whole
    nora.pull()
