"""What the sync page shows on top: the run under way, the last failure, or a laptop that works alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.sync_view import duration
from ui.sync.running import Progress, Runner
from ui.widgets import Button, Card, ElidingLabel, IconDisc, InfoBar, Label, ProgressBar, hbox, vbox

_LASTS_S = 10
"""After so many seconds the elapsed time is worth saying."""


class RunningCard(Card):
    """Progress, what happens, and the button that pauses."""

    def __init__(self, runner: Runner) -> None:
        self._title = Label(_("Sync under way"), "h2")
        self._phase = ElidingLabel("", "sub")
        self.pause = Button(_("Pause"), "secondary", "pause", runner.pause)
        self.bar = ProgressBar(name=_("Progress of the sync"))
        self._count = ElidingLabel("", "sub")
        self._time = Label("", "muted")
        head = hbox((vbox(self._title, self._phase, gap=2), 1), self.pause)
        super().__init__(head, self.bar, hbox((self._count, 1), self._time), gap=10)
        self._runner = runner
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self.show_state)

    def show_state(self) -> None:
        """Show how far the runner is."""
        runner = self._runner
        self.setVisible(runner.running)
        if not runner.running:
            self._clock.stop()
            return
        if not self._clock.isActive():
            self._clock.start()
        progress = runner.progress
        self.bar.set_share(progress.share)
        self._phase.setText(_("Pausing after this step.") if runner.pausing else progress.text)
        self.pause.setEnabled(not runner.pausing)
        self._count.setText(_counted(progress.phase, progress.done))
        elapsed = int((datetime.now(UTC) - runner.started).total_seconds())
        self._time.setText(_time_text(progress, elapsed))


def _time_text(progress: Progress, elapsed: int) -> str:
    """How long it still takes where that can be told, else how long it has taken."""
    left = progress.remaining(time.monotonic())
    if left is not None:
        return _("About {time} left", time=duration(max(left, 1.0)))
    return _("for {n} s", n=elapsed) if elapsed >= _LASTS_S else ""


def _counted(phase: str, done: int) -> str:
    if phase == "pushing":
        return _n("{n} action sent", "{n} actions sent", done)
    if phase in ("pulling", "applying") and done > 50:
        return _n("{n} record received", "{n} records received", done)
    return ""


class AloneCard(Card):
    """A laptop without a server: what that means, and the way to connect it."""

    def __init__(self, connect: Callable[[], object]) -> None:
        self.button = Button(_("Connect to a server"), "primary", "server", connect)
        text = Label(
            _(
                "Everything is saved in an encrypted file on this computer. A server shares your work with the"
                " office and keeps a second copy; what you have entered goes with you."
            ),
            "sub",
            wrap=True,
        )
        words = vbox(Label(_("This laptop works alone"), "h2"), text, gap=4)
        super().__init__(hbox(IconDisc("hard-drive", "info", 44), (words, 1), self.button, gap=14))


def paused_bar(resume: Callable[[], object]) -> QWidget:
    """The user paused the sync: that lasts, so it is said where the sync is explained."""
    text = _("The sync is paused: nothing leaves or arrives until you resume it.")
    return InfoBar(text, "warn", _("Resume"), resume, closable=False)


def held_bar(start: Callable[[], object]) -> QWidget:
    """A sync is due, on a connection on which the user wants to be asked."""
    text = _("This connection is paid by the byte: the sync waits for you, as you wished.")
    return InfoBar(text, "info", _("Synchronise"), start, closable=False)


def problem_bar(text: str, code: str, sign_in: Callable[[], object], again: Callable[[], object]) -> QWidget:
    """The last failure in words, with the one thing to do; calm, for nothing is lost."""
    if code in ("sign_in_needed", "cloned", "certificate", "not_found"):
        return InfoBar(text, "warn", _("Sign in again"), sign_in)
    tone = "info" if code in ("offline", "server_busy", "protocol", "running") else "warn"
    return InfoBar(text, tone, _("Try again"), again)
