"""Fixtures of the sync."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.office import Laptop, Office, an_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A company with a server, before anybody enrolled."""
    with an_office(tmp_path) as found:
        yield found


@pytest.fixture
def claire(office: Office) -> Laptop:
    """The laptop of the rep of Rhône, freshly synchronised."""
    laptop = office.enrol("claire")
    laptop.sync()
    return laptop


@pytest.fixture
def rey(office: Office) -> Laptop:
    """The laptop of the manager of both territories, freshly synchronised."""
    laptop = office.enrol("rey")
    laptop.sync()
    return laptop


@pytest.fixture
def karim(office: Office) -> Laptop:
    """The laptop of the rep of Isère, freshly synchronised."""
    laptop = office.enrol("karim")
    laptop.sync()
    return laptop


@pytest.fixture
def julie(office: Office) -> Laptop:
    """The laptop of the office, freshly synchronised."""
    laptop = office.enrol("julie")
    laptop.sync()
    return laptop
