"""What a laptop still says of rows that never came, or do not come again: nothing of it stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from sync import forks, sent
from sync.overlay import chunks
from sync.schema import SyncSchema


def never_came(connection: Connection, passed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Of the records (table, id) whose entries a pull has passed: those that the server has and did not send.

    Also those on which later work stands, which waits perhaps: it is all that keeps them.
    """
    for table, id in passed:
        rev = connection.exec_driver_sql(f'SELECT rev FROM "{table}" WHERE id = ?', (id,)).scalar()
        if rev == 0:
            yield table, id


def of_forks(connection: Connection, head: int) -> Iterator[tuple[str, str]]:
    """Of versions that forked up to `head`: the rows (table, id) that no pull brought, and on which no work stands."""
    for table, ids in forks.rows_up_to(connection, head).items():
        for part, marks in chunks(ids):
            alone = f"rev = 0 AND id NOT IN (SELECT id FROM sync_entry WHERE kind = '{table}')"
            statement = f'SELECT id FROM "{table}" WHERE id IN ({marks}) AND {alone}'
            for id in connection.exec_driver_sql(statement, tuple(part)).scalars().all():
                yield table, id


def forget_absent(connection: Connection, schema: SyncSchema) -> set[str]:
    """After a load, which brought all that we may see: the ids of which sent transactions still tell, without a row.

    News and drafts of rows that an earlier identity had, and this one has not, go at once.
    """
    found: set[str] = set()
    for name in schema.tables:
        absent = f'kind = ? AND id NOT IN (SELECT id FROM "{name}")'
        connection.exec_driver_sql(f"DELETE FROM sync_news WHERE {absent}", (name,))
        # A draft of a new record was loaded from none.
        connection.exec_driver_sql(f"DELETE FROM draft WHERE loaded IS NOT NULL AND {absent}", (name,))
    told = sent.records(connection)
    for name in told.keys() & schema.tables.keys():
        here: set[str] = set()
        for part, marks in chunks(sorted(told[name])):
            statement = f'SELECT id FROM "{name}" WHERE id IN ({marks})'
            here |= set(connection.exec_driver_sql(statement, tuple(part)).scalars())
        found |= told[name] - here
    return found
