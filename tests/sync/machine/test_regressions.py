"""What chance or somebody found once stays mended."""

from __future__ import annotations

import pytest

from tests.sync.machine import (
    chance,
    copied_quotes,
    merged_runs,
    open_forms,
    promises,
    restored_quotes,
    restored_records,
    stories,
    told_runs,
)
from tests.sync.machine.world import World

TOLD = (
    told_runs.FOUND,
    restored_quotes.FOUND,
    copied_quotes.FOUND,
    merged_runs.FOUND,
    open_forms.FOUND,
    restored_records.FOUND,
)
EVERY = {name: steps for found in TOLD for name, steps in found.items()}


@pytest.mark.parametrize("found", EVERY)
def test_what_chance_found_stays_mended(world: World, found: str) -> None:
    assert len(EVERY) == sum(map(len, TOLD)), "no two have one name"
    chance.act(world, EVERY[found])
    promises.hold_to_the_end(world)


def test_a_new_record_that_was_not_accepted_is_shown_when_it_is_sent_again(world: World) -> None:
    stories.a_new_record_is_sent_again(world)
    promises.hold_to_the_end(world)
