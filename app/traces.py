"""What freed pages, the journal and the full-text index still say of records that left goes as well.

Deleting overwrites what it frees (`secure_delete`); but the journal keeps old pages until it is emptied, and
the full-text index the words of a removed entry until its parts are merged.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection

from app.workspace import Workspace
from sync import state

NOTED = "traces"
"""The `sync_state` by which an applied sync says that records left."""
_PAGES = 200
"""Of the index in one transaction: a tenth of a second at most."""
_PATIENCE_S = 10.0


def clean(workspace: Workspace) -> bool:
    """Take away the traces of what left since the last time; whether there was anything to do.

    In short transactions, so that nobody waits to save; the journal is emptied as far as readers allow.
    """
    with workspace.read() as session:
        if not state.get(session.connection(), NOTED):
            return False
    pages, more = -_PAGES, True
    while more:
        # Lost with the power it is done again: the note goes with the last part.
        with workspace.exclusive(bulk=True) as connection:
            more = _merge_words(connection, pages)
            if not more:
                state.put(connection, NOTED, None)
        pages = _PAGES
    empty_journal(workspace)
    return True


def empty_journal(workspace: Workspace) -> None:
    """Move the journal's pages into the file, and cut it off, as soon as nobody else is at it."""
    latest = time.monotonic() + _PATIENCE_S
    with workspace.engine.connect() as plain:
        raw: Any = plain.connection.dbapi_connection
        raw.rollback()
        # SQLite waits for readers, but not for another thread that moves pages: it says that it was busy.
        while raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] and time.monotonic() < latest:
            time.sleep(0.05)


def _merge_words(connection: Connection, pages: int) -> bool:
    """Merge a part of the index; the first time, with `pages` negative, all of it is marked to be. More to do?"""
    count = "SELECT total_changes()"
    before = connection.exec_driver_sql(count).scalar_one()
    connection.exec_driver_sql("INSERT INTO search_text (search_text, rank) VALUES ('merge', ?)", (pages,))
    # Two changes are the command's own: see the manual of FTS5.
    return int(connection.exec_driver_sql(count).scalar_one()) - int(before) >= 2
