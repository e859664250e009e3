"""The first window's rows, read before the rest of the program is loaded: no SQLAlchemy, one connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import lists
from app.settings import DEFAULTS
from app.store import keys, raw

FILE = "terrain.db"
ROWS = 200


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
    import sqlcipher3.dbapi2 as sqlcipher

    from app.errors import SystemProblem

    try:
        key = keys.load_key(folder)
        # Not through a URI with mode=ro: a reader of a WAL file must be able to make its index.
        if not (folder / FILE).is_file():
            return None
        connection = sqlcipher.connect(str(folder / FILE))
    except (SystemProblem, sqlcipher.Error, OSError):
        return None
    try:
        raw.unlock(connection, key)
        connection.execute("PRAGMA query_only = ON")
        return _read(connection)
    except sqlcipher.Error:
        return None
    finally:
        connection.close()


def _read(connection: Any) -> FirstRows:
    accounts = lists.LISTS["account"]
    ids = [row[0] for row in connection.execute(f"{accounts.ids_query('all', 'name')} LIMIT {ROWS}")]
    found = connection.execute(accounts.rows_query(", ".join("?" * len(ids))), ids).fetchall() if ids else []
    by_id = {row[0]: tuple(row) for row in found}
    counted = connection.execute("SELECT n FROM list_count WHERE kind = 'account'").fetchone()
    kept = connection.execute("SELECT name, value FROM local_setting").fetchall()
    settings = DEFAULTS | {name: json.loads(value) for name, value in kept if name in DEFAULTS}
    return FirstRows(
        accounts.names(), [by_id[id] for id in ids if id in by_id], counted[0] if counted else 0, settings
    )
