"""Long lists are read in their order from an index alone, and their summaries follow what happens."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import lists, quick_start, records
from app.workspace import Workspace
from sync import bulk

PAIRS = [(kind, f, s) for kind, listed in lists.LISTS.items() for f in listed.filters for s in listed.sorts]


def names(workspace: Workspace, filter: str = "all", sort: str = "name") -> list[str]:
    """The names of the accounts of a list."""
    with workspace.read() as session:
        return [row[1] for row in lists.rows(session, "account", lists.ids(session, "account", filter, sort))]


def summary(workspace: Workspace, account: str) -> dict[str, Any]:
    """One account's row by column."""
    with workspace.read() as session:
        (row,) = lists.rows(session, "account", [account])
    return dict(zip(lists.LISTS["account"].names(), row, strict=True))


@pytest.mark.parametrize(("kind", "filter", "sort"), PAIRS)
def test_every_filter_in_every_order_is_read_from_an_index_without_sorting(
    workspace: Workspace, kind: str, filter: str, sort: str
):
    query = lists.LISTS[kind].ids_query(filter, sort)
    with workspace.read() as session:
        plan = [
            str(row[3])
            for row in session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {query}",
                {"today": "2026-11-22", "family": "Protection"},
            )
        ]
    assert not any("TEMP B-TREE" in step for step in plan), plan
    assert not any("CORRELATED" in step for step in plan), plan
    assert all("COVERING INDEX" in step for step in plan), plan


def test_an_upgrade_in_the_middle_of_a_first_load_leaves_it_its_indexes(workspace: Workspace):
    every = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name"
    with workspace.exclusive() as connection:
        before = connection.exec_driver_sql(every).all()
        bulk.drop_indexes(connection, workspace.schema)
        assert len(connection.exec_driver_sql(every).all()) < len(before)
        lists.install(connection)
        bulk.restore_indexes(connection)
        assert connection.exec_driver_sql(every).all() == before
        assert not bulk.lacks_indexes(connection)


def test_no_index_is_kept_that_another_one_begins_with(workspace: Workspace):
    with workspace.read() as session:
        indexes = session.connection().exec_driver_sql(
            "SELECT i.name, s.tbl_name, group_concat(c.name || ' ' || c.coll, ', ' ORDER BY c.seqno)"
            " FROM sqlite_schema AS s, pragma_index_list(s.tbl_name) AS i, pragma_index_xinfo(i.name) AS c"
            """ WHERE s.type = 'table' AND c.key AND i."unique" = 0 AND i.partial = 0 GROUP BY 1, 2"""
        )
        named = {(table, columns): name for name, table, columns in indexes}
    assert len(named) > 40
    begun = [
        (name, longer)
        for (table, columns), name in named.items()
        for (other, more), longer in named.items()
        if table == other and more.startswith(f"{columns}, ")
    ]
    assert begun == []


@pytest.mark.parametrize("kind", list(lists.LISTS))
def test_the_rows_of_a_window_are_looked_up_by_key(workspace: Workspace, kind: str):
    query = lists.LISTS[kind].rows_query("?, ?")
    with workspace.read() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", ("a", "b")).all()
    assert not any(str(row[3]).startswith("SCAN") for row in plan), plan


def test_accounts_stand_in_the_order_of_their_folded_names(workspace: Workspace):
    with workspace.transaction() as session:
        for name in ("Zèbre", "Éclair", "abeille", "Œillet", "Datte"):
            records.add(session, "account", {"name": name})
    assert names(workspace) == ["abeille", "Datte", "Éclair", "Œillet", "Zèbre"]


def test_an_account_shows_its_town_its_last_visit_and_its_revenue_of_twelve_months(workspace: Workspace):
    today = date.today()
    visited = datetime.now(UTC) - timedelta(days=10)
    with workspace.transaction() as session:
        id = records.add(session, "account", {"name": "Lune", "type": "customer", "potential": "A"})
        records.add(session, "site", {"account": id, "kind": "visit", "town": "Dole"})
        records.add(session, "site", {"account": id, "kind": "billing", "town": "Lons"})
        records.add(session, "visit_report", {"account": id, "type": "discovery", "start": visited})
        quote = records.add(session, "quote", {"account": id, "total_ht": "1200.50"})
        records.add(
            session, "quote",
            {"account": id, "total_ht": "9000", "status": "accepted", "decided_on": today - timedelta(days=800)},
        )  # fmt: skip
    assert summary(workspace, id) | {"id": ""} == {
        "id": "", "name": "Lune", "town": "Lons", "potential": "A", "type": "customer", "revenue": 0,
        "last_visit": visited.date().isoformat(), "unsent": 1,
    }  # fmt: skip
    with workspace.transaction() as session:
        records.save(session, "quote", quote, {"status": "accepted", "decided_on": today})
    assert summary(workspace, id)["revenue"] == 120050


def test_a_visit_is_due_when_its_interval_is_over(workspace: Workspace):
    now = datetime.now(UTC)
    with workspace.transaction() as session:
        for name, days, interval in (("Frais", 5, 30), ("Ancien", 40, 30), ("Patient", 40, 60)):
            id = records.add(
                session, "account", {"name": name, "type": "customer", "visit_interval": interval}
            )
            records.add(
                session,
                "visit_report",
                {"account": id, "type": "discovery", "start": now - timedelta(days=days)},
            )
        records.add(session, "account", {"name": "Jamais vu", "type": "prospect"})
        records.add(session, "account", {"name": "Fournisseur", "type": "supplier"})
    assert names(workspace, "to_visit") == ["Ancien", "Jamais vu"]


def test_a_deleted_account_leaves_the_list_and_the_count(workspace: Workspace, profile: Path):
    with workspace.transaction() as session:
        gone = records.add(session, "account", {"name": "Parti"})
        records.add(session, "account", {"name": "Reste"})
    with workspace.transaction() as session:
        records.delete(session, "account", gone)
    assert names(workspace) == ["Reste"]
    first = quick_start.first_rows(profile)
    assert first is not None and first.count == 1


def test_a_quote_that_leaves_the_twelve_months_leaves_the_revenue(workspace: Workspace):
    day = date.today() - timedelta(days=360)
    with workspace.transaction() as session:
        id = records.add(session, "account", {"name": "Lune"})
        records.add(
            session, "quote", {"account": id, "total_ht": "10", "status": "accepted", "decided_on": day}
        )
    assert summary(workspace, id)["revenue"] == 1000
    with workspace.exclusive() as connection:
        # As on a morning a week later: the stored day has come.
        connection.exec_driver_sql("UPDATE account_summary SET stale_on = '2020-01-01', revenue = 99")
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "Autre"})
    assert summary(workspace, id)["revenue"] == 1000


def test_quotes_and_products_are_filtered(workspace: Workspace):
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Lune"})
        records.add(session, "quote", {"account": account, "number": "D1", "status": "draft"})
        records.add(session, "quote", {"account": account, "number": "D2", "status": "sent"})
        records.add(session, "product", {"sku": "B", "label_fr": "Borne", "family": "Recharge"})
        records.add(session, "product", {"sku": "A", "label_fr": "Câble", "family": "Câbles"})
    with workspace.read() as session:
        assert [row[1:3] for row in lists.first(session, "quote", "sent", "newest")] == [("D2", "Lune")]
        assert [row[1] for row in lists.first(session, "product", "all", "sku")] == ["A", "B"]
        assert [row[1] for row in lists.first(session, "product", "family", "sku", family="Recharge")] == [
            "B"
        ]
        assert lists.families(session) == ["Câbles", "Recharge"]


def test_the_first_rows_come_with_the_settings(workspace: Workspace, profile: Path):
    with workspace.transaction() as session:
        for name in ("Bois", "Acier"):
            records.add(session, "account", {"name": name})
    workspace.settings.set("theme", "dark")
    first = quick_start.first_rows(profile)
    assert first is not None
    assert [row[1] for row in first.rows] == ["Acier", "Bois"] and first.count == 2
    assert (first.language, first.theme) == ("fr", "dark")
    assert first.columns == lists.LISTS["account"].names()


def test_without_a_profile_or_its_key_there_are_no_first_rows(tmp_path: Path, profile: Path):
    assert quick_start.first_rows(tmp_path / "nowhere") is None
    (profile / "terrain.db").write_bytes(b"no database" * 1000)
    assert quick_start.first_rows(profile) is None


def test_the_quick_start_loads_nothing_heavy():
    program = (
        "import sys, pathlib; from app import quick_start;"
        "quick_start.first_rows(pathlib.Path('nowhere')); import sqlcipher3, app.cli.find_words;"
        "print([m for m in ('sqlalchemy', 'alembic', 'requests', 'reportlab', 'phonenumbers', 'babel', 'PySide6')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
