"""Whatever a company does, in whatever order, on whatever network: the promise of the sync holds."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from sync.server.store import Organisations
from tests.sync.machine import chance, company
from tests.sync.machine.founding import Founding
from tests.sync.machine.server import Server
from tests.sync.machine.state_machine import CompanyByChance
from tests.sync.server.cluster import NotHere, a_cluster

RUNS = 300
TOGETHER = 20
STEPS = 60
SOAK_RUNS = int(os.environ.get("TERRAIN_RUNS", "100000"))
SEED = os.environ.get("TERRAIN_SEED")


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


@pytest.mark.parametrize("first", range(0, RUNS, TOGETHER))
def test_the_promise_holds_in_the_same_runs_everywhere(founding: Founding, first: int) -> None:
    for number in range(first, first + TOGETHER):
        taken = chance.steps(number, STEPS)
        problem = chance.play(founding, taken)
        if problem is not None:
            short = chance.shortened(founding, taken, problem)
            steps = "\n".join(f"    {step}," for step in short)
            raise AssertionError(f"run {number} breaks a promise, made short:\n{steps}") from problem


def test_the_runs_do_not_depend_on_where_they_are_drawn() -> None:
    """Chance that differs from one computer to the next belongs to the soak."""
    drawn = repr([chance.steps(number, STEPS) for number in range(RUNS)])
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == "b8c204a3ed140bf6"


@pytest.mark.soak
def test_the_promise_holds_whatever_happens(founding: Founding) -> None:
    _play(founding, SOAK_RUNS)


@pytest.mark.soak
def test_the_promise_holds_on_postgresql(on_postgres: Founding) -> None:
    _play(on_postgres, max(1, SOAK_RUNS // 20))


def _play(founding: Founding, runs: int) -> None:
    """Chance is new each time, unless a seed is named; what fails is kept and replayed."""
    CompanyByChance.founding = founding
    machine = seed(int(SEED))(CompanyByChance) if SEED else CompanyByChance
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
