"""The server's disk is full: who only receives goes on, who sends comes back later, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.syncing import SyncProblem
from tests.sync.office import ISERE, RHONE, Laptop, Office, an_office
from tests.sync.test_full_disk import fill, mounted


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server on a disk of its own."""
    with mounted(tmp_path / "server", "64m"), an_office(tmp_path) as office:
        yield office


def fill_up(office: Office) -> Path:
    """Not a byte is left, in the journal neither."""
    with office.store.engine.connect() as plain:
        plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return fill(office.folder / "server", 0)


def changed_since(claire: Laptop, rey: Laptop) -> str:
    """An account that Rey changed after Claire's last sync."""
    claire.sync(), rey.sync()
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), rey.sync(), claire.sync()
    rey.save("account", account, website="morel.fr")
    rey.sync()
    return account


def test_who_only_receives_is_served(office: Office) -> None:
    claire, rey = office.enrol("claire"), office.enrol("rey")
    account = changed_since(claire, rey)
    ballast = fill_up(office)
    for _again in range(3):
        claire.sync()
        assert claire.get("account", account)["website"] == "https://morel.fr"
        assert claire.differing() is None
    ballast.unlink()
    claire.save("account", account, notes="Après")
    assert claire.sync()["parked"] == 0
    rey.sync()
    assert rey.get("account", account)["notes"] == "Après"
    claire.sync()
    assert rey.content()["account"] == claire.content()["account"]


def test_who_sends_comes_back_later_and_loses_nothing(office: Office) -> None:
    claire, rey = office.enrol("claire"), office.enrol("rey")
    account = changed_since(claire, rey)
    ballast = fill_up(office)
    claire.save("account", account, notes="Pendant ce temps")
    with pytest.raises(SyncProblem) as problem:
        claire.sync()
    assert problem.value.code == "server_busy"
    ballast.unlink()
    assert claire.sync()["pushed"] == 1
    rey.sync()
    assert rey.get("account", account)["notes"] == "Pendant ce temps"


def test_rows_of_a_new_scope_come_once_it_can_be_noted_that_they_were_given(office: Office) -> None:
    claire, rey, julie = (office.enrol(name) for name in ("claire", "rey", "julie"))
    changed_since(claire, rey)
    julie.sync()
    rey.add("account", name="Siège", territory=ISERE)
    rey.sync()
    julie.save("user", claire.user, territories=[RHONE, ISERE])
    julie.sync()
    ballast = fill_up(office)
    with pytest.raises(SyncProblem) as problem:
        claire.sync()
    assert problem.value.code == "server_busy"
    assert [row["name"] for row in claire.rows("account")] == ["Morel"]
    ballast.unlink()
    claire.sync()
    assert {row["name"] for row in claire.rows("account")} == {"Morel", "Siège"}
    assert claire.differing() is None
