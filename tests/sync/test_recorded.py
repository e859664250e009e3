"""What laptops of earlier releases said is understood for ever, and answered in words that they know."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec import Raw
from msgspec.json import encode

from app import records, syncing
from app.serve import InProcessServer
from app.workspace import Workspace
from sync.protocol import hash_of
from tests.sync import recorded

CONVERSATIONS = sorted((Path(__file__).parents[1] / "files").glob("conversation_v*.json"))
Said = dict[str, Any]


class Replayed:
    """An old laptop that says again what it said, of the company and to the server of today."""

    def __init__(self, file: Path, address: str, ids: dict[str, str]) -> None:
        text = file.read_text(encoding="utf-8")
        for name, id in ids.items():
            text = text.replace(name, id)
        self.said: list[Said] = json.loads(text)["said"]
        self._address, self._token, self._cursor = address, "", ""
        self._revs: dict[int, int] = {}
        """What the server of that day counted -> what this one does."""

    def speak(self) -> Iterator[tuple[Said, list[Said]]]:
        """(what was said and answered then, what is answered now)"""
        for then in self.said:
            answer = requests.post(
                f"{self._address}/v1/{then['path']}",
                encode(self._as_of_now(then["request"])),
                headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
                timeout=30,
            )
            assert answer.status_code == 200, answer.text
            now = [json.loads(line) for line in answer.content.splitlines() if line]
            self._heed(then["answer"], now)
            yield then, now

    def _as_of_now(self, request: Said) -> Said:
        changed = dict(request)
        if "cursor" in changed:
            changed["cursor"] = self._cursor
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

    replayed = Replayed(file, office[0].address("acme"), office[1])
    _with_interlude(replayed, call_karim)
    syncing.sync_now(karim)
    (question,) = _rows(karim, "conflict")
    assert (question["field"], question["state"]) == ("phone", "open")
    (account,) = _rows(karim, "account")
    assert account["notes"] == "Vu.\nRappeler."


def _with_interlude(replayed: Replayed, interlude: Callable[[], None]) -> None:
    """Something happens after the account was first sent and before it was corrected."""
    pushes = 0
    for then, _now in replayed.speak():
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
