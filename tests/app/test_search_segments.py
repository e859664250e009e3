"""Segments that were made in memory become part of an index as if SQLite had written them there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from app.search import segments
from app.search.segments import Segment, Structure

_LAYOUT = "USING fts5(words, content='', contentless_delete=1, detail=none, prefix='1 2')"
_NUMBERS = st.integers(0, (1 << 56) - 1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A file with an index that has three entries of its own, and one of which is deleted."""
    with create_engine("sqlite://", module=sqlcipher).connect() as connection:
        run = connection.exec_driver_sql
        run(f"CREATE VIRTUAL TABLE kept {_LAYOUT}")
        run(
            "INSERT INTO kept (rowid, words) VALUES (1, 'garage annecy'), (2, 'hotel lyon'), (3, 'garage lyon')"
        )
        run("DELETE FROM kept WHERE rowid = 3")
        connection.commit()
        yield connection


def make(connection: Connection, entries: dict[int, str]) -> None:
    """An index in the connection's memory, of a segment for each entry."""
    run = connection.exec_driver_sql
    run("DROP TABLE IF EXISTS temp.made")
    run(f"CREATE VIRTUAL TABLE temp.made {_LAYOUT}")
    run("INSERT INTO temp.made (made, rank) VALUES ('automerge', 0)")
    for row, words in entries.items():
        run("INSERT INTO temp.made (rowid, words) VALUES (?, ?)", (row, words))
        connection.commit()


def found(connection: Connection, query: str) -> list[int]:
    rows = connection.exec_driver_sql("SELECT rowid FROM kept WHERE kept MATCH ? ORDER BY rowid", (query,))
    return [row for (row,) in rows]


def test_what_was_moved_is_found_beside_what_was_there(connection: Connection):
    make(connection, {10: "garage grenoble", 11: "pharmacie lyon"})
    segments.move(connection, "made", "kept")
    assert found(connection, "garage") == [1, 10], (
        "in the very transaction, on the connection that wrote before"
    )
    connection.commit()
    assert found(connection, "l*") == [2, 11] and found(connection, "gre*") == [10]
    make(connection, {20: "garage valence"})
    segments.move(connection, "made", "kept")
    connection.commit()
    assert found(connection, "garage") == [1, 10, 20]
    connection.exec_driver_sql("INSERT INTO kept (kept) VALUES ('integrity-check')")


def test_what_was_moved_is_deleted_and_merged_like_any_entry(connection: Connection):
    make(connection, {10: "garage grenoble", 11: "garage valence", 12: "garage die"})
    segments.move(connection, "made", "kept")
    connection.exec_driver_sql("DELETE FROM kept WHERE rowid IN (1, 11)")
    connection.exec_driver_sql("INSERT INTO kept (rowid, words) VALUES (11, 'hotel valence')")
    connection.commit()
    assert found(connection, "garage") == [10, 12] and found(connection, "valence") == [11]
    connection.exec_driver_sql("INSERT INTO kept (kept) VALUES ('optimize')")
    connection.commit()
    assert found(connection, "garage") == [10, 12] and found(connection, "hotel") == [2, 11]
    connection.exec_driver_sql("INSERT INTO kept (kept) VALUES ('integrity-check')")


def test_what_is_rolled_back_is_not_found(connection: Connection):
    make(connection, {10: "garage grenoble"})
    segments.move(connection, "made", "kept")
    connection.rollback()
    assert found(connection, "garage") == [1]


@given(
    st.binary(min_size=4, max_size=4),
    _NUMBERS,
    st.lists(st.tuples(_NUMBERS, st.lists(st.builds(Segment, *[_NUMBERS] * 8), max_size=4)), max_size=3),
)
def test_a_structure_is_read_as_it_was_written(
    cookie: bytes, writes: int, levels: list[tuple[int, list[Segment]]]
):
    structure = Structure(cookie, writes, levels)
    assert segments.decode(segments.encode(structure)) == structure


@pytest.mark.parametrize("record", [b"\0\0\0\0\1\1\0", b"\0\0\0\0\xff\0\0\1\0\0\0\0"])
def test_a_record_of_another_kind_is_not_understood(record: bytes):
    with pytest.raises(ValueError, match="full-text"):
        segments.decode(record)
