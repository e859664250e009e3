"""The header: back and forward, search, the state of the sync, New."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QMenu, QWidget

from app.i18n import language
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from ui.commands import Command, key_names
from ui.theme import repolish, theme
from ui.widgets.buttons import Button
from ui.widgets.labels import Keycap
from ui.widgets.layout import hbox

HEIGHT = 56
_LOOK = {
    "offline": ("cloud-off", "warn"),
    "waiting": ("cloud-upload", "warn"),
    "done": ("cloud-check", "flat"),
    "running": ("refresh-cw", "info"),
    "paused": ("pause", "warn"),
    "attention": ("cloud-alert", "bad"),
    "local": ("hard-drive", "flat"),
}


@dataclass(frozen=True, slots=True)
class SyncChip:
    """The state of the sync in a word, a count and an icon, never by colour alone."""

    state: Literal["offline", "waiting", "done", "running", "paused", "attention", "local"]
    count: int = 0
    """Changes to send."""
    at: str = ""
    """When it last succeeded, as shown: `08:05`."""
    percent: int = 0
    detail: str = ""
    """More for the tooltip, translated."""

    @property
    def text(self) -> str:
        """What the chip says, in the current language."""
        if self.state == "running":
            return _("Syncing {percent} %", percent=self.percent)
        if self.state == "attention":
            return _("Sync needs attention")
        if self.state == "local":
            return _("On this computer only")
        if self.state == "done":
            return _("Up to date · {time}", time=self.at) if self.at else _("Up to date")
        if self.state == "paused":
            return (
                _n("Paused · {n} to send", "Paused · {n} to send", self.count)
                if self.count
                else _("Sync paused")
            )
        if self.state == "waiting":
            return _n("{n} to send", "{n} to send", self.count)
        return (
            _n("Offline · {n} to send", "Offline · {n} to send", self.count) if self.count else _("Offline")
        )


class Header(QFrame):
    """Emits what was asked for; the window does it."""

    back = Signal()
    forward = Signal()
    search = Signal()
    sync = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setFixedHeight(max(HEIGHT, theme.px(HEIGHT)))
        self.back_button = Button("", "ghost", "arrow-left", self.back.emit, tip=_("Back (Alt+←)"))
        self.forward_button = Button("", "ghost", "arrow-right", self.forward.emit, tip=_("Forward (Alt+→)"))
        self.search_button = Button(_("Search or run a command"), "search", "search", self.search.emit)
        self.search_button.setMaximumWidth(theme.px(420))
        self.search_button.setMinimumWidth(180)
        key = Keycap(" ".join(key_names("Ctrl+K", language() == "fr")))
        self.search_button.setLayout(hbox(None, key, margins=(0, 0, 8, 0)))
        self.customer_button = Button(
            _("Customer mode"), "secondary", "eye-off", tip=_("Leave customer mode")
        )
        self.customer_button.hide()
        self.sync_button = Button("", "sync", "cloud", self.sync.emit)
        self.new_button = Button(_("New"), "secondary", "plus")
        self.menu = QMenu(self)
        self.new_button.setMenu(self.menu)
        row = hbox(
            self.back_button,
            self.forward_button,
            4,
            (self.search_button, 10),
            (QWidget(), 1),
            self.customer_button,
            self.sync_button,
            self.new_button,
            gap=8,
            margins=(14, 0, 16, 0),
        )
        self.setLayout(row)
        self.set_sync(SyncChip("local"))

    def set_sync(self, chip: SyncChip) -> None:
        """Show the state of the sync."""
        icon, tone = _LOOK[chip.state]
        self.sync_button.setText(chip.text)
        self.sync_button.setAccessibleName(chip.text)
        self.sync_button.setToolTip(chip.detail or _("Everything is saved on this computer."))
        self.sync_button.set_icon(icon, tone if tone != "flat" else "text2")
        if self.sync_button.property("tone") != tone:
            self.sync_button.setProperty("tone", tone)
            repolish(self.sync_button)

    def show_customer_mode(self, on: bool, leave: Callable[[], object]) -> None:
        """Say that the screen hides things, with the way out."""
        if on and self.customer_button.isHidden():
            self.customer_button.clicked.connect(lambda _on=False: leave())
        elif not on and not self.customer_button.isHidden():
            self.customer_button.clicked.disconnect()
        self.customer_button.setVisible(on)

    def set_new(self, commands: list[Command]) -> None:
        """What the New button offers; without anything it is not shown."""
        self.menu.clear()
        for command in commands:
            action = self.menu.addAction(theme.icon(command.icon), command.text)
            if command.shortcuts:
                action.setText(
                    f"{command.text}\t{'+'.join(key_names(command.shortcuts[0], language() == 'fr'))}"
                )
            action.setEnabled(command.enabled())
            action.triggered.connect(lambda _on=False, run=command.run: run())
        self.new_button.setVisible(bool(commands))

    def set_history(self, back: bool, forward: bool) -> None:
        """Whether there is somewhere to go back and forward to."""
        self.back_button.setEnabled(back)
        self.forward_button.setEnabled(forward)
