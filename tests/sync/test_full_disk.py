"""A disk that fills up in the middle of a sync: the file stays whole, and the program says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import attachments, records
from app.errors import DiskFull
from app.file_writing import write_whole
from app.store import reserve
from app.workspace import Workspace
from sync.scope_file import PREFIX
from sync.server import scope_files
from tests.sync.office import RHONE, Laptop, an_office

ROOM = 300_000
"""Bytes that are left on the disk when the sync begins."""


@contextmanager
def mounted(place: Path, size: str) -> Iterator[Path]:
    """A disk of that size."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a small disk")
    place.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True
    )
    if mounting.returncode:
        pytest.skip(f"no disk can be mounted here: {mounting.stderr.decode()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen megabytes."""
    with mounted(tmp_path / "claire", "16m") as place:
        yield place


def fill(disk: Path, but: int) -> Path:
    """A file that leaves so many bytes of the disk."""
    ballast, free = disk / "ballast", os.statvfs(disk)
    ballast.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - but))
    return ballast


def outcomes(laptop: Laptop) -> list[tuple[str, str]]:
    return laptop.sql("SELECT outcome, code FROM sync_history ORDER BY seq")


def test_a_disk_that_fills_up_while_a_sync_applies_changes_nothing(tmp_path: Path, small_disk: Path) -> None:
    with an_office(tmp_path) as office:
        claire, rey = office.enrol("claire", small_disk.name), office.enrol("rey")
        claire.sync()
        rey.sync()
        kept = claire.add("account", name="Écrit avant", territory=RHONE)
        with rey.workspace.transaction() as session:
            for number in range(300):
                notes = f"{number} " + "x" * 4_000
                records.add(
                    session, "account", {"name": f"Compte {number}", "territory": RHONE, "notes": notes}
                )
        rey.sync()
        ballast = fill(small_disk, ROOM)
        with pytest.raises(DiskFull):
            claire.sync()
        assert claire.sql("PRAGMA integrity_check") == [("ok",)]
        assert [row["name"] for row in claire.rows("account")] == ["Écrit avant"]
        claire.workspace.close()
        ballast.unlink()
        claire.workspace = Workspace.open(claire.workspace.folder)
        claire.sync()
        assert len(claire.rows("account")) == 301
        assert claire.get("account", kept)["name"] == "Écrit avant"
        assert claire.differing() is None


def test_a_disk_that_fills_up_while_a_first_load_s_file_comes(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope_files, "FEWEST_ROWS", 1)
    with an_office(tmp_path) as office:
        rey = office.enrol("rey")
        rey.sync()
        with rey.workspace.transaction() as session:
            for number in range(300):
                notes = os.urandom(7_500).hex()
                records.add(session, "account", {"name": f"{number}", "territory": RHONE, "notes": notes})
        rey.sync()
        claire = office.enrol("claire", small_disk.name)
        ballast = fill(small_disk, 3_500_000)
        with pytest.raises(DiskFull):
            claire.sync()
        assert outcomes(claire) == [("refused", "disk_full")]
        (begun,) = small_disk.glob(f"**/{PREFIX}*")
        assert begun.stat().st_size > 1_000_000
        ballast.unlink()
        claire.sync()
        assert len(claire.rows("account")) == 300
        assert claire.differing() is None
        assert outcomes(claire)[-1] == ("done", None)


def test_a_disk_that_fills_up_while_a_file_s_bytes_come(tmp_path: Path, small_disk: Path) -> None:
    with an_office(tmp_path) as office:
        claire, rey = office.enrol("claire", small_disk.name), office.enrol("rey")
        rey.workspace.settings.set("attachments", "all")
        claire.workspace.settings.set("attachments", "all")
        claire.sync()
        rey.sync()
        account = rey.add("account", name="Boulangerie Morel", territory=RHONE)
        plan = tmp_path / "plan.bin"
        plan.write_bytes(os.urandom(3_000_000))
        attachments.attach(rey.workspace, "account", account, plan)
        rey.sync()
        ballast = fill(small_disk, 2_500_000)
        with pytest.raises(DiskFull, match="Rien n’est perdu"):
            claire.sync()
        assert claire.get("account", account)["name"] == "Boulangerie Morel", "something was changed"
        ballast.unlink()
        assert claire.sync()["files"]["received"] == 1


@pytest.mark.parametrize(
    "left", [1_000_000, 3_010_000], ids=["for half the file", "for the file but not its row"]
)
def test_a_file_that_cannot_be_added_leaves_the_disk_its_room(
    tmp_path: Path, small_disk: Path, left: int
) -> None:
    with an_office(tmp_path) as office:
        claire = office.enrol("claire", small_disk.name)
        claire.sync()
        account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
        plan = tmp_path / "plan.bin"
        plan.write_bytes(os.urandom(3_000_000))
        ballast = fill(small_disk, left)
        with pytest.raises(DiskFull):
            attachments.attach(claire.workspace, "account", account, plan)
        assert not [path for path in (small_disk / "blobs").rglob("*") if path.is_file()]
        ballast.unlink()
        attachments.attach(claire.workspace, "account", account, plan)
        assert claire.sync()["files"]["sent"] == 1


def test_a_file_that_the_disk_has_no_room_for_is_one_sentence_and_leaves_nothing(small_disk: Path) -> None:
    ballast = fill(small_disk, 1_000_000)
    with pytest.raises(DiskFull):
        write_whole(small_disk / "devis.pdf", b"x" * 2_000_000)
    assert list(small_disk.iterdir()) == [ballast]


def test_what_is_there_is_read_on_a_disk_without_a_byte_left(tmp_path: Path, small_disk: Path) -> None:
    with an_office(tmp_path) as office:
        claire = office.enrol("claire", small_disk.name)
        claire.sync()
        claire.add("account", name="Boulangerie Morel", territory=RHONE)
        claire.workspace.close()
        ballast = fill(small_disk, 0)
        for _again in range(3):
            claire.workspace = Workspace.open(claire.workspace.folder)
            assert [row["name"] for row in claire.rows("account")] == ["Boulangerie Morel"]
            with pytest.raises(DiskFull):
                claire.add("account", name="x" * 200_000, territory=RHONE)
            claire.workspace.close()
        ballast.unlink()
        claire.workspace = Workspace.open(claire.workspace.folder)
        assert (small_disk / reserve.FILE).stat().st_size == reserve.BYTES
        assert claire.sync()["pushed"] == 1


def test_room_that_the_disk_has_not_is_not_taken(small_disk: Path) -> None:
    ballast = fill(small_disk, 20_000)
    reserve.keep(small_disk)
    assert list(small_disk.iterdir()) == [ballast]
    assert not reserve.give(small_disk)
