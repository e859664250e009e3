"""Attachments in a sync by file: their bytes travel both ways, whole or not at all, and never in the way of rows."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import attachments, by_file
from app.attachments.keeping import SMALL_BYTES
from app.syncing import SyncProblem
from sync import carried_files
from sync.blob_messages import PIECE_BYTES, BlobPut
from sync.server import blobs as server_blobs
from sync.server.admin import Administration
from tests.app.attachments.pictures import photo_file
from tests.app.carrying import (
    LARGE,
    answered,
    attach,
    back,
    bytes_of,
    kept,
    noise,
    sealed,
    there,
    there_and_back,
    want,
)
from tests.sync.conftest import karim
from tests.sync.office import ISERE, RHONE

__all__ = ["karim"]


def test_a_photo_goes_from_laptop_to_laptop_without_a_network(claire, rey, office, morel, tmp_path):
    photo = attach(claire, morel, photo_file(tmp_path))
    plan = attach(claire, morel, noise(tmp_path, 50_000))
    written = there(claire, tmp_path)
    assert written["files"] == {"carried": 2, "waiting": 0}
    done = answered(office, tmp_path)
    assert (done["files"], done["given"]) == (3, 0), "nobody is given what he brought"
    assert back(claire, tmp_path)["sent"] == 2
    found = there_and_back(rey, office, tmp_path)
    assert found["received"] == 2, "the small picture, and the file that is small itself"
    assert bytes_of(rey, plan) == bytes_of(claire, plan) == (tmp_path / "plan-1.bin").read_bytes()
    with rey.workspace.read() as session:
        small = attachments.thumbnail(session, photo)
    assert small is not None and len(small) < SMALL_BYTES
    assert bytes_of(rey, photo) is None
    want(rey, photo)
    assert there_and_back(rey, office, tmp_path)["received"] == 1
    assert bytes_of(rey, photo) == bytes_of(claire, photo) is not None
    assert claire.sync()["files"]["sent"] == 0


def test_who_keeps_all_files_gets_all_of_them_by_file(claire, rey, office, morel, tmp_path):
    plan = attach(claire, morel, noise(tmp_path, LARGE))
    there_and_back(claire, office, tmp_path)
    attachments.keep_all(rey.workspace, True)
    there_and_back(rey, office, tmp_path)
    assert bytes_of(rey, plan) == (tmp_path / "plan-1.bin").read_bytes()


def test_a_file_that_is_carried_twice_brings_its_bytes_once(claire, office, morel, tmp_path):
    attach(claire, morel, noise(tmp_path, LARGE))
    there(claire, tmp_path)
    first, second = answered(office, tmp_path), answered(office, tmp_path, "second")
    assert first["files"] == second["files"] == 1
    assert len(kept(office)) == 1
    assert back(claire, tmp_path, "second")["sent"] == 1


def test_a_lost_answer_costs_a_second_journey_and_nothing_else(claire, office, morel, tmp_path):
    attach(claire, morel, noise(tmp_path, LARGE))
    there(claire, tmp_path)
    answered(office, tmp_path, "lost")
    found = there_and_back(claire, office, tmp_path)
    assert (found["sent"], found["waiting"], len(kept(office))) == (1, 0, 1)


def test_a_transfer_that_broke_off_on_the_network_goes_on_by_file(claire, office, morel, tmp_path):
    file = noise(tmp_path, LARGE)
    attach(claire, morel, file)
    # The rows alone, as after a sync that was cut, and some of the bytes.
    (digest,) = claire.sql("SELECT sha256 FROM sync_blob")[0]
    there(claire, tmp_path)
    answered(office, tmp_path, "lost")
    for path in kept(office):
        path.unlink()
    claire.remote.put_blob(BlobPut(digest, LARGE, 0, file.read_bytes()[: PIECE_BYTES + 7]))
    assert there_and_back(claire, office, tmp_path)["sent"] == 1
    (stored,) = kept(office)
    assert stored.read_bytes() == file.read_bytes()


def test_bytes_of_a_row_that_is_not_accepted_wait_with_it(rey, office, tmp_path):
    product = rey.add("product", sku="X", label_fr="Savon", status="active")
    foreign = attach(rey, product, noise(tmp_path, 10_000), "product")
    there(rey, tmp_path)
    answered(office, tmp_path)
    found = back(rey, tmp_path)
    assert (found["sent"], found["waiting"], kept(office)) == (0, 1, []), (
        "a manager may not write the company's rows"
    )
    assert bytes_of(rey, foreign) is not None
    assert there(rey, tmp_path)["files"] == {"carried": 0, "waiting": 1}, "nor are they carried in vain"


def test_nobody_gets_bytes_by_knowing_their_name(claire, karim, office, morel, tmp_path):
    attach(claire, morel, noise(tmp_path, 50_000))
    there_and_back(claire, office, tmp_path)
    digest = claire.sql("SELECT sha256 FROM sync_blob")[0][0]
    mine = karim.add("account", name="Garage", territory=ISERE)
    attach(karim, mine, noise(tmp_path, 50_000, 2))
    with karim.workspace.exclusive() as connection:
        carried_files.blobs.want(connection, digest, 50_000)
        connection.exec_driver_sql("UPDATE attachment SET sha256 = ? WHERE sha256 IS NOT NULL", (digest,))
    there(karim, tmp_path)
    done = answered(office, tmp_path)
    assert (done["pushed"] > 0, done["given"]) == (True, 0)
    assert back(karim, tmp_path)["received"] == 0


def test_rows_are_taken_where_bytes_are_not(claire, rey, office, morel, tmp_path, monkeypatch):
    attach(claire, morel, noise(tmp_path, 50_000))
    there(claire, tmp_path)
    with monkeypatch.context() as full:
        full.setattr(server_blobs, "BYTES_PER_HOUR", -1)
        done = answered(office, tmp_path)
    assert (done["pushed"], done["files"]) == (1, 0)
    found = back(claire, tmp_path)
    assert (found["sent"], found["waiting"]) == (0, 1)
    rey.sync()
    assert len(rey.rows("attachment")) == 1
    assert there_and_back(claire, office, tmp_path)["sent"] == 1


def test_rows_are_taken_and_given_where_the_server_s_disk_does_not_work(
    claire, rey, office, morel, tmp_path, logged_errors
):
    attach(claire, morel, noise(tmp_path, 50_000))
    there_and_back(claire, office, tmp_path)
    (stored,) = kept(office)
    right = stored.read_bytes()
    stored.unlink()
    stored.mkdir()
    second = attach(claire, morel, noise(tmp_path, 60_000, 2))
    folder = stored.parent.parent / server_blobs.PARTIAL
    folder.rmdir()
    folder.write_text("a file in the folder's place")
    found = there_and_back(claire, office, tmp_path)
    assert (found["sent"], found["waiting"]) == (0, 1)
    assert "attachment" in logged_errors[0].getMessage()
    assert there_and_back(rey, office, tmp_path)["coming"] == 1
    assert len(rey.rows("attachment")) == 2
    folder.unlink()
    stored.rmdir()
    stored.write_bytes(right)
    assert there_and_back(claire, office, tmp_path)["sent"] == 1
    assert there_and_back(rey, office, tmp_path)["received"] == 2
    assert bytes_of(rey, second) == (tmp_path / "plan-2.bin").read_bytes()


def test_what_cannot_be_read_to_its_end_stays_to_come_and_holds_nothing_up(
    claire, rey, office, morel, tmp_path, monkeypatch, logged_errors
):
    plans = [attach(claire, morel, noise(tmp_path, size, size)) for size in (300_000, LARGE)]
    there_and_back(claire, office, tmp_path)
    attachments.keep_all(rey.workspace, True)
    read = server_blobs.read

    def fails(path: Path, *where: int) -> Iterator[bytes]:
        yield from itertools.islice(read(path, *where), 1)
        raise OSError(5, "the disk fails")

    with monkeypatch.context() as failing:
        failing.setattr(server_blobs, "read", fails)
        there(rey, tmp_path)
        assert answered(office, tmp_path)["given"] == 0
    later = attach(claire, morel, noise(tmp_path, 50_000))
    claire.sync()
    found = back(rey, tmp_path)
    assert (found["received"], found["coming"], sealed(rey)) == (0, 2, [])
    assert len(logged_errors) == 2
    there_and_back(rey, office, tmp_path)
    assert None not in [bytes_of(rey, id) for id in (*plans, later)]


def test_bytes_that_the_server_s_disk_spoilt_are_thrown_away_and_asked_for_again(
    claire, rey, office, morel, tmp_path
):
    plan = attach(claire, morel, noise(tmp_path, 50_000))
    there_and_back(claire, office, tmp_path)
    (stored,) = kept(office)
    right = stored.read_bytes()
    stored.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    there(rey, tmp_path)
    answered(office, tmp_path)
    found = by_file.take_from(rey.workspace, tmp_path / "answer")["files"]
    assert (found["received"], found["problem"], found["coming"]) == (0, "damaged", 1)
    assert len(rey.rows("attachment")) == 1 and bytes_of(rey, plan) is None and sealed(rey) == []
    stored.write_bytes(right)
    assert there_and_back(rey, office, tmp_path)["received"] == 1
    assert bytes_of(rey, plan) == right


def test_a_byte_that_differs_within_an_attachment_is_noticed_at_both_ends(
    claire, rey, office, morel, tmp_path
):
    plan = attach(claire, morel, noise(tmp_path, LARGE))
    there(claire, tmp_path)
    spoilt = bytearray((tmp_path / "request").read_bytes())
    for content in (spoil(spoilt), spoilt[: len(spoilt) // 2]):
        (tmp_path / "request").write_bytes(content)
        with pytest.raises(SyncProblem):
            answered(office, tmp_path)
        assert kept(office) == [] and not (tmp_path / "answer").exists()
    there_and_back(claire, office, tmp_path)
    attachments.keep_all(rey.workspace, True)
    there(rey, tmp_path)
    answered(office, tmp_path)
    whole = (tmp_path / "answer").read_bytes()
    for content in (spoil(bytearray(whole)), whole[: len(whole) // 2]):
        (tmp_path / "answer").write_bytes(content)
        with pytest.raises(SyncProblem):
            back(rey, tmp_path)
        assert rey.rows("attachment") == [] and sealed(rey) == []
    (tmp_path / "answer").write_bytes(whole)
    back(rey, tmp_path)
    assert bytes_of(rey, plan) == (tmp_path / "plan-1.bin").read_bytes()


def spoil(content: bytearray) -> bytes:
    """With one other bit in its middle, where the attachment lies."""
    content[len(content) // 2] ^= 1
    return bytes(content)


def test_nothing_of_an_attachment_can_be_read_on_the_way_nor_on_the_disk(
    claire, rey, office, morel, tmp_path
):
    letter = tmp_path / "letter.txt"
    letter.write_text("the price that nobody else may see " * 100)
    attach(claire, morel, letter)
    there_and_back(claire, office, tmp_path)
    on_the_way = [(tmp_path / name).read_bytes() for name in ("request", "answer")]
    there_and_back(rey, office, tmp_path)
    on_the_way += [(tmp_path / name).read_bytes() for name in ("request", "answer")]
    on_disks = [path.read_bytes() for laptop in (claire, rey) for path in sealed(laptop)]
    assert len(on_disks) == 2
    assert not any(b"nobody else" in content for content in on_the_way + on_disks)


def test_a_second_record_with_the_same_bytes_has_them_told_of_again(claire, rey, office, morel, tmp_path):
    file = noise(tmp_path, 50_000)
    attach(claire, morel, file)
    there(claire, tmp_path)
    answered(office, tmp_path)
    other = claire.add("account", name="Garage Lopez", territory=RHONE)
    second = attach(claire, other, file)
    assert back(claire, tmp_path)["waiting"] == 1
    assert there_and_back(claire, office, tmp_path)["waiting"] == 0
    rey.sync()
    assert rey.get("attachment", second)["arrived"] == "file"
    assert bytes_of(rey, second) == file.read_bytes()


def test_a_server_that_was_restored_gets_the_bytes_again_by_file(claire, office, morel, tmp_path):
    attach(claire, morel, noise(tmp_path, 50_000))
    there_and_back(claire, office, tmp_path)
    assert office.store.blobs is not None
    shutil.rmtree(office.store.blobs)
    Administration(office.store).renew()
    for _file in range(4):
        there(claire, tmp_path)
        answered(office, tmp_path)
        try:
            back(claire, tmp_path)
        except SyncProblem as problem:
            assert problem.code == "needs_network"
    assert len(kept(office)) == 1
    assert there(claire, tmp_path)["files"] == {"carried": 0, "waiting": 0}
