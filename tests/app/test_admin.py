"""The administrator at the server, and a server that then answers over HTTP."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import requests

from app import admin
from app.errors import Duplicate, Invalid, NotFound, UserError
from app.serve import InProcessServer, _listen
from sync import packing
from sync import protocol as p

PASSWORD = "a long password"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A server's folder with one organisation, one territory, a team with a manager, and a rep."""
    folder = tmp_path / "server"
    admin.init(folder, "durand", "Durand SARL")
    admin.add_team(folder, None, "East")
    admin.add_territory(folder, None, "Alsace", team="East")
    admin.add_user(folder, None, "rep@durand.example", "Rep", "rep", PASSWORD, ["Alsace"])
    admin.add_user(folder, None, "boss@durand.example", "Boss", "manager", PASSWORD, teams=["East"])
    return folder


def ask(server: InProcessServer, path: str, message: object, token: str = "") -> requests.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = p.encode(message)  # type: ignore[arg-type]
    return requests.post(f"{server.address('durand')}/v1/{path}", body, headers=headers, timeout=20)


def enrol(server: InProcessServer, email: str) -> p.EnrolAnswer:
    answer = ask(server, "devices", p.EnrolRequest(email, PASSWORD, name="laptop"))
    assert answer.status_code == 200, answer.text
    return p.decode(answer.content, p.EnrolAnswer)


def test_users_are_listed_with_their_territories(folder: Path) -> None:
    users = {user["email"]: user for user in admin.list_users(folder, "durand")}
    assert users["rep@durand.example"]["territories"] == ["Alsace"]
    assert users["rep@durand.example"]["disabled"] is False


def test_what_is_there_already_is_not_made_again(folder: Path) -> None:
    with pytest.raises(Duplicate):
        admin.init(folder, "durand", "Durand")
    with pytest.raises(Duplicate):
        admin.add_territory(folder, None, "alsace")
    with pytest.raises(Duplicate):
        admin.add_user(folder, None, "REP@durand.example", "Twice", "rep", PASSWORD)


def test_what_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        admin.list_users(folder, "dupond")
    with pytest.raises(NotFound):
        admin.list_users(tmp_path / "nothing", None)
    with pytest.raises(NotFound):
        admin.add_user(folder, None, "x@durand.example", "X", "rep", PASSWORD, ["Bretagne"])
    with pytest.raises(Invalid):
        admin.add_user(folder, None, "x@durand.example", "X", "rep", "short")
    with pytest.raises(Invalid):
        admin.init(folder, "Not A Slug", "X")
    with pytest.raises(NotFound):
        admin.revoke_device(folder, None, "no such laptop")


def test_an_answer_does_not_wait_until_its_head_is_acknowledged() -> None:
    with _listen("127.0.0.1", 0) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()):
            accepted, _peer = listener.accept()
            with accepted:
                # The event loop switches Nagle's algorithm off on what it knows to be TCP.
                assert accepted.proto == socket.IPPROTO_TCP


def test_a_laptop_enrols_pushes_and_pulls_over_http(folder: Path) -> None:
    with InProcessServer(folder) as server:
        rep = enrol(server, "rep@durand.example")
        page = p.decode_pull(ask(server, "sync/pull", p.PullRequest(), rep.token).content)
        lands = [scope for scope in page.hello.scopes if scope.startswith("territory:")]
        assert (page.hello.role, len(lands), page.more) == ("rep", 1, False)
        fields: dict[str, tuple[p.Value, p.Value]] = {
            "name": (None, "Boulangerie Müller"),
            "territory": (None, lands[0].partition(":")[2]),
        }
        made = p.seal("t1", 1, [p.Op("account", "a1", "create", 0, fields)])
        pushed = ask(server, "sync/push", p.PushRequest(page.hello.server_time, [made]), rep.token)
        assert p.decode(pushed.content, p.PushAnswer).results[0].outcome == "applied"
        boss = enrol(server, "boss@durand.example")
        answer = ask(server, "sync/pull", p.PullRequest(), boss.token)
        assert answer.headers["content-encoding"] in ("zstd", "gzip")
        blocks = {block.table: block for block in p.decode_pull(answer.content).blocks}
        assert "Boulangerie Müller" in blocks["account"].rows[0]


def test_strangers_and_nonsense_get_a_code(folder: Path) -> None:
    with InProcessServer(folder) as server:
        stranger = ask(server, "sync/pull", p.PullRequest(), "stolen")
        assert (stranger.status_code, stranger.json()["code"]) == (401, "sign_in_needed")
        url = server.address("durand")
        damaged = requests.post(f"{url}/v1/sync/pull", b"{", timeout=20)
        assert (damaged.status_code, damaged.json()["code"]) == (400, "protocol")
        nobody = requests.post(f"{server.address('other')}/v1/sync/hello", b"{}", timeout=20)
        assert (nobody.status_code, nobody.json()["code"]) == (404, "not_found")
        blob = requests.get(f"{url}/v1/blobs/{'0' * 64}", timeout=20)
        assert (blob.status_code, blob.json()["code"]) == (401, "sign_in_needed")
        bomb = packing.compress(b" " * 20_000_000, "zstd")[0]
        packed = requests.post(f"{url}/v1/sync/pull", bomb, headers={"content-encoding": "zstd"}, timeout=20)
        assert (packed.status_code, packed.json()["code"]) == (413, "too_big")
        described = requests.get(f"{server.url}/openapi.json", timeout=20).json()
        assert "/{slug}/v1/sync/push" in described["paths"]
        assert "Op" in described["components"]["schemas"]
        assert requests.get(f"{server.url}/healthz", timeout=20).status_code == 200


def test_a_revoked_laptop_is_told_to_wipe_and_gets_nothing(folder: Path) -> None:
    with InProcessServer(folder) as server:
        rep = enrol(server, "rep@durand.example")
        (device,) = admin.list_devices(folder, None)
        assert (device["id"], device["email"]) == (rep.device, "rep@durand.example")
        admin.revoke_device(folder, None, rep.device)
        page = p.decode_pull(ask(server, "sync/pull", p.PullRequest(), rep.token).content)
        assert page.hello.wipe
        assert page.blocks == []


def test_a_disabled_user_is_let_in_again_with_a_new_password(folder: Path) -> None:
    with InProcessServer(folder) as server:
        admin.disable_user(folder, None, "rep@durand.example")
        request = p.EnrolRequest("rep@durand.example", PASSWORD)
        assert ask(server, "devices", request).status_code == 401
        admin.set_password(folder, None, "rep@durand.example", PASSWORD)
        assert ask(server, "devices", request).status_code == 200


def test_a_restored_server_has_a_new_epoch_and_its_old_people(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "durand.sqlite"
    with InProcessServer(folder) as server:
        before = enrol(server, "rep@durand.example")
    assert admin.backup(folder, None, copy)["bytes"] > 0
    with pytest.raises(Duplicate):
        admin.backup(folder, None, copy)
    admin.add_territory(folder, None, "Lorraine")
    admin.restore(folder, "durand", copy)
    with InProcessServer(folder) as server:
        after = enrol(server, "rep@durand.example")
    assert after.epoch != before.epoch
    assert after.series not in ("K1", "K2", before.series)
    admin.add_territory(folder, None, "Lorraine")


def test_a_disk_that_lost_rows_is_told_by_check_and_by_the_next_copy(folder: Path, tmp_path: Path) -> None:
    admin.add_territory(folder, None, "Lorraine")
    assert admin.check(folder, None)["ok"]
    assert admin.backup(folder, None, tmp_path / "whole.sqlite")["whole"]
    with closing(sqlite3.connect(folder / "durand.sqlite")) as file, file:
        file.execute("DELETE FROM territory WHERE name = 'Lorraine'")
    found = admin.check(folder, None)
    (lost,) = found["differences"]
    assert (found["ok"], lost["kind"], lost["counted"] - lost["there"]) == (False, "territory", 1)
    assert not admin.backup(folder, None, tmp_path / "flawed.sqlite")["whole"]
    admin.restore(folder, "durand", tmp_path / "whole.sqlite")
    assert admin.check(folder, None)["ok"]


def test_a_file_that_is_no_copy_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir")
    with pytest.raises(UserError):
        admin.restore(folder, "durand", tmp_path / "letter.txt")
    assert len(admin.list_users(folder, None)) == 2
