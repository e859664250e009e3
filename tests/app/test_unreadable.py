"""A value that no screen could show never reaches a colleague's laptop, whatever program sent it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app import admin, records, syncing
from app.serve import InProcessServer, sync_schema
from app.workspace import Workspace
from sync.client import HttpClient
from sync.protocol import EnrolRequest, Op, PullRequest, PushRequest, Result, seal

PASSWORD = "a long password"
UNREADABLE: list[tuple[str, str, Any]] = [
    ("task", "due", "soon"),
    ("quote", "valid_until", ""),
    ("account", "tags", '{"a":1}'),
    ("account", "custom", "[1]"),
    ("site", "coordinates", "here"),
    ("opportunity", "stage_history", "true"),
]


@pytest.mark.parametrize(("kind", "name", "value"), UNREADABLE)
def test_what_no_screen_could_show_waits_at_the_server(
    tmp_path: Path, kind: str, name: str, value: Any
) -> None:
    assert name in sync_schema().tables[kind].fields
    admin.init(tmp_path / "server", "acme", "Acme")
    admin.add_territory(tmp_path / "server", None, "Rhône")
    for who in ("anne", "karim"):
        admin.add_user(tmp_path / "server", None, f"{who}@acme.fr", who, "rep", PASSWORD, ["Rhône"])
    with InProcessServer(tmp_path / "server") as server:
        address = server.address("acme")
        syncing.enrol(tmp_path / "karim", address, "karim@acme.fr", PASSWORD)
        workspace = Workspace.open(tmp_path / "karim")
        syncing.sync_now(workspace)  # his territory comes with it, which anne shares
        with workspace.transaction() as session:
            account = records.add(session, "account", {"name": "Dupont"})
        syncing.sync_now(workspace)
        fields = {name: (None, value)} | ({"account": (None, account)} if kind != "account" else {})
        assert _push(address, Op(kind, "made-up", "create", 0, fields)).reason == "invalid"
        done = syncing.sync_now(workspace)
        with workspace.read() as session:
            records.find_rows(session, kind, limit=10)
        workspace.close()
    assert done["pulled"] == 0


def _push(address: str, op: Op) -> Result:
    client = HttpClient(address)
    client.token = client.enrol(EnrolRequest("anne@acme.fr", PASSWORD)).token
    client.pull(PullRequest())
    (result,) = client.push(PushRequest("2026-01-01T00:00:00.000Z", [seal("forged", 1, [op])])).results
    client.close()
    return result


AMOUNTS = {"lines": "1", "ht": "1", "vat": "0", "ttc": "1", "vat_rows": []}
DOCUMENT: dict[str, Any] = {"seller": {}, "buyer": {"name": "B"}, "amounts": AMOUNTS}
MISSHAPEN: dict[str, list[Any]] = {
    "charges": [
        ["carriage"], [{}], [{"amount": None}], [{"amount": "soon"}], [{"amount": "NaN"}],
        [{"amount": "1", "label": []}],
        [{"amount": "1", "vat_rate": "much"}], [{"amount": "1", "with_vat": []}],
        [{"amount": "1", "with_vat": {"was": {}, "made": {"amount": "1"}}}],
    ],
    "with_vat": [{"was": []}, {"was": {"vat_rate": "much"}}, {"made": {"amount": "1"}}, {"was": {"amount": {}}}],
    "snapshot": [
        {}, DOCUMENT | {"amounts": {}}, DOCUMENT | {"buyer": []}, DOCUMENT | {"lines": ["a"]},
        DOCUMENT | {"amounts": AMOUNTS | {"ht": "much"}},
        DOCUMENT | {"lines": [{"kind": "item", "description": "D"}]}, DOCUMENT | {"style": []},
    ],
    "approval": [{"by": {}}, {"by": "x", "percent": "much"}],
    "signature": [{"id": {}}, {"chosen": 5}, {"chosen": [5]}],
}  # fmt: skip


def test_a_quote_s_structured_data_that_no_screen_could_show_waits_at_the_server(tmp_path: Path) -> None:
    admin.init(tmp_path, "acme", "Acme")
    admin.add_territory(tmp_path, None, "Rhône")
    admin.add_user(tmp_path, None, "anne@acme.fr", "anne", "rep", PASSWORD, ["Rhône"])
    with InProcessServer(tmp_path) as server:
        client = HttpClient(server.address("acme"))
        client.token = client.enrol(EnrolRequest("anne@acme.fr", PASSWORD)).token
        page = client.pull(PullRequest())
        territory = next(scope[10:] for scope in page.hello.scopes if scope.startswith("territory:"))
        made = [
            Op("account", "account", "create", 0, {"name": (None, "A"), "territory": (None, territory)}),
            Op("quote", "quote", "create", 0, {"account": (None, "account"), "snapshot": (None, json.dumps(DOCUMENT))}),
        ]  # fmt: skip
        forged = [
            Op(
                "quote",
                f"{name}{n}",
                "create",
                0,
                {"account": (None, "account"), name: (None, json.dumps(value))},
            )
            for name, values in MISSHAPEN.items()
            for n, value in enumerate(values)
        ]
        sealed = [seal("made", 1, made), *(seal(f"f{n}", n, [op]) for n, op in enumerate(forged, 2))]
        results = client.push(PushRequest("2026-01-01T00:00:00.000Z", sealed)).results
        client.close()
    assert results[0].outcome == "applied"
    let_through = [op.fields for op, one in zip(forged, results[1:], strict=True) if one.reason != "invalid"]
    assert let_through == []


def test_records_without_a_name_stop_no_colleague_s_sync(tmp_path: Path) -> None:
    admin.init(tmp_path / "server", "acme", "Acme")
    admin.add_user(tmp_path / "server", None, "anne@acme.fr", "anne", "office", PASSWORD)
    nameless = sorted(kind for kind, table in sync_schema().tables.items() if table.writers != "nobody")
    with InProcessServer(tmp_path / "server") as server:
        address = server.address("acme")
        syncing.enrol(tmp_path / "anne", address, "anne@acme.fr", PASSWORD)
        client = HttpClient(address)
        client.token = client.enrol(EnrolRequest("anne@acme.fr", PASSWORD)).token
        client.pull(PullRequest())
        sealed = [seal(k, n, [Op(k, f"nameless {k}", "create", 0, {})]) for n, k in enumerate(nameless, 1)]
        client.push(PushRequest("2026-01-01T00:00:00.000Z", sealed))
        client.close()
        workspace = Workspace.open(tmp_path / "anne")
        syncing.sync_now(workspace)
        with workspace.read() as session:
            assert records.get(session, "product", "nameless product")["label_fr"] is None
        workspace.close()
