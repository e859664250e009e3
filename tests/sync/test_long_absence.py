"""After more than a year away: what was forgotten meanwhile is no longer here, and what was not sent still is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync import breaker
from tests.sync.office import ISERE, RHONE, Laptop, Office


def days_later(office: Office, days: int) -> None:
    """Let the server's clock go on, for whoever asks it from now on."""
    office.service = replace(office.service, clock=lambda: datetime.now(UTC) + timedelta(days=days))
    for laptop in office.laptops:
        laptop.remote = office.service.connect(laptop.remote.token)  # type: ignore[attr-defined]


def tombstones(office: Office) -> int:
    with office.store.read() as connection:
        return sum(
            row.deleted_at is not None
            for table in office.store.tables.synced.values()
            for row in connection.execute(table.select())
        )


def test_who_was_away_for_longer_than_tombstones_are_kept_gets_everything_beside_what_he_has(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    deleted = claire.add("account", name="Supprimé", territory=RHONE)
    moved = claire.add("account", name="Déplacé", territory=RHONE)
    kept = claire.add("account", name="Gardé", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.delete("account", deleted)
    rey.save("account", moved, territory=ISERE)
    rey.sync()
    days_later(office, 401)
    rey.sync()
    rey.add("account", name="Récent", territory=RHONE)
    rey.sync()
    assert tombstones(office) == 0
    claire.save("account", kept, notes="Écrit pendant l'absence")
    new = claire.add("account", name="Écrit pendant l'absence", territory=RHONE)
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql(
            "INSERT INTO draft (kind, id, \"values\", at) VALUES ('account', ?, '{}', '')", (kept,)
        )
    claire.sync()
    assert {row["name"] for row in claire.rows("account")} == {
        "Gardé", "Récent", "Écrit pendant l'absence"
    }  # fmt: skip
    assert claire.get("account", kept)["notes"] == "Écrit pendant l'absence"
    assert claire.sql("SELECT id FROM draft") == [(kept,)], "a draft is nobody's to take away"
    assert claire.differing() is None
    rey.sync()
    assert rey.get("account", new)["name"] == "Écrit pendant l'absence"


def test_a_replacement_takes_the_row_away_but_not_the_work_on_it(
    office: Office, claire: Laptop, rey: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = claire.add("account", name="Déplacé", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.save("account", moved, territory=ISERE)
    rey.sync()
    days_later(office, 401)
    rey.sync()
    rey.add("account", name="Récent", territory=RHONE)
    rey.sync()
    claire.save("account", moved, notes="Écrit sans le savoir")
    with monkeypatch.context() as patch:
        patch.setattr("sync.engine.Engine._push", lambda _engine: None)
        claire.sync()
    row = claire.get("account", moved)
    assert (row["notes"], row["rev"]) == ("Écrit sans le savoir", 0), "in quarantine until it is sent"
    assert claire.differing() is None
    # That he was entitled once is forgotten with the exit: a manager has to decide.
    assert claire.sync()["parked"] == 1
    assert claire.get("account", moved)["notes"] == "Écrit sans le savoir", "shown, marked, not lost"
    assert claire.differing() is None


def test_a_cursor_within_the_horizon_goes_on_as_ever(office: Office, claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Supprimé", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.delete("account", account)
    rey.sync()
    days_later(office, 399)
    rey.sync()
    assert tombstones(office) == 1
    claire.sync()
    assert claire.sql("SELECT code FROM sync_history ORDER BY seq DESC LIMIT 1") == [(None,)]
    assert claire.rows("account") == []


def test_a_replacement_that_would_empty_a_laptop_is_looked_at_first(
    office: Office, claire: Laptop, rey: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "MOST", 4)
    accounts = [claire.add("account", name=f"Compte {n}", territory=RHONE) for n in range(8)]
    claire.sync()
    rey.sync()
    for account in accounts:
        rey.delete("account", account)
    rey.sync()
    days_later(office, 401)
    rey.sync()
    rey.add("account", name="Récent", territory=RHONE)
    rey.sync()
    claire.sync()
    assert [row["name"] for row in claire.rows("account")] == ["Récent"]
    assert claire.sql("SELECT code FROM sync_history ORDER BY seq DESC LIMIT 1") == [("confirmed",)]


def test_what_was_sent_is_forgotten_after_ninety_days_of_the_servers_clock(
    office: Office, claire: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    days_later(office, 89)
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_transaction") == [(1,)]
    days_later(office, 92)
    claire.save("account", account, notes="Encore en attente")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.engine.Engine._push", lambda _engine: None)
        claire.sync()
    assert claire.sql("SELECT state FROM sync_transaction") == [("sealed",)]
    assert claire.sync()["pushed"] == 1, "and the numbers go on"
    assert claire.differing() is None
