"""Whatever a company does, in whatever order, on whatever network: the promise of the sync holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.machine.founding import Founding
from tests.sync.machine.rules import Company

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS = int(os.environ.get("TERRAIN_RUNS", 5_000 if SOAK else 300))
STEPS = 60




def test_the_promise_holds_whatever_happens(founding: Founding) -> None:
    Company.founding = founding
    run_state_machine_as_test(
        Company,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not SOAK,
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
