"""The laptop by the command line: making it, copying it, looking after it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import keyring
import msgspec

from app import i18n, records
from app.store import keys
from app.workspace import Workspace
from sync import outbox

ROOT = Path(__file__).parents[3]


def test_without_a_profile_the_refusal_says_how_to_make_one(run, tmp_path):
    answer = run("--profile", tmp_path / "none", "status")
    assert (answer.code, answer.out) == (1, "")
    assert "terrain init" in answer.err
    assert not (tmp_path / "none").exists()


def test_init_makes_a_profile_and_shows_its_recovery_passphrase_once(run, tmp_path):
    answer = run("--profile", tmp_path / "new", "init")
    assert answer.code == 0
    assert len(answer.line.split("-")) == 6
    assert keys.unwrap(keys.read_envelope(tmp_path / "new"), answer.line)
    assert run("--profile", tmp_path / "new", "add", "account", "name=A").code == 0
    again = run("--profile", tmp_path / "new", "init")
    assert (again.code, again.out) == (1, "")


def test_init_says_where_it_moved_a_file_that_lost_its_profile(run, tmp_path):
    run("--profile", tmp_path, "init")
    (tmp_path / "profile.json").unlink()
    answer = run("--profile", tmp_path, "init")
    assert answer.code == 0
    assert str(tmp_path / "terrain-found-1.db") in answer.err
    assert "terrain restore" in answer.err
    (tmp_path / "profile.json").unlink()
    moved = run("--profile", tmp_path, "init", "--json").data["moved"]
    assert moved == [str(tmp_path / "terrain-found-2.db")]


def test_init_uses_the_platforms_folder_when_none_is_named(run, home):
    assert run("init", "--json").data["profile"].startswith(str(home))
    assert run("list", "account", "--json").data == []


def test_a_laptop_alone_says_so(terrain):
    terrain("add", "account", "name=A")
    found = terrain("status", "--json").data
    names = ("user", "device", "series", "server", "last_sync", "to_send", "conflicts", "parked", "rows")
    assert set(names) <= set(found)
    assert (found["server"], found["to_send"], found["conflicts"], found["rows"]["account"]) == (
        None,
        1,
        0,
        1,
    )
    assert "alone" in terrain("status").out
    assert "terrain enrol" in terrain("sync", refused=True).err


def test_a_password_prompt_never_blocks_a_script(terrain):
    answer = terrain("enrol", "--server", "http://127.0.0.1:9/x", "--email", "a@b.fr", refused=True)
    assert "TERRAIN_PASSWORD" in answer.err


def test_a_server_that_cannot_be_reached_is_one_line(terrain, monkeypatch):
    monkeypatch.setenv("TERRAIN_PASSWORD", "secret")
    answer = terrain("enrol", "--server", "http://127.0.0.1:9/x", "--email", "a@b.fr", refused=True)
    assert len(answer.err.splitlines()) == 1
    assert "Nothing is lost" in answer.err


def test_a_copy_comes_back_as_another_profile(terrain, run, tmp_path):
    id = terrain("add", "account", "name=Hôtel Bellevue").line
    file = tmp_path / "copy.terrain"
    assert terrain("backup", str(file), "--json").data["bytes"] == file.stat().st_size
    other = tmp_path / "other"
    assert run("--profile", other, "restore", file).code == 0
    assert run("--profile", other, "show", "account", id, "--json").data["name"] == "Hôtel Bellevue"


def test_restore_asks_for_force_before_it_moves_a_profile_aside(terrain, tmp_path):
    file = tmp_path / "copy.terrain"
    terrain("backup", str(file))
    terrain("add", "account", "name=Later")
    assert "--force" in terrain("restore", str(file), refused=True).err
    moved = Path(terrain("restore", str(file), "--force", "--json").data["moved"])
    assert (moved / "terrain.db").is_file()
    assert terrain("list", "account", "--json").data == []


def test_a_passphrase_that_does_not_open_a_copy_is_called_wrong(terrain, run, tmp_path, monkeypatch):
    file = tmp_path / "copy.terrain"
    terrain("backup", str(file))
    keyring.get_keyring().entries.clear()
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "of another profile")
    answer = run("--profile", tmp_path / "other", "restore", file)
    assert (answer.code, answer.out) == (1, "")
    assert "does not open the file" in answer.err
    assert not (tmp_path / "other").exists()


def test_without_keyring_a_copy_needs_the_passphrase(terrain, run, tmp_path, template, monkeypatch):
    file = tmp_path / "copy.terrain"
    terrain("backup", str(file))
    keyring.get_keyring().entries.clear()
    answer = run("--profile", tmp_path / "other", "restore", file)
    assert (answer.code, answer.out) == (1, "")
    assert "TERRAIN_PASSPHRASE" in answer.err
    assert not (tmp_path / "other").exists()
    monkeypatch.setenv("TERRAIN_PASSPHRASE", template.recovery.lower())
    assert run("--profile", tmp_path / "other", "restore", file).code == 0


def test_doctor_finds_nothing_on_a_new_profile(terrain):
    found = terrain("doctor", "--json").data
    assert found["ok"], found
    names = ["profile", "disk", "keyring", "integrity", "version", "tables", "outbox", "sums", "files"]
    assert [check["name"] for check in found["checks"]] == names


def test_doctor_exits_with_one_where_something_is_wrong(terrain, profile):
    file = profile / "terrain.db"
    content = bytearray(file.read_bytes())
    content[40_000:40_100] = os.urandom(100)
    file.write_bytes(content)
    found = terrain("doctor", "--json", refused=True).data
    assert not found["ok"]
    assert "✗" in terrain("doctor", refused=True).out


def test_the_profiles_language_wins_over_the_terminals(terrain, workspace):
    workspace.settings.set("language", "fr")
    assert "ordinateur" in terrain("show", "account", "nobody", refused=True).err
    assert i18n.language() == "fr"


def test_no_conflict_and_nothing_parked_are_empty_lists(terrain):
    assert terrain("conflicts", "--json").data == []
    assert terrain("parked", "--json").data == []
    assert "terrain parked" in terrain("parked", "retry", "nothing", refused=True).err


def test_one_of_two_records_of_a_parked_action_is_corrected_by_its_full_name(terrain, profile):
    with closing(Workspace.open(profile)) as workspace:
        with workspace.transaction() as session:
            ids = [records.add(session, "account", {"name": name}) for name in ("Savon", "Gants")]
        with workspace.exclusive() as connection:
            connection.exec_driver_sql("UPDATE sync_transaction SET state = 'parked'")
    (parked,) = terrain("parked", "--json").data
    assert [one["id"] for one in parked["records"]] == ids
    refused = terrain("parked", "correct", parked["id"], "name=Savon doux", refused=True).err
    names = [f"account.{id}.name" for id in ids]
    assert all(name in refused for name in names)
    terrain("parked", "correct", parked["id"], f"{names[0]}=Savon doux")
    with closing(Workspace.open(profile)) as workspace, workspace.exclusive() as connection:
        (sealed,) = outbox.waiting(connection)
    sent = [msgspec.json.decode(op)["fields"]["name"][1] for op in sealed.ops]
    assert sent == ["Savon doux", "Gants"]


# As a program of its own


def a_process(profile: Path, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
    variables = {"TERRAIN_PASSPHRASE": "a daily passphrase", "LC_ALL": "en_GB.UTF-8", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "--profile", str(profile), *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        stdin=subprocess.DEVNULL,
        **options,
    )


def test_no_word_imports_qt(profile):
    code = (
        "import sys; from app.cli import main;"
        f"main(['--profile', {str(profile)!r}, 'status']);"
        "print([name for name in sys.modules if name.startswith('PySide6')])"
    )
    variables = {"TERRAIN_PASSPHRASE": "a daily passphrase", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "[]", done


def test_words_that_need_no_database_do_not_load_one():
    code = (
        "import sys, io; sys.stdin = io.StringIO('{\"lines\": []}');"
        "from app.cli import main; main(['quote', 'price', '-']);"
        "print('sqlalchemy' in sys.modules, 'requests' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "False False", done


def test_the_command_line_works_as_a_process_without_a_keyring(profile):
    done = a_process(profile, "add", "account", "name=Hôtel Bellevue")
    assert (done.returncode, done.stderr) == (0, "")
    listed = a_process(profile, "list", "account")
    assert "Hôtel Bellevue" in listed.stdout


def test_a_reader_who_has_seen_enough_is_no_failure(profile):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "--profile", str(profile), "list", "account", "--json"],
        env={**os.environ, "TERRAIN_PASSPHRASE": "a daily passphrase", "PYTHONPATH": str(ROOT)},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    os.close(write)
    assert done.stderr == ""


def test_status_and_doctor_speak_as_people_do(terrain):
    disk = next(line for line in terrain("doctor").out.splitlines() if "free" in line)
    assert " GB free" in disk.replace("\u00a0", " ") or " MB free" in disk.replace("\u00a0", " ")
    last_sync = terrain("status").out.split("Last sync")[1].splitlines()[0]
    assert "T" not in last_sync
