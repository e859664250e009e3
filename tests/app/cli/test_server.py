"""The server's machine, and files in and out, by the command line."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from app.serve import InProcessServer

PASSWORD = "un mot de passe solide"


@pytest.fixture
def admin(run, tmp_path, monkeypatch):
    """`terrain admin` on an organisation with one territory and one rep."""
    monkeypatch.setenv("TERRAIN_PASSWORD", PASSWORD)

    def admin(*words: str, code: int = 0):
        answer = run("admin", "--dir", tmp_path / "server", *words)
        assert answer.code == code, answer
        return answer

    admin("init", "--org", "acme", "--name", "ACME")
    admin("territory", "add", "Rhône")
    admin("user", "add", "--email", "a@b.fr", "--name", "Anne", "--role", "rep", "--territory", "Rhône")
    return admin


def test_users_and_laptops_are_listed(admin):
    (user,) = admin("user", "list", "--json").data
    assert (user["email"], user["role"], user["territories"]) == ("a@b.fr", "rep", ["Rhône"])
    assert "Anne" in admin("user", "list").out
    assert admin("device", "list", "--json").data == []


def test_a_manager_leads_the_territories_of_the_team_that_he_is_added_to(admin):
    admin("team", "add", "Lyon")
    admin("territory", "add", "Loire", "--team", "Lyon")
    admin("user", "add", "--email", "m@b.fr", "--name", "Michel", "--role", "manager", "--team", "Lyon")
    manager = admin("user", "list", "--json").data[1]
    assert (manager["name"], manager["teams"]) == ("Michel", ["Lyon"])
    assert "no team “Nulle part”" in admin("territory", "add", "Ain", "--team", "Nulle part", code=1).err


def test_what_an_administrator_may_not_do_is_one_line(admin):
    for words in (
        ("init", "--org", "acme", "--name", "ACME"),
        ("init", "--name", "Without a slug"),
        ("user", "disable", "nobody@b.fr"),
        ("device", "revoke", "nothing"),
        ("--org", "other", "user", "list"),
    ):
        answer = admin(*words, code=1)
        assert (answer.out, len(answer.err.splitlines())) == ("", 1)


NOWHERE = "postgresql+psycopg://nobody:geheim@127.0.0.1:1/none"


@pytest.mark.parametrize("words", [("init", "--org", "acme", "--name", "ACME"), ("user", "list")])
def test_a_database_that_does_not_answer_is_named_without_its_password(run, words):
    answer = run("admin", "--database", NOWHERE, *words)
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (1, "", 1)
    assert "127.0.0.1:1/none does not answer" in answer.err and "URL" in answer.err
    assert "geheim" not in answer.err and "busy" not in answer.err


@pytest.mark.parametrize("word", [("admin", "user", "list"), ("serve", "--port", "0")])
def test_a_url_that_cannot_be_read_is_refused_in_one_sentence(run, word):
    answer = run(*word, "--database", "postgresql://nobody:geheim@127.0.0.1:port/none")
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (1, "", 1)
    assert "postgresql://user@host:5432/name" in answer.err and "geheim" not in answer.err


def test_a_server_starts_before_its_database_and_says_that_it_does_not_answer():
    command = [sys.executable, "-m", "ui.main", "serve", "--database", NOWHERE, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().strip()
    server.terminate()
    _out, log = server.communicate(timeout=60)
    assert address.startswith("http://127.0.0.1:")
    warning = json.loads(log.splitlines()[0])
    assert "the database does not answer: check the URL" in warning["message"]
    assert (warning["level"], warning["database"], "geheim" in log) == ("warning", "127.0.0.1:1/none", False)


def test_a_laptop_enrols_and_two_of_them_come_to_the_same(admin, run, tmp_path):
    with InProcessServer(tmp_path / "server") as server:
        address = server.address("acme")
        for name in ("one", "two"):
            words = ("--server", address, "--email", "a@b.fr", "--json")
            assert run("--profile", tmp_path / name, "enrol", *words).data["series"]
        assert "the first sync is still to come" in run("--profile", tmp_path / "one", "status").out
        territory = run("--profile", tmp_path / "one", "sync", "--json")
        assert territory.data["conflicts"] == 0
        said = run("--profile", tmp_path / "one", "status").out
        assert "Anne" in said and "still to come" not in said
        (rhone,) = run("--profile", tmp_path / "one", "list", "territory", "--json").data
        id = run(
            "--profile", tmp_path / "one", "add", "account", "name=Bellevue", f"territory={rhone['id']}"
        ).line
        assert run("--profile", tmp_path / "one", "sync", "--json").data["pushed"] == 1
        assert run("--profile", tmp_path / "two", "sync", "--json").code == 0
        found = run("--profile", tmp_path / "two", "show", "account", id, "--json").data
        assert (found["name"], found["scope"]) == ("Bellevue", f"territory:{rhone['id']}")
        status = run("--profile", tmp_path / "two", "status", "--json").data
        assert (status["user"], status["to_send"]) == ("Anne", 0)
        assert status["last_sync"].endswith("Z")

        run("--profile", tmp_path / "one", "set", "account", id, "name=From one")
        run("--profile", tmp_path / "two", "set", "account", id, "name=From two")
        for name in ("one", "two", "one"):
            assert run("--profile", tmp_path / name, "sync").code == 0
        (conflict,) = run("--profile", tmp_path / "one", "conflicts", "--json").data
        assert (conflict["field"], conflict["base"]) == ("name", "Bellevue")
        assert {conflict["mine"], conflict["theirs"]} == {"From one", "From two"}
        said = run("--profile", tmp_path / "one", "conflicts").out.splitlines()[1]
        assert said.split()[1] == "Account" and "From one" in said and conflict["record"] not in said
        decided = run("--profile", tmp_path / "one", "conflicts", "resolve", conflict["id"], "name=From both")
        assert decided.code == 0
        for name in ("one", "two"):
            assert run("--profile", tmp_path / name, "sync").code == 0
        assert run("--profile", tmp_path / "two", "conflicts", "--json").data == []
        assert run("--profile", tmp_path / "two", "show", "account", id, "--json").data["name"] == "From both"
        assert run("--profile", tmp_path / "two", "doctor").code == 0


def test_records_come_in_from_a_file_and_go_out_to_one(terrain, tmp_path):
    file = tmp_path / "accounts.csv"
    file.write_text("name;segment\nBellevue;Hotels\nLe Port;Bars\n", encoding="utf-8")
    assert terrain("import", "account", str(file), "--dry-run", "--json").data["new"] == 2
    assert terrain("list", "account", "--json").data == []
    assert terrain("import", "account", str(file), "--json").data["new"] == 2
    target = tmp_path / "out.csv"
    assert terrain("export", "account", "-o", str(target), "--json").data["rows"] == 2
    assert "Le Port" in target.read_text(encoding="utf-8-sig")
    mapping = tmp_path / "map.json"
    mapping.write_text("[")
    assert "JSON" in terrain("import", "account", str(file), "--map", str(mapping), refused=True).err


def test_check_says_that_all_is_there_or_what_to_do(admin, tmp_path):
    assert "all that were written are there" in admin("check").out
    with closing(sqlite3.connect(tmp_path / "server" / "acme.sqlite")) as file, file:
        file.execute("DELETE FROM territory")
    told = admin("check", code=1)
    assert "territory" in told.out
    assert "terrain admin restore" in told.out
    (lost,) = admin("check", "--json", code=1).data["differences"]
    assert (lost["kind"], lost["there"]) == ("territory", 0)
    copy = admin("backup", str(tmp_path / "copy.sqlite"), code=1)
    assert "do not overwrite" in copy.out


def test_a_file_that_is_no_database_any_more_is_told_in_one_sentence(admin, tmp_path):
    (tmp_path / "server" / "acme.sqlite").write_bytes(b"no database" * 1_000)
    assert "terrain admin restore" in admin("check", code=1).err
