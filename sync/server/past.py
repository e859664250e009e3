"""What the organisation remembers of earlier edits and commits, read for many rows at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, and_, func, select

from sync import conflicts, driver
from sync.merge import Value
from sync.protocol import Result, decode
from sync.server.store import Store

BATCH = 500
_LONGEST_ID = 200
Key = tuple[str, str]
"""(table, id)"""

Item = TypeVar("Item")


@dataclass(slots=True)
class Edit:
    """Who set a field, and when; `field` is empty for the birth of the row."""

    table: str
    id: str
    field: str
    at: str
    user: str
    device: str
    transaction: str
    old: str | None = None
    rev: int = 0

    @property
    def replaced(self) -> Value:
        """What stood in the field before."""
        found: Value = json.loads(self.old) if self.old is not None and self.field else None
        return found


class Past:
    """Answers about what lies in the database, each read once per request."""

    def __init__(self, connection: Connection, store: Store) -> None:
        self._connection, self._store = connection, store
        self._last: dict[tuple[str, str, str], Edit | None] = {}
        self._foreign: dict[tuple[str, str, str], int] = {}
        self._commits: dict[int, tuple[int, str]] = {}
        self._shared: dict[str, set[str]] = {}

    @cached_property
    def came_back(self) -> bool:
        """Whether this organisation ever came back from a copy: if not, nobody lost anything."""
        return bool(driver.read(self._connection, "SELECT epoch FROM sync_restore LIMIT 1"))

    def erased(self, values: Iterable[Value]) -> set[str]:
        """Those of the values that are ids of what was erased for ever."""
        if not self._any_erased:
            return set()
        ids = {value for value in values if isinstance(value, str) and len(value) <= _LONGEST_ID}
        table, found = self._store.tables["sync_erased"], set[str]()
        for batch in _batches(sorted(ids)):
            found.update(self._connection.scalars(select(table.c.id).where(table.c.id.in_(batch))))
        return found

    @cached_property
    def _any_erased(self) -> bool:
        return bool(driver.read(self._connection, "SELECT id FROM sync_erased WHERE rev > 0 LIMIT 1"))

    def is_foreign(self, edit: Edit, device: str) -> bool:
        """Whether it is not this device's work: neither sent by it, nor by a copy of its file for both."""
        return edit.device != device and edit.transaction not in self.shared(device)

    def foreign(self, device: str) -> ColumnElement[bool]:
        """The same of the edits in the database."""
        edits, here = self._store.tables["field_edit"], self.shared(device)
        others = edits.c.device != device
        if not here:
            return others
        table = self._store.tables["sync_shared"]
        own = select(table.c.uuid).where(table.c.device == device)
        return others & edits.c.transaction.not_in(own)

    def shared(self, device: str) -> set[str]:
        """The transactions that this device sent although another had brought them."""
        if device not in self._shared:
            table = self._store.tables["sync_shared"]
            found = self._connection.scalars(select(table.c.uuid).where(table.c.device == device))
            self._shared[device] = set(found)
        return self._shared[device]

    def forget(self, device: str) -> None:
        """What is known of this device's work has changed."""
        self._shared.pop(device, None)
        self._foreign = {key: rev for key, rev in self._foreign.items() if key[0] != device}

    def last_edits(self, wanted: Collection[tuple[str, str, str]]) -> list[Edit | None]:
        """The newest edit of each (table, id, field), None where there is none."""
        missing = [one for one in wanted if one not in self._last]
        for batch in _batches(missing):
            self._read_last(batch)
        return [self._last[one] for one in wanted]

    def _read_last(self, wanted: list[tuple[str, str, str]]) -> None:
        self._last |= dict.fromkeys(wanted)
        edits = self._store.tables["field_edit"]
        here = edits.c.id.in_(sorted({id for _, id, _ in wanted}))
        named = edits.c.field.in_(sorted({name for _, _, name in wanted}))
        newest = (
            select(edits.c.id, edits.c.field, edits.c.table_name, func.max(edits.c.rev).label("rev"))
            .where(here & named)
            .group_by(edits.c.id, edits.c.field, edits.c.table_name)
            .subquery()
        )
        same = [edits.c[name] == newest.c[name] for name in ("id", "field", "table_name", "rev")]
        # A field that one commit set twice has two edits of one rev: the later one is written over the earlier.
        found = select(edits).join(newest, and_(*same)).order_by(edits.c.seq)
        for row in self._connection.execute(found).mappings():
            kept = ("field", "at", "user", "device", "transaction", "old", "rev")
            key = (row["table_name"], row["id"], row["field"])
            if key in self._last:
                self._last[key] = Edit(row["table_name"], row["id"], **{part: row[part] for part in kept})

    def foreign_revs(self, device: str, keys: Collection[Key]) -> list[int]:
        """For each row the newest revision at which another device changed it; 0 for never."""
        missing = sorted({id for table, id in keys if (device, table, id) not in self._foreign})
        self._foreign |= {
            (device, table, id): 0 for table, id in keys if (device, table, id) not in self._foreign
        }
        edits = self._store.tables["field_edit"]
        for batch in _batches(missing):
            statement = (
                select(edits.c.table_name, edits.c.id, func.max(edits.c.rev))
                .where(edits.c.id.in_(batch), self.foreign(device), ~edits.c.field.startswith(conflicts.MARK))
                .group_by(edits.c.table_name, edits.c.id)
            )
            for table, id, rev in self._connection.execute(statement):
                self._foreign[device, table, id] = rev
        return [self._foreign[device, table, id] for table, id in keys]

    def edits_since(self, key: Key, rev: int, but_of: str | None = None) -> list[Edit]:
        """What was done to a row after `rev`, the oldest first; without the work of the device `but_of`."""
        edits = self._store.tables["field_edit"]
        here = (edits.c.table_name == key[0]) & (edits.c.id == key[1]) & (edits.c.rev > rev)
        if but_of is not None:
            here &= self.foreign(but_of)
        names = ("field", "at", "user", "device", "transaction", "old", "rev")
        found = select(edits).where(here).order_by(edits.c.rev, edits.c.seq)
        rows = self._connection.execute(found).mappings()
        return [Edit(*key, **{name: row[name] for name in names}) for row in rows]

    def was_led(self, edit: Edit) -> bool:
        """Whether its author wrote to a record that was merged into this one: his result names that one."""
        table = self._store.tables["sync_result"]
        body = self._connection.scalar(select(table.c.body).where(table.c.uuid == edit.transaction))
        rows = decode(bytes(body), Result).rows if body is not None else []
        return bool(rows) and not any(id == edit.id for _table, id, _rev in rows)

    def commits(self, revs: Iterable[int]) -> list[tuple[int, str]]:
        """For each revision the last one of its commit, and when that was; (rev, "") for none."""
        wanted = list(revs)
        missing = sorted({rev for rev in wanted if rev not in self._commits})
        commits = self._store.tables["sync_commit"]
        for rev in missing:
            statement = select(commits.c.rev, commits.c.at).where(commits.c.rev >= rev)
            found = self._connection.execute(statement.order_by(commits.c.rev).limit(1)).first()
            self._commits[rev] = (int(found[0]), str(found[1])) if found and rev > 0 else (rev, "")
        return [self._commits[rev] for rev in wanted]

    def before_commit_of(self, rev: int) -> int:
        """The last revision of the commit before the one that took `rev`."""
        commits = self._store.tables["sync_commit"]
        before = select(func.max(commits.c.rev)).where(commits.c.rev < rev)
        return int(self._connection.scalar(before) or 0)


def _batches(items: list[Item]) -> Iterable[list[Item]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
