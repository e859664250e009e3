"""Runs by chance that are the same everywhere: steps drawn from a seed alone, and made short where one fails."""

from __future__ import annotations

import random
from typing import Any

from tests.sync.machine import promises
from tests.sync.machine.founding import Founding
from tests.sync.machine.rules import RULES, Company
from tests.sync.machine.world import World

Steps = list[tuple[str, dict[str, Any]]]
OFTEN = 0.6
"""How much of a run is made of the rules that this run favours: chance that does everything does little of it."""
MOST_TRIES = 400
"""Of shortening: a failure must not cost more than the runs."""


def steps(seed: int, count: int) -> Steps:
    """The steps of one run. `random.random` gives the same numbers in every version of Python."""
    chance = random.Random(seed).random
    names = list(RULES)

    def one_of(some: Any) -> Any:
        return some[int(chance() * len(some))]

    favoured = [name for name in names if chance() < 0.5] or names
    drawn: Steps = []
    for _step in range(count):
        name = one_of(favoured if chance() < OFTEN else names)
        drawn.append((name, {argument: one_of(some) for argument, some in RULES[name].items()}))
    return drawn


def act(world: World, taken: Steps) -> None:
    """Take the steps; cursors are watched on the way."""
    company = Company(world)
    for rule, arguments in taken:
        getattr(company, rule)(**arguments)


def play(founding: Founding, taken: Steps) -> Exception | None:
    """One run; what broke, None where every promise held."""
    with founding.fresh() as world:
        try:
            act(world, taken)
            promises.hold_to_the_end(world)
        except Exception as problem:
            return problem
    return None


def shortened(founding: Founding, taken: Steps, problem: Exception) -> Steps:
    """As few of the steps as still break the same promise."""
    size, tries = max(1, len(taken) // 2), 0
    while tries < MOST_TRIES:
        at, shorter = 0, False
        while at < len(taken) and tries < MOST_TRIES:
            fewer, tries = taken[:at] + taken[at + size :], tries + 1
            if _where(play(founding, fewer)) == _where(problem):
                taken, shorter = fewer, True
            else:
                at += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return taken


def _where(problem: Exception | None) -> tuple[str, str]:
    """The kind of a failure, and the function that raised it."""
    trace = problem.__traceback__ if problem else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return type(problem).__name__, trace.tb_frame.f_code.co_name if trace else ""
