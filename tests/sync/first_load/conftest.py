"""An office with some customers, whose scopes all have files of many slices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import records
from sync import first_load
from sync.server import scope_files
from tests.sync.first_load.between import SECRET
from tests.sync.office import ISERE, RHONE, Office
from tests.sync.prepared import a_prepared_office
from tests.sync.server.conftest import postgres_url

__all__ = ["postgres_url"]


@pytest.fixture(autouse=True)
def every_scope_has_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one of a single row; and a slice has few rows, so that there are several."""
    monkeypatch.setattr(scope_files, "FEWEST_ROWS", 1)
    monkeypatch.setattr(first_load, "FEWEST", 4)
    monkeypatch.setattr(first_load, "MOST", 4)
    monkeypatch.setattr(first_load, "FIRST_SLICE", 4)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Office]:
    """A company with some customers in each territory."""
    with a_prepared_office(tmp_path, filling=_write_customers) as office:
        yield office


def _write_customers(office: Office) -> None:
    """Their manager does, on a laptop that nobody uses afterwards."""
    rey = office.enrol("rey", "before")
    rey.sync()
    with rey.workspace.transaction() as session:
        for number in range(9):
            for territory in (RHONE, ISERE):
                account = records.add(
                    session, "account",
                    {"name": f"{SECRET} {number}", "territory": territory, "tags": ["été", "½"]},
                )  # fmt: skip
                records.add(session, "contact", {"account": account, "last_name": f"Nom {number}"})
    rey.sync()
