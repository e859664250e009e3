"""Files of records on one laptop: added, read, removed, copied, examined."""

from __future__ import annotations

import os
import random
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import attachments, doctor, records
from app.attachments import keeping
from app.errors import Damaged, NotAllowed, NotFound
from app.store import backup
from app.workspace import Workspace
from sync import blobs
from sync.blob_messages import MAX_BLOB_BYTES
from tests.app.attachments.pictures import photo, photo_file


@pytest.fixture
def account(workspace: Workspace) -> str:
    with workspace.transaction() as session:
        return records.add(session, "account", {"name": "Boulangerie Morel"})


def sealed_files(workspace: Workspace) -> list[Path]:
    return sorted(path for path in (workspace.folder / blobs.FOLDER).rglob("*") if path.is_file())


def plain_file(folder: Path, size: int = 700_000, seed: int = 1) -> Path:
    file = folder / f"plan-{seed}.dwg"
    file.write_bytes(random.Random(seed).randbytes(size))
    return file


def make_sent(workspace: Workspace) -> None:
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_blob SET sent = 1")


def test_a_file_comes_back_as_it_was(workspace, account, tmp_path):
    source = plain_file(tmp_path)
    id = attachments.attach(workspace, "account", account, source, "Plan de la réserve")
    with workspace.read() as session:
        (found,) = attachments.find(session, "account", account)
        assert (found.id, found.name, found.size, found.where) == (id, "plan-1.dwg", 700_000, "here")
        assert (found.caption, found.is_picture) == ("Plan de la réserve", False)
        assert attachments.save_as(session, id, tmp_path / "copy") == 700_000
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


def test_the_disk_says_nothing_of_the_files(workspace, account, tmp_path):
    file = tmp_path / "Morel.txt"
    file.write_bytes(b"Boulangerie Morel, remise 12 %\n" * 1000)
    attachments.attach(workspace, "account", account, file)
    with workspace.read() as session:
        sha256 = records.find_rows(session, "attachment")[0]["sha256"]
    (sealed,) = sealed_files(workspace)
    assert b"Morel" not in sealed.read_bytes()
    assert sealed.name not in sha256 and "Morel" not in sealed.name
    assert sealed.stat().st_mode & 0o077 == 0 or os.name == "nt"


def test_the_same_photo_twice_lies_on_the_disk_once(workspace, account, tmp_path):
    file = photo_file(tmp_path)
    first = attachments.attach(workspace, "account", account, file)
    before = len(sealed_files(workspace))
    second = attachments.attach(workspace, "account", account, file)
    keeping.sweep(workspace)
    assert len(sealed_files(workspace)) == before
    with workspace.read() as session:
        assert attachments.picture(session, first) == attachments.picture(session, second) is not None
        assert [file.id for file in attachments.find(session, "account", account)] == [first, second]


def test_a_file_beyond_the_limit_is_refused_with_the_limit(workspace, account, tmp_path):
    file = tmp_path / "film.mp4"
    with file.open("wb") as hole:
        hole.truncate(MAX_BLOB_BYTES + 1)
    with pytest.raises(NotAllowed, match="100\xa0Mo"):
        attachments.attach(workspace, "account", account, file)
    (tmp_path / "vide.txt").touch()
    with pytest.raises(NotAllowed):
        attachments.attach(workspace, "account", account, tmp_path / "vide.txt")
    assert sealed_files(workspace) == []


def test_a_file_belongs_to_a_record_that_is_there(workspace, tmp_path):
    with pytest.raises(NotFound):
        attachments.attach(workspace, "account", "nobody", plain_file(tmp_path))
    assert sealed_files(workspace) == []


def test_an_action_that_fails_leaves_neither_row_nor_bytes(workspace, account, tmp_path):
    prepared = attachments.prepare(workspace.folder / blobs.FOLDER, plain_file(tmp_path))
    with pytest.raises(RuntimeError), workspace.transaction() as session:
        attachments.add(session, prepared, "account", account)
        raise RuntimeError
    with workspace.read() as session:
        assert attachments.find(session, "account", account) == []
    (left,) = sealed_files(workspace)
    keeping.sweep(workspace)
    assert sealed_files(workspace) == [left], "it may be work under way"
    os.utime(left, (time.time() - keeping.STRAY_S - 10,) * 2)
    keeping.sweep(workspace)
    assert sealed_files(workspace) == []


def test_a_large_file_passes_through_little_memory(workspace, account, tmp_path):
    import tracemalloc

    file = plain_file(tmp_path, 30_000_000)
    tracemalloc.start()
    id = attachments.attach(workspace, "account", account, file)
    with workspace.read() as session:
        attachments.save_as(session, id, tmp_path / "copy")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def test_a_deleted_photo_comes_back_with_undo_and_goes_for_good_later(
    workspace, account, tmp_path, monkeypatch
):
    id = attachments.attach(workspace, "account", account, photo_file(tmp_path))
    with workspace.transaction() as session:
        records.delete(session, "attachment", id)
    keeping.tidy(workspace)
    with workspace.transaction() as session:
        records.restore(session, "attachment", id)
    with workspace.read() as session:
        assert attachments.picture(session, id) is not None
    with workspace.transaction() as session:
        records.delete(session, "attachment", id)
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("DELETE FROM sync_entry")
        long_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="milliseconds")[:-6] + "Z"
        connection.exec_driver_sql("UPDATE attachment SET deleted_at = ?", (long_ago,))
    keeping.tidy(workspace)
    assert sealed_files(workspace) == []


def test_erased_bytes_cannot_be_read_from_the_moment_of_the_commit(workspace, account, tmp_path):
    kept = attachments.attach(workspace, "account", account, photo_file(tmp_path, "a.jpg", 1))
    erased = attachments.attach(workspace, "account", account, photo_file(tmp_path, "b.jpg", 2))
    with workspace.transaction() as session:
        attachments.forget(session, [erased])
    with workspace.exclusive() as connection:
        keys = connection.exec_driver_sql("SELECT count(*) FROM sync_blob").scalar_one()
    assert keys == 2, "the picture that stays, and its small one"
    keeping.sweep(workspace)
    assert len(sealed_files(workspace)) == 2
    with workspace.read() as session:
        assert attachments.picture(session, erased) is None
        assert attachments.thumbnail(session, erased) is None
        assert attachments.picture(session, kept) is not None


def test_bytes_that_another_record_names_survive_an_erasure(workspace, account, tmp_path):
    file = photo_file(tmp_path)
    first = attachments.attach(workspace, "account", account, file)
    second = attachments.attach(workspace, "account", account, file)
    with workspace.transaction() as session:
        attachments.forget(session, [first])
    with workspace.read() as session:
        assert attachments.picture(session, second) is not None


def test_room_is_made_from_what_the_server_has_the_longest_unused_first(workspace, account, tmp_path):
    ids = [
        attachments.attach(workspace, "account", account, plain_file(tmp_path, 900_000, n)) for n in range(4)
    ]
    pinned, old, new, unsent = ids
    with workspace.transaction() as session:
        attachments.pin(session, pinned)
    make_sent(workspace)
    with workspace.exclusive() as connection:
        row = connection.exec_driver_sql("SELECT sha256 FROM attachment WHERE id = ?", (unsent,)).scalar_one()
        connection.exec_driver_sql("UPDATE sync_blob SET sent = 0 WHERE sha256 = ?", (row,))
    for path in sealed_files(workspace):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    with workspace.read() as session:
        list(attachments.read(session, new))
    workspace.settings.set("attachments_room_mb", 3)
    keeping.tidy(workspace)
    with workspace.read() as session:
        where = {id: file.where for id, file in attachments.find_by_id(session, ids).items()}
    assert [id for id in ids if where[id] == "here"] == [pinned, new, unsent]
    workspace.settings.set("attachments_room_mb", 0)
    keeping.tidy(workspace)
    with workspace.read() as session:
        where = {id: file.where for id, file in attachments.find_by_id(session, ids).items()}
    assert [id for id in ids if where[id] == "here"] == [pinned, unsent], "neither goes, whatever the room"
    assert where[old] == "elsewhere"


def test_a_copy_holds_what_no_server_has_and_opens_elsewhere(workspace, account, tmp_path):
    sent = attachments.attach(workspace, "account", account, plain_file(tmp_path, seed=1))
    make_sent(workspace)
    unsent = attachments.attach(workspace, "account", account, plain_file(tmp_path, seed=2))
    backup.write_backup(workspace.engine, workspace.folder, tmp_path / "copy.terrain")
    backup.restore(tmp_path / "copy.terrain", tmp_path / "elsewhere")
    other = Workspace.open(tmp_path / "elsewhere")
    with other.read() as session:
        assert attachments.save_as(session, unsent, tmp_path / "out") == 700_000
        with pytest.raises(attachments.NotHere):
            attachments.read(session, sent)
    assert len(sealed_files(other)) == 1
    other.close()
    assert all(check.ok for check in doctor.examine(tmp_path / "elsewhere") if check.name == "files")
    assert (tmp_path / "out").read_bytes() == plain_file(tmp_path, seed=2).read_bytes()


def test_doctor_finds_bytes_that_are_missing_cut_off_or_damaged(workspace, account, tmp_path):
    for seed in range(3):
        attachments.attach(workspace, "account", account, plain_file(tmp_path, seed=seed))

    def checked() -> doctor.Check:
        return next(check for check in doctor.examine(workspace.folder) if check.name == "files")

    assert checked().ok
    gone, cut, damaged = sealed_files(workspace)
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    content = bytearray(damaged.read_bytes())
    content[400_000] ^= 1
    damaged.write_bytes(bytes(content))
    found = checked()
    assert not found.ok
    assert re.search(
        r"3 pièces jointes, d’abord «\xa0plan-\d.dwg\xa0» \(Boulangerie Morel\).*restaurez la dernière copie",
        found.detail,
    ), "what no server has is named, and kept as it is"
    assert not checked().ok


def test_what_doctor_says_of_a_spoilt_file_that_no_server_has_mends_it(workspace, account, tmp_path):
    file = plain_file(tmp_path)
    first = attachments.attach(workspace, "account", account, file)
    (sealed,) = sealed_files(workspace)
    content = bytearray(sealed.read_bytes())
    content[400_000] ^= 1
    sealed.write_bytes(bytes(content))
    (found,) = [check for check in doctor.examine(workspace.folder) if check.name == "files"]
    assert "ajoutez-le de nouveau à cet endroit depuis l’original" in found.detail
    attachments.attach(workspace, "account", account, file)
    keeping.sweep(workspace)
    assert all(check.ok for check in doctor.examine(workspace.folder) if check.name == "files")
    assert len(sealed_files(workspace)) == 1
    with workspace.read() as session:
        assert attachments.picture(session, first) == file.read_bytes()


def test_doctor_has_what_is_damaged_here_fetched_again_where_the_server_has_it(workspace, account, tmp_path):
    id = attachments.attach(workspace, "account", account, plain_file(tmp_path, seed=1))
    make_sent(workspace)
    (sealed,) = sealed_files(workspace)
    content = bytearray(sealed.read_bytes())
    content[400_000] ^= 1
    sealed.write_bytes(bytes(content))
    with workspace.read() as session, pytest.raises(Damaged, match="terrain doctor"):
        attachments.save_as(session, id, tmp_path / "out")
    found = next(check for check in doctor.examine(workspace.folder) if check.name == "files")
    assert not found.ok and "prochaine synchronisation" in found.detail
    with workspace.read() as session:
        assert len(list(blobs.coming(session.connection()))) == 1
        assert attachments.is_due(session.connection())


def test_the_clipboard_s_picture_gets_a_name(workspace, account):
    prepared = attachments.prepare(workspace.folder / blobs.FOLDER, photo())
    with workspace.transaction() as session:
        id = attachments.add(session, prepared, "account", account)
    with workspace.read() as session:
        (found,) = attachments.find_of_account(session, account)
    assert (found.id, found.name, found.is_picture) == (id, "image.jpg", True)
