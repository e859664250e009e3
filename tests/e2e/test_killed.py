"""Real processes that die at random moments, on a network that cannot be relied on."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest

from tests.e2e.programs import Deaths, Laptop, Server
from tests.e2e.proxy import FATES, between
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


def _survives(folder: Path, kills: int, each: int) -> None:
    """Both laptops write, sync through the bad network and are killed; in the end both have all, once.

    Every tenth time it is the server that dies, while a laptop speaks to it.
    """
    _found_company(folder / "server")
    rep, boss = Laptop(folder / "rep"), Laptop(folder / "boss")
    chance = random.Random(SEED)
    deaths, server = Deaths(chance), Server(folder / "server")
    with between(server.address, SEED) as network:
        network.honest = True
        for laptop, email in ((rep, "rep@example.fr"), (boss, "boss@example.fr")):
            laptop.enrol(f"{network.address}/demo", email)
            laptop.run("sync")
        territory = rep.run("list", "territory")[0]["id"]
        network.honest = False
        for death in range(kills):
            laptop = chance.choice((rep, boss))
            _write(laptop, folder, territory, death * each, each)
            running = laptop.start("sync")
            if death % 10 == 9:
                time.sleep(chance.uniform(0.1, 0.6))
                server.kill()
                server = Server(folder / "server")
                network.turn_to(server.address)
            deaths.kill(running)
        network.honest = True
        for laptop in (rep, boss, rep, boss):
            laptop.run("sync")
        lists = [laptop.run("list", "account", "--limit", "100000") for laptop in (rep, boss)]
        server.stop()
    assert lists[0] == lists[1]
    assert sorted(row["name"] for row in lists[0]) == sorted(f"Compte {n}" for n in range(kills * each))
    assert [laptop.run("status")["to_send"] for laptop in (rep, boss)] == [0, 0]
    assert deaths.under_way >= kills // 2
    assert set(network.fates) == set(FATES) or kills < 100


# Half a minute and some: test_two_laptops kills the program in the ordinary suite.
@pytest.mark.soak
def test_a_few_deaths_on_a_bad_network_lose_and_double_nothing(tmp_path: Path) -> None:
    _survives(tmp_path, kills=20, each=20)


@pytest.mark.soak
def test_two_hundred_deaths_on_a_bad_network_lose_and_double_nothing(tmp_path: Path) -> None:
    _survives(tmp_path, kills=400, each=20)
