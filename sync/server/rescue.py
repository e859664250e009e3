"""What laptops bring again after a restore: what one of them brought already, another does not bring twice.

A laptop sends again what it had sent, and brings what others had written as far as it saw it. So a document may
come whole from somebody who had seen it, and once more in the transactions that made it so.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import select

from sync import conflicts
from sync.clock import parse_time
from sync.conflicts import Candidate
from sync.merge import Value
from sync.protocol import Op
from sync.schema import SyncTable
from sync.server import adapters, lives, versions
from sync.server.allowed import may_write
from sync.server.batch import insert_rows
from sync.server.change import BIRTH, Change, add_conflict, last_edit
from sync.server.fields import get_field
from sync.server.known import as_known, found_otherwise
from sync.server.lives import Life
from sync.server.merging import with_links_led
from sync.server.past import Key
from sync.server.stated import Stated, seen_up_to
from sync.server.values import fits
from sync.server.working import Row


class Brought:
    """One transaction of a life that the server lost: `left` of it is applied as any other.

    `there` are its operations on documents that came whole, from somebody who had seen its effect. Conflicts are
    the server's rows, which nobody else may make: `finish` makes them anew of what had not won.
    """

    def __init__(self, change: Change, ops: list[Op], life: Life | None) -> None:
        self._change, self._ops = change, ops
        self._life = life if life is not None and change.working.past.came_back else None
        self.left = ops
        self.there: list[Op] = []
        self._conflicts: list[Op] = []
        self._whole: list[Key] = []
        if self._life is None:
            return
        change.may_be_cut = True
        if self._life.rescued:
            self._bring(self._life)
            return
        forks = {old: new for _table, old, new in self._life.forks}
        lines = {synced.name for synced in change.working.store.shape.lines}
        kinds = lines.union(change.working.store.shape.documents)
        stated = {*self._life.stated} - (_taken_back(change) if self._life.stated else set())
        self.there = [op for op in ops if op.table in kinds and op.id in stated]
        gone = {id(op) for op in self.there}
        for key, mine in versions.by_document(change, [op for op in ops if id(op) not in gone]).items():
            is_made = key[1] in forks and _is_there(change, key[0], forks[key[1]])
            if is_made or self._is_there(key):
                self.there += mine
        for key, mine in versions.by_document(change, self.there).items():
            _ask_about_unseen(change, key, mine)
        change.forks_again = forks
        gone = {id(op) for op in self.there}
        self.left = [op for op in ops if id(op) not in gone]

    def _is_there(self, key: Key) -> bool:
        """Whether the document came whole from somebody who had seen this, or a version of it that stands beside."""
        change, life = self._change, self._life
        assert life is not None
        if _is_there(change, *key) and seen_up_to(change, key, life.epoch) >= life.seen:
            return True
        if any(old == key[1] for _table, old, _new in life.forks):
            return False
        parts = {row["id"]: synced.name for synced, row in versions.parts(change.working, *key)}
        for version, new_ids in versions.versions_since(change, key, parts, life.parted):
            if seen_up_to(change, version, life.epoch) < life.seen or not _came_beside(change, version):
                continue
            if may_write(change, key[0], _row(change, version)):
                change.map += [(parts[old], old, new) for old, new in new_ids.items()]
                for old, new in new_ids.items():
                    change.working.touch(parts[old], new)
                return True
        return False

    def _bring(self, life: Life) -> None:
        change = self._change
        kind = change.working.store.schema.conflict
        self._conflicts = [op for op in self._ops if op.table == kind]
        # What hung on a record that became another one since hangs there now.
        own = with_links_led(change, [op for op in self._ops if op.table != kind])
        stated = Stated(change, life, own, life.parted)
        self.left, self._whole = stated.left, stated.whole

    def finish(self) -> None:
        """Once the rest is applied: the conflicts, and a note of the documents that came whole."""
        if self._life is None or not self._life.rescued:
            return
        for op in self._conflicts:
            _bring_conflict(self._change, op)
        for key in self._whole:
            _note(self._change, key, self._life)


def _ask_about_unseen(change: Change, key: Key, ops: list[Op]) -> None:
    """A value that lay under an open form is in question, though the statement that follows had been given it."""
    base = versions.whole_commit(change, max(op.base_rev for op in ops))
    parts, _lines = as_known(change, key, base)
    for part, op, name, known in found_otherwise(parts, ops):
        seen, new = op.fields[name]
        if known != new:
            last = last_edit(change.working, part.row, op.table, name)
            candidate = Candidate(value=known, user=last.user, device=last.device, at=last.at, group={})
            add_conflict(change, op.table, op.id, name, seen, candidate)


def _taken_back(change: Change) -> set[str]:
    """The rows of which a statement of this device waited until it was taken back: it brings nothing any more."""
    table = change.working.store.tables["sync_result"]
    here = (table.c.device == change.author.device) & (table.c.outcome == "withdrawn")
    statement = select(table.c.life, table.c.ops).where(here & table.c.life.is_not(None))
    found: set[str] = set()
    for life, ops in change.working.connection.execute(statement):
        made = lives.decoded(life)
        if made is not None and made.rescued and ops is not None:
            found |= {op.id for op in adapters.kept(bytes(ops)) or []}
    return found


def _came_beside(change: Change, version: Key) -> bool:
    """Whether somebody brought it as the document itself; not where it was another version already."""
    edits, results = (change.working.store.tables[name] for name in ("field_edit", "sync_result"))
    here = (edits.c.id == version[1]) & (edits.c.table_name == version[0]) & (edits.c.field == BIRTH)
    statement = select(results.c.life).join(edits, edits.c.transaction == results.c.uuid).where(here)
    made = lives.decoded(change.working.connection.scalar(statement))
    return made is not None and made.rescued


def _row(change: Change, key: Key) -> Row:
    row = change.working.get(*key)
    assert row is not None
    return row


def _is_there(change: Change, table: str, id: str) -> bool:
    """As far as its author may know."""
    row = change.working.get(table, id) if table in change.working.store.schema.tables else None
    return row is not None and may_write(change, table, row)


def _note(change: Change, key: Key, life: Life) -> None:
    connection, table = change.working.connection, change.working.store.tables["sync_stated"]
    for epoch, seen in life.known.items():
        if seen_up_to(change, key, epoch) < seen:
            here = (table.c.table_name == key[0]) & (table.c.id == key[1]) & (table.c.epoch == epoch)
            connection.execute(table.delete().where(here))
            insert_rows(connection, table, ("table_name", "id", "epoch", "seen"), [(*key, epoch, seen)])


def _bring_conflict(change: Change, op: Op) -> None:
    working = change.working
    stored = working.get(op.table, op.id)
    # What another one's says is not told by way of this one.
    there: Row = stored if stored is not None and may_write(change, op.table, stored) else {}
    here = {**there, **{name: new for name, (_base, new) in op.fields.items()}}
    kind, id, name = (str(here.get(column) or "") for column in ("record_kind", "record", "field"))
    row = working.get(kind, id) if kind in working.store.schema.tables else None
    if row is None or not may_write(change, kind, row) or here.get("state") != "open":
        return
    synced = working.store.schema.tables[kind]
    stands = row["deleted_at"] if name == conflicts.DELETION else get_field(synced, row, name)
    base = conflicts.base_of(here.get("base"))
    base = base if _can_stand(synced, name, base) else None
    # A version that is here already may have another laptop for its author by now.
    known = [(one.get("value"), one.get("group")) for one in conflicts.candidates_of(there.get("candidates"))]
    for candidate in _sound(synced, name, here.get("candidates")):
        if candidate["value"] != stands and (candidate["value"], candidate["group"]) not in known:
            add_conflict(change, kind, id, name, base, candidate)


def _sound(synced: SyncTable, name: str, text: object) -> Iterator[Candidate]:
    """The versions that every laptop can show."""
    for one in conflicts.candidates_of(text if isinstance(text, str) else None):
        try:
            candidate = msgspec.convert(one, Candidate)
        except msgspec.ValidationError:
            continue
        values = [(name, candidate["value"]), *candidate["group"].items()]
        moments = [candidate["at"], candidate["over"]["at"] if "over" in candidate else ""]
        if all(_can_stand(synced, *each) for each in values) and all(map(_is_moment, moments)):
            yield candidate


def _can_stand(synced: SyncTable, name: str, value: Value) -> bool:
    """Whether the value can be in the field of the conflict."""
    if name == conflicts.DELETION:
        return value is None or (isinstance(value, str) and _is_moment(value))
    if name == conflicts.FORK:
        return value is None or isinstance(value, str)
    return fits(synced, name, None, value)


def _is_moment(text: str) -> bool:
    return not text or parse_time(text) is not None
