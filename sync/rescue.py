"""After the server came back from a copy: what others had written since, as far as this laptop has it.

A record is brought as the server had it, without what this laptop has not sent yet. A document is stated whole, so
that the server can compare it with what others brought meanwhile; of another record the fields that are not alike.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any, NamedTuple

from sqlalchemy import Connection

from sync import brought, lost, outbox, state, stating
from sync.merge import canonical
from sync.overlay import server_version
from sync.protocol import ERASED, Hello, PullPage, Rows, Value
from sync.schema import OFFICE, SyncSchema, SyncTable

_TOGETHER = 100
"""Records in one transaction, which is applied whole or not at all; a document counts as one."""

Entry = tuple[str, str, str, str | None, Value, Value, str, int]
"""(kind, id, op, field, base, new, at, base_rev), as capture writes it."""
Key = tuple[str, str]
"""(table, id)"""
Row = dict[str, Any]


def queue_lost_rows(
    connection: Connection, schema: SyncSchema, pages: Iterable[PullPage], hello: Hello, now: str
) -> int:
    """Queue what was lost with the server and is here; how many records. `pages` are all that the server has.

    Company rows go from those laptops alone that may write them.
    """
    queue = _Queue(connection, schema, hello, now)
    brought.begin(connection)
    for page in pages:
        for name, id, scope in page.exits:
            if scope == ERASED:
                brought.note(connection, name, [id])
            else:
                queue.left(name, id)
        for block in page.blocks:
            table = schema.tables.get(block.table)
            if table is not None and {"id", "rev"} <= set(block.columns):
                id_at = block.columns.index("id")
                brought.note(connection, table.name, (row[id_at] for row in block.rows))
                if _may_bring(schema, table, hello):
                    queue.compare(table, block)
    queue.add_missing()
    brought.end(connection)
    units, old_names = queue.units(), stating.old_names(connection, schema, lost.names(connection))
    for seen, some in _packed(units):
        connection.exec_driver_sql(
            "INSERT INTO sync_entry (kind, id, op, field, base, new, at, base_rev)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [entry for unit in some for entry in unit.entries],
        )
        sealed = outbox.seal_entries(connection, schema, {})
        if sealed is not None:
            worked_on = [unit.key[1] for unit in some if unit.is_under_work]
            lost.note(
                connection, {sealed: seen}, rescued=True, made={sealed: old_names}, stated={sealed: worked_on}
            )
    return len(units)


def _packed(units: list[_Unit]) -> Iterator[tuple[int, list[_Unit]]]:
    """The records in transactions, in their order; those that were seen later than the rest come by themselves.

    So do those of each scope that we have no more: where the server does not take them, nothing else waits with them.
    """
    for (seen, _scope), some in groupby(units, key=lambda unit: (unit.seen, unit.left_scope)):
        while part := list(islice(some, _TOGETHER)):
            yield seen, part


class _Unit(NamedTuple):
    """What is brought together: a record, or a document with its lines."""

    key: Key
    entries: list[Entry]
    seen: int
    """The last revision of the lost life that is in it."""
    is_under_work: bool = False
    """Whether unsent work stands on it."""
    left_scope: str = ""
    """Its scope, where we have that no more."""


class _Queue:
    """What is to be brought, record by record."""

    def __init__(self, connection: Connection, schema: SyncSchema, hello: Hello, now: str) -> None:
        self._connection, self._schema, self._hello, self._now = connection, schema, hello, now
        self._units: dict[Key, list[Entry]] = {}
        self._missing: dict[Key, list[Key]] = defaultdict(list)
        """The rows that the server lacks, by the record with which they go."""
        self._documents: dict[Key, None] = {}
        self._lines = [table for table in schema.tables.values() if table.aggregate is not None]
        self._roots = {table.document for table in self._lines}
        self._again = lost.names(connection)
        self._revs = lost.revs(connection)
        self._touched = stating.touched(connection, self._again)
        self._owed = lost.left_to_statements(connection)
        self._compared: set[str] = set()
        """Parts of documents that the server showed."""
        self._exits: set[Key] = set()
        self._left_scopes: dict[Key, str] = {}
        """Of what we had when we last saw the life that was lost: the scope, where we have that no more."""
        self._restored = lost.parted_at(connection, hello)
        self._head = int(state.get(connection, "head") or 0)

    def left(self, name: str, id: str) -> None:
        """The record is in none of our scopes any more: what is newer of it here is brought all the same."""
        self._exits.add((name, id))

    def compare(self, table: SyncTable, block: Rows) -> None:
        """What of these rows of the server's is newer here."""
        for theirs in block.rows:
            values: Row = dict(zip(block.columns, theirs, strict=True))
            if self._is_part(table):
                self._compare_part(table, values)
                continue
            ours = server_version(self._connection, table, values["id"])
            if not ours or ours["rev"] <= self._restored:
                continue
            if not ours["deleted_at"]:
                self._add_fields(table, values, ours)

    def add_missing(self) -> None:
        """Rows newer than the copy that the server does not have, parents first."""
        found: dict[str, list[Row]] = {}
        for name, id, _scope, rev, _live in list(brought.missing(self._connection, self._schema)):
            # Also what is of a scope that was taken away meanwhile: the server decides by what it knows we had.
            if rev > self._restored:
                row = self._version(self._schema.tables[name], id)
                if row and row["deleted_at"] is None:
                    found.setdefault(name, []).append(row)
        for name, id in sorted(self._touched):
            table = self._schema.tables[name]
            row = self._version(table, id) if self._is_part(table) else {}
            if (
                row
                and (not row["rev"] or id in self._owed)
                and not brought.among(self._connection, name, [id])
            ):
                self._documents[self._whole(table, row)] = None
        self._add_owed()
        for table in _parents_first(self._schema):
            for row in found.get(table.name, ()) if _may_bring(self._schema, table, self._hello) else ():
                key = self._whole(table, row)
                self._missing[key].append((table.name, row["id"]))
                if row["scope"] not in self._hello.scopes or (table.name, row["id"]) in self._exits:
                    self._left_scopes[key] = row["scope"]
                if self._is_part(table):
                    self._documents[key] = None
                else:
                    self._units[key] = list(self._creation(table, row))

    def _add_owed(self) -> None:
        """What statements are to bring goes too where it has left our scopes since: the server did not show it."""
        for table in self._schema.tables.values() if self._owed else ():
            for id in sorted(self._owed - self._compared) if self._is_part(table) else ():
                row = self._version(table, id)
                if row:
                    self._documents[self._whole(table, row)] = None

    def units(self) -> list[_Unit]:
        """The records, those on which others hang before these."""
        units = [_Unit(key, entries, self._head) for key, entries in self._units.items()]
        units += [unit for key in self._documents if (unit := self._stated(key)).entries]
        self._units |= {unit.key: unit.entries for unit in units}
        for table, id in (one for key in self._units for one in self._missing[key]):
            # From now on it is like one that was never sent: the swap leaves it alone.
            self._connection.exec_driver_sql(f'UPDATE "{table}" SET rev = 0 WHERE id = ?', (id,))
            self._connection.exec_driver_sql("DELETE FROM sync_shadow WHERE kind = ? AND id = ?", (table, id))
        order = {table.name: at for at, table in enumerate(_parents_first(self._schema))}
        units = [unit._replace(left_scope=self._left_scopes.get(unit.key, "")) for unit in units]
        return sorted(units, key=lambda unit: (unit.left_scope, order[unit.key[0]]))

    def _version(self, table: SyncTable, id: str) -> Row:
        if self._is_part(table):
            return stating.acknowledged(self._connection, table, id, self._again)
        return server_version(self._connection, table, id)

    def _is_part(self, table: SyncTable) -> bool:
        return table.aggregate is not None or table.name in self._roots

    def _whole(self, table: SyncTable, row: Row) -> Key:
        if table.aggregate is None:
            return table.name, row["id"]
        return table.document, row[table.aggregate]

    def _compare_part(self, table: SyncTable, theirs: Row) -> None:
        """A document with something that is not alike is stated whole; so is one on which unsent work stands."""
        id = theirs["id"]
        self._compared.add(id)
        ours = self._version(table, id)
        if not ours or not self._is_newer(table, ours):
            return
        key = self._whole(table, ours)
        was, now = theirs.get("deleted_at") is None, ours["deleted_at"] is None
        alike = was == now and (not now or dict(_captured(table, theirs)) == dict(_captured(table, ours)))
        if not alike or stating.is_under_work(self._connection, [(table.name, id)], self._again):
            self._documents[key] = None

    def _add_fields(self, table: SyncTable, theirs: Row, ours: Row) -> None:
        base, new = dict(_captured(table, theirs)), dict(_captured(table, ours))
        changed = sorted(name for name in base.keys() | new.keys() if base.get(name) != new.get(name))
        groups = {table.fields[name].group for name in changed if name in table.fields} - {None}
        changed += [f.name for f in table.fields.values() if f.group in groups and f.name not in changed]
        place = (self._now, ours["rev"])
        entries: list[Entry] = [
            (table.name, ours["id"], "update", name, base.get(name), new.get(name), *place)
            for name in changed
        ]
        if theirs.get("deleted_at"):
            # Whoever deleted it may not have been let in the life that was lost: the server compares.
            entries.insert(0, (table.name, ours["id"], "restore", None, None, None, *place))
        if entries:
            self._units[table.name, ours["id"]] = entries

    def _creation(self, table: SyncTable, row: Row) -> Iterator[Entry]:
        yield table.name, row["id"], "create", None, None, None, self._now, 0
        captured = dict(_captured(table, row))
        if self._is_part(table):
            # That a field is empty is part of the statement.
            empty = (f.name for f in table.fields.values() if not f.by_key and f.policy != "sum")
            captured = dict.fromkeys(empty) | captured
        for name, new in captured.items():
            yield table.name, row["id"], "create", name, None, new, self._now, 0

    def _stated(self, key: Key) -> _Unit:
        """A document as the server had it: all of it, and which lines it had no more."""
        kind, id = key
        root, rows, entries = self._version(self._schema.tables[kind], id), [key], list[Entry]()
        if not root or root["deleted_at"] is not None:
            return _Unit(key, [], 0)
        entries += self._creation(self._schema.tables[kind], root)
        for table in self._lines:
            link = str(table.aggregate)
            if table.fields[link].link != kind:
                continue
            ids = self._connection.exec_driver_sql(
                f'SELECT id FROM "{table.name}" WHERE "{link}" = ? ORDER BY id', (id,)
            ).scalars()
            for line in list(ids):
                rows.append((table.name, line))
                row = self._version(table, line)
                if row and row[link] == id and row["deleted_at"] is None:
                    entries += self._creation(table, row)
                elif row and row[link] == id and self._is_newer(table, row):
                    entries.append((table.name, line, "delete", None, None, None, self._now, 0))
        under_work = stating.is_under_work(self._connection, rows, self._again)
        # What of ours no pull has passed is in it too: as the server had it after that.
        last = max(stating.revs(self._connection, rows, self._revs), default=0)
        entries = [(*entry[:-1], last) for entry in entries]
        return _Unit(key, entries, max(self._head, last), under_work)

    def _is_newer(self, table: SyncTable, ours: Row) -> bool:
        """Whether it is not as it was when the copy was made."""
        return ours["rev"] > self._restored or (table.name, ours["id"]) in self._touched


def _may_bring(schema: SyncSchema, table: SyncTable, hello: Hello) -> bool:
    if table.name == schema.parked:
        return False  # what waited comes again from its author
    return table.writers == "all" or (table.writers == "office" and OFFICE in hello.scopes)


def _parents_first(schema: SyncSchema) -> list[SyncTable]:
    done: dict[str, SyncTable] = {}

    def add(table: SyncTable, above: frozenset[str]) -> None:
        links = {rule.parent for rule in table.scope} | {table.parent, table.aggregate}
        for link in sorted(one for one in links if one):
            target = table.fields[link].link
            if target in schema.tables and target not in above:
                add(schema.tables[target], above | {table.name})
        done.setdefault(table.name, table)

    for table in schema.tables.values():
        add(table, frozenset({table.name}))
    return list(done.values())


def _captured(table: SyncTable, row: Row) -> Iterator[tuple[str, Value]]:
    """The fields of a row as they are captured; those without a value are left out.

    What adds up too: it counts with those who counted it, who send it again, and would count twice.
    """
    for field in table.fields.values():
        value = row.get(field.name)
        if value is None or field.policy == "sum":
            continue
        if field.by_key:
            for key, part in json.loads(value).items():
                yield f"{field.name}.{key}", canonical(part)
        else:
            yield field.name, value
