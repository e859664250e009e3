"""A client by somebody who has read docs/protocol.md and the server's OpenAPI, and nothing else of ours.

It knows `requests` and the standard library. It keeps rows in a dictionary, and forgets nothing that it sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import requests

Row = dict[str, Any]


class Stranger:
    """One device, as a page of documentation makes it."""

    def __init__(self, address: str) -> None:
        self.address = address
        host = address.rsplit("/", 1)[0]
        self.described = requests.get(f"{host}/openapi.json", timeout=30).json()
        self.token = ""
        self.n = 0
        self.cursor = ""
        self.rows: dict[tuple[str, str], Row] = {}
        self.sums: list[Any] = []
        self.scopes: set[str] = set()
        self.settled: list[Row] = []

    def call(self, path: str, message: Row, status: int = 200) -> requests.Response:
        """One call as the description says; fails where the server answers otherwise than that says."""
        operation = self.described["paths"][f"/{{slug}}/v1/{path}"]["post"]
        body = json.dumps(message).encode()
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = {"Content-Type": "application/json", "Content-Digest": f"sha-256=:{digest}:"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = requests.post(f"{self.address}/v1/{path}", body, headers=headers, timeout=60)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        assert str(status) in operation["responses"]
        return answer

    def enrol(self, email: str, password: str) -> Row:
        """Become a device."""
        answer = self.call("devices", {"email": email, "password": password, "name": "a stranger"}).json()
        required = self.described["components"]["schemas"]["EnrolAnswer"]["required"]
        assert set(required) <= set(answer)
        self.token = answer["token"]
        return dict(answer)

    def pull(self) -> None:
        """All pages, each applied whole with its cursor."""
        more = True
        while more:
            text = self.call("sync/pull", {"cursor": self.cursor}).text
            lines = [json.loads(line) for line in text.splitlines() if line]
            assert lines[0]["t"] == "head" and lines[-1]["t"] == "end", "a page that is cut off"
            head, end = lines[0], lines[-1]
            if head.get("resync"):
                self.rows.clear()
            for line in lines[1:-1]:
                if line["t"] == "exits":
                    for table, id, _scope in line["exits"]:
                        self.rows.pop((table, id), None)
            for line in lines[1:-1]:
                if line["t"] == "rows":
                    self._take(line)
            self.scopes = set(head["hello"]["scopes"])
            self.rows = {key: row for key, row in self.rows.items() if row["scope"] in self.scopes}
            self.settled += end.get("settled", [])
            self.cursor, self.sums, more = end["cursor"], end["sums"], end["more"]

    def _take(self, block: Row) -> None:
        for values in block["rows"]:
            row = dict(zip(block["columns"], values, strict=True))
            key = (block["table"], row["id"])
            if key in self.rows and self.rows[key]["rev"] > row["rev"]:
                continue
            if row["deleted_at"] is not None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row

    def differing(self) -> list[tuple[str, str]]:
        """(scope, table) in which what we hold is not what the server says that there is."""
        ours: dict[tuple[str, str], list[int]] = {}
        for (table, id), row in self.rows.items():
            text = f"{table}\0{id}\0{row['rev']}".encode()
            entry = ours.setdefault((row["scope"], table), [0, 0])
            entry[0] += 1
            entry[1] += int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
        theirs = {(scope, table): (count, total) for scope, table, count, total in self.sums if count}
        mine = {key: (count, f"{total % 2**64:016x}") for key, (count, total) in ours.items()}
        return sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))

    def push(self, *ops: Row) -> Row:
        """One action, sent at once; its result."""
        self.n += 1
        # The hash is over the bytes as they are sent: the same encoder for both.
        encoded = [json.dumps(op) for op in ops]
        hashed = hashlib.sha256(("[" + ",".join(encoded) + "]").encode()).hexdigest()
        sent = {"uuid": str(uuid.uuid4()), "n": self.n, "hash": hashed, "ops": list(ops)}
        answer = self.call("sync/push", {"now": now(), "transactions": [sent]}).json()
        again = self.call("sync/push", {"now": now(), "transactions": [sent]}).json()
        assert again["results"] == answer["results"], "sent twice, applied once"
        (result,) = answer["results"]
        return dict(result)

    def attach(self, record_kind: str, record: str, name: str, data: bytes) -> Row:
        """A row that names the bytes, then the bytes in two pieces; the row."""
        digest = hashlib.sha256(data).hexdigest()
        made = self.create("attachment", record_kind=record_kind, record=record, account=record, name=name,
                           sha256=digest, size=len(data))  # fmt: skip
        assert self.push(made)["outcome"] == "applied"
        asked = self.blob("PUT", digest, **{"Content-Range": f"bytes */{len(data)}"}).json()
        assert (asked["offset"], asked["complete"]) == (0, False)
        middle = len(data) // 2
        for first, last in ((0, middle), (middle, len(data))):
            piece = {"Content-Range": f"bytes {first}-{last - 1}/{len(data)}"}
            answer = self.blob("PUT", digest, data[first:last], **piece).json()
        assert answer == {"offset": len(data), "size": len(data), "complete": True}
        return made

    def fetch(self, digest: str, first: int = 0) -> bytes:
        """The bytes of a digest from one on, whole and as their name says."""
        begun = self.blob("GET", digest).content[:first]
        rest = self.blob("GET", digest, Range=f"bytes={first}-").content
        assert hashlib.sha256(begun + rest).hexdigest() == digest
        return begun + rest

    def blob(self, method: str, digest: str, data: bytes = b"", **headers: str) -> requests.Response:
        """One call about bytes; fails where the server answers otherwise than the description says."""
        operation = self.described["paths"]["/{slug}/v1/blobs/{sha256}"][method.lower()]
        headers["Authorization"] = f"Bearer {self.token}"
        answer = requests.request(
            method, f"{self.address}/v1/blobs/{digest}", data=data, headers=headers, timeout=60
        )
        assert str(answer.status_code) in operation["responses"]
        assert answer.ok, (method, answer.status_code, answer.text[:300])
        return answer

    def create(self, table: str, **values: Any) -> Row:
        """A new row; its id is ours to choose."""
        fields = {name: [None, value] for name, value in values.items()}
        return {"table": table, "id": new_id(), "kind": "create", "fields": fields, "at": now()}

    def update(self, table: str, id: str, **values: Any) -> Row:
        """A change of what we hold, with what we saw before."""
        row = self.rows[table, id]
        fields = {name: [row[name], value] for name, value in values.items()}
        return {
            "table": table,
            "id": id,
            "kind": "update",
            "base_rev": row["rev"],
            "fields": fields,
            "at": now(),
        }

    def of(self, table: str) -> list[Row]:
        """The live rows of a kind that we hold, by id."""
        return [self.rows[key] for key in sorted(self.rows) if key[0] == table]


def now() -> str:
    """The time as it travels."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """A UUID of version 7."""
    moment = int(datetime.now(UTC).timestamp() * 1000)
    value = (moment << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    value = value & ~(0xF << 76) | (0x7 << 76)
    return str(uuid.UUID(int=value & ~(0x3 << 62) | (0x2 << 62)))
