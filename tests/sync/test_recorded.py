"""What laptops of earlier releases said is understood for ever, and answered in words that they know."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec import Raw
from msgspec.json import encode
from sqlalchemy import MetaData

from app import attachments, records, syncing
from app.features import sync_schema
from app.serve import InProcessServer
from app.workspace import Workspace
from sync.extra import in_our_columns, put_in_place
from sync.protocol import Rows, hash_of
from sync.schema import SYSTEM_COLUMNS, SyncTable
from sync.server import gate
from sync.server.adapters import Adapter
from sync.server.service import Service
from tests.sync import recorded, releases

CONVERSATIONS = sorted((Path(__file__).parents[1] / "files").glob("conversation_v*.json"))
Said = dict[str, Any]


class Replayed:
    """An old laptop that says again what it said, of the company and to the server of today."""

    def __init__(self, file: Path, address: str, ids: dict[str, str]) -> None:
        text = json.dumps(json.loads(file.read_text(encoding="utf-8"))["said"])
        for name, id in ids.items():
            text = text.replace(name, id)
        self.said: list[Said] = json.loads(text)
        self._address, self._token, self._cursor, self._epoch = address, "", "", ""
        self._revs: dict[int, int] = {}
        """What the server of that day counted -> what this one does."""

    def speak(self) -> Iterator[tuple[Said, list[Said]]]:
        """(what was said and answered then, what is answered now)"""
        for then in self.said:
            yield then, self.say(then)

    def say(self, then: Said) -> list[Said]:
        """What is answered now; raises HTTPError where it is a refusal."""
        answer = self._carry(then) if "method" in then["request"] else self._call(then)
        answer.raise_for_status()
        if "method" in then["request"]:
            headers = {name: answer.headers[name] for name in then["answer"][0]["headers"]}
            content = recorded.as_text(answer.content)
            return [{"status": answer.status_code, "bytes": content, "headers": headers}]
        now = [json.loads(line) for line in answer.content.splitlines() if line]
        self._heed(then["answer"], now)
        return now

    def _call(self, then: Said) -> requests.Response:
        body = encode(self._as_of_now(then["request"]))
        return requests.post(self._place(then), body, headers=self._signed(), timeout=30)

    def _carry(self, then: Said) -> requests.Response:
        method, headers, content = (then["request"][name] for name in ("method", "headers", "bytes"))
        signed = headers | self._signed()
        return requests.request(
            method, self._place(then), data=b64decode(content), headers=signed, timeout=30
        )

    def _place(self, then: Said) -> str:
        return f"{self._address}/v1/{then['path']}"

    def _signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _as_of_now(self, request: Said) -> Said:
        changed = dict(request)
        if "cursor" in changed:
            changed["cursor"] = self._cursor
        if "epoch" in changed:
            changed["epoch"] = self._epoch
        if "transactions" in changed:
            changed["transactions"] = [self._sealed(one) for one in changed["transactions"]]
        return changed

    def _sealed(self, transaction: Said) -> Said:
        ops = [
            op | {"base_rev": self._revs[op["base_rev"]]} if op.get("base_rev") else op
            for op in transaction["ops"]
        ]
        return transaction | {"ops": ops, "hash": hash_of([Raw(encode(op)) for op in ops])}

    def _heed(self, then: list[Said], now: list[Said]) -> None:
        self._token = now[0].get("token", self._token)
        self._epoch = now[0].get("epoch", self._epoch)
        self._cursor = now[-1].get("cursor", self._cursor)
        for old, new in zip(_results(then), _results(now), strict=True):
            places = {(table, id): rev for table, id, rev in new["rows"]}
            self._revs |= {rev: places[table, id] for table, id, rev in old["rows"]}


def _results(answer: list[Said]) -> list[Said]:
    found: list[Said] = answer[0].get("results", [])
    return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[InProcessServer, dict[str, str]]]:
    ids = recorded.found(tmp_path / "server")
    with InProcessServer(tmp_path / "server") as server:
        yield server, ids


@pytest.fixture
def karim(office: tuple[InProcessServer, dict[str, str]], tmp_path: Path) -> Iterator[Workspace]:
    """A colleague with the present release."""
    syncing.enrol(tmp_path / "karim", office[0].address("acme"), "karim@acme.fr", recorded.PASSWORD)
    workspace = Workspace.open(tmp_path / "karim")
    yield workspace
    workspace.close()


def _said(file: Path) -> list[Said]:
    said: list[Said] = json.loads(file.read_text(encoding="utf-8"))["said"]
    return said


def _bytes_of(workspace: Workspace, id: str) -> bytes | None:
    with workspace.read() as session:
        return attachments.picture(session, id)


def _rows(workspace: Workspace, kind: str) -> list[dict[str, Any]]:
    with workspace.read() as session:
        return records.find_rows(session, kind)


@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: file.stem)
def test_what_an_old_laptop_typed_reaches_a_new_one(
    file: Path, office: tuple[InProcessServer, dict[str, str]], karim: Workspace
) -> None:
    for then, now in Replayed(file, office[0].address("acme"), office[1]).speak():
        assert [one["outcome"] for one in _results(now)] == [
            one["outcome"] for one in _results(then["answer"])
        ]
        assert_known_words(then["answer"], now)
    syncing.sync_now(karim)
    (account,) = _rows(karim, "account")
    assert (account["name"], account["phone"]) == ("Hôtel Bellevue", "+33472000000")
    assert (account["notes"], account["tags"]) == ("Vu.\nRappeler.", ["hôtel", "Lyon"])
    assert _rows(karim, "contact") == []
    (quote,), (line,) = _rows(karim, "quote"), _rows(karim, "quote_line")
    assert (quote["status"], line["description"], line["quantity"]) == ("issued", "Savon", 2)
    assert quote["number"] in file.read_text(encoding="utf-8")
    sent = [then["request"]["bytes"] for then in _said(file) if then["request"].get("method") == "PUT"]
    received = [_bytes_of(karim, row["id"]) for row in _rows(karim, "attachment")]
    assert received == [b64decode(content) for content in sent]


def test_bytes_and_repairs_are_among_what_is_recorded() -> None:
    said = [then for file in CONVERSATIONS for then in _said(file)]
    assert {"PUT", "GET"} <= {then["request"].get("method") for then in said}
    assert {"sync/verify", "sync/files"} <= {then["path"] for then in said}


@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: file.stem)
def test_an_old_laptop_is_given_the_rows_and_bytes_that_it_was_given(
    file: Path, office: tuple[InProcessServer, dict[str, str]]
) -> None:
    for then, now in Replayed(file, office[0].address("acme"), office[1]).speak():
        if "method" in then["request"]:
            assert now == then["answer"]
        for old in then["answer"]:
            if old.get("t") != "rows":
                continue
            (new,) = [one for one in now if one.get("table") == old["table"]]
            assert _typed(new, old["columns"]) == _typed(old, old["columns"])
        if then["path"] == "sync/verify":
            (old,), (new,) = then["answer"], now
            assert [row[0] for row in new.get("rows", [])] == [row[0] for row in old.get("rows", [])]
            if "block" in old:
                assert _typed(new["block"], old["block"]["columns"]) == _typed(
                    old["block"], old["block"]["columns"]
                )


def _typed(block: Said, columns: list[str]) -> list[list[Any]]:
    """What people typed of these columns, in each row that somebody wrote."""
    names = [name for name in columns if name not in SYSTEM_COLUMNS]
    places = [block["columns"].index(name) for name in names]
    author = block["columns"].index("created_by")
    return [[row[place] for place in places] for row in block["rows"] if row[author] != "server"]


@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: file.stem)
def test_an_old_laptop_that_must_update_still_sends(
    file: Path,
    office: tuple[InProcessServer, dict[str, str]],
    karim: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To a server two versions ahead, which gives it nothing any more."""
    replayed = Replayed(file, office[0].address("acme"), office[1])
    outcomes = []
    with monkeypatch.context() as updated:
        adapters: dict[int, Adapter] = {1: lambda op: [op], 2: lambda op: [op]}
        third = partial(Service, speaks=3, oldest_push=1, oldest_pull=3, adapters=adapters)
        updated.setattr(gate, "Service", third)
        for then in replayed.said:
            if then["path"] != "sync/pull":
                outcomes += [one["outcome"] for one in _results(replayed.say(then))]
                continue
            with pytest.raises(requests.HTTPError) as refused:
                replayed.say(then)
            answer = refused.value.response
            assert (answer.status_code, answer.json()["code"]) == (426, "update_needed")
    assert set(outcomes) == {"applied"} and len(outcomes) >= 5
    syncing.sync_now(karim)
    (account,), (quote,) = _rows(karim, "account"), _rows(karim, "quote")
    assert (account["phone"], account["notes"], quote["status"]) == (
        "+33472000000",
        "Vu.\nRappeler.",
        "issued",
    )


@pytest.mark.parametrize("file", CONVERSATIONS[:1], ids=lambda file: file.stem)
def test_what_only_a_new_laptop_knows_outlives_what_an_old_one_writes(
    file: Path, office: tuple[InProcessServer, dict[str, str]], karim: Workspace, tmp_path: Path
) -> None:
    later = {"headcount": 12, "customer_kind": "public"}

    def call_karim() -> None:
        syncing.sync_now(karim)
        (account,) = _rows(karim, "account")
        with karim.transaction() as session:
            records.save(session, "account", account["id"], later)
        syncing.sync_now(karim)

    told = [
        (old, new)
        for then, now in _with_interlude(Replayed(file, office[0].address("acme"), office[1]), call_karim)
        for old, new in zip(_blocks(then["answer"], "account"), _blocks(now, "account"), strict=True)
    ]
    assert len(told) == 2, "after what it added, and after what it corrected"
    for old, new in told:
        assert not later.keys() & set(old["columns"]), "or this laptop would not be one that lacks them"
        (row,) = in_our_columns(_as_it_was(old["columns"]), _block(new), lambda _ids: {})
        kept = dict(zip(old["columns"], row, strict=True))
        assert json.loads(kept["extra"]).items() >= later.items(), "which waits there for its update"
        put_in_place(sync_schema().tables["account"], kept)
        assert later.items() <= kept.items()
    syncing.sync_now(karim)
    syncing.enrol(tmp_path / "fresh", office[0].address("acme"), recorded.EMAIL, recorded.PASSWORD)
    fresh = Workspace.open(tmp_path / "fresh")
    syncing.sync_now(fresh)
    for workspace in (karim, fresh):
        (account,) = _rows(workspace, "account")
        assert account.items() >= (later | {"phone": "+33472000000", "notes": "Vu.\nRappeler."}).items()
        assert _rows(workspace, "conflict") == []
    fresh.close()


def _as_it_was(columns: list[str]) -> SyncTable:
    """The account's declaration in a release that knew these columns."""
    present = sync_schema().tables["account"]
    return releases.without(present, set(present.columns()) - set(columns), MetaData())


def _blocks(answer: list[Said], table: str) -> list[Said]:
    return [line for line in answer if line.get("table") == table]


def _block(line: Said) -> Rows:
    return Rows(line["table"], line["columns"], line["rows"])


@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: file.stem)
def test_where_an_old_and_a_new_laptop_clash_one_question_is_asked(
    file: Path, office: tuple[InProcessServer, dict[str, str]], karim: Workspace
) -> None:
    def call_karim() -> None:
        syncing.sync_now(karim)
        for account in _rows(karim, "account"):
            with karim.transaction() as session:
                records.save(session, "account", account["id"], {"phone": "+33478000000"})
        syncing.sync_now(karim)

    for _said_and_answered in _with_interlude(
        Replayed(file, office[0].address("acme"), office[1]), call_karim
    ):
        pass
    syncing.sync_now(karim)
    (question,) = _rows(karim, "conflict")
    assert (question["field"], question["state"]) == ("phone", "open")
    (account,) = _rows(karim, "account")
    assert account["notes"] == "Vu.\nRappeler."


def _with_interlude(replayed: Replayed, interlude: Callable[[], None]) -> Iterator[tuple[Said, list[Said]]]:
    """Something happens after the account was first sent and before it was corrected."""
    pushes = 0
    for then, now in replayed.speak():
        yield then, now
        pushes += then["path"] == "sync/push"
        if pushes == 1 and then["path"] == "sync/push":
            interlude()


def assert_known_words(then: list[Said], now: list[Said]) -> None:
    """All that the old answer said is said today, in the same form; what is new beside it an old laptop passes over."""
    for old in then:
        if old.get("t") == "rows":
            (block,) = [one for one in now if one.get("table") == old["table"]]
            assert set(old["columns"]) <= set(block["columns"])
            continue
        (new,) = [one for one in now if one.get("t") == old.get("t")]
        assert old.keys() <= new.keys()
        assert {name: type(old[name]) for name in old} == {name: type(new[name]) for name in old}
        hello = old.get("hello", {})
        assert {name: type(hello[name]) for name in hello} == {
            name: type(new["hello"][name]) for name in hello
        }
