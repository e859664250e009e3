"""The bytes of attachments as HTTP carries them: ranges, heads, refusals."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app import attachments, fetching, records, syncing
from app.serve import InProcessServer
from app.workspace import Workspace
from tests.sync.office import PASSWORD, RHONE, an_office

CONTENT = random.Random(9).randbytes(2_500_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Caller:
    """A laptop and its bare HTTP."""

    def __init__(self, folder: Path, address: str, user: str) -> None:
        syncing.enrol(folder, address, f"{user}@example.fr", PASSWORD)
        self.workspace = Workspace.open(folder)
        self.address = address
        self.token = syncing.connect(self.workspace).token
        syncing.sync_now(self.workspace)

    def call(self, method: str, digest: str = DIGEST, data: bytes | None = None, **headers: str):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method,
            f"{self.address}/v1/blobs/{digest}",
            data=data,
            headers={"Authorization": f"Bearer {self.token}", **headers},
            timeout=20,
        )


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with an_office(tmp_path):
        pass
    with InProcessServer(tmp_path / "server") as server:
        yield server.address("demo")


@pytest.fixture
def claire(address: str, tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(tmp_path / "claire", address, "claire")
    yield caller
    caller.workspace.close()


@pytest.fixture
def rey(address: str, tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(tmp_path / "rey", address, "rey")
    yield caller
    caller.workspace.close()


@pytest.fixture
def sent(claire: Caller, tmp_path: Path) -> str:
    """A file that Claire's laptop has sent."""
    (tmp_path / "plan.bin").write_bytes(CONTENT)
    with claire.workspace.transaction() as session:
        account = records.add(session, "account", {"name": "Morel", "territory": RHONE})
    id = attachments.attach(claire.workspace, "account", account, tmp_path / "plan.bin")
    assert syncing.sync_now(claire.workspace)["files"]["sent"] == 1
    return id


def test_a_laptop_sends_and_another_fetches_over_http(claire: Caller, rey: Caller, sent: str, tmp_path: Path):
    assert syncing.sync_now(rey.workspace)["files"]["received"] == 0
    fetching.fetch(rey.workspace, sent)
    with rey.workspace.read() as session:
        attachments.save_as(session, sent, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT


def test_ranges_are_those_of_http(claire: Caller, rey: Caller, sent: str):
    whole = rey.call("GET")
    assert (whole.status_code, whole.content, whole.headers["etag"]) == (200, CONTENT, f'"{DIGEST}"')
    part = rey.call("GET", Range="bytes=1000-1999")
    assert (part.status_code, part.content) == (206, CONTENT[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(CONTENT)}"
    rest = rey.call("GET", Range="bytes=2499990-")
    assert (rest.status_code, rest.content) == (206, CONTENT[-10:])
    beyond = rey.call("GET", Range=f"bytes={len(CONTENT) + 1}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")


def test_a_head_tells_the_length_and_only_to_who_may_read(claire: Caller, rey: Caller, sent: str):
    head = rey.call("HEAD")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(CONTENT)), b"")
    unknown, foreign = rey.call("GET", "0" * 64), claire.call("GET", hashlib.sha256(b"other").hexdigest())
    assert unknown.status_code == foreign.status_code == rey.call("HEAD", "0" * 64).status_code == 404
    assert unknown.json()["code"] == foreign.json()["code"] == "not_found"
    rey.token = "wrong"
    assert rey.call("GET").status_code == rey.call("HEAD").status_code == 401


def test_a_put_says_where_it_stands_and_refuses_nonsense(claire: Caller, sent: str):
    complete = claire.call("PUT", data=b"", Content_Range=f"bytes */{len(CONTENT)}")
    assert complete.json() == {"offset": len(CONTENT), "size": len(CONTENT), "complete": True}
    for range_, body in (
        ("", b"x"), ("bytes 0-5/10", b"x"), ("bytes 5-2/10", b""), ("lines 0-0/1", b"x"), ("bytes 9-10/10", b"xx"),
    ):  # fmt: skip
        answer = claire.call("PUT", data=body, Content_Range=range_)
        assert (answer.status_code, answer.json()["code"]) == (400, "protocol")
    assert claire.call("PUT", "0" * 64, b"x", Content_Range="bytes 0-0/1").status_code == 404
    assert claire.call("PUT", data=b"", Content_Range="bytes */200000000").status_code == 413


def test_a_piece_that_was_damaged_on_the_way_is_not_taken(claire: Caller, tmp_path: Path):
    right = base64.b64encode(hashlib.sha256(b"right").digest()).decode()
    answer = claire.call(
        "PUT", data=b"wrong", Content_Range="bytes 0-4/5", Content_Digest=f"sha-256=:{right}:"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "protocol")


def test_the_published_description_names_the_calls(address: str):
    paths = requests.get(f"{address.rpartition('/')[0]}/openapi.json", timeout=20).json()["paths"]
    assert set(paths["/{slug}/v1/blobs/{sha256}"]) == {"get", "head", "put"}
