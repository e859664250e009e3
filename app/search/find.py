"""Finding: titles that begin with the query, then words of titles, then anything else, within a few milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.search.found import KINDS, PER_KIND, WEIGHT
from app.search.words import TITLE, alternatives, beginnings, fold

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Execute = Callable[[str, tuple[Any, ...]], Iterable[Any]]
"""Runs a statement with its values and gives the rows: of a session's connection, or of the driver's own."""

_COLUMNS = "SELECT row, kind, id, title, subtitle FROM search_row"
_LAST_SIGN = "\U0010ffff"
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Hit:
    """A found record as a list shows it."""

    kind: str
    id: str
    title: str
    subtitle: str


def find(session: Session, text: str, limit: int = 30, kinds: Iterable[str] | None = None) -> list[Hit]:
    """The best hits for what was typed so far; every word may be the beginning of a word."""
    return find_by(session.connection().exec_driver_sql, text, limit, kinds)


def find_by(execute: Execute, text: str, limit: int = 30, kinds: Iterable[str] | None = None) -> list[Hit]:
    """The same where there is no session."""
    terms = alternatives(text)[:_MOST_WORDS]
    if not terms:
        return []
    ranges = _ranges(kinds)
    found: dict[int, Hit] = {}
    # Each pass goes on only while there is room: an unbounded ORDER BY rank costs hundreds of
    # milliseconds, and whoever gets thirty hits types another letter.
    for hits in _passes(execute, text, terms, ranges, limit):
        for row, hit in hits:
            found.setdefault(row, hit)
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def _ranges(kinds: Iterable[str] | None) -> list[tuple[int, int]]:
    """The ranges of row numbers of the kinds that are asked for: one for all of them."""
    if kinds is None:
        return [(0, len(KINDS) * PER_KIND)]
    wanted = {WEIGHT[kind] for kind in kinds if kind in WEIGHT}
    return [(weight * PER_KIND, (weight + 1) * PER_KIND - 1) for weight in sorted(wanted)]


def _passes(
    execute: Execute, text: str, terms: list[list[list[str]]], ranges: list[tuple[int, int]], limit: int
) -> Iterator[list[tuple[int, Hit]]]:
    start = " ".join(fold(text).split())
    # While entries are made after a load, their titles have no index yet: the words find what is there.
    for kind in KINDS if _titles_are_indexed(execute) else ():
        if any(first <= WEIGHT[kind] * PER_KIND <= last for first, last in ranges):
            yield _starting(execute, kind, start, limit)
    for match in (_match(terms, TITLE), _match(terms, "")):
        for first, last in ranges:
            yield _matching(execute, match, first, last, limit)


def _titles_are_indexed(execute: Execute) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = 'search_row_folded'"
    return any(True for _row in execute(query, ()))


def _starting(execute: Execute, kind: str, start: str, limit: int) -> list[tuple[int, Hit]]:
    rows = execute(
        f"{_COLUMNS} WHERE kind = ? AND folded >= ? AND folded < ? ORDER BY folded LIMIT ?",
        (kind, start, start + _LAST_SIGN, limit),
    )
    return [(row, Hit(kind, id, title, subtitle)) for row, kind, id, title, subtitle in rows]


def _matching(execute: Execute, match: str, first: int, last: int, limit: int) -> list[tuple[int, Hit]]:
    # By row number, thus by kind, and not by rank: the index gives that order for nothing. Some more
    # than asked for are read, so that the alphabet decides between titles and not their age.
    rows = execute(
        f"{_COLUMNS} WHERE row IN (SELECT rowid FROM search_text WHERE search_text MATCH ?"
        f" AND rowid BETWEEN ? AND ? LIMIT ?) ORDER BY row / {PER_KIND}, folded",
        (match, first, last, 2 * limit),
    )
    return [(row, Hit(kind, id, title, subtitle)) for row, kind, id, title, subtitle in rows]


def _match(terms: list[list[list[str]]], mark: str) -> str:
    """The query for FTS5: all terms, each in one of its ways, each word as a beginning."""
    return " AND ".join(
        "(" + " OR ".join("(" + " AND ".join(_word(w, mark) for w in way) + ")" for way in ways) + ")"
        for ways in terms
    )


def _word(word: str, mark: str) -> str:
    """A word of the title, or any: words of titles are indexed with their mark alone."""
    found = [f"{TITLE}{word}"] if mark else [*beginnings(word), f"{TITLE}{word}"]
    return "(" + " OR ".join(f'"{beginning}" *' for beginning in found) + ")"
