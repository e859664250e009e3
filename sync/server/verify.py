"""The drill-down by which a device finds the rows in which it differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from sync import errors, sums
from sync.protocol import Rows, Value, VerifyAnswer, VerifyRequest
from sync.server.store import Store

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
        wanted = select(table).where(here & table.c.id.in_(request.ids[:_MOST_IDS])).order_by(table.c.id)
        rows: list[Sequence[Value]] = [list(row) for row in connection.execute(wanted)]
        return VerifyAnswer(
            block=Rows(request.table, list(store.schema.tables[request.table].columns()), rows)
        )
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


def _dividing_length(ids: list[str], length: int) -> int:
    """So many characters that the ids fall into at least a dozen parts: time-ordered ids begin alike."""
    longest = max(len(id) for id in ids)
    while length < longest:
        length += 1
        if len({id[:length] for id in ids}) >= 12:
            break
    return length
