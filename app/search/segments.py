"""Moves the segments of one full-text table into another of the same declaration, page by page.

A segment is made in the memory of one connection, on a core of its own, and whoever holds the write lane only
copies its pages. The records are those that `fts5_index.c` of SQLite describes above `FTS5_STRUCTURE_ROWID`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

_AVERAGES, _STRUCTURE = 1, 10
"""Ids in the table `…_data`."""
_SEGMENT_BIT = 37
"""From here on the id of a page names its segment."""
_MOST_SEGMENTS = 2_000
_SECOND_VERSION = b"\xff\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of an index: its pages, the writes that it holds, and its deleted entries."""

    id: int
    first_page: int
    last_page: int
    first_origin: int
    last_origin: int
    pages_of_deleted: int
    deleted: int
    entries: int


@dataclass(slots=True)
class Structure:
    """Which segments make up an index, by level; those of a level from the oldest to the newest."""

    cookie: bytes
    writes: int
    levels: list[tuple[int, list[Segment]]]
    """(segments of a merge under way, all segments) of each level."""

    def segments(self) -> list[Segment]:
        """All of them, the oldest first."""
        return [segment for _merging, level in reversed(self.levels) for segment in level]


def decode(record: bytes) -> Structure:
    """The structure that a record says; raises ValueError for one of another version."""
    if record[4:8] != _SECOND_VERSION:
        raise ValueError("the record of a full-text index has another version")
    numbers = _varints(record[8:])
    count, _all, writes = next(numbers), next(numbers), next(numbers)
    levels = []
    for _level in range(count):
        merging, size = next(numbers), next(numbers)
        levels.append((merging, [Segment(*(next(numbers) for _n in range(8))) for _s in range(size)]))
    if next(numbers, None) is not None:
        raise ValueError("the record of a full-text index is longer than it says")
    return Structure(record[:4], writes, levels)


def encode(structure: Structure) -> bytes:
    """The record of a structure."""
    numbers = [len(structure.levels), len(structure.segments()), structure.writes]
    for merging, level in structure.levels:
        numbers += [merging, len(level)]
        for one in level:
            numbers += [one.id, one.first_page, one.last_page, one.first_origin, one.last_origin]
            numbers += [one.pages_of_deleted, one.deleted, one.entries]
    return structure.cookie + _SECOND_VERSION + b"".join(map(_varint, numbers))


def move(connection: Connection, made: str, into: str) -> None:
    """Add the segments of the temporary table `made` to the table `into` as its newest ones.

    Both are FTS5 tables of one column with `contentless_delete`, and have no row number in common.
    """
    run = connection.exec_driver_sql
    ours, theirs = _structure(connection, f"main.{into}"), _structure(connection, f"temp.{made}")
    if not ours.levels:
        ours.levels.append((0, []))
    taken = {segment.id for segment in ours.segments()}
    origin = max((segment.last_origin for segment in ours.segments()), default=0)
    for segment in theirs.segments():
        id = next(number for number in range(1, _MOST_SEGMENTS) if number not in taken)
        origin += 1
        taken.add(id)
        start = segment.id << _SEGMENT_BIT
        run(
            f"INSERT INTO main.{into}_data (id, block) SELECT id - ? + ?, block FROM temp.{made}_data"
            " WHERE id >= ? AND id < ?",
            (start, id << _SEGMENT_BIT, start, start + (1 << _SEGMENT_BIT)),
        )
        run(
            f"INSERT INTO main.{into}_idx (segid, term, pgno) SELECT ?, term, pgno FROM temp.{made}_idx"
            " WHERE segid = ? ORDER BY term",
            (id, segment.id),
        )
        run(
            f"INSERT INTO main.{into}_docsize (id, sz, origin) SELECT id, sz, ? FROM temp.{made}_docsize"
            " WHERE origin BETWEEN ? AND ?",
            (origin, segment.first_origin, segment.last_origin),
        )
        ours.levels[0][1].append(
            Segment(id, segment.first_page, segment.last_page, origin, origin, 0, 0, segment.entries)
        )
        ours.writes += segment.last_page - segment.first_page + 1
    _put(connection, into, _STRUCTURE, encode(ours))
    _add_totals(connection, made, into)
    _read_anew(connection, into)


def _structure(connection: Connection, table: str) -> Structure:
    return decode(_record(connection, table, _STRUCTURE))


def _add_totals(connection: Connection, made: str, into: str) -> None:
    """How many entries there are, and how many words they have."""
    both = [
        list(_varints(_record(connection, table, _AVERAGES))) for table in (f"main.{into}", f"temp.{made}")
    ]
    ours, theirs = (one or [0, 0] for one in both)
    totals = (mine + other for mine, other in zip(ours, theirs, strict=True))
    _put(connection, into, _AVERAGES, b"".join(map(_varint, totals)))


def _read_anew(connection: Connection, into: str) -> None:
    """A connection that wrote to the index keeps its structure in memory; it forgets it with a savepoint."""
    connection.exec_driver_sql("SAVEPOINT before_reading")
    connection.exec_driver_sql(f"INSERT INTO main.{into} ({into}, rank) VALUES ('automerge', 0)")
    connection.exec_driver_sql("ROLLBACK TO before_reading")
    connection.exec_driver_sql("RELEASE before_reading")


def _record(connection: Connection, table: str, id: int) -> bytes:
    return bytes(
        connection.exec_driver_sql(f"SELECT block FROM {table}_data WHERE id = ?", (id,)).scalar_one()
    )


def _put(connection: Connection, table: str, id: int, record: bytes) -> None:
    connection.exec_driver_sql(f"UPDATE main.{table}_data SET block = ? WHERE id = ?", (record, id))


def _varints(record: bytes) -> Iterator[int]:
    """Numbers of SQLite's format: seven bits a byte, the highest first, eight in a ninth."""
    value = length = 0
    for byte in record:
        length += 1
        if length == 9:
            yield value << 8 | byte
            value = length = 0
        elif byte & 0x80:
            value = value << 7 | byte & 0x7F
        else:
            yield value << 7 | byte
            value = length = 0


def _varint(number: int) -> bytes:
    if number >= 1 << 56:
        raise ValueError("a number of a full-text index is too large")
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))
