"""F1: the sheet of keyboard shortcuts, drawn from the commands themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QGridLayout

from app.i18n import language
from app.i18n import mark as m_
from app.i18n import translate as _
from ui.commands import Command, key_names
from ui.widgets.buttons import Button
from ui.widgets.labels import Keycap, Label
from ui.widgets.layout import Scroll, hbox, panel, vbox

if TYPE_CHECKING:
    from ui.window import MainWindow

OTHER = m_("This page")


class ShortcutsSheet(QDialog):
    """Every shortcut that works here, by group."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setWindowTitle(_("Keyboard shortcuts"))
        self.resize(560, 560)
        column = vbox(gap=8)
        for group, commands in _groups(window.commands.all()).items():
            column.addWidget(Label(_(group), "cap"))
            column.addLayout(_rows(commands))
            column.addSpacing(8)
        column.addStretch(1)
        close = Button(_("Close"), "primary", on_click=self.accept)
        body = (Scroll(panel(column)), 1)
        self.setLayout(
            vbox(
                Label(_("Keyboard shortcuts"), "h2"),
                body,
                hbox(None, close),
                gap=12,
                margins=(24, 20, 24, 16),
            )
        )
        close.setFocus()


def _groups(commands: list[Command]) -> dict[str, list[Command]]:
    groups: dict[str, list[Command]] = {}
    for command in commands:
        if command.shortcuts and command.enabled():
            groups.setdefault(command.group or OTHER, []).append(command)
    return groups


def _rows(commands: list[Command]) -> QGridLayout:
    grid = QGridLayout()
    grid.setColumnStretch(0, 1)
    grid.setVerticalSpacing(6)
    french = language() == "fr"
    for row, command in enumerate(commands):
        grid.addWidget(Label(command.text), row, 0)
        caps = [Keycap(name) for name in key_names(command.shortcuts[0], french)]
        grid.addLayout(hbox(None, *caps, gap=4), row, 1)
    return grid
