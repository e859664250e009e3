"""The settings of the sync: when it starts by itself, and on which connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from app.i18n import translate as _
from app.sync_habits import EVERY, METERED, Habits, keep, read
from ui.sync.running import runner_of
from ui.widgets import ChipGroup, Label, Line, hbox, panel, vbox

if TYPE_CHECKING:
    from ui.page import Shell


class SyncHabits(QWidget):
    """Applies at once."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._habits = Habits()
        self.every = self._chips(_("By itself"), EVERY, self._habits.every)
        self.metered = self._chips(_("On a connection paid by the byte"), METERED, self._habits.metered)
        self.every.chosen.connect(lambda minutes: self._keep(replace(self._habits, every=int(minutes))))
        self.metered.chosen.connect(lambda way: self._keep(replace(self._habits, metered=str(way))))
        rows = (
            self._row(
                _("By itself"),
                _("What you enter leaves within seconds; this is when nothing happens."),
                self.every,
            ),
            Line(),
            self._row(
                _("On a connection paid by the byte"),
                _("A telephone's hotspot, or what the system calls metered."),
                self.metered,
            ),
        )
        self.setLayout(vbox(*rows, gap=12))
        self.reload()

    def _chips(self, name: str, choices: Sequence[tuple[Any, str]], value: Any) -> ChipGroup:
        return ChipGroup([(key, _(label)) for key, label in choices], value, name)

    def _row(self, title: str, text: str, chips: ChipGroup) -> QWidget:
        return panel(vbox(Label(title, "h3"), Label(text, "muted", wrap=True), hbox(chips, None), gap=4))

    def reload(self) -> None:
        """Read the wishes."""
        workspace = self._shell.workspace
        if workspace is not None:
            self._shell.tasks.background(self, lambda _token: read(workspace), then=self._show)

    def _show(self, habits: Habits) -> None:
        self._habits = habits
        self.every.set_value(habits.every)
        self.metered.set_value(habits.metered)

    def _keep(self, habits: Habits) -> None:
        self._habits = habits
        workspace = self._shell.workspace
        runner = runner_of(self._shell.window)
        if runner is not None and runner.automatic is not None:
            runner.automatic.set_habits(habits)
        else:
            self._shell.tasks.background(self, lambda _token: keep(workspace, habits))
