"""The drill-down by which a device finds the rows in which it differs."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import ColumnElement, Connection, func, select

from sync import errors, sums
from sync.protocol import PAGE_BYTES, Rows, VerifyAnswer, VerifyRequest
from sync.server.store import Store
from sync.server.weight import fitting

_MOST_ROWS = 2_000
_MOST_IDS = 500
"""Rows given whole in one answer."""


def verify(connection: Connection, store: Store, request: VerifyRequest) -> VerifyAnswer:
    """The live rows below the prefix, or their sums by the next characters of the id."""
    table = store.tables.synced.get(request.table)
    if table is None:
        raise errors.Refused("unknown_table", request.table)
    here = (table.c.scope == request.scope) & table.c.deleted_at.is_(None)
    if request.ids:
        return _whole(connection, store, request, here)
    if request.prefix:
        here &= func.substr(table.c.id, 1, len(request.prefix)) == request.prefix
    found = [(id, rev) for id, rev in connection.execute(select(table.c.id, table.c.rev).where(here))]
    if len(found) <= _MOST_ROWS:
        return VerifyAnswer(rows=sorted(found))
    parts: dict[str, list[tuple[str, int]]] = defaultdict(list)
    length = _dividing_length([id for id, _ in found], len(request.prefix))
    for id, rev in found:
        parts[id[:length]].append((id, rev))
    return VerifyAnswer(
        parts=[
            (prefix, len(some), sums.to_wire(sums.total(request.table, some)))
            for prefix, some in sorted(parts.items())
        ]
    )


def _whole(
    connection: Connection, store: Store, request: VerifyRequest, here: ColumnElement[bool]
) -> VerifyAnswer:
    """Rows by their ids, as many as there is room for."""
    table = store.tables.synced[request.table]
    wanted = select(table).where(here & table.c.id.in_(request.ids[:_MOST_IDS])).order_by(table.c.id)
    result = connection.execute(wanted)
    rows, _weights, whole = fitting(result.cursor, PAGE_BYTES)
    result.close()
    columns = list(store.schema.tables[request.table].columns())
    return VerifyAnswer(block=Rows(request.table, columns, rows), more=not whole)


def _dividing_length(ids: list[str], length: int) -> int:
    """So many characters that the ids fall into at least a dozen parts: time-ordered ids begin alike."""
    longest = max(len(id) for id in ids)
    while length < longest:
        length += 1
        if len({id[:length] for id in ids}) >= 12:
            break
    return length
