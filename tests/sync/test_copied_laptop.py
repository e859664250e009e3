"""Two files with one past: a copied, moved or rewound profile never doubles, loses or gives away anything."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app import syncing
from app.quotes import issuing
from app.store import backup, keys, place
from app.workspace import Workspace
from tests.sync.office import RHONE, Laptop, Office, Unreliable


def copied(office: Office, laptop: Laptop, name: str = "copy") -> Laptop:
    """The same folder once more on the same computer, opened as a user would."""
    folder = office.folder / name
    laptop.workspace.close()
    shutil.copytree(laptop.workspace.folder, folder)
    copy = Laptop(Workspace.open(folder), laptop.remote, laptop.user)
    office.laptops.append(copy)
    return copy


def state_of(laptop: Laptop, name: str) -> Any:
    found = laptop.sql("SELECT value FROM sync_state WHERE name = ?", name)
    return found[0][0] if found else None


def a_number(laptop: Laptop) -> str:
    with laptop.workspace.transaction() as session:
        return issuing.draw_number(session, date(2026, 5, 4))


def test_a_copy_draws_other_numbers_than_the_original_before_and_after_it_met_the_server(
    office: Office, claire: Laptop
) -> None:
    a_number(claire)
    copy = copied(office, claire)
    drawn = [a_number(claire), a_number(copy), a_number(copy)]
    series = state_of(claire, "series")
    assert drawn[0].split("-")[1] == series
    assert drawn[1].split("-")[1].startswith(series) and len(drawn[1].split("-")[1]) == len(series) + 3
    copy.sync()
    drawn += [a_number(copy), a_number(claire)]
    assert state_of(copy, "series") != state_of(claire, "series")
    assert drawn[3].split("-")[1] == state_of(copy, "series"), "granted: no letters any more"
    assert len(set(drawn)) == len(drawn)
    claire.sync()
    assert state_of(claire, "series") == series


def test_a_copy_on_the_same_computer_leaves_the_originals_token_alone(office: Office, claire: Laptop) -> None:
    copy = copied(office, claire)
    before = token_of(claire)
    copy.sync()
    assert token_of(claire) == before
    assert token_of(copy) not in ("", before)
    claire.remote = office.service.connect(token_of(claire))
    claire.add("account", name="Morel", territory=RHONE)
    assert claire.sync()["pushed"] == 1


def token_of(laptop: Laptop) -> str:
    with laptop.workspace.read() as session:
        return syncing.token_of(laptop.workspace.folder, session.connection())


def test_a_copy_goes_on_from_where_it_stands_without_loading_everything_again(
    office: Office, claire: Laptop
) -> None:
    for number in range(20):
        claire.add("account", name=f"Compte {number}", territory=RHONE)
    claire.sync()
    copy = copied(office, claire)
    assert copy.sync()["pulled"] == 0
    assert copy.content() == claire.content()
    assert copy.differing() is None


def test_what_both_files_had_to_send_is_there_once(office: Office, claire: Laptop, rey: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE, notes="Une fois")
    claire.add("quote", account=account, status="draft", subject="Savon")
    copy = copied(office, claire)
    claire.save("account", account, website="morel.fr")
    copy.save("account", account, payment_terms="30 jours")
    claire.sync()
    copy.sync()
    claire.sync()
    rey.sync()
    for laptop in (claire, copy, rey):
        row = laptop.get("account", account)
        assert (row["website"], row["payment_terms"]) == ("https://morel.fr", "30 jours")
        assert len(laptop.rows("account")) == len(laptop.rows("quote")) == 1
        assert laptop.rows("conflict") == []
        assert laptop.differing() is None
    assert copy.sql("SELECT count(*) FROM sync_entry") == [(0,)]


def test_a_file_that_was_set_back_is_noticed_by_the_servers_number_even_with_nothing_to_send(
    office: Office, claire: Laptop, tmp_path: Path
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    claire.workspace.close()
    file = claire.workspace.folder / "terrain.db"
    shutil.copyfile(file, tmp_path / "before.db")
    claire.workspace = Workspace.open(claire.workspace.folder)
    claire.save("account", account, notes="Écrit après la copie")
    claire.sync()
    device = state_of(claire, "device")
    claire.workspace.close()
    # In place, so that neither the path nor the inode tells.
    with file.open("r+b") as target, (tmp_path / "before.db").open("rb") as source:
        shutil.copyfileobj(source, target)
        target.truncate()
    claire.workspace = Workspace.open(claire.workspace.folder)
    assert state_of(claire, "restored") is None
    claire.sync()
    assert state_of(claire, "device") != device
    assert claire.get("account", account)["notes"] == "Écrit après la copie"
    assert claire.differing() is None


def test_a_restored_backup_becomes_a_device_of_its_own(office: Office, claire: Laptop) -> None:
    claire.add("account", name="Morel", territory=RHONE)
    copy = office.folder / "daily.terrain"
    backup.write_backup(claire.workspace.engine, claire.workspace.folder, copy)
    device, series = state_of(claire, "device"), state_of(claire, "series")
    claire.workspace.close()
    backup.restore(copy, claire.workspace.folder, force=True)
    claire.workspace = Workspace.open(claire.workspace.folder)
    assert claire.sync()["pushed"] == 1
    assert state_of(claire, "device") != device and state_of(claire, "series") != series
    assert len(office.content({f"territory:{RHONE}"})["account"]) == 1


def test_a_file_that_came_to_another_computer_signs_in_again(
    office: Office, claire: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire.add("account", name="Morel", territory=RHONE)
    claire.workspace.close()
    monkeypatch.setattr(place, "_machine", lambda: "another one")
    claire.workspace = Workspace.open(claire.workspace.folder)
    assert state_of(claire, "restored") == 1
    keys.forget_secret(claire.workspace.folder, f"device:{state_of(claire, 'device')}")
    claire.remote = office.service.connect(token_of(claire))
    with pytest.raises(syncing.SyncProblem) as problem:
        claire.sync()
    assert problem.value.code == "sign_in_needed"
    claire.workspace.close()
    again = office.enrol("claire", claire.workspace.folder.name)
    assert again.sync()["pushed"] == 1
    assert state_of(again, "restored") is None


def test_a_copy_of_a_laptop_that_works_alone_draws_other_letters(tmp_path: Path) -> None:
    alone = Laptop(Workspace.create(tmp_path / "one")[0], Unreliable(None, lambda _: False), "")  # type: ignore[arg-type]
    first = a_number(alone)
    alone.workspace.close()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    copy = Laptop(Workspace.open(tmp_path / "two"), alone.remote, "")
    alone = Laptop(Workspace.open(tmp_path / "one"), alone.remote, "")
    assert a_number(alone).split("-")[1] == first.split("-")[1]
    assert a_number(copy).split("-")[1] != first.split("-")[1]
    for laptop in (alone, copy):
        laptop.workspace.close()


def test_nothing_of_one_organisation_is_told_to_another(office: Office, claire: Laptop) -> None:
    claire.add("account", name="Secret", territory=RHONE)
    claire.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql(
            "UPDATE sync_state SET value = 'elsewhere' WHERE name IN ('organisation', 'epoch')"
        )
    claire.workspace.close()
    again = office.enrol("claire", claire.workspace.folder.name)
    assert again.sql("SELECT count(*) FROM sync_transaction") == [(0,)]
    asked: list[str] = []
    again.remote = Unreliable(again.remote, lambda call: bool(asked.append(call)))  # type: ignore[arg-type]
    assert again.sync()["pushed"] == 0
    assert "hello" not in asked
    assert len(again.rows("account")) == 1
