"""A salesperson who may give 10 %, his manager who may give 25 %, and a quote of the former."""

from __future__ import annotations

import pytest

from app import records
from app.quotes import issuing
from app.workspace import Workspace


def become(workspace: Workspace, user: str) -> None:
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("INSERT OR REPLACE INTO sync_state VALUES ('user', ?)", (user,))


@pytest.fixture
def people(workspace) -> dict[str, str]:
    with workspace.transaction() as session:
        found = {
            role: records.add(session, "user", {"name": role.title(), "role": role, "active": True})
            for role in ("rep", "manager")
        }
        limits = {"name": "discount_authority", "value": {"rep": 10, "manager": 25}}
        records.add(session, "setting", limits)
    become(workspace, found["rep"])
    return found


@pytest.fixture
def quote(workspace, people) -> str:
    """A draft of a product of 100.00, without discount."""
    with workspace.transaction() as session:
        product = {"sku": "A1", "label_fr": "Aspirateur", "list_price": "100", "vat_rate": 20}
        product_id = records.add(session, "product", product)
        account = records.add(session, "account", {"name": "Hôtel Bellevue"})
        quote = records.add(session, "quote", {"account": account, "status": "draft", "owner": people["rep"]})
        line = {"quote": quote, "kind": "item", "position": 1, "product": product_id, "description": "A1"}
        records.add(session, "quote_line", {**line, "quantity": 2, "unit_price": 100, "vat_rate": 20})
    return quote


def give(workspace, quote, **values) -> None:
    with workspace.transaction() as session:
        (line,) = issuing.find_lines(session, quote)
        records.save(session, "quote_line", line["id"], values)


def status(workspace, quote) -> str:
    with workspace.read() as session:
        return records.get(session, "quote", quote)["status"]
