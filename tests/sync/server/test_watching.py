"""What who runs the server sees: health, figures, lines without anybody's data; two processes tell the same."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from app import admin, server_log
from app.serve import InProcessServer, grants, organisations
from sync.protocol import EnrolRequest, HelloRequest, Op, PullRequest, PushRequest, encode, pack_cursor, seal
from sync.server import metrics, usage
from sync.server.journal import call_of
from sync.server.service import Service
from sync.server.store import Organisations
from tests.e2e.programs import PASSWORD, environment

TOKEN = "a token for the figures"
ENROLMENT = EnrolRequest("claire@acme.fr", PASSWORD, name="Claire's laptop")


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """The company here is the program's own."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    admin.init(tmp_path / "server", "acme", "Acme")
    admin.add_user(tmp_path / "server", "acme", "claire@acme.fr", "Claire Dubois", "rep", PASSWORD)
    return tmp_path / "server"


def _enrol(url: str) -> str:
    return str(requests.post(f"{url}/acme/v1/devices", encode(ENROLMENT), timeout=30).json()["token"])


def _push(url: str, token: str) -> requests.Response:
    op = Op("contact", "c1", "create", 0, {"last_name": (None, "Lefèvre"), "account": (None, "nowhere")})
    message = encode(PushRequest("", [seal("t1", 1, [op])]))
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(f"{url}/acme/v1/sync/push", message, headers=headers, timeout=30)


def test_two_processes_behind_one_socket_write_lines_without_anybodys_data(folder: Path) -> None:
    command = [sys.executable, "-m", "ui.main", "serve", "--dir", str(folder), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--processes", "2"],
        env=environment(TERRAIN_METRICS_TOKEN=TOKEN),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    token = _enrol(url)
    assert _push(url, token).json()["results"][0]["outcome"] == "parked"
    for path in ("/claire@acme.fr/v1/sync/pull", "/acme/v1/blobs/claire@acme.fr", "/Claire%20Dubois"):
        requests.get(url + path, timeout=30)
    children = _children(process.pid)
    assert len(children) == 2
    os.kill(children[0], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while len(set(_children(process.pid)) - {children[0]}) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert requests.get(f"{url}/healthz", timeout=30).json() == {"ok": True}
    process.terminate()
    _out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    lines = [json.loads(line) for line in errors.splitlines()]
    calls = {line["call"]: line for line in lines if line["message"] == "request"}
    assert calls["sync/push"].keys() >= {
        "organisation",
        "device",
        "status",
        "seconds",
        "bytes_in",
        "bytes_out",
    }
    assert "a server process died" in {line["message"] for line in lines}
    assert not re.search("claire|dubois|lefèvre|laptop|nowhere", errors, re.IGNORECASE)
    assert token not in errors and PASSWORD not in errors


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(child) for child in found]


def test_the_figures_are_for_who_knows_the_token_and_come_from_the_database(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERRAIN_METRICS_TOKEN", TOKEN)
    monkeypatch.setattr(usage, "weight_of", lambda _entry: 1)
    with InProcessServer(folder) as one, InProcessServer(folder) as other:
        token = _enrol(one.url)
        _push(one.url, token)
        for wrong in ("", "Bearer ", "Bearer wrong"):
            answer = requests.get(f"{one.url}/metrics", headers={"Authorization": wrong}, timeout=30)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = requests.get(f"{other.url}/metrics", headers=headers, timeout=30)
    assert answer.headers["content-type"].startswith("text/plain")
    told = _figures(answer.text).items()
    figures = {re.sub(r'device="[^"]+"', "device", name): value for name, value in told}
    assert figures['terrain_up{organisation="acme"}'] == 1
    assert figures['terrain_parked{device,organisation="acme"}'] == 1
    assert figures['terrain_calls_total{device,organisation="acme"}'] >= 1
    assert figures['terrain_received_bytes_total{device,organisation="acme"}'] > 100
    assert figures['terrain_sent_bytes_total{device,organisation="acme"}'] > 100
    assert 0 < figures['terrain_call_seconds_total{device,organisation="acme"}'] < 60
    assert 0 <= figures['terrain_lag_seconds{device,organisation="acme"}'] < 120
    assert "claire" not in answer.text.lower()


def test_the_figures_tell_which_laptop_is_behind_and_what_waits_for_a_person(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "weight_of", lambda _entry: 1)
    known = organisations(folder)
    store = known.find("acme")
    assert store is not None
    service = Service(store, grants, "acme")
    token = service.connect().enrol(ENROLMENT).token
    one, other = service.connect(token), service.connect(service.connect().enrol(ENROLMENT).token)
    account = [Op("account", "a1", "create", 0, {"name": (None, "Morel")})]
    first = one.push(PushRequest("", [seal("t1", 1, account)])).results[0]
    other.pull(PullRequest(""))
    for session, uuid, n, name in ((one, "t2", 2, "Morel fils"), (other, "t3", 1, "Morel et fils")):
        op = Op("account", "a1", "update", first.rev, {"name": ("Morel", name)})
        session.push(PushRequest("", [seal(uuid, n, [op])]))
    assert _lags(known)[1] == service.connect(token).hello(HelloRequest("")).head
    page = one.pull(PullRequest(""))
    assert _lags(known) == [0, page.hello.head - first.rev]
    figures = _figures(metrics.exposition(known).decode())
    assert figures['terrain_conflicts_open{organisation="acme"}'] == 1
    assert figures['terrain_revision{organisation="acme"}'] == page.hello.head
    known.close()


def _lags(known: Organisations) -> list[float]:
    """By how many revisions each laptop is behind."""
    told = _figures(metrics.exposition(known).decode())
    return sorted(value for name, value in told.items() if "terrain_lag_revisions" in name)


def _figures(text: str) -> dict[str, float]:
    told = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in told}


def test_a_laptop_in_the_middle_of_a_load_has_what_it_presented() -> None:
    halfway = {"e": "a", "r": 122, "s": [], "b": {"company": [0, 10, 122]}}
    assert metrics.given_up_to(pack_cursor(halfway), 7) == 7
    assert metrics.given_up_to(pack_cursor(halfway | {"b": {}}), 7) == 122


def test_without_a_token_there_are_no_figures(folder: Path) -> None:
    with InProcessServer(folder) as server:
        for headers in ({}, {"Authorization": "Bearer "}):
            assert requests.get(f"{server.url}/metrics", headers=headers, timeout=30).status_code == 404


def test_a_server_without_its_database_says_so(folder: Path) -> None:
    with InProcessServer(folder) as server:
        folder.rename(folder.with_name("away"))
        answer = requests.get(f"{server.url}/healthz", timeout=30)
        folder.with_name("away").rename(folder)
        assert (answer.status_code, answer.json()["code"]) == (503, "server_busy")
        assert int(answer.headers["retry-after"]) > 0


def test_a_laptop_that_is_gone_in_the_middle_of_a_request_is_no_mistake_of_the_server(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sync.server.journal")
    head = b"POST /acme/v1/sync/push HTTP/1.1\r\nHost: acme\r\nContent-Length: 9000\r\n\r\n"
    with InProcessServer(folder) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as laptop:
            laptop.sendall(head + b'{"transactions": [')
        lines = wait_for(lambda: [record.facts for record in caplog.records if hasattr(record, "facts")])
    assert [(line["call"], line["status"], line["code"]) for line in lines] == [("sync/push", 400, "left")]


def wait_for(found: Callable[[], list[Any]]) -> list[Any]:
    """What is there as soon as something is."""
    for _attempt in range(200):
        if there := found():
            return there
        time.sleep(0.05)
    raise AssertionError("nothing came")


def test_an_error_is_logged_by_its_kind_and_place_alone() -> None:
    try:
        raise ValueError("Claire Dubois owes 300 euros")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "a request failed", (), sys.exc_info())
    line = json.loads(server_log.JsonLines().format(record))
    assert line["error"] == "ValueError"
    assert line["where"][0].endswith("test_an_error_is_logged_by_its_kind_and_place_alone")
    assert "Claire" not in json.dumps(line)


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/acme/v1/sync/push", "sync/push"),
        ("/acme/v1/sync/files/secret-name", "sync/files"),
        ("/acme/v1/blobs/abcdef", "blobs"),
        ("/healthz", "healthz"),
        ("/Claire/Dubois", "unknown"),
        ("/acme/v1/Claire", "unknown"),
    ],
)
def test_a_path_is_logged_by_the_name_of_its_call(path: str, call: str) -> None:
    assert call_of(path) == call
