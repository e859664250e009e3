"""The daily copy and the warning when work is nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.store import backup
from tests.sync.office import RHONE, Laptop
from ui.sync.copies import Copies, CopyFolder, look_after
from ui.widgets import InfoBar


def grow_old(laptop: Laptop, days: int) -> None:
    """As if everything on this laptop had happened `days` ago."""
    then = (
        (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    with laptop.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_transaction SET at = ?", (then,))
        connection.exec_driver_sql("UPDATE sync_history SET started_at = ?", (then,))


def test_three_days_without_sync_or_copy_are_told_in_a_bar(claire: Laptop, desk_of: Any):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    grow_old(claire, 4)
    desk = desk_of(claire.workspace)
    desk.window.findChild(Copies).look()
    desk.settle()
    bar = desk.window.findChild(InfoBar)
    assert bar is not None and bar.property("info") == "warn" and "4 jours" in bar.text


def test_fresh_work_is_left_in_peace(claire: Laptop, desk_of: Any):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    desk.window.findChild(Copies).look()
    desk.settle()
    assert desk.window.findChild(InfoBar) is None


def test_choosing_a_folder_makes_a_first_copy(claire: Laptop, desk_of: Any, tmp_path: Path):
    stick = tmp_path / "stick"
    stick.mkdir()
    desk = desk_of(claire.workspace)
    setting = desk.go("settings").findChild(CopyFolder)
    setting.set_folder(stick)
    desk.settle()
    (copy,) = stick.glob("*.terrain")
    assert backup.read_manifest(copy)["program"] == "terrain"
    assert str(stick) in setting._folder.text()


def test_a_stick_that_was_pulled_out_is_one_sentence(claire: Laptop, tmp_path: Path):
    claire.workspace.settings.set("backup_folder", str(tmp_path / "gone"))
    overdue, failed = look_after(claire.workspace)
    assert overdue is None
    assert failed and "gone" in failed
