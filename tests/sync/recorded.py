"""Records what a release and its server say to each other, word for word: later servers must still understand it.

`python -m tests.sync.recorded tests/files/conversation_vN.json`, once, when a release is cut.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from app import __version__, admin, records, syncing
from app.quotes import issuing
from app.serve import InProcessServer
from app.store import keys
from app.workspace import Workspace
from sync import protocol
from sync.client import HttpClient

PASSWORD = "a long password"
PASSPHRASE = "the passphrase of the recording"
EMAIL = "claire@acme.fr"


def found(folder: Path) -> dict[str, str]:
    """The company in which a conversation is held: the ids that are another's in each."""
    admin.init(folder, "acme", "Acme")
    territory = admin.add_territory(folder, None, "Rhône")["id"]
    claire = admin.add_user(folder, None, EMAIL, "Claire", "rep", PASSWORD, ["Rhône"])["id"]
    admin.add_user(folder, None, "karim@acme.fr", "Karim", "rep", PASSWORD, ["Rhône"])
    return {"TERRITORY": territory, "CLAIRE": claire}


def record(target: Path) -> None:
    """A rep enrols, adds an account with a contact and a quote, issues it, corrects one and deletes the other."""
    said: list[dict[str, Any]] = []
    send = HttpClient._send

    def heard(self: HttpClient, path: str, request: msgspec.Struct, *more: Any) -> bytes:
        answer = send(self, path, request, *more)
        lines = [json.loads(line) for line in answer.splitlines() if line]
        said.append({"path": path, "request": json.loads(protocol.encode(request)), "answer": lines})
        return answer

    HttpClient._send = heard  # type: ignore[method-assign]
    keys.keep_key = lambda *_arguments: False  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as scratch:
        ids = found(Path(scratch) / "server")
        with InProcessServer(Path(scratch) / "server") as server:
            _work(Path(scratch) / "laptop", server.address("acme"), ids["TERRITORY"])
    text = json.dumps({"release": __version__, "said": said}, ensure_ascii=False, indent=1)
    for name, id in ids.items():
        text = text.replace(id, name)
    target.write_text(text + "\n", encoding="utf-8")


def _work(folder: Path, address: str, territory: str) -> None:
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
    workspace.close()


if __name__ == "__main__":
    os.environ[keys.PASSPHRASE_VARIABLE] = PASSPHRASE
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    record(Path(sys.argv[1]))
