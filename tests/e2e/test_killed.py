"""Real processes that die at random moments, on a network that cannot be relied on."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest

from tests.e2e.programs import Laptop, serving
from tests.e2e.proxy import between
from tests.e2e.test_two_laptops import _found_company

SEED = int(os.environ.get("TERRAIN_SEED", "1"))


def _write(laptop: Laptop, folder: Path, territory: str, first: int, count: int) -> None:
    lines = [
        json.dumps(
            [{"op": "add", "kind": "account", "fields": {"name": f"Compte {n}", "territory": territory}}]
        )
        for n in range(first, first + count)
    ]
    (folder / "work.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert len(laptop.run("batch", str(folder / "work.jsonl"))) == count


def _survives(tmp_path: Path, kills: int, each: int) -> None:
    """Both laptops write, sync through the bad network and are killed; in the end both have all, once."""
    _found_company(tmp_path / "server")
    rep, boss = Laptop(tmp_path / "rep"), Laptop(tmp_path / "boss")
    chance, written = random.Random(SEED), 0
    with serving(tmp_path / "server") as address, between(address, SEED) as network:
        network.honest = True
        for laptop, email in ((rep, "rep@example.fr"), (boss, "boss@example.fr")):
            laptop.enrol(f"{network.address}/demo", email)
            laptop.run("sync")
        territory = rep.run("list", "territory")[0]["id"]
        network.honest = False
        for kill in range(kills):
            laptop = chance.choice((rep, boss))
            if kill % 5 == 0:
                _write(laptop, tmp_path, territory, written, each)
                written += each
            running = laptop.start("sync")
            time.sleep(chance.uniform(0.3, 2.0))
            running.kill()
            running.wait(30)
        network.honest = True
        for laptop in (rep, boss, rep, boss):
            laptop.run("sync")
        lists = [laptop.run("list", "account", "--limit", "100000") for laptop in (rep, boss)]
        assert lists[0] == lists[1]
        assert sorted(row["name"] for row in lists[0]) == sorted(f"Compte {n}" for n in range(written))
        assert [laptop.run("status")["to_send"] for laptop in (rep, boss)] == [0, 0]


# A minute each: test_two_laptops kills the program in the ordinary suite.
@pytest.mark.soak
def test_a_few_deaths_on_a_bad_network_lose_and_double_nothing(tmp_path: Path) -> None:
    _survives(tmp_path, kills=4, each=100)


@pytest.mark.soak
def test_two_hundred_deaths_on_a_bad_network_lose_and_double_nothing(tmp_path: Path) -> None:
    _survives(tmp_path, kills=200, each=200)
