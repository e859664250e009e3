"""The short way of what clashes with nothing: new rows, and changes of rows that are as their author saw them.

It has the effect of `sync.server.apply` without asking what cannot matter there; where it is not sure it changes
nothing and says so. Documents that are on the server already, records that were merged, moved, deleted or frozen,
and whatever would be parked take the long way.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.merge import Value, canonical
from sync.protocol import Op
from sync.schema import COMPANY, OFFICE, SyncTable
from sync.server import scopes, versions
from sync.server.allowed import is_frozen
from sync.server.change import BIRTH, Author, Change
from sync.server.fields import get_field, set_field
from sync.server.scopes import Missing
from sync.server.values import fits, split_name
from sync.server.working import Row, Working

_DEEPEST = 8
"""Records that hang under each other; more than that takes the long way."""


class _NotPlain(Exception):
    """The long way has to be taken."""


@dataclass(frozen=True)
class _Kind:
    """What the declarations say of one table."""

    synced: SyncTable
    blank: Row
    led: tuple[tuple[str, str], ...]
    """(link, table) to records that may have been merged into others."""
    holding: frozenset[str]
    """Columns of structured data with ids of such records."""
    moving: frozenset[str]
    """Fields whose change may move the row, or merge it."""
    texts: frozenset[str]
    is_part: bool
    """Whether rows are documents with lines, or such lines."""


class Plain:
    """The short way for one author's transactions of one request; their operations are sound."""

    def __init__(self, working: Working, author: Author) -> None:
        self._working, self._author = working, author
        self._writable = author.writable
        self._kinds: dict[str, _Kind | None] = {}

    def apply(self, change: Change, ops: list[Op]) -> bool:
        """Whether the whole transaction was applied; if not, nothing was changed."""
        if self._author.is_server or versions.any_forked(change):
            return False
        if change.forks_again or change.is_stated:
            return False
        ordered = ops if len(ops) == 1 else sorted(ops, key=lambda op: op.kind)  # a create before an update
        try:
            for op in ordered:
                if op.kind == "create":
                    self._create(change, op)
                elif op.kind == "update":
                    self._update(change, op)
                else:
                    raise _NotPlain
        except (_NotPlain, Missing):
            self._working.rollback()
            change.born.clear()
            return False
        return True

    def _create(self, change: Change, op: Op) -> None:
        kind, working, user = self._kind(op.table), self._working, self._author.user
        if working.get(op.table, op.id) is not None:
            raise _NotPlain
        at, fields = change.at(op), kind.synced.fields
        row = {**kind.blank, "id": op.id, "created_at": at, "created_by": user, "updated_at": at}
        row["updated_by"] = user
        if "owner" in fields:
            row["owner"] = user
        by_key: list[str] = []
        for name, (base, new) in op.fields.items():
            self._require_fit(kind, name, base, new)
            if name not in fields:
                by_key.append(name)
            elif name != "owner" or new is not None:
                row[name] = new
        for name in by_key:
            row = set_field(working, kind.synced, row, name, op.fields[name][1], keep=False)
        if kind.synced.merged_into and row[kind.synced.merged_into]:
            raise _NotPlain
        self._require_parents(op.table, row, self._writable)
        self._require_unmerged(kind, op)
        if kind.is_part:
            self._require_new_document(kind.synced, row)
        row["scope"] = scopes.derive(working, kind.synced, row)
        self._require_landing(row["scope"])
        if is_frozen(kind.synced, row):
            raise _NotPlain
        working.add(op.table, row)
        change.log(op, BIRTH, at=at)
        change.born.append((op.table, op.id))

    def _update(self, change: Change, op: Op) -> None:
        kind, working = self._kind(op.table), self._working
        row = working.get(op.table, op.id)
        if row is None or kind.is_part or working.is_changed(op.table, op.id):
            raise _NotPlain
        self._require_writable(row)
        if is_frozen(kind.synced, row) or not kind.moving.isdisjoint(op.fields):
            raise _NotPlain
        self._require_parents(op.table, row)
        self._require_unmerged(kind, op)
        if scopes.derive(working, kind.synced, row) != row["scope"]:
            raise _NotPlain
        new_row = self._changed(change, op, kind, row)
        if is_frozen(kind.synced, new_row):
            raise _NotPlain
        if new_row is row:
            working.touch(op.table, op.id)
        else:
            working.replace(op.table, row, new_row)

    def _changed(self, change: Change, op: Op, kind: _Kind, row: Row) -> Row:
        """The row as the author wants it, itself where he changed nothing."""
        working, synced, new_row, at = self._working, kind.synced, row, change.at(op)
        for name, (base, new) in op.fields.items():
            self._require_fit(kind, name, base, new)
            if (row[name] if name in synced.fields else get_field(synced, row, name)) != base:
                raise _NotPlain
            if new == base:
                continue
            if new_row is row:
                new_row = {**row, "updated_at": at, "updated_by": self._author.user}
            if name in synced.fields:
                new_row[name] = new
            else:
                new_row = set_field(working, synced, new_row, name, new, keep=False)
            change.log(op, name, canonical(base), at)
        return new_row

    # What must hold

    def _kind(self, table: str) -> _Kind:
        if table not in self._kinds:
            self._kinds[table] = self._looked_up(table)
        kind = self._kinds[table]
        if kind is None:
            raise _NotPlain
        return kind

    def _looked_up(self, table: str) -> _Kind | None:
        """None for tables that have rules of their own, or are not this author's to write."""
        schema, shape = self._working.store.schema, self._working.store.shape
        synced = schema.tables.get(table)
        if synced is None or table in (schema.conflict, schema.parked) or table in shape.follows_record:
            return None
        office = self._author.grants.can_write_company
        if synced.writers == "nobody" or (synced.writers == "office" and not office):
            return None
        moving = {rule.field for rule in synced.scope} | {rule.parent for rule in synced.scope}
        moving |= {synced.parent, synced.aggregate, synced.merged_into}
        return _Kind(
            synced,
            dict.fromkeys(synced.columns()) | {"rev": 0},
            tuple(
                (name, str(one.link)) for name, one in synced.fields.items() if one.link in shape.merged_into
            ),
            frozenset(shape.holding[table]),
            frozenset(name for name in moving if name),
            frozenset(n for n, one in synced.fields.items() if one.storage == "text" and one.check is None),
            table in shape.documents or synced.aggregate is not None,
        )

    def _require_fit(self, kind: _Kind, name: str, base: Value, new: Value) -> None:
        """A field that this program knows, whose values may be kept."""
        if name in kind.texts:
            if (base is None or type(base) is str) and (new is None or type(new) is str):
                return
            raise _NotPlain
        if split_name(kind.synced, name)[0] is None:
            raise _NotPlain
        if not fits(kind.synced, name, base, new):
            raise _NotPlain

    def _require_writable(self, row: Row) -> None:
        scope = row["scope"]
        if row["deleted_at"] is not None or scope not in self._writable:
            raise _NotPlain
        if scope == COMPANY and not self._author.grants.can_write_company:
            raise _NotPlain

    def _require_landing(self, scope: str) -> None:
        if scope not in self._writable and not scope.startswith("user:"):
            raise _NotPlain
        if scope in (COMPANY, OFFICE) and not self._author.grants.can_write_company:
            raise _NotPlain

    def _require_parents(
        self, table: str, row: Row, within: frozenset[str] | None = None, depth: int = 0
    ) -> None:
        """All above the row is there and lives; what it hangs under itself is `within` the author's reach."""
        if depth > _DEEPEST:
            raise _NotPlain
        for link, target in self._working.store.shape.parents[table]:
            if not row[link]:
                continue
            parent = self._working.place(target, str(row[link]))
            if parent is None or parent["deleted_at"] is not None:
                raise _NotPlain
            if within is not None and parent["scope"] not in within:
                raise _NotPlain
            self._require_parents(target, parent, depth=depth + 1)

    def _require_unmerged(self, kind: _Kind, op: Op) -> None:
        """No record that the operation names was merged into another."""
        if not kind.holding.isdisjoint(op.fields):
            raise _NotPlain
        for link, target in kind.led:
            for id in op.fields.get(link, ()):
                named = self._working.place(target, str(id)) if id else None
                if named is not None and named["deleted_at"] is not None:
                    raise _NotPlain

    def _require_new_document(self, synced: SyncTable, row: Row) -> None:
        """A line comes with its document, in one transaction."""
        if synced.aggregate is None or not row[synced.aggregate]:
            return
        document = (synced.document, str(row[synced.aggregate]))
        if not (self._working.is_newborn(*document) and self._working.is_changed(*document)):
            raise _NotPlain
