"""How the sums of the rows that are here move with those that come and go."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection

from sync import sums

Places = dict[tuple[str, str], list[tuple[str, int]]]
"""By (scope, table): (id, rev)."""


class Tally:
    """Gathers rows, and writes in the end what they change: a sum over thousands costs little more than over one."""

    def __init__(self) -> None:
        self._came: Places = defaultdict(list)
        self._gone: Places = defaultdict(list)

    def came(self, table: str, id: Any, scope: Any, rev: int, deleted_at: Any) -> None:
        """Count a row of the server's, if it is live."""
        if deleted_at is None and rev and scope is not None:
            self._came[scope, table].append((id, rev))

    def gone(self, table: str, id: Any, scope: Any, rev: int, deleted_at: Any) -> None:
        """Take a row out that was counted as it stood here."""
        if deleted_at is None and rev and scope is not None:
            self._gone[scope, table].append((id, rev))

    def write(self, connection: Connection) -> None:
        """Move the sums, and begin anew."""
        for scope, table in dict.fromkeys([*self._came, *self._gone]):
            came, gone = self._came.get((scope, table), []), self._gone.get((scope, table), [])
            row = connection.exec_driver_sql(
                "SELECT count, total FROM sync_sum WHERE scope = ? AND kind = ?", (scope, table)
            ).first()
            count, total = (row[0], int(row[1], 16)) if row else (0, 0)
            count += len(came) - len(gone)
            total += sums.total(table, came) - sums.total(table, gone)
            connection.exec_driver_sql(
                "INSERT INTO sync_sum (scope, kind, count, total) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (scope, kind) DO UPDATE SET count = excluded.count, total = excluded.total",
                (scope, table, count, sums.to_wire(total)),
            )
        self._came.clear()
        self._gone.clear()
