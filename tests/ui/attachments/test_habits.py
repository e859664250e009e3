"""The settings of files and photos apply at once, and are read again."""

from __future__ import annotations

from tests.ui.desk import Desk
from ui.attachments.habits import FileHabits


def test_what_is_chosen_is_kept(desk: Desk):
    shell = desk.go("today").shell
    habits = FileHabits(shell)
    desk.settle()
    assert (habits.which.value, habits.room.value) == ("demand", 2_000)
    habits.which.buttons()[1].click()
    habits.room.buttons()[0].click()
    desk.settle()
    assert desk.workspace.settings.get("attachments") == "all"
    assert desk.workspace.settings.get("attachments_room_mb") == 500
    again = FileHabits(shell)
    desk.settle()
    assert (again.which.value, again.room.value) == ("all", 500)
