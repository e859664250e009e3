"""Whatever a company does, in whatever order, on whatever network: the promise of the sync holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from sync.server.store import Organisations
from tests.sync.machine import company
from tests.sync.machine.founding import Founding
from tests.sync.machine.rules import Company
from tests.sync.machine.server import Server
from tests.sync.server.cluster import NotHere, a_cluster

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
RUNS = int(os.environ.get("TERRAIN_RUNS", "100000" if SOAK else "40"))
SEED = os.environ.get("TERRAIN_SEED")
STEPS = 60


@pytest.fixture(scope="module")
def on_postgres() -> Iterator[Founding]:
    """The same company on a PostgreSQL server."""
    try:
        with a_cluster() as cluster:
            known = Organisations(cluster.url, company.schema())
            found = Founding(Server(known.create("machine")))
            yield found
            found.close()
            known.close()
    except NotHere as reason:
        pytest.skip(str(reason))


def test_the_promise_holds_whatever_happens(founding: Founding) -> None:
    _play(founding, RUNS)


@pytest.mark.soak
def test_the_promise_holds_on_postgresql(on_postgres: Founding) -> None:
    _play(on_postgres, max(1, RUNS // 20))


def _play(founding: Founding, runs: int) -> None:
    """Many runs. In the soak chance is new each time, unless a seed is named; what fails is kept and replayed."""
    Company.founding = founding
    machine = Company
    if SEED:
        machine = seed(int(SEED))(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not SOAK,
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
