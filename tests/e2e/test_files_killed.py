"""Photos survive a sync that is killed again and again, on their way up and on their way down."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import psutil
import pytest

from app import attachments
from app.workspace import Workspace
from tests.e2e.programs import Deaths, Laptop, memory_of, serving
from tests.e2e.test_two_laptops import _found_company

MEMORY_BYTES = 400_000_000
"""Of client and of server, at most: far less than what travels."""


def _files(folder: Path, count: int, size: int) -> dict[str, str]:
    """Files of noise with their SHA-256, by name."""
    folder.mkdir()
    chance, found = random.Random(3), {}
    for number in range(count):
        digest = hashlib.sha256()
        with (folder / f"photo-{number:04}.bin").open("wb") as file:
            left = size + number
            while left:
                block = chance.randbytes(min(left, 1 << 20))
                digest.update(block)
                left -= file.write(block)
        found[f"photo-{number:04}.bin"] = digest.hexdigest()
    return found


def _finish(laptop: Laptop) -> None:
    """One sync that nobody kills, however long it takes, after which nothing is left to be carried."""
    assert laptop.start("sync").wait(3600) == 0
    last = laptop.run("sync")["files"]
    assert (last["sent"], last["received"], last["waiting"], last["problem"]) == (0, 0, 0, "")


def _survive(folder: Path, count: int, size: int, kills: int, longest_s: float) -> None:
    _found_company(folder / "server")
    rep, boss = Laptop(folder / "rep"), Laptop(folder / "boss")
    digests = _files(folder / "photos", count, size)
    up, down = (Deaths(random.Random(seed), longest_s) for seed in (11, 12))
    with serving(folder / "server") as address:
        for laptop, email in ((rep, "rep@example.fr"), (boss, "boss@example.fr")):
            laptop.enrol(f"{address}/demo", email)
            laptop.run("sync")
        territory = rep.run("list", "territory")[0]["id"]
        account = rep.run("add", "account", "name=Morel", f"territory={territory}")["id"]
        for name in digests:
            rep.run("attach", "account", account, str(folder / "photos" / name))
            (folder / "photos" / name).unlink()
        up.come(kills, lambda: rep.start("sync"))
        _finish(rep)
        boss.run("sync")
        ids = {row["name"]: row["id"] for row in boss.run("list", "attachment")}
        assert set(ids) == set(digests)
        _take_all(boss)
        down.come(kills, lambda: boss.start("sync"))
        _finish(boss)
        server = [p.pid for p in psutil.Process().children(recursive=True) if "serve" in p.cmdline()]
        assert max(up.most_memory, down.most_memory, *map(memory_of, server)) < MEMORY_BYTES
        assert server
    for name, id in ids.items():
        out = folder / "out"
        boss.run("attachment", id, "-o", str(out))
        with out.open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == digests[name]
    assert not list((folder / "server" / "demo.blobs" / "partial").glob("*"))
    for laptop in (rep, boss):
        assert all(check["ok"] for check in laptop.run("doctor")["checks"])


def _take_all(laptop: Laptop) -> None:
    """Have the laptop fetch every file, not only those that somebody opens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERRAIN_PASSPHRASE", "a daily passphrase")
        workspace = Workspace.open(laptop.folder)
    workspace.settings.set("attachments_room_mb", 100_000)
    attachments.keep_all(workspace, True)
    workspace.close()


# Half a minute: test_two_laptops kills the program in the ordinary suite.
@pytest.mark.soak
def test_forty_megabytes_survive_a_sync_killed_four_times_each_way(tmp_path: Path) -> None:
    _survive(tmp_path, count=2, size=20_000_000, kills=4, longest_s=0.5)


@pytest.mark.soak
def test_two_gigabytes_survive_a_sync_killed_ten_times_each_way(tmp_path: Path) -> None:
    size = int(os.environ.get("TERRAIN_SOAK_BYTES", "2000000000"))
    _survive(tmp_path, count=max(1, size // 80_000_000), size=80_000_000, kills=10, longest_s=1.0)
