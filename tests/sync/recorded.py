"""Records what a release and its server say to each other, word for word: later releases must still understand it.

`python -m tests.sync.recorded tests/files/conversation_vN.json`, once, when a release is cut.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import requests

from app import __version__, admin, attachments, records, syncing
from app.quotes import issuing
from app.serve import InProcessServer
from app.store import keys
from app.workspace import Workspace
from sync import capture, protocol
from sync.client import HttpClient

PASSWORD = "a long password"
PASSPHRASE = "the passphrase of the recording"
EMAIL = "claire@acme.fr"
FILE = ("plan.bin", bytes(range(256)) * 4)


def found(folder: Path) -> dict[str, str]:
    """The company in which a conversation is held: the ids that are another's in each."""
    admin.init(folder, "acme", "Acme")
    territory = admin.add_territory(folder, None, "Rhône")["id"]
    claire = admin.add_user(folder, None, EMAIL, "Claire", "rep", PASSWORD, ["Rhône"])["id"]
    admin.add_user(folder, None, "karim@acme.fr", "Karim", "rep", PASSWORD, ["Rhône"])
    return {"TERRITORY": territory, "CLAIRE": claire}


def record(target: Path) -> None:
    """All that a rep's laptops and the server say, in the order in which they say it."""
    said: list[dict[str, Any]] = []
    _overhear(said)
    keys.keep_key = lambda *_arguments: False  # type: ignore[assignment]
    socket.gethostname = lambda: "laptop"
    with tempfile.TemporaryDirectory() as scratch:
        ids = found(Path(scratch) / "server")
        with InProcessServer(Path(scratch) / "server") as server:
            work(Path(scratch) / "laptop", server.address("acme"), ids["TERRITORY"]).close()
            work_with_files(Path(scratch), server.address("acme")).close()
    text = json.dumps({"release": __version__, "said": said}, ensure_ascii=False, indent=1)
    for name, id in ids.items():
        text = text.replace(id, name)
    target.write_text(json.dumps({"ids": ids}, indent=1)[:-2] + "," + text[1:] + "\n", encoding="utf-8")


def _overhear(said: list[dict[str, Any]]) -> None:
    send, send_bytes = HttpClient._send, HttpClient._bytes

    def heard(self: HttpClient, path: str, request: msgspec.Struct, *more: Any) -> bytes:
        answer = send(self, path, request, *more)
        lines = [json.loads(line) for line in answer.splitlines() if line]
        said.append({"path": path, "request": json.loads(protocol.encode(request)), "answer": lines})
        return answer

    def heard_bytes(
        self: HttpClient, method: str, path: str, headers: dict[str, str], data: bytes | None = None
    ) -> requests.Response:
        answer = send_bytes(self, method, path, headers, data)
        sent = {"method": method, "headers": headers, "bytes": as_text(data or b"")}
        got = {"status": answer.status_code, "bytes": as_text(answer.content)}
        got["headers"] = {n: v for n, v in answer.headers.items() if n in ("content-range", "content-type")}
        said.append({"path": path, "request": sent, "answer": [got]})
        return answer

    HttpClient._send = heard  # type: ignore[method-assign]
    HttpClient._bytes = heard_bytes  # type: ignore[method-assign]


def as_text(data: bytes) -> str:
    """Bytes as a recording holds them."""
    return base64.b64encode(data).decode()


def work(folder: Path, address: str, territory: str) -> Workspace:
    """A rep enrols, adds an account with a contact and a quote, issues it, corrects one and deletes the other."""
    syncing.enrol(folder, address, EMAIL, PASSWORD)
    workspace = Workspace.open(folder)
    syncing.sync_now(workspace)
    with workspace.transaction("customer") as session:
        values = {"name": "Hôtel Bellevue", "territory": territory, "tags": ["hôtel", "Lyon"], "notes": "Vu."}
        account = records.add(session, "account", values)
        contact = records.add(session, "contact", {"last_name": "Rey", "account": account})
    with workspace.transaction("quote") as session:
        quote = records.add(session, "quote", {"account": account, "status": "draft"})
        line = {"kind": "item", "quantity": 2, "unit_price": "10.50", "vat_rate": 20, "description": "Savon"}
        records.add(session, "quote_line", {"quote": quote, **line})
    with workspace.transaction("issue") as session:
        issuing.issue(session, quote)
    syncing.sync_now(workspace)
    with workspace.transaction("correction") as session:
        records.save(session, "account", account, {"phone": "+33472000000", "notes": "Vu.\nRappeler."})
    with workspace.transaction("departure") as session:
        records.delete(session, "contact", contact)
    syncing.sync_now(workspace)
    return workspace


def work_with_files(scratch: Path, address: str) -> Workspace:
    """The same rep adds a file; her next laptop, returned here, fetches it, loses a row, and has it repaired."""
    workspace = Workspace.open(scratch / "laptop")
    with workspace.read() as session:
        (account,) = records.find_rows(session, "account")
    (scratch / FILE[0]).write_bytes(FILE[1])
    attachments.attach(workspace, "account", account["id"], scratch / FILE[0])
    syncing.sync_now(workspace)
    workspace.close()
    syncing.enrol(scratch / "next", address, EMAIL, PASSWORD)
    following = Workspace.open(scratch / "next")
    syncing.sync_now(following)
    with following.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql("DELETE FROM quote_line")
        connection.exec_driver_sql("UPDATE sync_sum SET count = 0 WHERE kind = 'quote_line'")
    syncing.sync_now(following)
    return following


if __name__ == "__main__":
    os.environ[keys.PASSPHRASE_VARIABLE] = PASSPHRASE
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    record(Path(sys.argv[1]))
