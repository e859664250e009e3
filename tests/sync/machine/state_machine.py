"""The company as Hypothesis plays it: chance that looks for what breaks a promise, and makes it short."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.sync.machine import promises
from tests.sync.machine.founding import Founding
from tests.sync.machine.rules import RULES, Company


class CompanyByChance(RuleBasedStateMachine):
    """One run. `founding` is set by the test that runs the machine."""

    founding: ClassVar[Founding]

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._company = Company(self._stack.enter_context(self.founding.fresh()))

    def teardown(self) -> None:
        """All is healed, and every promise is looked at."""
        with self._stack:
            if sys.exc_info()[0] is None:
                promises.hold_to_the_end(self._company.world)


def _as_rule(name: str) -> Callable[..., None]:
    def step(self: CompanyByChance, **arguments: Any) -> None:
        getattr(self._company, name)(**arguments)

    step.__name__ = name
    made: Callable[..., None] = rule(**{a: st.sampled_from(some) for a, some in RULES[name].items()})(step)
    return made


for _name in RULES:
    setattr(CompanyByChance, _name, _as_rule(_name))
