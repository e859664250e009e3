"""A server that can be made full: another program holds the file, and whoever comes in waits for it."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from sync.client import HttpClient
from sync.protocol import Op, PushRequest, seal


@contextmanager
def an_organisation_that_another_program_writes(file: Path) -> Iterator[None]:
    """Until that ends, pushes wait."""
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def push_one(client: HttpClient) -> str:
    """What became of a new account."""
    ops = [Op("account", str(uuid4()), "create", 0, {"name": (None, "Morel")})]
    (result,) = client.push(PushRequest("", [seal(str(uuid4()), 1, ops)])).results
    return result.outcome


def answer_when_full(address: str) -> tuple[int, dict[str, str], dict[str, object]]:
    """Status, headers and body of what a server says that has no room, to a push of which only the head is sent."""
    for _attempt in range(40):
        try:
            return _knock(address)
        except TimeoutError:
            # It waits for the body: there was room still, and the calls that shall fill it are on their way.
            continue
    raise AssertionError("it always waits for the body")


def _knock(address: str) -> tuple[int, dict[str, str], dict[str, object]]:
    url = urlsplit(address)
    with socket.create_connection((str(url.hostname), int(url.port or 0)), 0.5) as line:
        line.sendall(
            f"POST {url.path}/v1/sync/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer another\r\n"
            "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n".encode()
        )
        answer = line.makefile("rb")
        status = int(answer.readline().split()[1])
        headers = {}
        while said := answer.readline().strip().decode():
            name, _, value = said.partition(": ")
            headers[name.lower()] = value
        return status, headers, json.loads(answer.read(int(headers["content-length"])))
