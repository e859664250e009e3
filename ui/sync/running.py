"""One sync at a time in the background, told to the header, the sidebar and the sync page."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app import formats
from app.errors import Cancelled
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from sync.errors import SyncError
from ui.sync.chip import chip_of
from ui.widgets import announce

if TYPE_CHECKING:
    from app.sync_view import Overview
    from ui.sync.automatic import Automatic
    from ui.tasks import Token
    from ui.window import MainWindow

_SPANS = {
    "connecting": (0.0, 0.04),
    "pushing": (0.04, 0.45),
    "pulling": (0.45, 0.85),
    "applying": (0.85, 0.9),
    "files": (0.9, 0.99),
}
"""The part of the bar that each phase takes."""
_PULLED_HALF = 4000
"""Rows after which the bar of a pull of unknown length stands in its middle."""
_GATHER_MS = 120
_GUESS_AFTER_S = 3.0
"""Seconds after which the time that is left can be told from the time that has passed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running sync is."""

    phase: str = "connecting"
    done: int = 0
    of: int = 0
    waits_s: int = 0
    """Seconds after which a busy server is asked again; 0 while it answers."""
    since_s: float = 0.0
    """When the phase began, on the clock of `now_s`."""
    first: int = 0
    """What was done by then."""
    told_s: float = 0.0
    """When this was told."""

    def told(self, phase: str, done: int, of: int, now_s: float) -> Progress:
        """What follows when the run tells this; one that waits stands where it stood."""
        if phase == "waiting":
            return replace(self, waits_s=done)
        # What falls back has begun anew, by another way.
        goes_on = phase == self.phase and done >= self.done
        since, first = (self.since_s, self.first) if goes_on else (now_s, done)
        return Progress(phase, done, of, 0, since, first, now_s)

    @property
    def state(self) -> str:
        """Of the sync, as the pacing has it."""
        return "waiting" if self.waits_s else self.phase

    @property
    def share(self) -> float:
        """0 to 1 over all phases."""
        start, end = _SPANS[self.phase]
        within = self.done / self.of if self.of else self.done / (self.done + _PULLED_HALF)
        return start + (end - start) * min(1.0, within)

    def remaining(self, now_s: float) -> float | None:
        """About how many seconds the phase still takes at its pace so far; None while that would be a guess."""
        passed, moved = self.told_s - self.since_s, self.done - self.first
        if self.of <= 0 or passed < _GUESS_AFTER_S or moved <= 0:
            return None
        # Since then it has gone on, though nothing was told.
        return max(0.0, (self.of - self.done) * passed / moved - (now_s - self.told_s))

    @property
    def text(self) -> str:
        """What is happening, in a sentence."""
        if self.waits_s:
            return _("Server busy, trying again in {n} s.", n=self.waits_s)
        if self.phase == "pushing":
            return _("Sending, {done} of {all}. You can go on working.", done=self.done, all=self.of)
        if self.phase == "pulling":
            return _("Receiving what is new. You can go on working.")
        if self.phase == "applying":
            return _("Filing what was received.")
        if self.phase == "files":
            done, all = formats.format_size(self.done), formats.format_size(self.of)
            return _("Photos and files, {done} of {all}. You can go on working.", done=done, all=all)
        return _("Connecting to the server.")


class Runner(QObject):
    """Starts and pauses syncs, and keeps what the shell shows of them."""

    changed = Signal()
    """The state has changed: `overview`, `running`, `progress` or `problem`."""
    began = Signal(bool)
    """A run begins: whether the user asked for it."""
    ended = Signal(object)
    """A run is over: its report, or None when it was paused or failed."""
    _committed = Signal()
    _progressed = Signal(str, int, int)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.overview: Overview | None = None
        self.running = False
        self.pausing = False
        self.asked = True
        """Whether the user asked for the last run; one that came by itself is not announced."""
        self.automatic: Automatic | None = None
        """What starts syncs by itself; None where nothing does."""
        self.progress = Progress()
        self.started = datetime.now(UTC)
        self.problem = ""
        """The sentence of the last failure, until the next run starts."""
        self.problem_code = ""
        self.retry_after = 0.0
        """Seconds after which the server wants to be asked again."""
        self._stop = threading.Event()
        self._gather = QTimer(self)
        self._gather.setSingleShot(True)
        self._gather.setInterval(_GATHER_MS)
        self._gather.timeout.connect(self.look)
        self._committed.connect(self._gather.start)
        self._progressed.connect(self._on_progress)
        self._forget = self.window.shell.workspace.subscribe(lambda _changes: self._committed.emit())
        window.closed.connect(self._on_closed)
        self.look()

    def look(self) -> None:
        """Read where things stand."""
        from app import sync_view

        self.window.tasks.read(self, sync_view.overview, then=self._take)

    def start(self, asked: bool = True) -> None:
        """Run a sync now; a second one while it runs changes nothing. Without a server it shows the page."""
        if self.running:
            return
        if self.overview is None or self.overview.alone:
            if asked:
                self.window.go("sync")
            return
        self.running, self.pausing, self.problem, self.problem_code = True, False, "", ""
        self.asked, self.retry_after = asked, 0.0
        self.progress, self.started = Progress(since_s=time.monotonic()), datetime.now(UTC)
        self._stop.clear()
        self.began.emit(asked)
        self._tell()
        workspace, started = self.window.shell.workspace, self.started
        self.window.tasks.background(
            self, lambda token: self._run(token, workspace, started), then=self._done, failed=self._failed
        )

    @property
    def paused(self) -> bool:
        """Whether the user paused the sync until he resumes it."""
        return self.automatic is not None and self.automatic.paused

    def pause(self) -> None:
        """Stop at the next step and start no other by itself; what is done stays done and nothing is lost."""
        if self.automatic is not None:
            self.automatic.pause(True)
        self.stop()
        self._tell()

    def resume(self) -> None:
        """Synchronise by itself again, beginning now."""
        if self.automatic is not None:
            self.automatic.pause(False)
        self.start()

    def stop(self) -> None:
        """Stop the run under way at its next step."""
        if self.running:
            self.pausing = True
            self._stop.set()
            self._tell()

    def _run(self, token: Token, workspace: Any, started: datetime) -> dict[str, Any] | None:
        """In a worker. A pause is an ordinary end, so that it is told."""
        from app import sync_view, syncing

        def advance(phase: str, done: int, of: int) -> None:
            if self._stop.is_set() or token.cancelled:
                raise Cancelled
            self._progressed.emit(phase, done, of)

        try:
            return syncing.sync_now(workspace, progress=advance)
        except Cancelled:
            if not token.cancelled:
                with workspace.exclusive() as connection:
                    sync_view.note_pause(connection, started)
            return None

    def _on_progress(self, phase: str, done: int, of: int) -> None:
        if self.running:
            self.progress = self.progress.told(phase, done, of, time.monotonic())
            self._tell()

    def _done(self, report: dict[str, Any] | None) -> None:
        self.running = self.pausing = False
        if report is not None and (self.asked or report["pulled"]):
            announce(self.window, ended_text(report))
        self.look()
        self.ended.emit(report)

    def _failed(self, error: Exception) -> None:
        from app.syncing import SyncProblem
        from ui import errors

        self.running = self.pausing = False
        if isinstance(error, SyncProblem):
            self.problem, self.problem_code = str(error), error.code
            self.retry_after = error.retry_after
        elif isinstance(error, SyncError):
            self.problem, self.problem_code = errors.sync_text(error), error.code
        else:
            errors.report(error, self.window)
        if self.problem_code == "wipe":
            self.window.show_info(self.problem, "bad")
        self.look()
        self.ended.emit(None)

    def _take(self, overview: Overview) -> None:
        first, self.overview = self.overview is None, overview
        self.window.set_conflicts(overview.conflicts)
        self._tell()
        if first and not overview.alone and overview.last_sync is None and overview.last_code is None:
            self.start()  # the first load of a laptop that was just connected

    def _tell(self) -> None:
        share = self.progress.share if self.running else None
        self.window.set_sync_state(chip_of(self.overview, share, self.problem, self.paused))
        self.changed.emit()

    def _on_closed(self) -> None:
        self._stop.set()
        self._forget()


def ended_text(report: dict[str, Any]) -> str:
    """What a run did, in a sentence."""
    received = _n("{n} received", "{n} received", report["pulled"])
    sent = _n("{n} sent", "{n} sent", report["pushed"])
    return _("Synchronised: {received}, {sent}.", received=received, sent=sent)


def runner_of(window: MainWindow) -> Runner | None:
    """The runner of a window, None before it has a file."""
    return window.findChild(Runner)


def connect(window: MainWindow) -> None:
    """Let sync take its place in the window: header, keys, badge, and the daily copy."""
    from ui.sync.copies import Copies

    if runner_of(window) is None:
        runner = Runner(window)
        window.on_sync = runner.start
        Copies(window)
