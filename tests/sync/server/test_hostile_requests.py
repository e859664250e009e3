"""A hostile caller on the wire of the program's own server: one short refusal, no mistake of ours, nothing told."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import time
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from backports import zstd

from app import admin, server_log
from app.serve import InProcessServer
from sync.bundle import MAGIC
from sync.protocol import EnrolRequest, Op, PushRequest, encode, seal

PASSWORD = "a long password"
SECRET = "Dubois-Lefèvre"
DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """The company here is the program's own."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(address of the organisation's calls, token of an enrolled laptop)."""
    folder = tmp_path_factory.mktemp("hostile")
    admin.init(folder, "acme", "Acme")
    admin.add_user(folder, "acme", "rep@acme.fr", "Rep", "rep", PASSWORD)
    with InProcessServer(folder) as server:
        url = f"{server.address('acme')}/v1"
        answer = requests.post(f"{url}/devices", encode(EnrolRequest("rep@acme.fr", PASSWORD)), timeout=30)
        yield url, answer.json()["token"]


def _post(served: tuple[str, str], path: str, body: bytes, **headers: str) -> requests.Response:
    url, token = served
    told = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): v for name, v in headers.items()}
    return requests.post(f"{url}/{path}", body, headers=told, timeout=30)


def _raw(served: tuple[str, str], head: str, body: bytes) -> int:
    """The status of the answer to bytes that no client would send; 0 where the line is closed without one."""
    url, token = served
    place = urlsplit(url)
    assert place.hostname is not None and place.port is not None
    with socket.create_connection((place.hostname, place.port), timeout=30) as line:
        said = head.replace("TOKEN", token).replace("PATH", place.path).replace("\n", "\r\n")
        try:
            line.sendall(said.encode("latin-1") + b"\r\n\r\n" + body)
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(4_096)
        except OSError:  # it was closed meanwhile
            return 0
    return int(answer.split(b" ")[1]) if answer else 0


def _is_well(served: tuple[str, str]) -> bool:
    return _post(served, "sync/hello", b'{"now":""}').status_code == 200


BOMB = b"0" * 60_000_000
PACKED = {
    "gzip": ("gzip", gzip.compress(BOMB, 9)),
    "zstd": ("zstd", zstd.compress(BOMB, 19)),
    "gzip in gzip": ("gzip", gzip.compress(gzip.compress(BOMB, 9), 9)),
    "another's name": ("zstd", gzip.compress(b"{}")),
    "plain": ("gzip", b"{}"),
    "two": ("gzip, zstd", zstd.compress(gzip.compress(b"{}"))),
    "none that there is": ("br", b"{}"),
    "raw deflate": ("deflate", zlib.compress(b"{}")),
    "text": ("x" * 3_000, b"{}"),
}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("path", ["devices", "sync/push", "sync/pull", "sync/exchange"])
def test_a_body_that_is_packed_to_harm_is_refused(served: tuple[str, str], path: str, packed: str) -> None:
    encoding, body = PACKED[packed]
    answer = _post(served, path, body, content_encoding=encoding)
    assert answer.status_code in (400, 413, 415), answer.text
    assert answer.json()["code"] in ("protocol", "too_big", "unknown_encoding")
    assert _is_well(served)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sync/hello", b'{"now":"","more":' + DEEP + b"}"),
        ("sync/push", b'{"now":"","transactions":[{"uuid":"u","n":1,"hash":"","ops":[' + DEEP + b"]}]}"),
        ("sync/pull", b'{"cursor":"","more":' + DEEP + b"}"),
        ("sync/hello", b'{"now":"","uuids":["a\\u0000b"]}'),
        ("sync/hello", b'{"now":"","uuids":["\\ud800"]}'),
        ("sync/hello", b'{"now":"","n":1e400}'),
        ("sync/hello", b'{"now":"","n":NaN}'),
        ("sync/exchange", MAGIC + b'{"more":' + b"[" * 3_900),
    ],
)
def test_a_body_that_no_program_writes_is_refused(served: tuple[str, str], path: str, body: bytes) -> None:
    answer = _post(served, path, body)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("protocol", "bundle_damaged")


@pytest.mark.parametrize(
    "path",
    [
        "sync/files/%00", "sync/files/..%2f..%2facme.sqlite", "sync/files/%ff", "blobs/%00", "blobs/..%2f..",
        "blobs/" + "A" * 64, "blobs/" + "0" * 63, "blobs/" + "g" * 64, "../../%2e%2e/etc/passwd",
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_is_not_found(served: tuple[str, str], path: str) -> None:
    url, token = served
    for organisation in (url, url.replace("/acme/", "/ac%00me/"), url.replace("/acme/", "/%ff/")):
        answer = requests.get(
            f"{organisation}/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


WIRE = {
    "a body shorter than told": ("POST PATH/sync/hello HTTP/1.1\nHost: x\nContent-Length: 500", b"{}"),
    "a length below nothing": ("POST PATH/sync/hello HTTP/1.1\nHost: x\nContent-Length: -5", b"{}"),
    "a length that is none": ("POST PATH/sync/hello HTTP/1.1\nHost: x\nContent-Length: many", b"{}"),
    "two lengths": ("POST PATH/sync/hello HTTP/1.1\nHost: x\nContent-Length: 2\nContent-Length: 9", b"{}"),
    "a length beyond all": ("POST PATH/sync/hello HTTP/1.1\nHost: x\nContent-Length: " + "9" * 30, b"{}"),
    "pieces that are none": ("POST PATH/sync/hello HTTP/1.1\nHost: x\nTransfer-Encoding: chunked", b"zz\r\n{}"),
    "a header without end": ("GET PATH/sync/hello HTTP/1.1\nHost: x\nX-Long: " + "x" * 1_000_000, b""),
    "headers without end": ("GET PATH/sync/hello HTTP/1.1\nHost: x" + "\nX-More: y" * 20_000, b""),
    "a path without end": ("GET PATH/blobs/" + "a" * 1_000_000 + " HTTP/1.1\nHost: x", b""),
    "no HTTP": ("\x16\x03\x01\x02\x00", b"\x00" * 100),
    "a token of other letters": ("GET PATH/blobs/0 HTTP/1.1\nHost: x\nAuthorization: Bearer \xff\xe9", b""),
    "a range without end": (
        "GET PATH/blobs/0 HTTP/1.1\nHost: x\nAuthorization: Bearer TOKEN\nRange: bytes=" + "9" * 4_000 + "-", b"",
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", WIRE)
def test_what_is_hardly_http_is_no_mistake_of_ours(
    served: tuple[str, str], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="sync"):
        assert _raw(served, *WIRE[said]) < 500
    assert [record.getMessage() for record in caplog.records if record.name.startswith("sync")] == []
    assert _is_well(served)


def test_bodies_that_never_come_hold_up_nobody(served: tuple[str, str]) -> None:
    url, token = served
    place = urlsplit(url)
    head = f"POST {place.path}/sync/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    lines = [socket.create_connection((str(place.hostname), place.port or 0), timeout=30) for _ in range(40)]
    try:
        for line in lines:
            line.sendall(f"{head}Content-Length: 900000\r\n\r\n".encode() + b'{"now"')
        deadline = time.monotonic() + 60
        while (answer := _post(served, "sync/hello", b'{"now":""}')).status_code != 200:
            assert answer.status_code == 503 and time.monotonic() < deadline
            time.sleep(answer.json()["retry_after"])
    finally:
        for line in lines:
            line.close()


def test_bytes_under_a_made_up_token_are_refused_before_they_come(served: tuple[str, str]) -> None:
    place = urlsplit(served[0])
    head = f"PUT {place.path}/blobs/{'0' * 64} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer made-up\r\n"
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=20) as line:
        line.sendall(f"{head}Content-Length: 900000\r\n\r\n".encode())
        assert line.recv(4_096).split(b" ")[1] == b"401"


def test_refusals_and_the_log_say_nothing_of_what_was_sent(
    served: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    named = Op("account", SECRET, "create", 0, {"name": (None, SECRET), "siren": (None, 5)})
    sealed = seal("t", 1, [named])
    with caplog.at_level(logging.DEBUG):
        bodies = [
            _post(served, "sync/push", encode(PushRequest("", [sealed]))).text,
            _post(
                served, "sync/push", encode(PushRequest("", [sealed])).replace(sealed.hash.encode(), b"0")
            ).text,
            _post(served, "sync/hello", json.dumps({"now": 5, SECRET: SECRET}).encode()).text,
            _post(served, "devices", encode(EnrolRequest(f"{SECRET}@acme.fr", SECRET))).text,
            _post(served, "sync/verify", json.dumps({"scope": SECRET, "table": SECRET}).encode()).text,
        ]
    lines = [
        server_log.JsonLines().format(record) for record in caplog.records if record.name.startswith("sync")
    ]
    assert lines
    for text in (*lines, *bodies[1:4]):
        assert SECRET not in text and json.dumps(SECRET).strip('"') not in text
