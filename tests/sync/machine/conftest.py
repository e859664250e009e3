"""The company of the machine, founded once for all tests that play it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sync.machine.founding import Founding
from tests.sync.machine.world import World


@pytest.fixture(scope="session")
def founding() -> Iterator[Founding]:
    """A company that every run finds as it was founded."""
    found = Founding()
    yield found
    found.close()


@pytest.fixture
def world(founding: Founding) -> Iterator[World]:
    """The company, for one story."""
    with founding.fresh() as fresh:
        yield fresh
