"""The laptop's side as the engine needs it, and what a run tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from sync.schema import SyncSchema

Phase = Literal["connecting", "pushing", "pulling", "applying", "files", "waiting"]
Progress = Callable[[Phase, int, int], None]
"""(phase, done, of); `of` is 0 where it is not known. `done` of "waiting" is the seconds that are left."""

Lane = Callable[[], AbstractContextManager[Connection]]
"""One transaction of the write lane for each call, committed on leaving."""


@dataclass
class Report:
    """What a run did."""

    pushed: int = 0
    pulled: int = 0
    removed: int = 0
    conflicts: int = 0
    parked: int = 0
    seconds: float = 0.0
    cursor: int = 0
    first_load: bool = False
    replaced: bool = False
    """Everything was fetched again beside what was here: after a long absence, or a restored server."""
    repaired: int = 0
    """Rows that differed from the server's, found one by one and mended."""
    differing: bool = False
    """Sums differ although no row does: the server counts wrongly."""
    confirmed: int = 0
    """Rows that went unannounced, many at once, after the server had confirmed each."""
    sent_again: int = 0
    """Transactions that a restored server had lost, and has again."""
    rescued: int = 0
    """Rows of others that a restored server had lost, and has again from here."""
    records: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Applied:
    """What one application changed."""

    pulled: int = 0
    removed: int = 0
    records: set[tuple[str, str]] = field(default_factory=set)
    """Changed records, for the screens; left empty by a first load, which changes everything."""


@dataclass(frozen=True)
class Whole:
    """How a laptop that has nothing takes over a file that is made exactly as its own."""

    shape: Callable[[Connection], str]
    """Says what the laptop's file is made of."""
    take: Callable[[Path, str, str, str], bool]
    """(file, key, cursor, SHA-256): in one step; False, and nothing is done, where the file is another one or is made
    otherwise."""


@dataclass(frozen=True)
class Laptop:
    """The laptop's side as the engine needs it."""

    schema: SyncSchema
    write: Callable[[bool], AbstractContextManager[Connection]]
    """The write lane: one transaction, committed on leaving. True for what can be fetched again, which does not
    wait for the disk."""
    loading: Callable[[Connection, bool], None]
    """Told before (True) and after (False) a first load: indexes and search may wait for its end."""
    applied: Callable[[Connection], None]
    """Called inside each applying transaction, before its commit: renews the search entries."""
    version: str = ""
    yielding: Callable[[], AbstractContextManager[Connection]] | None = None
    """A bulk transaction of the write lane that is interrupted as soon as somebody waits for the lane."""
    beside: Callable[[Path, str], AbstractContextManager[Lane]] | None = None
    """Bulk transactions in the write lane with an encrypted file, of this key, attached as `page`."""
    folder: Path | None = None
    """Where the files of a first load may lie; without it and `beside` all comes by pages."""
    finishes: bool = False
    """Whether the program calls `first_load.finish` after a run, beside what else it makes after a load."""
    whole: Whole | None = None
    """Without it all rows come by scopes."""
