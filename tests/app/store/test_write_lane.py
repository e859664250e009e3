"""Who writes has the pages of the one before in memory, and a program that closes breaks no action off."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from app import records
from app.workspace import Workspace


def the_writer(workspace: Workspace) -> Any:
    with workspace.exclusive() as connection:
        return connection.connection.dbapi_connection


def test_those_who_write_share_one_connection_whatever_is_read_meanwhile(workspace: Workspace):
    first = the_writer(workspace)
    with workspace.read() as session:
        assert not records.count(session, "account")
        assert the_writer(workspace) is first


def test_after_an_action_that_failed_the_next_one_is_kept(workspace: Workspace):
    with pytest.raises(ZeroDivisionError), workspace.transaction() as session:
        records.add(session, "account", {"name": "Boulangerie Morel"})
        _ = 1 / 0
    with workspace.transaction() as session:
        records.add(session, "account", {"name": "Fromagerie Rey"})
    with workspace.read() as session:
        assert [row["name"] for row in records.find_rows(session, "account", {})] == ["Fromagerie Rey"]


def test_a_program_that_closes_lets_the_action_that_is_under_way_end(profile: Path):
    workspace = Workspace.open(profile)
    writing, closed = threading.Event(), threading.Event()

    def write() -> None:
        with workspace.transaction() as session:
            records.add(session, "account", {"name": "Boulangerie Morel"})
            writing.set()
            closed.wait(30)

    writer = threading.Thread(target=write)
    writer.start()
    writing.wait(30)
    workspace.close()
    closed.set()
    writer.join(30)
    assert not workspace.engine.pool.checkedout()  # type: ignore[attr-defined]
    again = Workspace.open(profile)
    with again.read() as session:
        assert [row["name"] for row in records.find_rows(session, "account", {})] == ["Boulangerie Morel"]
    again.close()
