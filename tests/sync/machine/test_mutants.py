"""Eleven bugs, planted in the engine one at a time: what watches the promise notices each of them."""

from __future__ import annotations

import pytest

from tests.sync.machine import chance, mutants, promises
from tests.sync.machine.founding import Founding
from tests.sync.machine.stories import SPOILT_BY
from tests.sync.machine.world import World

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


# No rule forges requests (test_authorisation.py does) nor damages a file (its story does).
BEYOND_CHANCE = (mutants.it_judges_entitlement_by_a_claim, mutants.it_adopts_the_servers_sum)
by_chance = pytest.mark.parametrize(
    "mutant",
    [mutant for mutant in mutants.ALL if mutant not in BEYOND_CHANCE],
    ids=lambda mutant: mutant.__name__,
)


@pytest.mark.soak
@by_chance
def test_chance_finds_the_bug_too(mutant: mutants.Mutant, founding: Founding) -> None:
    with mutant():
        runs = (chance.play(founding, chance.steps(number, 60)) for number in range(2_000))
        assert any(problem is not None for problem in runs)
