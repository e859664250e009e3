"""Applies the server's rows on the laptop: shadow ⊕ unsent entries, exits, news and sums, in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Integer, TypeDecorator
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import IntegrityError

from sync import errors, outbox, sums
from sync.merge import canonical
from sync.protocol import PullPage, Rows, Value
from sync.schema import SyncSchema, SyncTable

_CHUNK = 500
"""Ids in one IN (…): well below SQLite's limit, few enough to plan fast."""
_BIGINT = 1 << 63
_DIALECT = DefaultDialect()
GONE = "null"
"""The shadow of a row that left our scopes while entries of ours were unsent."""


@dataclass
class Applied:
    """What one application changed."""

    pulled: int = 0
    removed: int = 0
    records: set[tuple[str, str]] = field(default_factory=set)
    """Changed records, for the screens; left empty by a first load, which changes everything."""


class Applier:
    """Applies pull pages inside a transaction in which capture is paused."""

    def __init__(self, connection: Connection, schema: SyncSchema, me: str, first_load: bool) -> None:
        self._connection, self._schema, self._me = connection, schema, me
        self._first_load = first_load
        self._afresh = False
        self._head = 0
        self._sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._left: set[str] = set()
        self.applied = Applied()

    def page(self, page: PullPage) -> None:
        """One page: its exits first, since a row may have left one scope and come in another."""
        for table, id, _scope in page.exits:
            if table in self._schema.tables:
                self.leave(table, id)
        self._head = page.hello.head
        for block in page.blocks:
            if block.table in self._schema.tables and block.rows:
                self._block(self._schema.tables[block.table], block)

    def leave(self, table: str, id: str) -> None:
        """A row left our scopes: all of it goes, unless unsent entries still need it (quarantine)."""
        hidden = _hidden_by_entries(self._connection, table, [id])
        if self._connection.exec_driver_sql(
            "SELECT 1 FROM sync_entry WHERE kind = ? AND id = ? AND rev IS NULL LIMIT 1", (table, id)
        ).first():
            self._quarantine(table, id, hidden)
            return
        row = self._connection.exec_driver_sql(
            f'DELETE FROM "{table}" WHERE id = ? RETURNING scope, rev, deleted_at', (id,)
        ).first()
        for statement in (
            "DELETE FROM sync_shadow WHERE kind = ? AND id = ?",
            "DELETE FROM sync_news WHERE kind = ? AND id = ?",
            "DELETE FROM sync_entry WHERE kind = ? AND id = ?",
            "DELETE FROM draft WHERE kind = ? AND id = ?",
        ):
            self._connection.exec_driver_sql(statement, (table, id))
        self._left.add(id)
        if row is not None:
            self._count(table, id, row[0], row[1], hidden.get(id, row[2]), -1)
            self.applied.removed += 1
            self.applied.records.add((table, id))

    def _quarantine(self, table: str, id: str, hidden: dict[Any, Any]) -> None:
        """The row stays for its unsent entries alone: outside the sums, and gone once they are answered."""
        row = self._connection.exec_driver_sql(
            f'SELECT scope, rev, deleted_at FROM "{table}" WHERE id = ?', (id,)
        ).first()
        if row is None or not row[1]:
            return
        self._count(table, id, row[0], row[1], hidden.get(id, row[2]), -1)
        self._connection.exec_driver_sql(f'UPDATE "{table}" SET rev = 0 WHERE id = ?', (id,))
        self._connection.exec_driver_sql(
            "INSERT INTO sync_shadow (kind, id, row) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET row = excluded.row",
            (table, id, GONE),
        )

    def start_afresh(self) -> None:
        """Drop all server rows without unsent entries: the pages that follow bring everything again."""
        self._afresh = True
        for table in self._schema.tables:
            self._connection.exec_driver_sql(
                f'DELETE FROM "{table}" WHERE id NOT IN'
                " (SELECT id FROM sync_entry WHERE kind = ? AND rev IS NULL)",
                (table,),
            )
            # What stays is in no sum until the server sends it again.
            self._connection.exec_driver_sql(f'UPDATE "{table}" SET rev = 0 WHERE rev <> 0')
        for table in ("sync_sum", "sync_shadow"):
            self._connection.exec_driver_sql(f"DELETE FROM {table}")

    def drop_lost_scopes(self, held: set[str], granted: set[str]) -> None:
        """Rows of scopes that we no longer have go, as if each had left; `held` were granted before."""
        summed = self._connection.exec_driver_sql("SELECT DISTINCT scope FROM sync_sum").scalars().all()
        for scope in (held | set(summed)) - granted:
            for table in self._schema.tables:
                ids = (
                    self._connection.exec_driver_sql(f'SELECT id FROM "{table}" WHERE scope = ?', (scope,))
                    .scalars()
                    .all()
                )
                for id in ids:
                    self.leave(table, id)

    def forget_passed(self, head: int) -> None:
        """Entries whose revision the pull has passed are done, and shadows without entries with them."""
        covered = self._connection.exec_driver_sql(
            "SELECT DISTINCT s.kind, s.id, s.row FROM sync_shadow s JOIN sync_entry e"
            " ON e.kind = s.kind AND e.id = s.id WHERE e.rev IS NOT NULL AND e.rev <= ?",
            (head,),
        ).all()
        self._connection.exec_driver_sql("DELETE FROM sync_entry WHERE rev IS NOT NULL AND rev <= ?", (head,))
        for kind, _id, shadow in covered:
            # The row may still show a value that the server decided otherwise.
            if shadow != GONE:
                write_row(self._connection, self._schema.tables[kind], json.loads(shadow))
        gone = self._connection.exec_driver_sql(
            "SELECT kind, id FROM sync_shadow s WHERE row = ? AND NOT EXISTS"
            " (SELECT 1 FROM sync_entry e WHERE e.kind = s.kind AND e.id = s.id)",
            (GONE,),
        ).all()
        for kind, id in gone:
            self.leave(kind, id)
        self._connection.exec_driver_sql(
            "DELETE FROM sync_shadow WHERE NOT EXISTS (SELECT 1 FROM sync_entry e"
            " WHERE e.kind = sync_shadow.kind AND e.id = sync_shadow.id)"
        )

    def finish(self) -> None:
        """Write the sums that this application moved."""
        for (scope, table), (count, total) in self._sums.items():
            row = self._connection.exec_driver_sql(
                "SELECT count, total FROM sync_sum WHERE scope = ? AND kind = ?", (scope, table)
            ).first()
            before = (row[0], int(row[1], 16)) if row else (0, 0)
            self._connection.exec_driver_sql(
                "INSERT INTO sync_sum (scope, kind, count, total) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (scope, kind) DO UPDATE SET count = excluded.count, total = excluded.total",
                (scope, table, before[0] + count, sums.to_wire(before[1] + total)),
            )
        self._sums.clear()
        outbox.forget_sent(self._connection, self._left)
        self._left.clear()

    def _block(self, table: SyncTable, block: Rows) -> None:
        rows = _in_our_columns(table, block)
        _require_sound(table, rows, self._head)
        columns = table.columns()
        rev_at, id_at = columns.index("rev"), columns.index("id")
        before = {} if self._first_load else self._rows_by_id(table, [row[id_at] for row in rows])
        fresh = [row for row in rows if row[id_at] not in before or before[row[id_at]][rev_at] <= row[rev_at]]
        hidden = _hidden_by_entries(self._connection, table.name, list(before))
        self._drop_passed_entries(table.name, {row[id_at]: row[rev_at] for row in fresh})
        pending = _pending_ids(self._connection, table.name, [row[id_at] for row in fresh])
        shown = [self._overlaid(table, row) if row[id_at] in pending else row for row in fresh]
        self._upsert(table, shown)
        self._account_for(table, fresh, before, hidden)
        if not self._first_load:
            if not self._afresh:
                self._write_news(table, shown, before)
            self.applied.records.update((table.name, row[id_at]) for row in fresh)
        self.applied.pulled += len(fresh)

    def _rows_by_id(self, table: SyncTable, ids: Sequence[Any]) -> dict[Any, Sequence[Any]]:
        names = ", ".join(f'"{name}"' for name in table.columns())
        found: dict[Any, Sequence[Any]] = {}
        for part, marks in _chunks(ids):
            for row in self._connection.exec_driver_sql(
                f'SELECT {names} FROM "{table.name}" WHERE id IN ({marks})', tuple(part)
            ):
                found[row[0]] = tuple(row)
        return found

    def _drop_passed_entries(self, table: str, revs: dict[Any, int]) -> None:
        """An entry leaves the overlay when a row arrives that is at least as new as its result."""
        acknowledged = self._connection.exec_driver_sql(
            "SELECT seq, id, rev FROM sync_entry WHERE kind = ? AND rev IS NOT NULL", (table,)
        ).all()
        passed = [(seq,) for seq, id, rev in acknowledged if id in revs and rev <= revs[id]]
        if passed:
            self._connection.exec_driver_sql("DELETE FROM sync_entry WHERE seq = ?", passed)

    def _overlaid(self, table: SyncTable, row: Sequence[Any]) -> Sequence[Any]:
        """The server's row goes to the shadow; what is shown is the shadow ⊕ the entries not yet passed."""
        columns = table.columns()
        values = dict(zip(columns, row, strict=True))
        self._connection.exec_driver_sql(
            "INSERT INTO sync_shadow (kind, id, row) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET row = excluded.row",
            (table.name, values["id"], json.dumps(values, ensure_ascii=False)),
        )
        overlay(self._connection, table, values)
        return tuple(values[name] for name in columns)

    def _upsert(self, table: SyncTable, rows: Sequence[Sequence[Any]]) -> None:
        if not rows or (self._first_load and self._insert(table, rows)):
            return
        columns = table.columns()
        names = ", ".join(f'"{name}"' for name in columns)
        sets = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name != "id")
        self._connection.exec_driver_sql(
            f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(columns))})'
            f" ON CONFLICT (id) DO UPDATE SET {sets}",
            [tuple(row) for row in rows],
        )

    def _insert(self, table: SyncTable, rows: Sequence[Sequence[Any]]) -> bool:
        """Insert rows that are all new, without their empty columns; False, and nothing done, if one is there.

        The driver looks for an adapter for each None that it binds, which made a load six times slower.
        """
        used = [at for at, values in enumerate(zip(*rows, strict=True)) if any(v is not None for v in values)]
        columns = table.columns()
        names = ", ".join(f'"{columns[at]}"' for at in used)
        try:
            with self._connection.begin_nested():
                self._connection.exec_driver_sql(
                    f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(used))})',
                    [tuple(row[at] for at in used) for row in rows],
                )
        except IntegrityError:
            return False
        return True

    def _account_for(
        self,
        table: SyncTable,
        rows: Sequence[Sequence[Any]],
        before: dict[Any, Sequence[Any]],
        hidden: dict[Any, Any],
    ) -> None:
        columns = table.columns()
        id, scope, rev, deleted = (columns.index(name) for name in ("id", "scope", "rev", "deleted_at"))
        for row in rows:
            old = before.get(row[id])
            if old is not None:
                self._count(table.name, old[id], old[scope], old[rev], hidden.get(old[id], old[deleted]), -1)
            self._count(table.name, row[id], row[scope], row[rev], row[deleted], 1)

    def _count(self, table: str, id: Any, scope: Any, rev: int, deleted_at: Any, sign: int) -> None:
        if deleted_at is None and rev and scope is not None:
            entry = self._sums[scope, table]
            entry[0] += sign
            entry[1] += sign * sums.row_hash(table, id, rev)

    def _write_news(
        self, table: SyncTable, rows: Sequence[Sequence[Any]], before: dict[Any, Sequence[Any]]
    ) -> None:
        """What others changed, field by field, for “while you were away”."""
        columns = table.columns()
        by_at, when_at = columns.index("updated_by"), columns.index("updated_at")
        told: list[tuple[Any, ...]] = []
        for row in rows:
            old = before.get(row[0])
            if row[by_at] == self._me:
                continue
            if old is None:
                told.append((table.name, row[0], None, None, None, row[by_at], row[when_at] or ""))
                continue
            told += [
                (table.name, row[0], name, before_value, value, row[by_at], row[when_at] or "")
                for name, before_value, value in zip(columns, old, row, strict=True)
                if name in table.fields and before_value != value
            ]
        if told:
            self._connection.exec_driver_sql(
                "INSERT INTO sync_news (kind, id, field, old, new, by, at) VALUES (?, ?, ?, ?, ?, ?, ?)", told
            )


def overlay(connection: Connection, table: SyncTable, values: dict[str, Any]) -> None:
    """Lay the entries of a record that no pull has passed over `values`, a row by column."""
    for op, name, new, at in connection.exec_driver_sql(
        "SELECT op, field, new, at FROM sync_entry WHERE kind = ? AND id = ? ORDER BY seq",
        (table.name, values["id"]),
    ):
        if op == "delete":
            values["deleted_at"] = at
        elif op == "restore":
            values["deleted_at"] = None
        elif name is not None:
            set_field(values, name, new)


def write_row(connection: Connection, table: SyncTable, values: dict[str, Any]) -> None:
    """Show the server's `values` of a record, under the entries of it that no pull has passed."""
    overlay(connection, table, values)
    sets = ", ".join(f'"{name}" = ?' for name in table.columns())
    connection.exec_driver_sql(
        f'UPDATE "{table.name}" SET {sets} WHERE id = ?',
        (*(values[name] for name in table.columns()), values["id"]),
    )


def set_field(values: dict[str, Any], name: str, new: Value) -> None:
    """Put one captured value into a row; `field.key` goes into the JSON object of that field."""
    column, _dot, key = name.partition(".")
    if not key:
        values[column] = new
        return
    keys = json.loads(values.get(column) or "{}")
    if new is None:
        keys.pop(key, None)
    else:
        keys[key] = json.loads(str(new))
    values[column] = canonical(keys) if keys else None


def _in_our_columns(table: SyncTable, block: Rows) -> list[Sequence[Any]]:
    """The rows in the order of our columns; fields of a newer server are kept in `extra`."""
    columns = table.columns()
    if tuple(block.columns) == columns:
        return list(block.rows)
    found: list[Sequence[Any]] = []
    for row in block.rows:
        if len(row) != len(block.columns):
            raise errors.Protocol(
                f"a row of {table.name} has {len(row)} values for {len(block.columns)} columns"
            )
        values: dict[str, Any] = dict(zip(block.columns, row, strict=True))
        foreign = {name: values[name] for name in block.columns if name not in columns}
        if foreign:
            values["extra"] = canonical({**json.loads(values.get("extra") or "{}"), **foreign})
        found.append(tuple(values.get(name) for name in columns))
    return found


def _require_sound(table: SyncTable, rows: Sequence[Sequence[Any]], head: int) -> None:
    """Refuse rows that do not fit the table, before any of them is written; raises `errors.Protocol`."""
    columns = table.columns()
    if any(len(row) != len(columns) for row in rows):
        raise errors.Protocol(f"a row of {table.name} is too short or too long")
    for column, values in zip(table.table.columns, zip(*rows, strict=True), strict=True):
        kind = int if _is_integer(column.type) else str
        if set(map(type, values)) - {kind, type(None)}:
            raise errors.Protocol(f"{table.name}.{column.name} holds a value of another type")
        if kind is int and any(value is not None and not -_BIGINT <= value < _BIGINT for value in values):
            raise errors.Protocol(f"{table.name}.{column.name} holds a number that is too large")
    id_at, rev_at, scope_at = (columns.index(name) for name in ("id", "rev", "scope"))
    for row in rows:
        if not row[id_at] or not row[scope_at] or not row[rev_at] or not 0 < row[rev_at] <= head:
            raise errors.Protocol(f"a row of {table.name} has no id, no scope or an impossible revision")


def _is_integer(kind: Any) -> bool:
    if isinstance(kind, TypeDecorator):
        kind = kind.load_dialect_impl(_DIALECT)
    return isinstance(kind, Integer)


def _hidden_by_entries(connection: Connection, table: str, ids: Sequence[Any]) -> dict[Any, Any]:
    """The server's `deleted_at` of records whose own one an entry of ours covers, by id."""
    found: dict[Any, Any] = {}
    for part, marks in _chunks(ids):
        for id, op, shadow in connection.exec_driver_sql(
            "SELECT e.id, e.op, s.row FROM sync_entry e LEFT JOIN sync_shadow s ON s.kind = e.kind AND s.id = e.id"
            f" WHERE e.kind = ? AND e.op IN ('delete', 'restore') AND e.id IN ({marks}) ORDER BY e.seq DESC",
            (table, *part),
        ):
            before = "deleted" if op == "restore" else None
            found[id] = json.loads(shadow)["deleted_at"] if shadow and shadow != GONE else before
    return found


def _pending_ids(connection: Connection, table: str, ids: Sequence[Any]) -> set[Any]:
    found: set[Any] = set()
    if (
        connection.exec_driver_sql("SELECT 1 FROM sync_entry WHERE kind = ? LIMIT 1", (table,)).first()
        is None
    ):
        return found
    for part, marks in _chunks(ids):
        found.update(
            row[0]
            for row in connection.exec_driver_sql(
                f"SELECT DISTINCT id FROM sync_entry WHERE kind = ? AND id IN ({marks})", (table, *part)
            )
        )
    return found


def _chunks(ids: Iterable[Any]) -> Iterator[tuple[list[Any], str]]:
    rest = list(ids)
    for start in range(0, len(rest), _CHUNK):
        part = rest[start : start + _CHUNK]
        yield part, ", ".join("?" * len(part))
