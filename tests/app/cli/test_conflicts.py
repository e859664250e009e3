"""`terrain conflicts`: every question that `terrain status` counts, in lines that a person can read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import records
from app.workspace import Workspace
from sync import capture
from sync.conflicts import DELETION, FORK, conflict_id
from sync.merge import BETWEEN, MINE, THEIRS

AT = "2026-11-20T09:00:00.000Z"
Clash = Callable[..., str]


@pytest.fixture
def laptop(profile: Path) -> Iterator[Workspace]:
    """A laptop of Nora's, who works with Karim and Rey."""
    with closing(Workspace.open(profile)) as workspace:
        with workspace.exclusive() as connection, capture.paused(connection):
            for id in ("nora", "karim", "rey"):
                connection.exec_driver_sql('INSERT INTO "user" (id, name) VALUES (?, ?)', (id, id.title()))
            for name, value in (("user", "nora"), ("device", "laptop-nora")):
                connection.exec_driver_sql("INSERT INTO sync_state VALUES (?, ?)", (name, value))
        yield workspace


@pytest.fixture
def clash(laptop: Workspace) -> Clash:
    """Leave versions of a field beside what stands, as a pull brings them."""

    def clash(kind: str, id: str, field: str, *versions: tuple[str, Any], writer: str = "rey") -> str:
        candidates = [
            {"value": value, "user": user, "device": f"laptop-{user}", "at": AT, "group": {}}
            for user, value in versions
        ]
        with laptop.exclusive() as connection, capture.paused(connection):
            connection.exec_driver_sql(f'UPDATE "{kind}" SET updated_by = ? WHERE id = ?', (writer, id))
            connection.exec_driver_sql("DELETE FROM sync_entry")
            connection.exec_driver_sql(
                "INSERT INTO conflict (id, rev, record_kind, record, field, candidates, state)"
                " VALUES (?, 5, ?, ?, ?, ?, 'open')",
                (conflict_id(kind, id, field), kind, id, field, json.dumps(candidates)),
            )
        return conflict_id(kind, id, field)

    return clash


def add(laptop: Workspace, kind: str, **values: Any) -> str:
    with laptop.transaction() as session:
        return records.add(session, kind, values)


def test_quotes_that_became_two_are_listed_as_they_are_counted(terrain, laptop, clash):
    account = add(laptop, "account", name="Savon")
    first, second = (add(laptop, "quote", account=account, subject=subject) for subject in ("Inox", "Zinc"))
    id = clash("quote", first, FORK, ("karim", second))
    assert terrain("status", "--json").data["conflicts"] == 1
    (row,) = terrain("conflicts", "--json").data
    assert (row["id"], row["field"], row["mine"], row["theirs"]) == (id, FORK, first, second)
    assert "Karim" in terrain("conflicts").out
    assert "both" in terrain("conflicts", "resolve", id, "id=mine", refused=True).err
    terrain("conflicts", "resolve", id, "id=both")
    assert terrain("status", "--json").data["conflicts"] == 0


def test_a_note_of_several_lines_takes_one_line_of_the_table(terrain, laptop, clash):
    account = add(laptop, "account", name="Savon", notes="One\nTwo")
    clash("account", account, "notes", ("nora", "Three\nFour"))
    heading, line = terrain("conflicts").out.splitlines()
    assert "Three Four" in line and "One Two" in line
    assert line.index("Three Four") == heading.index("Mine")


def test_a_note_with_both_versions_between_marks_is_shown_and_taken_without_them(terrain, laptop, clash):
    both = f"{MINE}\nThree\n{BETWEEN}\nOne\n{THEIRS}"
    account = add(laptop, "account", name="Savon", notes=both)
    id = clash("account", account, "notes", ("nora", "One"))
    _heading, line = terrain("conflicts").out.splitlines()
    assert "Three" in line and MINE not in line
    terrain("conflicts", "resolve", id, "notes=theirs")
    assert terrain("show", "account", account, "--json").data["notes"] == "Three"


def test_what_waits_is_told_by_its_record_its_moment_of_here_and_why(terrain, laptop):
    add(laptop, "account", name="Savon")
    with laptop.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_transaction SET state = 'parked', reason = 'not_allowed'")
        connection.exec_driver_sql("UPDATE sync_transaction SET at = '2026-11-20T09:00:00.000Z'")
    heading, line = terrain("parked").out.splitlines()
    assert heading.split() == ["id", "Record", "When", "Reason"]
    assert "Savon" in line and "20 Nov 2026" in line
    assert line.endswith("You may not change this record.")


def test_a_record_that_was_kept_says_so(terrain, laptop, clash):
    account = add(laptop, "account", name="Savon")
    clash("account", account, DELETION, ("karim", AT))
    _heading, line = terrain("conflicts").out.splitlines()
    assert "Kept" in line and "Deleted" in line


def test_each_version_has_its_author_beside_it(terrain, laptop, clash):
    account = add(laptop, "account", name="Savon")
    clash("account", account, "name", ("nora", "Savon Noir"), writer="rey")
    _heading, line = terrain("conflicts").out.splitlines()
    assert line.split()[-5:] == ["Savon", "Noir", "Nora", "Savon", "Rey"]


def test_what_the_user_wrote_elsewhere_on_the_record_does_not_make_him_the_author(terrain, laptop, clash):
    account = add(laptop, "account", name="Savon")
    clash("account", account, "name", ("nora", "Savon Noir"), writer="nora")
    _heading, line = terrain("conflicts").out.splitlines()
    assert line.split()[-1] == "Savon", "who wrote it is not known here"


def test_news_of_an_earlier_value_name_no_author_of_the_one_that_stands(terrain, laptop, clash):
    account = add(laptop, "account", name="Savon")
    with laptop.exclusive() as connection:
        connection.exec_driver_sql(
            "INSERT INTO sync_news (kind, id, field, old, new, by, at)"
            " VALUES ('account', ?, 'name', '', 'Gants', 'rey', ?)",
            (account, AT),
        )
    clash("account", account, "name", ("nora", "Savon Noir"), writer="nora")
    _heading, line = terrain("conflicts").out.splitlines()
    assert "Rey" not in line


def test_every_version_of_a_field_has_its_line(terrain, laptop, clash):
    account = add(laptop, "account", name="Savon")
    clash("account", account, "name", ("karim", "Gants"), ("nora", "Savon Noir"), writer="rey")
    _heading, *lines = terrain("conflicts").out.splitlines()
    assert [line.split()[-2:] for line in lines] == [["Savon", "Rey"], ["Gants", "Karim"]]
    (row,) = terrain("conflicts", "--json").data
    assert [(one["value"], one["by"], one["stands"]) for one in row["versions"]] == [
        ("Savon", "rey", True),
        ("Gants", "karim", False),
        ("Savon Noir", "nora", False),
    ]
