"""A rep's and a manager's laptop, each a process of its own, and a server that is one too."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tests.e2e.programs import Deaths, Laptop, serving, terrain


def _found_company(folder: Path) -> None:
    admin = ("admin", "--dir", str(folder))
    terrain(*admin, "init", "--org", "demo", "--name", "Hygiène Rhône-Alpes")
    terrain(*admin, "territory", "add", "Rhône")
    terrain(*admin, "user", "add", "--email", "rep@example.fr", "--name", "Claire Dubois",
            "--role", "rep", "--territory", "Rhône")  # fmt: skip
    terrain(*admin, "user", "add", "--email", "boss@example.fr", "--name", "Michel Rey",
            "--role", "manager", "--territory", "Rhône")  # fmt: skip


def _batch(file: Path, territory: str, count: int) -> None:
    lines = [
        json.dumps(
            [{"op": "add", "kind": "account", "fields": {"name": f"Compte n° {n}", "territory": territory}}]
        )
        for n in range(count)
    ]
    file.write_text("\n".join(lines), encoding="utf-8")


def test_a_sync_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    _found_company(tmp_path / "server")
    rep, boss = Laptop(tmp_path / "rep"), Laptop(tmp_path / "boss")
    with serving(tmp_path / "server") as address:
        rep.enrol(f"{address}/demo", "rep@example.fr")
        boss.enrol(f"{address}/demo", "boss@example.fr")
        assert rep.run("sync")["pulled"] > 0
        assert boss.run("sync")["pulled"] > 0
        territory = rep.run("list", "territory")[0]["id"]
        _batch(tmp_path / "week.jsonl", territory, 500)
        assert len(rep.run("batch", str(tmp_path / "week.jsonl"))) == 500
        Deaths(random.Random(7), longest_s=0.5).come(5, lambda: rep.start("sync"))
        final = rep.run("sync")
        assert final["conflicts"] == final["parked"] == 0
        boss.run("sync")
        accounts = [laptop.run("list", "account", "--limit", "5000") for laptop in (rep, boss)]
        assert accounts[0] == accounts[1]
        assert sorted(row["name"] for row in accounts[0]) == sorted(f"Compte n° {n}" for n in range(500))
        assert rep.run("status")["to_send"] == 0


def test_the_loop_of_a_week_offline(tmp_path: Path) -> None:
    _found_company(tmp_path / "server")
    rep, boss = Laptop(tmp_path / "rep"), Laptop(tmp_path / "boss")
    with serving(tmp_path / "server") as address:
        for laptop, email in ((rep, "rep@example.fr"), (boss, "boss@example.fr")):
            laptop.enrol(f"{address}/demo", email)
            laptop.run("sync")
    territory = rep.run("list", "territory")[0]["id"]
    account = rep.run("add", "account", "name=Boulangerie Morel", f"territory={territory}")["id"]
    rep.run("add", "visit_report", f"account={account}", "type=customer_visit", "summary=Bon accueil",
            "no_next_action=yes")  # fmt: skip
    quote = rep.run("add", "quote", f"account={account}", "status=draft")["id"]
    rep.run("add", "quote_line", f"quote={quote}", "kind=item", "description=Savon", "quantity=3",
            "unit_price=33,335", "vat_rate=20", "position=1")  # fmt: skip
    number = rep.run("quote", "issue", quote)["number"]
    rep.run("quote", "pdf", quote, "-o", str(tmp_path / "devis.pdf"))
    assert (tmp_path / "devis.pdf").read_bytes().startswith(b"%PDF")
    assert rep.run("find", "boul mor")[0]["id"] == account
    rep.run("sync", expect=1)
    assert rep.run("status")["to_send"] == 5
    with serving(tmp_path / "server") as address:
        for laptop, email in ((rep, "rep@example.fr"), (boss, "boss@example.fr")):
            laptop.enrol(f"{address}/demo", email)
        rep.run("sync")
        boss.run("sync")
    assert boss.run("show", "quote", quote)["number"] == number
    assert boss.run("show", "quote", quote)["total_ttc"] == "120.01"
    refused = boss.run("set", "quote_line", boss.run("list", "quote_line")[0]["id"], "quantity=4", expect=1)
    assert refused is None
