"""Copies: whole or not at all, opened by the recovery passphrase, and never a second source of numbers."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import keyring
import pytest

from app import errors, records
from app.doctor import examine
from app.quotes import issuing, paper
from app.store import backup, keys, raw
from app.workspace import Workspace
from tests.app.store.golden import PASSPHRASE

GOLDEN = Path(__file__).parents[2] / "files" / "golden_v1.terrain"


@pytest.fixture
def copy(workspace, tmp_path) -> Path:
    """A copy of a workspace with one account."""
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "Hôtel Bellevue"})
    target = tmp_path / "copy.terrain"
    backup.write_backup(workspace.engine, workspace.folder, target)
    return target


def names(folder: Path) -> list[str]:
    workspace = Workspace.open(folder)
    with workspace.read() as session:
        found = [row["name"] for row in records.find_rows(session, "account")]
    workspace.close()
    return found


def test_a_copy_is_one_file_that_holds_nothing_in_clear(copy):
    assert sorted(file.name for file in copy.parent.iterdir()) == ["copy.terrain", "profile"]
    assert b"Bellevue" not in copy.read_bytes()
    with zipfile.ZipFile(copy) as archive:
        assert sorted(archive.namelist()) == ["manifest.json", "profile.json", "terrain.db"]
        assert not archive.read("terrain.db").startswith(b"SQLite format 3")


def test_the_recovery_passphrase_opens_a_copy_on_another_machine(copy, tmp_path, template):
    keyring.get_keyring().entries.clear()
    assert backup.restore(copy, tmp_path / "other", ask=lambda: template.recovery) is None
    assert names(tmp_path / "other") == ["Hôtel Bellevue"], "the keyring has the key again"


def test_a_wrong_passphrase_leaves_nothing_behind(copy, tmp_path):
    keyring.get_keyring().entries.clear()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(errors.WrongKey):
        backup.restore(copy, tmp_path / "other", ask=lambda: "AAAAA-BBBBB")
    assert sorted(tmp_path.iterdir()) == before


def test_a_profile_is_moved_aside_and_not_lost(copy, workspace, tmp_path):
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "Later"})
    workspace.close()
    with pytest.raises(errors.NotAllowed):
        backup.restore(copy, workspace.folder)
    assert names(workspace.folder) == ["Hôtel Bellevue", "Later"]
    moved = backup.restore(copy, workspace.folder, force=True)
    assert names(workspace.folder) == ["Hôtel Bellevue"]
    assert names(moved) == ["Hôtel Bellevue", "Later"]


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_a_copy_that_was_cut_off_is_refused(copy, tmp_path, share):
    content = copy.read_bytes()
    copy.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(errors.Damaged):
        backup.restore(copy, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_copy_with_a_changed_byte_is_refused(copy, tmp_path):
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    with pytest.raises(errors.Damaged):
        backup.restore(copy, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_what_is_no_copy_is_refused(tmp_path):
    for name, content in (("text.terrain", b"hello"), ("empty.terrain", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(errors.Damaged):
            backup.restore(tmp_path / name, tmp_path / "other")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"program": "another"}))
    with pytest.raises(errors.Damaged):
        backup.restore(tmp_path / "other.zip", tmp_path / "other")
    with pytest.raises(errors.NotAllowed):
        backup.restore(tmp_path / "missing", tmp_path / "other")


def test_a_copy_of_a_newer_program_is_refused(copy, tmp_path):
    newer = tmp_path / "newer.terrain"
    with zipfile.ZipFile(copy) as source, zipfile.ZipFile(newer, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                content = json.dumps({**json.loads(content), "schema": 99}).encode()
            target.writestr(name, content)
    with pytest.raises(errors.FileTooNew):
        backup.restore(newer, tmp_path / "other")


def a_number(workspace: Workspace) -> str:
    """The number of a new quote that is issued now."""
    with workspace.transaction() as session:
        account = records.add(session, "account", {"name": "A"})
        quote = records.add(session, "quote", {"account": account, "status": "draft"})
        line = {"quote": quote, "kind": "item", "unit_price": 1, "quantity": 1, "vat_rate": 20}
        records.add(session, "quote_line", line)
        return issuing.issue(session, quote)


@pytest.mark.parametrize("series", ["K7", None])
def test_a_restored_laptop_never_draws_a_number_twice(workspace, tmp_path, series):
    if series:
        with workspace.exclusive() as connection:
            connection.exec_driver_sql("INSERT INTO sync_state VALUES ('series', ?)", (series,))
    drawn = [a_number(workspace)]
    assert not series or drawn == [f"D{date.today().year % 100}-K7-00001"]
    target = tmp_path / "copy.terrain"
    backup.write_backup(workspace.engine, workspace.folder, target)
    drawn += [a_number(workspace), a_number(workspace)]
    for name in ("first", "second"):
        backup.restore(target, tmp_path / name)
        restored = Workspace.open(tmp_path / name)
        drawn += [a_number(restored), a_number(restored)]
        restored.close()
    assert len(set(drawn)) == len(drawn)


def test_one_copy_a_day_is_made_and_seven_are_kept(workspace, tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"not ours")
    assert backup.daily(workspace, date(2026, 11, 1)) is None, "no folder was chosen"
    workspace.settings.set("backup_folder", str(folder))
    for day in range(1, 11):
        made = backup.daily(workspace, date(2026, 11, day))
        assert made is not None
        assert backup.daily(workspace, date(2026, 11, day)) is None, "once a day"
    kept = sorted(file.name for file in folder.iterdir())
    assert kept == [f"Terrain 2026-11-{day:02}.terrain" for day in range(4, 11)] + ["holiday.jpg"]


def test_a_stick_that_was_pulled_out_is_named(workspace, tmp_path):
    workspace.settings.set("backup_folder", str(tmp_path / "gone"))
    with pytest.raises(errors.ReadOnly):
        backup.daily(workspace, date(2026, 11, 1))
    assert not (tmp_path / "gone").exists()


def test_after_three_days_without_sync_or_copy_a_warning_stands(workspace, tmp_path):
    now = datetime.now(UTC)
    assert backup.overdue(workspace, now + timedelta(days=30)) is None, "nothing was typed yet"
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "A"})
    assert backup.overdue(workspace, now + timedelta(days=2)) is None
    assert "4" in backup.overdue(workspace, now + timedelta(days=4, hours=1))
    workspace.settings.set("backup_last", (now + timedelta(days=3)).date().isoformat())
    assert backup.overdue(workspace, now + timedelta(days=4)) is None
    assert backup.overdue(workspace, now + timedelta(days=8)) is not None


def test_the_golden_file_of_each_release_opens_and_is_well(tmp_path, monkeypatch):
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, PASSPHRASE)
    backup.restore(GOLDEN, tmp_path / "golden")
    workspace = Workspace.open(tmp_path / "golden")
    with workspace.read() as session:
        (account,) = records.find_rows(session, "account")
        (quote,) = records.find_rows(session, "quote")
        assert account["name"] == "Hôtel Bellevue"
        assert quote["status"] == "issued"
        assert paper.pdf(session, quote["id"]).startswith(b"%PDF")
    with workspace.transaction() as session:
        records.save(session, "account", account["id"], {"segment": "Hotels"})
    workspace.close()
    assert [check for check in examine(tmp_path / "golden") if not check.ok] == []


def test_a_file_of_the_first_releases_keeps_its_cipher_and_so_do_its_copies(tmp_path, monkeypatch):
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, PASSPHRASE)
    backup.restore(GOLDEN, tmp_path / "golden")
    fresh, _recovery = Workspace.create(tmp_path / "fresh")
    golden = Workspace.open(tmp_path / "golden")
    backup.write_backup(golden.engine, golden.folder, tmp_path / "copy.terrain")
    backup.write_backup(fresh.engine, fresh.folder, tmp_path / "fresh copy.terrain")
    golden.close()
    fresh.close()
    backup.restore(tmp_path / "copy.terrain", tmp_path / "again")
    backup.restore(tmp_path / "fresh copy.terrain", tmp_path / "fresh again")

    assert names(tmp_path / "again") == ["Hôtel Bellevue"]
    assert [page_size(tmp_path / name) for name in ("golden", "again", "fresh", "fresh again")] == [
        4096,
        4096,
        raw.PAGE_SIZE,
        raw.PAGE_SIZE,
    ]


def page_size(folder: Path) -> int:
    workspace = Workspace.open(folder)
    with workspace.read() as session:
        found = session.connection().exec_driver_sql("PRAGMA page_size").scalar_one()
    workspace.close()
    return int(found)
