"""Who comes in at once, and when the others come back: one process's own view of how much it has to do."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio

LONGEST_QUEUE_S = 0.25
"""A call that would wait longer for its turn is sent away: a laptop waits better at home than in here."""
MOST_QUEUED = 2
"""So many wait at most, however short the calls before them were: the next ones may be long."""
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.15, 30.0
"""Of what a caller is told."""
EARLY = 0.85
"""Of the time until somebody's turn: who comes a little early is told the rest, and the server never idles."""
COMES_WITHIN_S = 0.5
"""After its moment; a caller that takes longer keeps nobody behind it waiting, and its place all the same."""
LATER = 1.1
"""How much longer than it was told a caller may wait by chance: see `sync.patience`."""
KEPT_S = 120.0
"""So long its place is kept, for the case that it knocks at another process first."""
RUN_S = 5.0
"""So long a caller that was let in stands where it stood, so that its sync ends before others begin theirs: what
they send meanwhile need not be fetched by it. Who still fetches after that goes to the end of the row."""
MOST_PLACES = 2_000
MOST_KNOWN = 10_000
"""Callers that are remembered as laptops of ours: made-up tokens without end keep none of them out."""
READ_WITHIN_S = 1.0
"""So long a call whose body is still on its way takes room; on a slow line it takes it when it is all here."""
_FIRST_GUESS_S = 0.1
_NEWEST = 0.2
"""How much the latest call counts among those before it."""


@dataclass(eq=False)
class Turn:
    """One call that was let in."""

    caller: str
    since: float
    crowded: bool
    """Whether others wait."""
    read: bool = False
    """Whether its body is here."""
    took_s: float | None = None
    """How long it was worked on, where it came to that."""
    proven: bool = False
    """Whether the caller turned out to be a laptop of ours."""

    @contextmanager
    def timed(self) -> Iterator[None]:
        """While it is worked on."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.took_s = time.perf_counter() - started


@dataclass
class _Place:
    """Where a caller stands among those who want to come in."""

    awaited_until: float = 0.0
    """When nobody waits for it any more; in the past for one that was let in."""
    kept_until: float = math.inf
    run_until: float = math.inf
    """When a caller that was let in gives its place up."""
    refusals: int = 0
    """Since it was last let in."""


class Admission:
    """Lets calls in while their turn comes soon; sends others away, to come back in the order in which they came.

    Nothing in here is needed by another process: who comes to one that does not know him gets a place there too.
    """

    def __init__(self, slots: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._slots, self._clock = slots, clock
        self._limiter: anyio.CapacityLimiter | None = None
        self._service_s = _FIRST_GUESS_S
        self._turns: set[Turn] = set()
        self._places: dict[str, _Place] = {}
        """Those who came first before the others."""
        self._known: dict[str, None] = {}
        """Callers who were proven, the latest last."""

    @property
    def limiter(self) -> anyio.CapacityLimiter:
        """The slots; those that were let in get them in the order in which they came."""
        if self._limiter is None:  # it belongs to the loop that asks for it
            self._limiter = anyio.CapacityLimiter(self._slots)
        return self._limiter

    def ask(self, caller: str) -> Turn | float:
        """A turn, or after how many seconds the caller may come back."""
        now = self._clock()
        self._forget(now)
        before, room = self._before(caller, now), self._room(now)
        if before < room:
            return self._let_in(caller, now)
        until_turn = (before - room + 1) * self._service_s / self._slots
        place = self._places.get(caller) or _Place()
        # Who was told too early a moment, again and again, is told a later one.
        shortest = SHORTEST_WAIT_S * (1 + place.refusals / 8)
        wait = min(max(until_turn * EARLY, shortest), LONGEST_WAIT_S)
        place.awaited_until = now + wait * LATER + COMES_WITHIN_S
        place.kept_until = place.awaited_until + KEPT_S
        place.refusals += 1
        if len(self._places) < MOST_PLACES or caller in self._known:
            self._places.setdefault(caller, place)
        return wait

    def ended(self, turn: Turn) -> None:
        """The call is over."""
        self._turns.discard(turn)
        if turn.proven:
            self._known.pop(turn.caller, None)
            self._known[turn.caller] = None
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]
        if turn.took_s is not None:
            self._service_s += (turn.took_s - self._service_s) * _NEWEST

    def _let_in(self, caller: str, now: float) -> Turn:
        place = self._places.get(caller)
        if place is not None:
            place.awaited_until, place.refusals = 0.0, 0
            place.run_until = min(place.run_until, now + RUN_S)
        others_wait = any(now <= other.awaited_until for other in self._places.values())
        turn = Turn(caller, now, crowded=others_wait or len(self._turns) >= self._slots)
        self._turns.add(turn)
        return turn

    def _forget(self, now: float) -> None:
        for caller, place in list(self._places.items()):
            if now > min(place.kept_until, place.run_until):
                del self._places[caller]

    def _room(self, now: float) -> int:
        """How many more may come in."""
        inside = sum(turn.read or now - turn.since < READ_WITHIN_S for turn in self._turns)
        queued = min(MOST_QUEUED, int(LONGEST_QUEUE_S * self._slots / self._service_s))
        return self._slots + queued - inside

    def _before(self, caller: str, now: float) -> int:
        """How many came before the caller and are awaited at any moment.

        Before one that is known there are none but the known, for whom the others leave a place free.
        """
        awaited = [
            name for name, place in self._places.items() if name == caller or now <= place.awaited_until
        ]
        ahead = awaited[: awaited.index(caller)] if caller in self._places else awaited
        if caller in self._known:
            return sum(name in self._known for name in ahead)
        behind = awaited[len(ahead) :]
        return len(ahead) + any(name in self._known for name in behind)
