"""Brings many rows into an organisation at once: a migration or a demonstration, not a laptop's work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from sync import sums
from sync.schema import AS_RECORD, OFFICE, SyncTable
from sync.server import head
from sync.server.store import Store
from sync.server.tables import RECORD_RULES

BATCH = 2_000

Stored = dict[str, Any]


def load(store: Store, rows: Iterable[tuple[str, Stored]], now: str) -> int:
    """Insert rows (table, stored values by column) in one transaction; how many.

    A row comes after those whose scope it takes. Each gets its own revision, its scope and its place
    in the sums, as if it had been pushed. Memory grows with the parents' ids alone.
    """
    with store.write() as connection:
        loader = _Loader(connection, store)
        for table, values in rows:
            loader.add(table, values)
        loader.finish(now)
        return loader.count


class _Loader:
    def __init__(self, connection: Connection, store: Store) -> None:
        self._connection, self._store = connection, store
        self._first = head.current(connection, store)[0]
        self.count = 0
        self._scopes: dict[tuple[str, str], str] = {}
        self._batches: dict[str, list[Stored]] = defaultdict(list)
        self._sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        tables = store.schema.tables.values()
        self._parents = {
            child.fields[rule.parent].link for child in tables for rule in child.scope if rule.parent
        }

    def add(self, table: str, values: Stored) -> None:
        synced = self._store.schema.tables[table]
        self.count += 1
        rev = self._first + self.count
        scope = self._scope_of(synced, values)
        if table in self._parents:
            self._scopes[table, values["id"]] = scope
        entry = self._sums[scope, table]
        entry[0] += 1
        entry[1] += sums.row_hash(table, values["id"], rev)
        batch = self._batches[table]
        batch.append(dict.fromkeys(synced.columns()) | values | {"rev": rev, "scope": scope})
        if len(batch) >= BATCH:
            self._write(table)

    def finish(self, now: str) -> None:
        for table in list(self._batches):
            self._write(table)
        if not self.count:
            return
        head.advance(self._connection, self._store, self.count)
        self._write_sums()
        self._connection.execute(
            insert(self._store.tables["sync_commit"]).values(rev=self._first + self.count, at=now)
        )

    def _scope_of(self, synced: SyncTable, values: Stored) -> str:
        for rule in synced.scope:
            if rule.field and values.get(rule.field):
                return f"{rule.prefix}:{values[rule.field]}"
            if rule.parent and values.get(rule.parent):
                kind = synced.fields[rule.parent].link
                found = self._scopes.get((str(kind), values[rule.parent]))
                if found is not None:
                    return found
            if rule.fixed == AS_RECORD and (found := self._scope_of_record(values)) is not None:
                return found
            if rule.fixed and rule.fixed not in RECORD_RULES:
                return rule.fixed
        return OFFICE

    def _scope_of_record(self, values: Stored) -> str | None:
        """Of the record that is named: its kind's one scope, or that of a row kept as others' parent."""
        named = self._store.schema.tables.get(str(values.get("record_kind")))
        if named is None:
            return None
        return named.scope[0].fixed or self._scopes.get((named.name, str(values.get("record"))))

    def _write(self, table: str) -> None:
        rows = self._batches.pop(table, [])
        if rows:
            self._connection.execute(insert(self._store.tables.synced[table]), rows)

    def _write_sums(self) -> None:
        table = self._store.tables["scope_sum"]
        standing = {
            (scope, name): (count, total)
            for scope, name, count, total in self._connection.execute(
                select(table.c.scope, table.c.table_name, table.c.count, table.c.total)
            )
        }
        rows = []
        for key, (count, total) in self._sums.items():
            was_count, was_total = standing.get(key, (0, 0))
            rows.append(
                {
                    "scope": key[0],
                    "table_name": key[1],
                    "count": was_count + count,
                    "total": head.signed(was_total + total),
                    "rev": self._first + self.count,
                }
            )
            if key in standing:
                here = (table.c.scope == key[0]) & (table.c.table_name == key[1])
                self._connection.execute(delete(table).where(here))
        self._connection.execute(insert(table), rows)
