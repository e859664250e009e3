"""Files that travel give way to rows: to what is written meanwhile, to a file that is opened, now and then to all."""

from __future__ import annotations

import time
from collections.abc import Callable

from sync.pacing import Rhythm

LOOK_S = 1.0
"""Between two looks."""
EVERY_S = 60.0
"""After which colleagues' rows are asked for: two kilobytes beside megabytes."""

Newest = tuple[int | None, str | None]
"""The last entry that was written, and the digest of the file that somebody opened last."""


class GivingWay:
    """Asked between two pieces of a file: whether a sync of the rows is to come before the next one."""

    def __init__(self, look: Callable[[], Newest], clock: Callable[[], float] = time.monotonic) -> None:
        self._look, self._clock, self._rhythm = look, clock, Rhythm()
        self._entry, self._opened = look()
        now = clock()
        self._next = now + LOOK_S
        self._until = self._latest = now + EVERY_S

    def __call__(self) -> bool:
        """Whether to give way."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + LOOK_S
        entry, opened = self._look()
        if opened is not None and opened != self._opened:
            return True
        if entry != self._entry:
            self._note_edit(entry, now)
        return now >= self._until

    def _note_edit(self, entry: int | None, now: float) -> None:
        """It leaves once the user was quiet for a moment, as it does without files; typing puts it off but so long."""
        self._entry = entry
        self._latest = min(self._latest, now + self._rhythm.longest_edit)
        self._until = min(now + self._rhythm.after_edit, self._latest)
