"""Several processes behind one listening socket, each started again when it dies."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

_PAUSE_S = 1.0
"""Before a process that died is started again: what dies at once must not spin."""
_ALLOCATIONS = 50_000
"""Between two looks of the collector at what is new."""


def run(count: int, work: Callable[[], None]) -> None:
    """Do `work` in `count` processes until SIGTERM or SIGINT, which each of them is sent. POSIX alone."""
    parent = _Parent(work)
    # What the processes have in common stays in common: the collector would write into every page of it.
    spare_what_stays()
    for number in (signal.SIGTERM, signal.SIGINT):
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
        child = os.fork()
        if child:
            self.children.add(child)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        try:
            self._work()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)

    def stop(self, number: int, _frame: object) -> None:
        self._stopping = True
        for child in self.children:
            os.kill(child, number)

    def wait_for_one(self) -> None:
        child, status = os.wait()
        self.children.discard(child)
        if not self._stopping:
            log.error("a server process died", extra={"facts": {"pid": child, "status": status}})
            time.sleep(_PAUSE_S)
        if not self._stopping:
            self.start()
