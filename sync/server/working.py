"""The rows that one database transaction looks at and changes, in memory until the revision is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from sync.held_ids import ids_in
from sync.merge import Value, canonical
from sync.protocol import Op
from sync.schema import SyncTable
from sync.server.batch import find_rows
from sync.server.past import BATCH, Edit, Key, Past
from sync.server.store import Store
from sync.server.tables import RECORD_RULES

Row = dict[str, Any]


@dataclass(slots=True)
class Savepoint:
    """What to put back when a transaction is parked."""

    rows: dict[Key, Row | None] = field(default_factory=dict)
    touched: list[Key] = field(default_factory=list)
    """Those that nothing before had touched."""
    edits: int = 0
    """How many there were."""


class Working:
    """Rows read with a lock, changed in memory, written by `sync.server.head.commit`.

    A row is never changed in place: `put` replaces it, so that a savepoint is a few references.
    """

    def __init__(self, connection: Connection, store: Store) -> None:
        self.connection = connection
        self.store = store
        self.past = Past(connection, store)
        self.before: dict[Key, Row | None] = {}
        """As the database has them; None where it has no such row."""
        self.rows: dict[Key, Row | None] = {}
        self.touched: dict[Key, None] = {}
        """Rows to stamp with a new revision, in order."""
        self.named: dict[Key, None] = {}
        """Those that the present transaction of the device touched."""
        self.edits: list[Edit] = []
        self._edited: dict[Key, list[Edit]] = {}
        self._hung: dict[tuple[str, str], dict[str, dict[str, None]]] = defaultdict(dict)
        """Ids of rows that were given a link here: by table and link, and by the id that it holds."""
        self._links = store.shape.dependencies
        self._hung_on: set[str] = set()
        """Every id that such a link holds."""
        self._blanks: dict[str, Row] = {}
        self._followers: dict[str, list[tuple[SyncTable, str, bool]]] = {}
        self.led: set[tuple[str, str]] = set()
        """(transaction, id) of what was written to a merged record, and so to its survivor of that id."""
        self.erased: set[Key] = set()
        """Rows that are to go for ever, not as tombstones."""
        self.forks: dict[str, list[tuple[str, str, str]]] = {}
        """By device: (table, old id, new id) of documents that forked in this database transaction."""
        self.forks_before: dict[str, list[tuple[str, str, int]]] = {}
        """By device: (old id, new id, rev) of earlier forks that it has not seen."""
        self._savepoint = Savepoint()
        self._searched: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(dict)
        """Ids of rows that the database has with a link, in the same way, where it has any."""
        self._asked: dict[tuple[str, str], set[str]] = defaultdict(set)
        """The ids in a link for which that is known."""
        self._existing: dict[Key, bool] = {}
        self._places: dict[Key, Row | None] = {}
        """What `place` knows of rows that are not read whole."""

    # Reading

    def load(self, table: str, ids: Iterable[str]) -> None:
        """Read and lock the rows."""
        missing = {id for id in ids if (table, id) not in self.before}
        read = self._read(table, self.store.tables.synced[table].columns.keys(), missing)
        self.before.update(read)
        self.rows.update(read)

    def _load_places(self, table: str, ids: Iterable[str]) -> None:
        """Of rows on which others hang, lock them and read what `place` tells."""
        missing = {id for id in ids if (table, id) not in self.rows and (table, id) not in self._places}
        links = [link for link, _target in self.store.shape.parents[table]]
        names = list(dict.fromkeys(("id", "scope", "deleted_at", *links)))
        self._places.update(self._read(table, names, missing))

    def _read(self, table: str, names: Sequence[str], ids: Iterable[str]) -> dict[Key, Row | None]:
        """In one order everywhere, so that deadlocks stay rare."""
        columns, wanted = self.store.tables.synced[table], sorted(ids)
        ending = 'ORDER BY "id" FOR UPDATE' if self.store.postgres else ""
        read: dict[Key, Row | None] = {(table, id): None for id in wanted}
        blank = dict.fromkeys(names)  # one that has its keys already is filled in half the time
        for start in range(0, len(wanted), BATCH):
            for found in find_rows(
                self.connection, columns, names, "id", wanted[start : start + BATCH], ending
            ):
                row: Row = blank.copy()
                row.update(zip(names, found, strict=True))
                read[table, row["id"]] = row
        return read

    def preload(self, ops: Iterable[Op]) -> None:
        """Read all rows that the operations name, and the places whose scopes those take, in few statements."""
        ids: dict[str, set[str]] = defaultdict(set)
        parents: dict[str, set[str]] = defaultdict(set)
        links = self.store.shape.scope_parents
        for op in ops:
            if op.table in links:
                ids[op.table].add(op.id)
                for name, target in links[op.table]:
                    pair = op.fields.get(name)
                    if pair is not None and isinstance(pair[1], str):
                        parents[target].add(pair[1])
        for table in sorted(ids):
            self.load(table, ids[table])
            for name, target in links[table]:
                rows = (self.rows[table, id] for id in ids[table])
                parents[target].update(row[name] for row in rows if row is not None and row[name])
        for table in sorted(parents):
            self._load_places(table, parents[table])

    def get(self, table: str, id: str) -> Row | None:
        """The row as it stands in this transaction; a tombstone has `deleted_at`."""
        key = (table, id)
        if key not in self.rows:
            self.load(table, [id])
        return self.rows[key]

    def place(self, table: str, id: str) -> Row | None:
        """Of a row on which another hangs: its scope, what it hangs on itself, and whether it is deleted."""
        key = (table, id)
        if key in self.rows:
            return self.rows[key]
        if key not in self._places:
            self._load_places(table, [id])
        return self._places[key]

    def at_start(self, table: str, id: str) -> Row | None:
        """The row as it stood when the present transaction of the device began."""
        row, changed = self.get(table, id), self._savepoint.rows
        return changed[table, id] if changed and (table, id) in changed else row

    def is_newborn(self, table: str, id: str) -> bool:
        """Whether the database does not have the row yet, so that nothing there can hang on it."""
        return not self._stood((table, id))

    def is_bare(self, table: str, id: str) -> bool:
        """Whether nothing can hang on the row: it was born here, and nothing here was hung on it."""
        return not self._stood((table, id)) and id not in self._hung_on

    def _stood(self, key: Key) -> bool:
        return self.before.get(key) is not None or self._places.get(key) is not None

    def exists(self, table: str, id: str) -> bool:
        """Whether there is such a row, a tombstone too; it is not locked."""
        key = (table, id)
        if key in self.rows:
            return self.rows[key] is not None
        if key not in self._existing:
            columns = self.store.tables.synced[table]
            self._existing[key] = bool(find_rows(self.connection, columns, ("id",), "id", [id]))
        return self._existing[key]

    def find_all(self, table: str, column: str, values: Iterable[str], target: str) -> list[Row]:
        """All rows, tombstones too, whose `column` holds one of `values`, which are ids of `target`.

        Of one that is born here only what was changed here can hang on it.
        """
        wanted = set(values)
        self._search(table, column, {value for value in wanted if self._stood((target, value))})
        found: dict[str, None] = {}
        for there in (self._searched[table, column], self._hung[table, column]):
            # Of thousands few have anything hanging on them.
            for value in sorted(wanted & there.keys()):
                found |= dict.fromkeys(there[value])
        rows = (self.rows.get((table, id)) for id in found)
        return [row for row in rows if row is not None and row.get(column) in wanted]

    def _search(self, table: str, column: str, values: set[str]) -> None:
        asked, searched = self._asked[table, column], self._searched[table, column]
        missing = sorted(values - asked)
        asked.update(missing)
        columns = self.store.tables.synced[table]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            rows = find_rows(self.connection, columns, (column, "id"), column, batch)
            for value, id in rows:
                searched.setdefault(value, []).append(id)
            self.load(table, [id for _value, id in rows])

    def find_holding(self, table: str, column: str, id: str) -> list[Row]:
        """All rows, tombstones too, in whose structured `column` the id stands."""
        columns = self.store.tables.synced[table].c
        spelled = columns[column].contains(canonical(id), autoescape=True)
        statement = select(columns.id).where(columns[column].is_not(None), spelled)
        self.load(table, self.connection.scalars(statement))
        rows = [row for key, row in self.rows.items() if key[0] == table and row is not None]
        return [row for row in rows if id in ids_in(row[column])]

    # Changing

    def put(self, table: str, id: str, values: dict[str, Value]) -> Row:
        """The row with `values` changed, or a new one; touched either way."""
        key = (table, id)
        standing = self.get(table, id)
        old = standing if standing is not None else {**self._blank(table), "id": id, "rev": 0}
        new = {**old, **values}
        self._hang(table, id, values)
        self._savepoint.rows.setdefault(key, standing)
        self.rows[key] = new
        self.touch(table, id)
        return new

    def add(self, table: str, row: Row) -> None:
        """A new row that is whole already; none of its id stands."""
        self._hang(table, row["id"], row)
        self._savepoint.rows.setdefault((table, row["id"]), None)
        self.rows[table, row["id"]] = row
        self.touch(table, row["id"])

    def replace(self, table: str, standing: Row, new: Row) -> None:
        """Another content for a row that hangs where it hung."""
        self._savepoint.rows.setdefault((table, new["id"]), standing)
        self.rows[table, new["id"]] = new
        self.touch(table, new["id"])

    def is_changed(self, table: str, id: str) -> bool:
        """Whether the present transaction of the device changed the row."""
        return (table, id) in self._savepoint.rows

    def changed(self) -> Iterable[Row]:
        """The rows that the present transaction of the device changed, as they are now."""
        return [row for key in self._savepoint.rows if (row := self.rows[key]) is not None]

    def _hang(self, table: str, id: str, values: dict[str, Value]) -> None:
        for link in self._links[table]:
            if values.get(link) is not None:
                self._hung_on.add(str(values[link]))
                self._hung[table, link].setdefault(str(values[link]), {})[id] = None

    def followers(self, table: str) -> list[tuple[SyncTable, str, bool]]:
        """The tables whose rows may hang on one of `table`: (table, link, whether by `record_kind`)."""
        if table not in self._followers:
            self._followers[table] = [
                (child, rule.parent or "record", rule.parent is None)
                for child in self.store.schema.tables.values()
                for rule in child.scope
                if rule.fixed in RECORD_RULES or (rule.parent and child.fields[rule.parent].link == table)
            ]
        return self._followers[table]

    def _blank(self, table: str) -> Row:
        if table not in self._blanks:
            self._blanks[table] = dict.fromkeys(self.store.schema.tables[table].columns())
        return self._blanks[table]

    def touch(self, table: str, id: str) -> None:
        """Have the row stamped with a new revision, changed or not."""
        key = (table, id)
        self.named[key] = None
        if key not in self.touched:
            self.touched[key] = None
            self._savepoint.touched.append(key)

    def erase(self, table: str, id: str) -> None:
        """Have the row deleted for ever."""
        self.get(table, id)
        self.rows[table, id] = None
        self.erased.add((table, id))
        self.touch(table, id)

    def log(self, edit: Edit) -> None:
        """Remember who set a field."""
        self.edits.append(edit)
        self._edited.setdefault((edit.table, edit.id), []).append(edit)

    def edits_of(self, table: str, id: str) -> list[Edit]:
        """Those of one row made here, the oldest first."""
        return self._edited.get((table, id), [])

    # Savepoints

    def mark(self) -> None:
        """Begin a transaction of the device."""
        self._savepoint = Savepoint(edits=len(self.edits))
        self.named = {}

    def rollback(self) -> None:
        """Undo all since `mark`."""
        self.rows.update(self._savepoint.rows)
        for key in self._savepoint.touched:
            del self.touched[key]
        for edit in self.edits[self._savepoint.edits :]:
            self._edited[edit.table, edit.id].pop()
        del self.edits[self._savepoint.edits :]
        self.mark()
