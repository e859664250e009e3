"""Three weeks on the road: a wrong clock, a bad network, customers that moved, a number that two corrected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.programs import Laptop, serving, terrain
from tests.e2e.proxy import between

ASTRAY, AWAY = -730, 21
"""Days: by how much the rep's clock is wrong, and how long there is no network."""
VISITED = ("Boulangerie Morel", "Fromagerie Rey", "Garage Petit", "Hôtel du Lac")
MOVED = VISITED[2:]


def _found_company(folder: Path) -> None:
    admin = ("admin", "--dir", str(folder))
    terrain(*admin, "init", "--org", "demo", "--name", "Hygiène Rhône-Alpes")
    terrain(*admin, "team", "add", "Lyon")
    for name, email, role, territory in (
        ("Claire Dubois", "claire@example.fr", "rep", "Rhône"),
        ("Karim Haddad", "karim@example.fr", "rep", "Loire"),
        ("Michel Rey", "michel@example.fr", "manager", ""),
    ):
        if territory:
            terrain(*admin, "territory", "add", territory, "--team", "Lyon")
        terrain(*admin, "user", "add", "--email", email, "--name", name, "--role", role, "--team", "Lyon",
                *(("--territory", territory) if territory else ()))  # fmt: skip


def _named(laptop: Laptop, kind: str, field: str = "name") -> dict[str, dict[str, Any]]:
    return {row[field]: row for row in laptop.run("list", kind, "--limit", "1000")}


def _write_on_the_road(claire: Laptop, accounts: dict[str, dict[str, Any]]) -> str:
    """A report for each customer, a telephone number, a quote for one of those that move; its number."""
    for name in VISITED:
        claire.run("add", "visit_report", f"account={accounts[name]['id']}", "type=customer_visit",
                   f"summary=Vue chez {name}", "no_next_action=yes")  # fmt: skip
    claire.run("set", "account", accounts["Boulangerie Morel"]["id"], "phone=04 78 00 00 01")
    quote = claire.run("add", "quote", f"account={accounts['Garage Petit']['id']}", "status=draft")["id"]
    claire.run("add", "quote_line", f"quote={quote}", "kind=item", "description=Savon", "quantity=3",
               "unit_price=33,335", "vat_rate=20", "position=1")  # fmt: skip
    return str(claire.run("quote", "issue", quote)["number"])


def _summaries(laptop: Laptop) -> list[str]:
    return sorted(row["summary"] for row in laptop.run("list", "visit_report", "--limit", "1000"))


def _enter_customers(laptops: list[Laptop]) -> dict[str, str]:
    """Four customers of Rhône, entered by the manager and known to who sees them; the territories' ids by name."""
    claire, karim, michel = laptops
    territories = {name: row["id"] for name, row in _named(michel, "territory").items()}
    for name in VISITED:
        michel.run("add", "account", f"name={name}", f"territory={territories['Rhône']}",
                   "phone=04 78 00 00 00")  # fmt: skip
    for laptop in (michel, claire, karim):
        laptop.run("sync")
    assert sorted(_named(claire, "account")) == sorted(VISITED)
    assert not _named(karim, "account")
    return territories


def _agree(laptops: list[Laptop], number: str, on_the_road: datetime) -> None:
    """Each has all that he may see, once, and nothing waits."""
    claire, karim, michel = laptops
    for laptop in laptops:
        status = laptop.run("status")
        assert (status["to_send"], status["parked"]) == (0, 0)
    assert sorted(_named(michel, "account")) == sorted(VISITED)
    assert _summaries(michel) == [f"Vue chez {name}" for name in VISITED]
    assert sorted(_named(karim, "account")) == sorted(MOVED)
    assert _summaries(karim) == [f"Vue chez {name}" for name in MOVED]
    assert sorted(_named(claire, "account")) == sorted(set(VISITED) - set(MOVED))
    assert list(_named(karim, "quote", "number")) == list(_named(michel, "quote", "number")) == [number]
    for row in michel.run("list", "visit_report"):
        written = datetime.fromisoformat(row["created_at"])
        assert abs(written - on_the_road) < timedelta(hours=1), "her clock is wrong, not what is told of her"


def _resolve_the_one_question(claire: Laptop, michel: Laptop) -> None:
    (question,) = claire.run("conflicts")
    assert (question["field"], question["mine"], question["theirs"]) == (
        "phone",
        "+33478000001",
        "+33478000002",
    )
    theirs, mine = (datetime.fromisoformat(version["at"]) for version in question["versions"])
    assert abs(theirs - mine - timedelta(days=AWAY)) < timedelta(hours=1)
    claire.run("conflicts", "resolve", question["id"], "phone=mine")
    for laptop in (claire, michel):
        laptop.run("sync")
        assert not laptop.run("conflicts")
        assert _named(laptop, "account")["Boulangerie Morel"]["phone"] == "+33478000001"


def test_everything_is_there_and_nothing_twice_and_one_question_is_asked(tmp_path: Path):
    _found_company(tmp_path / "server")
    people = ("claire", "karim", "michel")
    claire, karim, michel = laptops = [Laptop(tmp_path / name) for name in people]
    claire.astray = ASTRAY
    with between("http://127.0.0.1:1", seed=1) as network:
        network.honest = True
        with serving(tmp_path / "server") as address:
            network.turn_to(address)
            for laptop, name in zip(laptops, people, strict=True):
                laptop.enrol(f"{network.address}/demo", f"{name}@example.fr")
                laptop.run("sync")
            territories = _enter_customers(laptops)

        accounts = _named(claire, "account")
        on_the_road = datetime.now(UTC)
        number = _write_on_the_road(claire, accounts)
        for laptop in laptops:
            laptop.astray += AWAY
        michel.run("set", "account", accounts["Boulangerie Morel"]["id"], "phone=04 78 00 00 02")
        for name in MOVED:
            michel.run("set", "account", accounts[name]["id"], f"territory={territories['Loire']}")

        with serving(tmp_path / "server", astray=AWAY) as address:
            network.turn_to(address)
            michel.run("sync")
            network.next = ["drop", "cut there", "cut back", "cut back"]
            while network.next:
                claire.run("sync", expect=1)
            for laptop in (claire, karim, michel, claire):
                laptop.run("sync")
            _agree(laptops, number, on_the_road)
            _resolve_the_one_question(claire, michel)
