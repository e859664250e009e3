"""What servers of earlier releases said is understood by today's laptop: it is given their recorded words."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app import attachments, records
from app.identity import new_id
from app.workspace import Workspace
from sync import outbox, packing
from tests.sync import recorded

CONVERSATIONS = sorted((Path(__file__).parents[1] / "files").glob("conversation_v*.json"))
Said = dict[str, Any]
_QUESTIONS = ("sync/files",)
"""What may be asked more often than it was: the answer is the same."""


class ServerOfThatDay:
    """Says again what a server said, in the same order, and its 404 to calls that it did not know.

    A laptop names its transactions at random: the answers are given with the names of today.
    """

    def __init__(self, file: Path) -> None:
        conversation = json.loads(file.read_text(encoding="utf-8"))
        text = json.dumps(conversation["said"])
        for name, id in conversation["ids"].items():
            text = text.replace(name, id)
        self.territory: str = conversation["ids"]["TERRITORY"]
        self.left: list[Said] = json.loads(text)
        self.known = {then["path"] for then in self.left}
        self.ids = [
            op["id"]
            for then in self.left
            for transaction in then["request"].get("transactions", [])
            for op in transaction["ops"]
            if op["kind"] == "create"
        ]
        """Of the records that were made, in their order."""
        self.last: Said = {"path": ""}
        self.misheard: list[str] = []
        self._renamed: dict[str, str] = {}

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """The status, headers and bytes that were said to this call."""
        if path not in self.known:
            return 404, {}, b'{"code":"not_found","detail":"Not Found"}'
        if self.left and (method, path) == (_method(self.left[0]), self.left[0]["path"]):
            then = self.last = self.left.pop(0)
        elif path == self.last["path"] in _QUESTIONS:
            then = self.last
        else:
            self.misheard.append(f"{method} {path}")
            return 400, {}, b'{"code":"not_heard"}'
        if "method" in then["request"]:
            if body != b64decode(then["request"]["bytes"]):
                self.misheard.append(f"{path} of other bytes")
            said = then["answer"][0]
            return said["status"], said["headers"], b64decode(said["bytes"])
        self._recognise(then["request"], json.loads(body))
        lines = [json.dumps(line, ensure_ascii=False) for line in then["answer"]]
        text = "\n".join(lines)
        for before, now in self._renamed.items():
            text = text.replace(before, now)
        return 200, {}, text.encode()

    def _recognise(self, then: Said, now: Said) -> None:
        """Note by which names the same transactions go today, and what is not the same."""
        before, sent = then.get("transactions", []), now.get("transactions", [])
        if [_named(one) for one in before] != [_named(one) for one in sent]:
            self.misheard.append(f"{[_named(one) for one in sent]}")
        self._renamed |= {old["uuid"]: new["uuid"] for old, new in zip(before, sent, strict=False)}


def _method(then: Said) -> str:
    method: str = then["request"].get("method", "POST")
    return method


def _named(transaction: Said) -> list[tuple[str, ...]]:
    return [(op["table"], op["id"], op["kind"]) for op in transaction["ops"]]


@pytest.fixture(params=CONVERSATIONS, ids=lambda file: file.stem)
def server(request: pytest.FixtureRequest) -> ServerOfThatDay:
    return ServerOfThatDay(request.param)


@pytest.fixture
def address(server: ServerOfThatDay) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            plain = packing.decompress(body, self.headers.get("Content-Encoding", ""), 10_000_000)
            path = self.path.removeprefix("/acme/v1/")
            status, headers, content = server.answer(self.command, path, plain)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_GET = _answer

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}/acme"
        listening.shutdown()


@pytest.fixture
def laptop(
    server: ServerOfThatDay, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """Today's, after the same work: what it makes has the ids that the server of that day was told."""
    ids = iter(server.ids)
    monkeypatch.setattr(records, "new_id", lambda: next(ids, new_id()))
    workspace = recorded.work(tmp_path / "laptop", address, server.territory)
    if any(path.startswith("blobs/") for path in server.known):
        workspace.close()
        workspace = recorded.work_with_files(tmp_path, address)
    yield workspace
    workspace.close()


def _rows(workspace: Workspace, kind: str) -> list[dict[str, Any]]:
    with workspace.read() as session:
        return records.find_rows(session, kind)


def test_todays_laptop_works_with_the_server_of_an_earlier_release(
    server: ServerOfThatDay, laptop: Workspace
) -> None:
    assert server.misheard == [], "it says what the laptop of that day said"
    assert server.left == [], "and hears all that it heard"
    (account,), (quote,), (line,) = (_rows(laptop, kind) for kind in ("account", "quote", "quote_line"))
    assert (account["name"], account["phone"]) == ("Hôtel Bellevue", "+33472000000")
    assert (account["notes"], account["tags"]) == ("Vu.\nRappeler.", ["hôtel", "Lyon"])
    assert (quote["status"], line["description"], line["quantity"]) == ("issued", "Savon", 2)
    assert _rows(laptop, "contact") == []
    with laptop.read() as session:
        connection = session.connection()
        assert outbox.to_send(connection) == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM sync_entry").scalar() == 0
        found: dict[str, Any] = dict(connection.exec_driver_sql("SELECT name, value FROM sync_state").all())
        assert found["differing"] is None, "every row is the server's, by the sums that it said"
        for attachment in _rows(laptop, "attachment"):
            assert attachments.picture(session, attachment["id"]) == recorded.FILE[1]
