"""How much a file of a sync holds: what has no room in one goes with the next, whoever carries them."""

from __future__ import annotations

import base64
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from app import by_file, sync_view
from app.serve import InProcessServer
from app.syncing import SyncProblem
from sync import batches, bundle, protocol
from sync import by_file as by_file_of_a_laptop
from sync.server import exchange_route
from sync.server.gate import MAX_COMPRESSED_BYTES
from tests.app.test_by_file import refused, take, to
from tests.sync.office import RHONE, Laptop, Office


def notes(at: int) -> str:
    """16 kB that no compression makes much smaller."""
    return base64.b64encode(random.Random(at).randbytes(12_000)).decode()


def accounts(laptop: Laptop, count: int, first: int = 0) -> None:
    """Write so many, each with such notes."""
    for at in range(first, first + count):
        laptop.add("account", name=f"Account {at}", notes=notes(at), territory=RHONE)


def carry(office: Office, request: Path, answer: Path) -> Path:
    with InProcessServer(office.folder / "server") as server:
        by_file.carry(request, answer, server.address("demo"))
    return answer


def test_somebody_can_carry_a_file_that_is_longer_than_a_call(claire, rey, office, tmp_path):
    accounts(claire, 400)
    accounts(rey, 400, first=1_000)
    rey.sync()
    request = to(claire, tmp_path / "request")
    answer = carry(office, request, tmp_path / "answer")
    assert min(request.stat().st_size, answer.stat().st_size) > MAX_COMPRESSED_BYTES
    assert take(claire, answer)["pushed"] == 400
    assert len(claire.rows("account")) == 800
    assert claire.differing() is None


def test_what_a_file_has_no_room_for_goes_with_the_next_one(claire, rey, office, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "ENDS_AFTER_BYTES", 300_000)
    monkeypatch.setattr(batches, "MAX_OPS", 20)
    accounts(claire, 100)
    pushed, files = 0, 0
    while claire.sql("SELECT count(*) FROM sync_entry") != [(0,)]:
        found = by_file.write_to(claire.workspace, tmp_path / "request")
        assert found["transactions"] + found["left"] == 100 - pushed
        assert bool(by_file.what_stays(found)) == bool(found["left"])
        pushed += take(claire, carry(office, tmp_path / "request", tmp_path / "answer"))["pushed"]
        files += 1
        assert files < 10
    assert (pushed, files > 1) == (100, True)
    rey.sync()
    assert len(rey.rows("account")) == 100
    assert claire.differing() is None


def test_what_an_answer_has_no_room_for_comes_with_the_next_one(claire, rey, office, tmp_path, monkeypatch):
    monkeypatch.setattr(exchange_route, "MAX_EXCHANGE_BYTES", 300_000)
    monkeypatch.setattr(protocol, "PAGE_BYTES", 100_000)
    accounts(rey, 60)
    mine = claire.add("account", name="Mine", territory=RHONE)
    rey.sync()
    told = []
    while "" not in told:
        request = to(claire, tmp_path / "request")
        assert len(told) < 10
        answer = carry(office, request, tmp_path / "answer")
        try:
            take(claire, answer)
            told.append("")
        except SyncProblem as problem:
            told.append(problem.code)
            assert refused(claire, answer) == "bundle_taken"
    assert set(told) == {by_file_of_a_laptop.GOES_ON, ""}
    assert "terrain sync --to" in sync_view.explain(by_file_of_a_laptop.GOES_ON)
    assert len(claire.rows("account")) == 61
    assert claire.get("account", mine)["rev"] > 0
    assert claire.differing() is None


def test_a_server_takes_no_file_without_end(office):
    with InProcessServer(office.folder / "server") as server:
        url = f"{server.address('demo')}/v1/sync/exchange"
        answer = requests.post(url, data=b"x" * (bundle.MAX_CARRIED_BYTES + 1), timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_big")
        answer = requests.post(url, data=b"x" * 5_000_000, timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (400, "no_bundle")


def test_a_server_keeps_nothing_of_a_stranger_s_long_file(office, monkeypatch):
    sizes: list[int] = []
    real = tempfile.TemporaryFile

    @contextmanager
    def watched() -> Iterator[Any]:
        with real() as file:
            try:
                yield file
            finally:
                sizes.append(file.seek(0, os.SEEK_END))

    monkeypatch.setattr(exchange_route.tempfile, "TemporaryFile", watched)
    with InProcessServer(office.folder / "server") as server:
        url = f"{server.address('demo')}/v1/sync/exchange"
        answer = requests.post(url, data=bundle.MAGIC + b"x" * 20_000_000, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, "bundle_damaged")
    assert len(sizes) == 1 and sizes[0] < 1_000_000
