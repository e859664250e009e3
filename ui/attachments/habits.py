"""The settings of files and photos: which come by themselves, and how much room they may take."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app import attachments, formats
from app.i18n import translate as _
from ui.page import Shell
from ui.widgets import ChipGroup, Label, Line, hbox, panel, vbox

ROOMS_MB = (500, 2_000, 10_000)


class FileHabits(QWidget):
    """Applies at once."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        which = [("demand", _("When I open them")), ("all", _("All, at each sync"))]
        rooms = [(room, formats.format_size(room * 1_000_000)) for room in ROOMS_MB]
        self.which = ChipGroup(which, "demand", _("Large files and photos"))
        self.room = ChipGroup(rooms, 2_000, _("Room on this computer"))
        self.which.chosen.connect(self._keep_which)
        self.room.chosen.connect(self._keep_room)
        small = _("Small pictures always come, so that nothing looks empty without a network.")
        spare = _("Beyond it the ones longest unused go; the server has them, and they can come back.")
        self.setLayout(
            vbox(
                _row(_("Large files and photos"), small, self.which),
                Line(),
                _row(_("Room on this computer"), spare, self.room),
                gap=12,
            )
        )
        self.reload()

    def reload(self) -> None:
        """Read the settings."""
        workspace = self._shell.workspace
        if workspace is None:
            return

        def work(_token: Any) -> tuple[str, int]:
            return workspace.settings.get("attachments"), workspace.settings.get("attachments_room_mb")

        self._shell.tasks.background(self, work, then=lambda found: self._show(*found))

    def _show(self, which: str, room: int) -> None:
        self.which.set_value(which)
        self.room.set_value(room)

    def _keep_which(self, which: object) -> None:
        workspace = self._shell.workspace
        self._shell.tasks.background(self, lambda _t: attachments.keep_all(workspace, which == "all"))

    def _keep_room(self, room: object) -> None:
        workspace = self._shell.workspace
        self._shell.tasks.background(
            self, lambda _t: workspace.settings.set("attachments_room_mb", int(str(room)))
        )


def _row(title: str, text: str, chips: ChipGroup) -> QWidget:
    return panel(vbox(Label(title, "h3"), Label(text, "muted", wrap=True), hbox(chips, None), gap=4))
