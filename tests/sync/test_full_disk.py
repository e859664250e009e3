"""A disk that fills up in the middle of a sync: the file stays whole, and the program says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import records
from app.errors import DiskFull
from app.workspace import Workspace
from tests.sync.office import RHONE, an_office

ROOM = 300_000
"""Bytes that are left on the disk when the sync begins."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen megabytes."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a small disk")
    place = tmp_path / "claire"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


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
        ballast = small_disk / "ballast"
        disk = os.statvfs(small_disk)
        ballast.write_bytes(b"\0" * (disk.f_bavail * disk.f_frsize - ROOM))
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
