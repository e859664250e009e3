"""Triggers that note which records' derived rows (search entries, account summaries) are to be renewed.

They are plain SQL, so that whatever writes a table, the form, an import or the sync, is noticed. A bulk
load sets `sync_state('search_later')` to 1 inside its transaction and rebuilds afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ON = "coalesce((SELECT value FROM sync_state WHERE name = 'search_later'), 0) <> 1"


def watch(
    connection: Connection,
    name: str,
    table: str,
    columns: Sequence[str],
    noted: Iterable[tuple[str, str]],
    *,
    new_and_gone: bool = True,
) -> None:
    """Make or renew the triggers `name_*` that note records when one of `columns` of `table` changes.

    `noted` holds (kind, query) pairs: a query selects ids and writes `{row}` for the changed row. With
    `new_and_gone` inserts and deletions of rows count too.
    """
    noted = list(noted)
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)
    listed = ", ".join(f'"{column}"' for column in columns)
    both = _notes(noted, "OLD") + _notes(noted, "NEW")
    _trigger(connection, f"{name}_update", f'UPDATE OF {listed} ON "{table}"', f"{_ON} AND ({changed})", both)
    if new_and_gone:
        _trigger(connection, f"{name}_insert", f'INSERT ON "{table}"', _ON, _notes(noted, "NEW"))
        _trigger(connection, f"{name}_delete", f'DELETE ON "{table}"', _ON, _notes(noted, "OLD"))


def _notes(noted: Iterable[tuple[str, str]], row: str) -> list[str]:
    # ON CONFLICT and not OR IGNORE: the conflict clause of the outer statement overrides the latter.
    return [
        f"INSERT INTO search_dirty (kind, id) SELECT '{kind}', id FROM ({query.format(row=row)})"
        f" WHERE id IS NOT NULL ON CONFLICT (kind, id) DO NOTHING;"
        for kind, query in noted
    ]


def _trigger(connection: Connection, name: str, event: str, when: str, body: list[str]) -> None:
    connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS "{name}"')
    connection.exec_driver_sql(
        f'CREATE TRIGGER "{name}" AFTER {event} WHEN {when} BEGIN {" ".join(dict.fromkeys(body))} END'
    )
