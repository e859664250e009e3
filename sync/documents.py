"""Documents with lines on the laptop: each is shown as one version, never as a mixture of two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from sync.overlay import chunks
from sync.protocol import PullPage
from sync.schema import SyncSchema, SyncTable


def changed_on_both_sides(connection: Connection, schema: SyncSchema, pages: Iterable[PullPage]) -> bool:
    """Whether the pages bring a change of a document that has work of ours which the server does not know.

    What it becomes there, a merged document or two versions, is known to the server alone.
    """
    ours = _unsent(connection, schema)
    return bool(ours) and any(
        id in ours.get(table.document, ())
        for page in pages
        for table, ids in _brought(schema, page)
        for id in ids
    )


def whole(
    connection: Connection, schema: SyncSchema, rows: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """These rows, and of documents that one of them belongs to all the others: no half of one is left."""
    found, by_table = dict.fromkeys(rows), defaultdict[str, set[str]](set)
    for name, id in found:
        by_table[name].add(id)
    for table in _parts(schema):
        if by_table[table.name]:
            by_table[table.document] |= _documents(connection, table, by_table[table.name])
    for table in _parts(schema):
        key = table.aggregate or "id"
        for part, marks in chunks(by_table[table.document]):
            statement = f'SELECT id FROM "{table.name}" WHERE "{key}" IN ({marks})'
            ids = connection.exec_driver_sql(statement, tuple(part)).scalars()
            found |= dict.fromkeys((table.name, id) for id in ids)
    return list(found)


def _unsent(connection: Connection, schema: SyncSchema) -> dict[str, set[str]]:
    """Ids of documents with unsent work, by table; what is parked waits for somebody, and holds nothing up."""
    found: dict[str, set[str]] = defaultdict(set)
    for table in _parts(schema):
        ids = connection.exec_driver_sql(
            "SELECT DISTINCT id FROM sync_entry WHERE kind = ? AND rev IS NULL AND (tx IS NULL OR tx NOT IN"
            " (SELECT uuid FROM sync_transaction WHERE state IN ('parked', 'withdrawing')))",
            (table.name,),
        ).scalars()
        found[table.document] |= _documents(connection, table, ids)
    return {name: ids for name, ids in found.items() if ids}


def _documents(connection: Connection, table: SyncTable, ids: Iterable[str]) -> set[str]:
    """Ids of the documents of which these rows are parts."""
    if table.aggregate is None:
        return set(ids)
    found: set[str] = set()
    for part, marks in chunks(ids):
        statement = f'SELECT "{table.aggregate}" FROM "{table.name}" WHERE id IN ({marks})'
        documents = connection.exec_driver_sql(statement, tuple(part)).scalars()
        found |= {id for id in documents if id}
    return found


def _parts(schema: SyncSchema) -> list[SyncTable]:
    lines = [table for table in schema.tables.values() if table.aggregate is not None]
    roots = {table.document for table in lines}
    return [table for name, table in schema.tables.items() if name in roots] + lines


def _brought(schema: SyncSchema, page: PullPage) -> Iterable[tuple[SyncTable, set[str]]]:
    parts = {table.name: table for table in _parts(schema)}
    for block in page.blocks:
        table = parts.get(block.table)
        key = "id" if table is None or table.aggregate is None else table.aggregate
        if table is not None and key in block.columns:
            at = block.columns.index(key)
            yield table, {str(row[at]) for row in block.rows}
