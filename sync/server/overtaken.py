"""Two pushes at one moment: where one brings just what the other parks for, neither has seen the other.

The head's lock puts their ends in an order. Whoever holds it sees what the earlier one left, and is done again.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from sync.server import results
from sync.server.store import Store
from sync.server.trouble import Overtaken


def require_nobody(
    connection: Connection, store: Store, reached: Collection[str], tried: Collection[str]
) -> None:
    """Raise `Overtaken` where somebody waits for what came, or was settled, and was not tried again."""
    waiting = (
        results.find_parked(connection, store, waits_for=reached) if results.any_parked(connection) else []
    )
    if any(parked.uuid not in tried for parked in waiting):
        raise Overtaken


def require_still_missing(connection: Connection, store: Store, awaited: Collection[str], began: int) -> None:
    """Raise `Overtaken` where what was waited for came to be, or moved, or was settled since `began`."""
    wanted = sorted(awaited)
    table = store.tables["sync_result"]
    settled = select(table.c.uuid).where(table.c.uuid.in_(wanted), table.c.outcome != "parked")
    if connection.execute(settled.limit(1)).first() is not None:
        raise Overtaken
    for rows in store.tables.synced.values():
        came = select(rows.c.id).where(rows.c.id.in_(wanted), rows.c.rev > began)
        if connection.execute(came.limit(1)).first() is not None:
            raise Overtaken
