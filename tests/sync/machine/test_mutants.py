"""Eleven bugs, planted in the engine one at a time: what watches the promise notices each of them."""

from __future__ import annotations

import pytest

from tests.sync.machine import chance, mutants, promises
from tests.sync.machine.founding import Founding
from tests.sync.machine.stories import SPOILT_BY
from tests.sync.machine.world import World

RUNS = 300
"""In which chance has to find a bug: the very runs that end well without it."""
by_name = pytest.mark.parametrize("mutant", mutants.ALL, ids=lambda mutant: mutant.__name__)


@by_name
def test_without_the_bug_the_story_ends_well(mutant: mutants.Mutant, world: World) -> None:
    SPOILT_BY[mutant](world)
    promises.hold_when_healed(world)


@by_name
def test_with_the_bug_the_story_ends_badly(mutant: mutants.Mutant, founding: Founding) -> None:
    with founding.fresh() as world, mutant(), pytest.raises(AssertionError):
        SPOILT_BY[mutant](world)
        promises.hold_when_healed(world)


@pytest.mark.soak
@by_name
def test_chance_finds_the_bug_too(mutant: mutants.Mutant, founding: Founding) -> None:
    with mutant():
        runs = (chance.play(founding, chance.steps(number, 60)) for number in range(RUNS))
        assert any(problem is not None for problem in runs)
