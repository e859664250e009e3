"""Several processes behind one listening socket, each started again when it dies."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

log = logging.getLogger(__name__)

_STOPS = (signal.SIGTERM, signal.SIGINT)
_PAUSE_S = 1.0
"""Before a process that died is started again: what dies at once must not spin."""
_ALLOCATIONS = 50_000
"""Between two looks of the collector at what is new."""


def run(count: int, work: Callable[[], None]) -> None:
    """Do `work` in `count` processes until SIGTERM or SIGINT, which each of them is sent. POSIX alone."""
    parent = _Parent(work)
    # What the processes have in common stays in common: the collector would write into every page of it.
    spare_what_stays()
    for number in _STOPS:
        signal.signal(number, parent.stop)
    while len(parent.children) < count:
        parent.start()
    while parent.children:
        parent.wait_for_one()


def spare_what_stays() -> None:
    """Have the collector look less often, and never at what is there already.

    A push makes thousands of rows that are no rubbish: looking through them again and again was a sixth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 10, 100)


class _Parent:
    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._stopping = False
        self.children: set[int] = set()

    def start(self) -> None:
        assert sys.platform != "win32", "`serve` refuses several processes there"
        # A new process that still had this one's handler would take a stop for its own children's, and live on.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        child = os.fork()
        if not child:
            self._be_child()
        self.children.add(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        if self._stopping:
            self._tell(child, signal.SIGTERM)

    def _be_child(self) -> NoReturn:
        assert sys.platform != "win32"
        for number in _STOPS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        try:
            self._work()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)

    def stop(self, number: int, _frame: object) -> None:
        self._stopping = True
        for child in self.children:
            self._tell(child, number)

    @staticmethod
    def _tell(child: int, number: int) -> None:
        with suppress(ProcessLookupError):  # it ended by itself just now
            os.kill(child, number)

    def wait_for_one(self) -> None:
        child, status = os.wait()
        self.children.discard(child)
        if not self._stopping:
            log.error("a server process died", extra={"facts": {"pid": child, "status": status}})
            time.sleep(_PAUSE_S)
        if not self._stopping:
            self.start()
