"""What must be there at once, read before the rest of the program is loaded: no SQLAlchemy, one connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from app import lists
from app.migrations import HEAD
from app.search import Hit, find_by
from app.settings import DEFAULTS
from app.store import keys, raw

FILE = "terrain.db"
ROWS = 200
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The beginning of the list of accounts, and what the window needs to look right at once."""

    columns: tuple[str, ...]
    rows: list[lists.Row]
    count: int
    """Accounts in the file, of which `rows` are the first by name."""
    settings: Mapping[str, Any]
    """Every setting by name, its default where it was never set."""

    @property
    def language(self) -> str:
        return str(self.settings["language"])

    @property
    def theme(self) -> str:
        return str(self.settings["theme"])


def first_rows(folder: Path) -> FirstRows | None:
    """The first rows of the profile in `folder`; None where a full start is needed to say what is wrong.

    That is where there is no profile, no key, or a file that an older Terrain wrote. Raises nothing.
    """
    return _read_with(folder, _first_rows)


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a search, and the language that the profile's user chose, if any was chosen."""

    hits: list[Hit]
    language: str | None


def find(folder: Path, text: str, limit: int) -> Found | None:
    """What the search finds in the profile in `folder`; None where a full start is needed, as above."""

    def read(connection: Any) -> Found | None:
        if connection.execute("PRAGMA user_version").fetchone()[0] != HEAD:
            return None
        hits = find_by(connection.execute, text, limit)
        return Found(hits, _kept(connection).get("language"))

    return _read_with(folder, read)


def _read_with(folder: Path, read: Callable[[Any], Answer | None]) -> Answer | None:
    import sqlcipher3.dbapi2 as sqlcipher

    from app.errors import SystemProblem

    try:
        key = keys.load_key(folder)
        # Not through a URI with mode=ro: a reader of a WAL file must be able to make its index.
        if not (folder / FILE).is_file():
            return None
        connection = raw.connect(folder / FILE, key)
    except (SystemProblem, sqlcipher.Error, OSError):
        return None
    try:
        connection.execute("PRAGMA query_only = ON")
        return read(connection)
    except sqlcipher.Error:
        return None
    finally:
        connection.close()


def _first_rows(connection: Any) -> FirstRows:
    accounts = lists.LISTS["account"]
    ids = [row[0] for row in connection.execute(f"{accounts.ids_query('all', 'name')} LIMIT {ROWS}")]
    found = connection.execute(accounts.rows_query(", ".join("?" * len(ids))), ids).fetchall() if ids else []
    by_id = {row[0]: tuple(row) for row in found}
    counted = connection.execute("SELECT n FROM list_count WHERE kind = 'account'").fetchone()
    rows = [by_id[id] for id in ids if id in by_id]
    return FirstRows(accounts.names(), rows, counted[0] if counted else 0, DEFAULTS | _kept(connection))


def _kept(connection: Any) -> dict[str, Any]:
    """The settings that somebody set."""
    kept = connection.execute("SELECT name, value FROM local_setting").fetchall()
    return {name: json.loads(value) for name, value in kept if name in DEFAULTS}
