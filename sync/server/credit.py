"""Work of two copies of one file, of which one brought a part in a statement after a restore: it stays both's.

The first copy's transaction was left to its statement of the whole document, whose edits say what the transaction had
done and what came after it. To the other copy, which sends the same transaction, that part would be somebody else's
change: its document would fork, as it was before its own work.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace as replaced

from sqlalchemy import delete, select

from sync import conflicts
from sync.merge import Value, canonical
from sync.protocol import Op
from sync.server import lives, versions
from sync.server.batch import Values, insert_rows
from sync.server.change import BIRTH, Change
from sync.server.fields import get_field
from sync.server.lives import Life
from sync.server.past import Edit, Key
from sync.server.working import Row

_FIELDS = tuple(field.name for field in dataclasses.fields(Edit))
_NAMES = ("table_name", *_FIELDS[1:])


def credit_shared(change: Change, device: str, ops: list[Op]) -> None:
    """Of what the statement of `device` did, give this transaction its part: it was left to that statement."""
    lost = _life_of(change, change.uuid) if change.working.past.came_back else None
    if lost is None or not lost.stated:
        return
    for key, mine in versions.by_document(change, ops).items():
        edits = _Edits(change, [(synced.name, row["id"]) for synced, row in versions.parts(change, *key)])
        statement = edits.statement_of(device, lost.epoch)
        if statement is not None:
            for op in mine:
                if op.id in lost.stated:
                    edits.credit(op, statement)
            edits.keep()


def _life_of(change: Change, uuid: str) -> Life | None:
    table = change.working.store.tables["sync_result"]
    return lives.decoded(change.working.connection.scalar(select(table.c.life).where(table.c.uuid == uuid)))


class _Edits:
    """The edits of a document and its lines, each row's the oldest first."""

    def __init__(self, change: Change, keys: list[Key]) -> None:
        self._change, self._table = change, change.working.store.tables["field_edit"]
        self._of_row: dict[Key, list[Edit]] = {key: [] for key in keys}
        self._credited: set[Key] = set()
        table = self._table
        here = table.c.id.in_(sorted({id for _table, id in keys}))
        statement = select(*(table.c[name] for name in _NAMES)).where(here).order_by(table.c.rev, table.c.seq)
        for row in change.working.connection.execute(statement):
            edit = Edit(*row)
            if (edit.table, edit.id) in self._of_row:
                self._of_row[edit.table, edit.id].append(edit)

    def statement_of(self, device: str, epoch: str) -> Edit | None:
        """The newest edit by which that device brought others' work of that life."""
        edits = [one for some in self._of_row.values() for one in some if one.device == device]
        for edit in sorted(edits, key=lambda one: one.rev, reverse=True):
            life = _life_of(self._change, edit.transaction)
            if life is not None and life.rescued and life.epoch == epoch:
                return edit
        return None

    def credit(self, op: Op, statement: Edit) -> None:
        """The operation's part of what the statement did to its row: one edit of both becomes one of each."""
        row, edits = self._change.working.get(op.table, op.id), self._of_row.get((op.table, op.id))
        if row is None or edits is None or op.kind == "restore":
            return
        if op.kind != "update":
            at = _place(edits, statement, BIRTH if op.kind == "create" else conflicts.DELETION)
            if at is None:
                return
            edits[at] = replaced(edits[at], transaction=self._change.uuid)
        for name, (base, new) in op.fields.items():
            place = _place(edits, statement, name)
            at, length = (_end(edits, statement), 0) if place is None else (place, 1)
            then = self._after(op, row, name, at + length)
            before = json.loads(edits[at].old or "null") if length else then
            if op.kind == "update" and before != base:
                continue
            whole = replaced(edits[at] if length else statement, table=op.table, id=op.id, field=name)
            mine = [replaced(whole, transaction=self._change.uuid, old=canonical(base))]
            theirs = [replaced(whole, old=canonical(new))] if then != new else []
            edits[at : at + length] = (mine if op.kind == "update" else []) + theirs
        self._credited.add((op.table, op.id))

    def _after(self, op: Op, row: Row, name: str, start: int) -> Value:
        """What the field held before the edits from `start` on."""
        key = (op.table, op.id)
        for edit in self._of_row[key][start:] + self._change.working.edits_of(*key):
            if edit.field == name:
                found: Value = json.loads(edit.old or "null")
                return found
        return get_field(self._change.table(op.table), row, name)

    def keep(self) -> None:
        """Write the rows' edits in their new order."""
        connection, table, past = self._change.working.connection, self._table, self._change.working.past
        for key in sorted(self._credited):
            connection.execute(delete(table).where((table.c.table_name == key[0]) & (table.c.id == key[1])))
            rows: list[Values] = [
                (*(getattr(edit, name) for name in _FIELDS), seq)
                for seq, edit in enumerate(self._of_row[key])
            ]
            insert_rows(connection, table, (*_NAMES, "seq"), rows)
            past.forget_row(*key)
        past.forget(self._change.author.device)


def _place(edits: list[Edit], statement: Edit, name: str) -> int | None:
    """Where the statement's edit of a field is."""
    of_it = (at for at, edit in enumerate(edits) if edit.transaction == statement.transaction)
    return next((at for at in of_it if edits[at].field == name), None)


def _end(edits: list[Edit], statement: Edit) -> int:
    """The place after what the statement did to the row, or would have done."""
    return 1 + max(
        (
            at
            for at, edit in enumerate(edits)
            if edit.transaction == statement.transaction or edit.rev <= statement.rev
        ),
        default=-1,
    )
