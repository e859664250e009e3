"""How many attachments a sync by file takes along: whole ones, rows first, and none to a peer that knows none."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app import attachments, by_file
from app.serve import InProcessServer
from app.syncing import SyncProblem
from sync import batches, bundle, carried_files, protocol
from sync.server import exchange_key, exchange_route
from sync.server.service import Session
from tests.app.carrying import (
    LARGE,
    answered,
    attach,
    back,
    bytes_of,
    kept,
    noise,
    there,
    there_and_back,
    want,
)
from tests.sync.office import RHONE, Office


def test_what_has_no_room_goes_with_the_next_file_the_smallest_first(
    claire, rey, office, morel, tmp_path, monkeypatch
):
    monkeypatch.setattr(carried_files, "MAX_FILES_BYTES", 1_000_000)
    for seed, size in enumerate((700_000, 400_000, 500_000)):
        attach(claire, morel, noise(tmp_path, size, seed))
    told = []
    for _file in range(3):
        written = there(claire, tmp_path)
        told.append((written["files"]["carried"], written["files"]["waiting"]))
        assert bool(by_file.what_stays(written)) == bool(written["files"]["waiting"])
        answered(office, tmp_path)
        back(claire, tmp_path)
    assert told == [(2, 1), (1, 0), (0, 0)]
    assert sorted(path.stat().st_size for path in kept(office)) == [400_000, 500_000, 700_000]


def test_what_an_answer_has_no_room_for_is_asked_for_with_the_next_file(
    claire, rey, office, morel, tmp_path, monkeypatch
):
    plans = [attach(claire, morel, noise(tmp_path, size, size)) for size in (30_000, 40_000, 50_000)]
    there_and_back(claire, office, tmp_path)
    with monkeypatch.context() as narrow:
        narrow.setattr(bundle, "MAX_FILES_BYTES", 80_000)
        found = there_and_back(rey, office, tmp_path)
    assert (found["received"], found["coming"]) == (2, 1)
    assert "1" in " ".join(by_file.what_stays({"files": found}))
    assert there_and_back(rey, office, tmp_path)["coming"] == 0
    assert None not in [bytes_of(rey, plan) for plan in plans]


def test_work_that_a_file_has_no_room_for_goes_before_all_bytes(claire, office, morel, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "ENDS_AFTER_BYTES", 300_000)
    monkeypatch.setattr(batches, "MAX_OPS", 20)
    for number in range(60):
        claire.add("account", name=f"Client {number}", territory=RHONE, notes=noise_text(number))
    attach(claire, morel, noise(tmp_path, LARGE))
    told = []
    while not told or told[-1][0]:
        written = there(claire, tmp_path)
        told.append((written["left"], written["files"]["carried"]))
        answered(office, tmp_path)
        back(claire, tmp_path)
    assert len(told) > 1
    assert [carried for left, carried in told if left] == [0] * (len(told) - 1)
    assert told[-1] == (0, 1) and len(kept(office)) == 1


def noise_text(seed: int) -> str:
    """Ten thousand letters that do not compress to less than a few kilobytes."""
    return random.Random(seed).randbytes(5_000).hex()


def test_bytes_that_the_server_has_already_need_no_room(claire, office, morel, tmp_path, monkeypatch):
    attach(claire, morel, noise(tmp_path, LARGE))
    claire.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_blob SET sent = 0")
    monkeypatch.setattr(carried_files, "MAX_FILES_BYTES", 10)
    assert there(claire, tmp_path)["files"] == {"carried": 0, "waiting": 1}
    assert (tmp_path / "request").stat().st_size < 10_000
    answered(office, tmp_path)
    found = back(claire, tmp_path)
    assert (found["sent"], found["waiting"]) == (1, 0)


def test_bytes_that_were_refused_once_are_asked_about_and_then_go(claire, office, morel, tmp_path):
    """The server had no row for them: nobody knows whether it ever will, so they take no room until it has one."""
    file = noise(tmp_path, LARGE)
    attach(claire, morel, file)
    digest = claire.sql("SELECT sha256 FROM sync_blob")[0][0]
    with claire.workspace.exclusive() as connection:
        carried_files.settle(
            connection, claire.workspace.schema, [carried_files.BlobTaken(digest, code="not_found")]
        )
    assert there(claire, tmp_path)["files"] == {"carried": 0, "waiting": 1}
    answered(office, tmp_path)
    assert back(claire, tmp_path)["waiting"] == 1
    assert there_and_back(claire, office, tmp_path)["waiting"] == 0
    assert kept(office)[0].read_bytes() == file.read_bytes()


def test_a_server_of_before_is_brought_rows_alone(claire, office, morel, tmp_path, monkeypatch):
    attach(claire, morel, noise(tmp_path, 50_000))
    monkeypatch.setattr(Session, "_exchange_room", 0)
    claire.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_blob SET sent = 0")
    written = there(claire, tmp_path)
    assert written["files"] == {"carried": 0, "waiting": 1}
    assert set(frames(office, tmp_path / "request")) == {"pull"}


def test_a_laptop_of_before_is_answered_in_its_words(claire, rey, office, morel, tmp_path):
    attach(claire, morel, noise(tmp_path, 50_000))
    there_and_back(claire, office, tmp_path)
    with rey.workspace.exclusive() as connection:
        connection.exec_driver_sql("DELETE FROM sync_state WHERE name = 'exchange_room'")
    there(rey, tmp_path)
    assert answered(office, tmp_path)["given"] == 0
    assert back(rey, tmp_path)["coming"] == 1
    assert there_and_back(rey, office, tmp_path)["received"] == 1


def frames(office: Office, request: Path) -> Iterator[str]:
    """What a request holds, opened as the server does."""
    with office.store.read() as connection:
        private = exchange_key.private(connection, office.store)
    with request.open("rb") as file:
        _opened, reader = bundle.open_request(file, private)
        yield from [frame for frame, _message in reader.frames()]


def test_no_attachment_is_ever_whole_in_memory(claire, rey, office, morel, tmp_path):
    attach(claire, morel, noise(tmp_path, 15_000_000))
    attachments.keep_all(rey.workspace, True)
    most: dict[str, int] = {}

    def peak(name: str, work: Callable[[], Any]) -> None:
        tracemalloc.start()
        work()
        most[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    peak("written", lambda: there(claire, tmp_path))
    peak("taken in", lambda: answered(office, tmp_path))
    back(claire, tmp_path)
    there(rey, tmp_path)
    peak("given", lambda: answered(office, tmp_path))
    peak("received", lambda: back(rey, tmp_path))
    assert rey.sql("SELECT state FROM sync_blob") == [("here",)]
    assert max(most.values()) < 10_000_000, most


def test_an_answer_whose_rows_go_on_in_the_next_file_brings_no_bytes_before_them(
    claire, rey, office, morel, tmp_path, monkeypatch
):
    monkeypatch.setattr(exchange_route, "MAX_EXCHANGE_BYTES", 30_000)
    monkeypatch.setattr(protocol, "PAGE_BYTES", 10_000)
    wished = attach(rey, morel, noise(tmp_path, LARGE, 3))
    rey.sync()
    claire.sync()
    want(claire, wished)
    plan = attach(claire, morel, noise(tmp_path, 50_000))
    for at in range(60):
        rey.add("account", name=f"Account {at}", notes="x" * 900, territory=RHONE)
    his = attach(rey, morel, noise(tmp_path, 50_000, 2))
    rey.sync()
    told = []
    with InProcessServer(office.folder / "server") as server:
        while "" not in told:
            assert len(told) < 10
            there(claire, tmp_path)
            by_file.carry(tmp_path / "request", tmp_path / "answer", server.address("demo"))
            try:
                back(claire, tmp_path)
                told.append("")
            except SyncProblem as problem:
                told.append(problem.code)
                sent = claire.sql("SELECT sent FROM sync_blob WHERE state = 'here'")
                assert sent == [(1,)], "what went is known to be there"
                assert (tmp_path / "answer").stat().st_size < LARGE
    assert len(told) > 1 and set(told) == {"bundle_goes_on", ""}
    assert bytes_of(claire, wished) == (tmp_path / "plan-3.bin").read_bytes()
    assert bytes_of(claire, his) == (tmp_path / "plan-2.bin").read_bytes()
    rey.sync()
    assert bytes_of(rey, plan) == (tmp_path / "plan-1.bin").read_bytes()


def test_somebody_can_carry_attachments_over_a_network(claire, rey, office, morel, tmp_path):
    files = [noise(tmp_path, 12_000_000, seed) for seed in (1, 2, 3)]
    plans = [attach(claire, morel, file) for file in files]
    attachments.keep_all(rey.workspace, True)
    with InProcessServer(office.folder / "server") as server:
        for laptop in (claire, rey):
            there(laptop, tmp_path)
            by_file.carry(tmp_path / "request", tmp_path / "answer", server.address("demo"))
            back(laptop, tmp_path)
    assert [bytes_of(rey, plan) for plan in plans] == [file.read_bytes() for file in files]
