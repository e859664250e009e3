"""Fixtures of the sync."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.office import USERS, Laptop, Office
from tests.sync.prepared import a_prepared_office, take
from tests.sync.smtp import MailServer


@pytest.fixture
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A company with a server, before anybody enrolled but those whose laptop the test asks for."""
    with a_prepared_office(tmp_path, tuple(name for name in request.fixturenames if name in USERS)) as found:
        yield found


@pytest.fixture
def claire(office: Office) -> Laptop:
    """The laptop of the rep of Rhône, freshly synchronised."""
    return take(office, "claire")


@pytest.fixture
def rey(office: Office) -> Laptop:
    """The laptop of the manager of both territories, freshly synchronised."""
    return take(office, "rey")


@pytest.fixture
def karim(office: Office) -> Laptop:
    """The laptop of the rep of Isère, freshly synchronised."""
    return take(office, "karim")


@pytest.fixture
def julie(office: Office) -> Laptop:
    """The laptop of the office, freshly synchronised."""
    return take(office, "julie")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server that keeps what it is given."""
    with MailServer() as found:
        yield found
