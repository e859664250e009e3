"""Writing imported rows in bulk, with every change captured for sync."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from app.fields import Field
from app.kinds import KINDS
from app.workspace import Workspace


class Batch:
    """Rows that are written in one transaction, in the stored form of their values."""

    def __init__(self) -> None:
        self.at = str(KINDS["timestamp"].to_stored(datetime.now(UTC), Field("", "timestamp", "")))
        self._added: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = defaultdict(list)
        self._changed: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = defaultdict(list)
        self._size = 0

    def add(self, kind: str, values: Mapping[str, Any]) -> None:
        """A new record, `id` and stamps included."""
        self._added[kind, tuple(values)].append(tuple(values.values()))
        self._size += 1

    def change(self, kind: str, id: str, values: Mapping[str, Any]) -> None:
        """New values of a record that is there."""
        self._changed[kind, tuple(values)].append((*values.values(), id))
        self._size += 1

    def size(self) -> int:
        """How many records are written."""
        return self._size

    def write(self, connection: Connection) -> None:
        """Write them all, rows of one shape in one statement."""
        for (kind, columns), rows in self._added.items():
            listed, marks = ", ".join(f'"{c}"' for c in columns), ", ".join("?" * len(columns))
            connection.exec_driver_sql(f'INSERT INTO "{kind}" ({listed}) VALUES ({marks})', rows)
        for (kind, columns), rows in self._changed.items():
            assigned = ", ".join(f'"{c}" = ?' for c in columns)
            connection.exec_driver_sql(f'UPDATE "{kind}" SET {assigned} WHERE id = ?', rows)


def write(
    workspace: Workspace,
    batches: Sequence[Batch],
    label: str,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Each batch in its own transaction, all under one label."""
    whole = sum(batch.size() for batch in batches)
    done = 0
    for batch in batches:
        with workspace.transaction(label=label) as session:
            batch.write(session.connection())
        done += batch.size()
        if progress is not None:
            progress(done, whole)
