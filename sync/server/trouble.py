"""What an error of the database means for a request: do it again at once, come back later, or a bug."""

from __future__ import annotations

import random
import sqlite3
from enum import Enum

from sqlalchemy import exc

from sync import errors

_AGAIN = {"40001", "40P01", "23505", "55P03"}
"""Serialisation failure, deadlock, two transactions that gave birth to one row, a lock not had in time."""
_GONE_CLASSES = ("08", "53", "57P", "58")
"""Connection, too few resources, shut down or starting, the system's own trouble: of PostgreSQL's codes."""
_DISK_FULL = "53100"
_SQLITE_GONE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}

RETRY_AFTER_S = 5.0


class Overtaken(exc.SQLAlchemyError):
    """Another transaction ended first, and what this one has seen is not so any more."""


class NoRoom(errors.ServerBusy):
    """The disk is full: nothing can be written, and what is there can be read."""


class Trouble(Enum):
    """What to do."""

    AGAIN = "again"
    FULL = "full"
    GONE = "gone"
    BUG = "bug"


def judge(problem: exc.SQLAlchemyError) -> Trouble:
    """What the error means."""
    if isinstance(problem, Overtaken):
        return Trouble.AGAIN
    if isinstance(problem, exc.TimeoutError):  # all connections of the pool are taken
        return Trouble.GONE
    if not isinstance(problem, exc.DBAPIError):
        return Trouble.BUG
    state = getattr(problem.orig, "sqlstate", None)
    if state in _AGAIN:
        return Trouble.AGAIN
    code = getattr(problem.orig, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return Trouble.AGAIN
    if code == sqlite3.SQLITE_FULL or state == _DISK_FULL:
        return Trouble.FULL
    if problem.connection_invalidated or code in _SQLITE_GONE:
        return Trouble.GONE
    if state is not None:
        return Trouble.GONE if state.startswith(_GONE_CLASSES) else Trouble.BUG
    # psycopg gives no code to a connection that cannot be made or breaks.
    lost = isinstance(problem, exc.OperationalError) and code == 0
    return Trouble.GONE if lost else Trouble.BUG


def as_answer(problem: exc.SQLAlchemyError) -> Exception:
    """What the caller is told: to come back, or nothing of what is a bug of ours."""
    match judge(problem):
        case Trouble.AGAIN:
            return errors.ServerBusy(RETRY_AFTER_S, "the database is busy")
        case Trouble.FULL:
            return NoRoom(RETRY_AFTER_S, "the disk is full")
        case Trouble.GONE:
            return errors.ServerBusy(RETRY_AFTER_S, "the database does not answer")
        case Trouble.BUG:
            return problem


def pause_s(trouble: Trouble, attempt: int) -> float:
    """How long to wait before the next attempt (from 1), never quite as long as another one waits."""
    first = 0.02 if trouble is Trouble.AGAIN else 0.2
    return float(first * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
