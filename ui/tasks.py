"""The one door off the Qt thread: reads, writes and background work, with their results brought back to it."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, Signal, Slot
from shiboken6 import isValid

from app.errors import Cancelled
from ui import errors

Work = Callable[[Any], Any]
Then = Callable[[Any], object]
Failed = Callable[[Exception], object]
Progress = Callable[[float, str], object]

PATIENCE_S = 5.0
"""How long closing waits for background work; sync and copies are whole wherever they stop."""
LANES = {"write": 1, "read": 2, "background": 4}
log = logging.getLogger("terrain.tasks")


class Token:
    """What work checks to learn that nobody waits for it any more, and through which it tells progress."""

    def __init__(self, report: Callable[[float, str], object] | None = None) -> None:
        self._stop = Event()
        self._report = report

    @property
    def cancelled(self) -> bool:
        """Whether the work should stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to stop. Its result will not be delivered."""
        self._stop.set()

    def check(self) -> None:
        """Raise `Cancelled` when the work should stop."""
        if self.cancelled:
            raise Cancelled

    def progress(self, share: float, text: str = "") -> None:
        """Tell how far the work is, 0 to 1; arrives in the `progress` of `Tasks.background`."""
        if self._report is not None:
            self._report(share, text)

    def wait(self, seconds: float) -> bool:
        """Sleep, and wake at once when cancelled; returns whether it was."""
        return self._stop.wait(seconds)


@dataclass(slots=True)
class _Job:
    owner: QObject
    work: Work
    then: Then | None
    failed: Failed | None
    progress: Progress | None
    token: Token
    lane: str
    label: str = ""
    origin: str = "local"
    mark: object = None
    """Where the person was when this began."""


@dataclass(slots=True)
class _Result:
    job: int
    value: Any = None
    error: Exception | None = None
    step: int | None = None
    progress: tuple[float, str] | None = field(default=None)


class Tasks(QObject):
    """Runs work in lanes (one writer, two readers, four background) and calls back on the Qt thread.

    Nothing is called back for an owner that has been destroyed, nor after `Token.cancel`. Without
    `failed`, errors go to `ui.errors.report`.
    """

    _came = Signal()
    idle = Signal()
    """The last work has been delivered."""
    remembered = Signal(int, object)
    """A write can be undone: its number, and what `mark` gave when it began."""

    def __init__(self, workspace: Any = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self._lanes = {
            name: ThreadPoolExecutor(size, thread_name_prefix=f"terrain-{name}")
            for name, size in LANES.items()
        }
        self._jobs: dict[int, _Job] = {}
        self._numbers = count(1)
        self._results: queue.SimpleQueue[_Result] = queue.SimpleQueue()
        self._closed = False
        self._behind: set[Future[None]] = set()
        self.mark: Callable[[], object] = lambda: None
        self.step: int | None = None
        """The number by which the write that is being delivered can be undone."""
        # Queued even from this thread: work that is done at once must not call back before `read` returned.
        self._came.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether any work is under way or not yet delivered."""
        return bool(self._jobs)

    def read(
        self, owner: QObject, work: Work, then: Then | None = None, failed: Failed | None = None
    ) -> Token:
        """Run `work(session)` on a reading session."""
        return self._start("read", owner, work, then, failed)

    def read_in_order(
        self, owner: QObject, work: Work, then: Then | None = None, failed: Failed | None = None
    ) -> Token:
        """Run `work(session)` when what is on its way to the disk is there, such as a draft that was just left."""
        run = self.write if self.busy else self.read
        return run(owner, work, then, failed)

    def write(
        self,
        owner: QObject,
        work: Work,
        then: Then | None = None,
        failed: Failed | None = None,
        label: str = "",
        origin: str = "local",
    ) -> Token:
        """Run `work(session)` in one transaction; with a `label` it can be undone under that name.

        `origin` is `undo` for what takes back: that itself is not remembered.
        """
        return self._start("write", owner, work, then, failed, label=label, origin=origin)

    def background(
        self,
        owner: QObject,
        work: Work,
        then: Then | None = None,
        failed: Failed | None = None,
        progress: Progress | None = None,
    ) -> Token:
        """Run `work(token)`: network, files, PDF. `progress(share, text)` is called on the Qt thread."""
        return self._start("background", owner, work, then, failed, progress)

    def _start(
        self,
        lane: str,
        owner: QObject,
        work: Work,
        then: Then | None,
        failed: Failed | None,
        progress: Progress | None = None,
        label: str = "",
        origin: str = "local",
    ) -> Token:
        number = next(self._numbers)
        token = Token(lambda share, text: self._post(_Result(number, progress=(share, text))))
        if self._closed:
            token.cancel()
            return token
        self._jobs[number] = _Job(owner, work, then, failed, progress, token, lane, label, origin)
        if label:
            self._jobs[number].mark = self.mark()
        future = self._lanes[lane].submit(self._run, number)
        if lane == "background":
            self._behind.add(future)
            future.add_done_callback(self._behind.discard)
        return token

    def _run(self, number: int) -> None:
        """In a worker thread. Keeps no reference to the job: widgets must die in the Qt thread."""
        result = _Result(number)
        try:
            self._call(number, result)
        except Exception as error:
            result.error = error
        self._post(result)

    def _call(self, number: int, result: _Result) -> None:
        job = self._jobs[number]
        job.token.check()
        if job.lane == "background":
            result.value = job.work(job.token)
        elif job.lane == "read":
            with self.workspace.read() as session:
                result.value = job.work(session)
        else:
            undoable = bool(job.label) and job.origin == "local"
            with self.workspace.transaction(job.label, job.origin, undoable) as session:
                result.value = job.work(session)
            result.step = session.info.get("step") if undoable else None

    def _post(self, result: _Result) -> None:
        self._results.put(result)
        self._came.emit()

    @Slot()
    def _deliver(self) -> None:
        while not self._results.empty():
            result = self._results.get()
            if result.progress is not None:
                self._deliver_progress(result.job, result.progress)
                continue
            job = self._jobs.pop(result.job)
            if result.step is not None:
                self.remembered.emit(result.step, job.mark)
            if isValid(job.owner) and not job.token.cancelled:
                self._deliver_result(job, result)
        if not self._jobs:
            self.idle.emit()

    def _deliver_progress(self, number: int, progress: tuple[float, str]) -> None:
        job = self._jobs.get(number)
        if job and job.progress and isValid(job.owner) and not job.token.cancelled:
            job.progress(*progress)

    def _deliver_result(self, job: _Job, result: _Result) -> None:
        self.step = result.step
        try:
            if result.error is None:
                if job.then is not None:
                    job.then(result.value)
            elif not isinstance(result.error, Cancelled):
                if job.failed is not None:
                    job.failed(result.error)
                else:
                    errors.report(result.error, job.owner)
        except Exception as error:  # a bug in a callback must not keep the other results back
            errors.report(error, job.owner)

    def wait_until_idle(self, timeout_s: float = 30.0) -> bool:
        """Run the event loop until all work is delivered; for tests and screenshots. False on timeout."""
        end = time.monotonic() + timeout_s
        while self._jobs and time.monotonic() < end:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
            time.sleep(0.002)
        return not self._jobs

    def close(self, patience_s: float = PATIENCE_S) -> bool:
        """Let writes finish, ask the rest to stop, and deliver what is left.

        False where background work hangs in a network that answers nothing: it is left to itself.
        """
        self._closed = True
        for job in list(self._jobs.values()):
            if job.lane != "write":
                job.token.cancel()
        for name, lane in self._lanes.items():
            lane.shutdown(wait=name != "background")
        hanging = wait(self._behind, patience_s).not_done
        self._deliver()
        return not hanging
