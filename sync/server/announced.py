"""What a pull tells beside rows, a page full at most: what left, what was erased, what became of parked work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, bindparam, select, text

from sync.protocol import ERASED, Result, decode
from sync.server import results
from sync.server.batch import Values, within_scopes
from sync.server.store import Store
from sync.server.weight import fitting

_MOST = 100_000
"""Of each kind on a page."""
_ENDLESS = 1 << 62
_ERASED = text(
    "SELECT table_name, id, rev FROM sync_erased WHERE rev > :after AND rev <= :upto ORDER BY rev LIMIT :most"
)
_SETTLED = text(
    "SELECT body, settled_rev FROM sync_result WHERE settled_rev > 0"  # those alone are in the index
    " AND device = :device AND settled_rev > :after AND settled_rev <= :upto"
    " UNION ALL SELECT r.body, r.settled_rev FROM sync_shared s JOIN sync_result r ON r.uuid = s.uuid"
    " WHERE s.device = :device AND r.device <> :device AND r.settled_rev > :after AND r.settled_rev <= :upto"
    " ORDER BY settled_rev LIMIT :most"
)


class Owed(NamedTuple):
    """What is still to be told to whoever begins afresh, page by page beside the rows."""

    after: int
    upto: int
    exits: bool
    """Of what left since the server came back: who was away must not bring it back."""
    settled: bool


class Told(NamedTuple):
    """What there was room for."""

    upto: int
    """All up to this revision is told."""
    exits: list[tuple[str, str, str]]
    settled: list[Result]


@dataclass
class Announcements:
    """To one device, on one page."""

    connection: Connection
    store: Store
    device: str
    granted: frozenset[str]
    room: float
    """Bytes."""

    def tell(self, after: int, upto: int, exits_after: int | None, settled: bool = True) -> Told:
        """As much of (after, upto] as there is room for; of what left only after `exits_after`, nothing where None."""
        left: list[Values] = []
        settled_rows: list[Values] = []
        if exits_after is not None:
            statement, bounds = _exits_from(self.store.tables["scope_exit"]), {"scopes": list(self.granted)}
            left, upto = self._read(statement, bounds, max(after, exits_after), upto)
        erased, upto = self._read(_ERASED, {}, after, upto)
        if settled:
            settled_rows, upto = self._read(_SETTLED, {"device": self.device}, after, upto)
        exits = self._still_out([row for row in left if row[-1] <= upto])
        exits += [(table, id, ERASED) for table, id, rev in erased if rev <= upto]
        found = [decode(bytes(body), Result) for body, _rev in settled_rows]
        known = [results.as_of_now(self.connection, self.store, one, self.granted) for one in found]
        return Told(upto, exits, known)

    def _read(
        self, statement: Any, bounds: dict[str, Any], after: int, upto: int
    ) -> tuple[list[Values], int]:
        """The rows, whose last value is their revision, and up to which one they are all."""
        if after >= upto:
            return [], upto
        bounds = {**bounds, "after": after, "upto": upto, "most": _MOST}
        rows, weights, whole = self._fitting(statement, bounds, self.room)
        if not whole or len(rows) >= _MOST:
            upto = rows[-1][-1]
            # What one revision tells is told at once.
            bounds |= {"after": upto - 1, "upto": upto, "most": _ENDLESS}
            rows = [row for row in rows if row[-1] < upto] + self._fitting(statement, bounds, _ENDLESS)[0]
        self.room -= sum(weights)
        return rows, upto

    def _fitting(
        self, statement: Any, bounds: dict[str, Any], room: float
    ) -> tuple[list[Values], list[float], bool]:
        result = self.connection.execute(statement, bounds)
        found = fitting(result.cursor, room)
        result.close()
        return found

    def _still_out(self, exits: list[Values]) -> list[tuple[str, str, str]]:
        """Those of rows that this device holds in none of its scopes."""
        keys = {(table, id) for table, id, _scope, _rev in exits}
        here = within_scopes(self.connection, self.store.tables.synced, keys, self.granted)
        return [(table, id, scope) for table, id, scope, _rev in exits if (table, id) not in here]


@lru_cache(maxsize=1_000)
def _exits_from(table: Table) -> Select[Any]:
    scopes = table.c.scope.in_(bindparam("scopes", expanding=True))
    here = scopes & (table.c.rev > bindparam("after")) & (table.c.rev <= bindparam("upto"))
    found = select(table.c.table_name, table.c.id, table.c.scope, table.c.rev).where(here)
    return found.order_by(table.c.rev).limit(bindparam("most"))
