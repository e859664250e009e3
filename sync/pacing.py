"""When the next sync is due, and what state to show: told what happens, it touches neither network nor clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal[
    "idle", "connecting", "pushing", "pulling", "applying", "waiting", "needs-attention", "offline"
]
_PHASES: frozenset[State] = frozenset({"connecting", "pushing", "pulling", "applying", "waiting"})
"""Of a run; one that waits for a busy server goes on by itself."""
_ASIDE = frozenset({"offline", "server_busy", "protocol"})
"""Codes of failures that pass by themselves; every other one waits for a person, and is tried all the same."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between syncs."""

    every: float = 300.0
    """Between two syncs when nothing happens."""
    metered: float = 3600.0
    """The same on a connection that is paid by the byte."""
    after_edit: float = 3.0
    """Of quiet after a local edit before it is sent."""
    longest_edit: float = 20.0
    """An edit waits at most this long, however busily somebody types."""
    first_retry: float = 5.0
    longest_retry: float = 300.0
    attention: float = 900.0
    """Between attempts when only a person can help: somebody may have helped at the server."""
    asleep: float = 90.0
    """A gap between two looks that means that the laptop slept."""
    arrival: float = 2.0
    """After waking, or when the network comes back: it needs a moment, and so do fifty colleagues at once."""


class Pacing:
    """The state machine of one laptop's sync. Its timer is always armed: `due` is a moment, never nothing.

    Moments are seconds of one clock that goes on while the laptop sleeps (`time.time`). A clock that
    was set back does not delay a sync by more than the longest wait. The caller looks now and then:

        pacing = Pacing(time.time())
        if pacing.look(time.time()):         # every second or so
            pacing.started(time.time())      # and runs the sync elsewhere:
            pacing.reached("pulling")        # ... as its progress says
            pacing.succeeded(time.time())    # or pacing.failed(time.time(), code, retry_after)
    """

    def __init__(
        self, now: float, rhythm: Rhythm | None = None, chance: Callable[[], float] = random.random
    ) -> None:
        self.rhythm = rhythm or Rhythm()
        self.state: State = "idle"
        self.code = ""
        """Of the last failure, until a run succeeds."""
        self.failures = 0
        self.paused = False
        self.metered = False
        self._chance = chance
        self._under_way = False
        self._edited_since: float | None = None
        self._looked = self._not_before = now
        self.due = self._by_clock = now + self._spread(self.rhythm.arrival)

    @property
    def running(self) -> bool:
        """Whether a sync is under way: there is never a second one."""
        return self._under_way

    def look(self, now: float) -> bool:
        """Whether to start a sync now; notices that the laptop slept, or that its clock was set."""
        gap, self._looked = now - self._looked, now
        if gap > self.rhythm.asleep:
            self.woke(now)
        elif gap < 0:
            self.due, self._by_clock = self.due + gap, self._by_clock + gap
            self._not_before += gap
            self._edited_since = None if self._edited_since is None else now
        return not self.running and not self.paused and now >= self.due

    def wait(self, now: float) -> float:
        """Seconds until the next sync is due, for a timer."""
        return max(0.0, self.due - now)

    def is_kept_waiting(self, now: float) -> bool:
        """Whether the server wants to be left alone still."""
        return now < self._not_before

    # What the sync does

    def started(self, now: float) -> None:
        """A run begins, by itself or because somebody asked for it."""
        self.state, self._under_way = "connecting", True
        self._edited_since = None
        # Armed while it runs: a run that never tells its end is followed by another.
        self.due = now + self.rhythm.every

    def reached(self, phase: State) -> None:
        """The run has come to `phase`."""
        if self.running and phase in _PHASES:
            self.state = phase

    def succeeded(self, now: float) -> None:
        """The run ended well."""
        self.state, self.code, self.failures, self._under_way = "idle", "", 0, False
        self._not_before = now
        self._rest(now)
        if self._edited_since is not None:
            # Typed while the run was under way, so perhaps too late for it.
            self.due = min(self.due, now + self.rhythm.after_edit)

    def failed(self, now: float, code: str, retry_after: float = 0.0) -> None:
        """The run failed for the reason `code`; the server may have said when to come back, and that is no failure."""
        self.code, self._under_way = code, False
        if not retry_after:
            self.failures += 1
        doubled = min(max(self.failures - 1, 0), 16)
        backoff = min(self.rhythm.first_retry * 2.0**doubled, self.rhythm.longest_retry)
        if code not in _ASIDE:
            self.state, backoff = "needs-attention", self.rhythm.attention
        else:
            self.state = "offline" if code == "offline" else "waiting"
        self._not_before = now + retry_after
        # Never before the server's moment, and not all at that very moment.
        self.due = max(now + self._spread(backoff), self._not_before + self._chance() * min(backoff, 30.0))

    def stopped(self, now: float) -> None:
        """The run was paused by the user: the next one comes by the clock."""
        self.state, self._under_way = "waiting", False
        self._rest(now)

    # What happens around it

    def edited(self, now: float) -> None:
        """Something was committed on this laptop: it is sent when the user has been quiet for a moment."""
        if self._edited_since is None:
            self._edited_since = now
        # In every other state the armed retry takes the edit along: typing is no reason to knock again.
        if self.state == "idle":
            quiet = min(now + self.rhythm.after_edit, self._edited_since + self.rhythm.longest_edit)
            self.due = min(self._by_clock, quiet)

    def online(self, now: float) -> None:
        """The network is back, or another one was joined."""
        if not self.running and self.state != "needs-attention":
            self.failures = 0
            self._hasten(now)

    def woke(self, now: float) -> None:
        """The laptop woke from sleep."""
        if not self.running:
            self._hasten(now)

    def wanted(self, now: float) -> None:
        """Somebody asked for a sync, signed in again or mended what needed a person."""
        self.due = self._not_before = now

    def pause(self, paused: bool, now: float) -> None:
        """No sync by itself while paused; one follows soon when it ends."""
        self.paused = paused
        if not paused:
            self._hasten(now)

    def use_metered(self, metered: bool, now: float) -> None:
        """The connection is, or is no longer, paid by the byte."""
        if metered != self.metered:
            self.metered = metered
            if self.state == "idle":
                self._rest(now)

    def _rest(self, now: float) -> None:
        self.due = self._by_clock = now + self._spread(
            self.rhythm.metered if self.metered else self.rhythm.every
        )

    def _hasten(self, now: float) -> None:
        soon = now + self._spread(self.rhythm.arrival)
        # What the server asked for stands.
        self.due = self._by_clock = max(min(self.due, soon), self._not_before)

    def _spread(self, seconds: float) -> float:
        """Between three quarters and five quarters: laptops that failed together do not return together."""
        return seconds * (0.75 + 0.5 * self._chance())
