"""Sync by itself: after edits, by the clock, when the network is back, after sleep, and once more at closing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.sync_habits import Habits, keep, read
from app.syncing import Pacing
from ui.sync.network import Network

if TYPE_CHECKING:
    from ui.sync.running import Runner
    from ui.window import MainWindow

BEAT_S = 15.0
"""Between two looks at most: by a longer gap the pacing learns that the laptop slept."""
LAST_S = 4.0
"""How long the sync at closing may take; what it does not deliver leaves at the next start."""
_SOON_S = 0.02


class Automatic(QObject):
    """Asks the pacing when the next sync is due, and tells it what happens. The runner does the sync."""

    changed = Signal()
    _committed = Signal(str)

    def __init__(
        self, runner: Runner, network: Network | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(runner)
        self.runner, self._clock = runner, clock
        runner.automatic = self
        self.network = network or Network(self)
        self.habits = Habits()
        self.pacing = Pacing(clock(), self.habits.rhythm)
        self.held = False
        """A sync is due, but the user wants to be asked on this connection."""
        self._edited = self._leaving = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        self.network.came_back.connect(self._on_network)
        self.network.metered_changed.connect(self._on_metered)
        runner.began.connect(self._on_began)
        runner.changed.connect(self._on_progress)
        runner.ended.connect(self._on_ended)
        self._committed.connect(self._on_commit)
        workspace = runner.window.shell.workspace
        self._forget = workspace.subscribe(lambda changes: self._committed.emit(changes.origin))
        runner.window.closed.connect(self._on_closed)
        runner.window.before_close = self.leave
        runner.window.tasks.background(self, lambda _token: read(workspace), then=self._use)
        self._on_metered(self.network.metered)
        self._arm()

    # What is wished

    def set_habits(self, habits: Habits) -> None:
        """Follow other wishes from now on, and keep them."""
        workspace = self.runner.window.shell.workspace
        self.runner.window.tasks.background(self, lambda _token: keep(workspace, habits))
        self._use(habits)

    def _use(self, habits: Habits) -> None:
        self.habits = habits
        self.pacing.rhythm = habits.rhythm
        self._arm()
        self.changed.emit()

    def pause(self, paused: bool) -> None:
        """Nothing leaves by itself while paused; a run under way stops at its next step."""
        self.pacing.pause(paused, self._clock())
        if paused and self.runner.running:
            self.runner.stop()
        self._arm()
        self.changed.emit()

    @property
    def paused(self) -> bool:
        """Whether the user paused it, until he resumes or the program starts anew."""
        return self.pacing.paused

    @property
    def next_in(self) -> float | None:
        """Seconds to the next sync by itself; None where it waits for the user."""
        overview = self.runner.overview
        if overview is None or overview.alone or self.paused or not self._allowed():
            return None
        return self.pacing.wait(self._clock())

    def _allowed(self) -> bool:
        return self.habits.allows(self.network.metered)

    # What is due

    def look(self) -> None:
        """See whether a sync is due and start it, and whether another program has written something to send."""
        window = self.runner.window
        window.tasks.background(self, lambda _token: window.shell.workspace.notice_others())
        due = self.pacing.look(self._clock())
        overview = self.runner.overview
        able = overview is not None and not overview.alone
        held = due and able and not self._allowed()
        if due and able and not held and not self._leaving:
            self.runner.start(asked=False)
        if held != self.held:
            self.held = held
            self.changed.emit()
        self._arm()

    def _arm(self) -> None:
        wait = self.pacing.wait(self._clock())
        if not wait and not self._ready():
            # Due, and waiting for something that will be told.
            wait = BEAT_S
        self._timer.start(round(1000 * min(max(wait, _SOON_S), BEAT_S)))

    def _ready(self) -> bool:
        overview = self.runner.overview
        able = overview is not None and not overview.alone and self._allowed()
        return able and not (self.paused or self.runner.running or self._leaving)

    # What happens

    def _on_commit(self, origin: str) -> None:
        if origin != "sync":
            self._edited = True
            self.pacing.edited(self._clock())
            self._arm()

    def _on_network(self) -> None:
        self.pacing.online(self._clock())
        self._arm()

    def _on_metered(self, metered: bool) -> None:
        self.pacing.use_metered(metered, self._clock())
        if self.held or self._edited:
            # What waited for a better connection leaves now.
            self.pacing.online(self._clock())
        self._arm()
        self.changed.emit()

    def _on_began(self, asked: bool) -> None:
        if asked and self.paused:
            # Who asks for a sync wants it.
            self.pacing.pause(False, self._clock())
        self.held = self._edited = False
        self.pacing.started(self._clock())
        self._arm()

    def _on_progress(self) -> None:
        if self.runner.running:
            self.pacing.reached(self.runner.progress.state)

    def _on_ended(self, report: dict[str, Any] | None) -> None:
        now = self._clock()
        if report is not None:
            self.pacing.succeeded(now)
        elif self.runner.problem_code == "running":
            # The other program sends for both.
            self.pacing.stopped(now)
        elif self.runner.problem_code:
            self.pacing.failed(now, self.runner.problem_code, self.runner.retry_after)
        else:
            self.pacing.stopped(now)
        self._arm()
        self.changed.emit()

    # Closing

    def leave(self) -> bool:
        """What is to send leaves before the program ends, if it can at once; whether to wait for that.

        The window is gone meanwhile, and closes by itself after a few seconds at the latest.
        """
        if self._leaving:
            return False
        overview = self.runner.overview
        waits = overview is not None and not overview.alone and (self._edited or overview.to_send > 0)
        hopeless = self.pacing.state in ("offline", "needs-attention")
        hopeless = hopeless or self.pacing.is_kept_waiting(self._clock())
        if not waits or hopeless or self.paused or not self._allowed():
            return False
        self._leaving = True
        self.runner.ended.connect(lambda _report: self._end())
        QTimer.singleShot(round(LAST_S * 1000), self, self._end)
        self.runner.start(asked=False)
        return True

    def _end(self) -> None:
        if self.runner.window.isHidden():
            self.runner.window.close()

    def _on_closed(self) -> None:
        self._timer.stop()
        self._forget()


def connect(window: MainWindow) -> None:
    """Let the window synchronise by itself, as the system tells of its network."""
    from ui.sync.running import runner_of

    runner = runner_of(window)
    if runner is not None and runner.automatic is None:
        network = Network(window)
        network.watch()
        Automatic(runner, network)
