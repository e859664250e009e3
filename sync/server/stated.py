"""What a laptop brings of others' work after a restore, compared with what has come since the server came back.

Of each field the later version stands, by the order of the life that was lost. What is new work of the present one
was written by somebody who may not have known it: there both are kept. A document is one whole: as it is brought, as
it stands, or both side by side where either has something that the other lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace
from sqlalchemy import select

from sync import conflicts
from sync.merge import Value, canonical
from sync.protocol import Op
from sync.server import copied, documents, papers, versions
from sync.server.allowed import is_frozen, may_write
from sync.server.change import BIRTH, Change
from sync.server.deletion import restore
from sync.server.fields import get_field, grouped
from sync.server.lives import Life
from sync.server.past import Edit, Key
from sync.server.since_restore import NEW, NEWER, OLDER, SinceRestore
from sync.server.working import Row


class Stated:
    """The operations of one transaction that brings others' work."""

    def __init__(self, change: Change, life: Life, ops: list[Op], since: int) -> None:
        self._change, self._working, self._life, self._since = change, change.working, life, since
        self.whole: list[Key] = []
        """Documents that stand as they were brought."""
        change.is_stated = True
        rest, stated = self._grouped(ops)
        keys = {(op.table, op.id) for op in ops}
        keys |= {
            (s.name, row["id"])
            for table, id in stated
            for s, row in versions.parts(change.working, table, id)
        }
        self._past = SinceRestore(change, life, keys, since)
        self.left = [one for op in rest for one in self._record(op)]
        for key, mine in stated.items():
            self.left += self._document(key, mine)
        self.left = versions.apart(change, self.left)
        self._lead_names()

    def _grouped(self, ops: list[Op]) -> tuple[list[Op], dict[Key, list[Op]]]:
        """Records for themselves, and documents with their lines."""
        roots, rest, found = self._working.store.shape.documents, list[Op](), dict[Key, list[Op]]()
        for op in ops:
            synced = self._change.table(op.table)
            row = self._working.get(op.table, op.id)
            if row is not None and not may_write(self._change, op.table, row):
                row = None  # of what its bringer may not see he is told what he is told of nothing
            if op.table in roots:
                found.setdefault((op.table, op.id), []).append(op)
            elif synced.aggregate is None:
                rest.append(op)
            else:
                sent = op.fields.get(synced.aggregate)
                id = sent[1] if sent else row[synced.aggregate] if row is not None else None
                if id:
                    found.setdefault((synced.document, str(id)), []).append(op)
        return rest, found

    # Records for themselves

    def _record(self, op: Op) -> Iterator[Op]:
        row = self._working.get(op.table, op.id)
        is_known = row is not None and op.kind in ("create", "update", "restore")
        if row is None or not is_known or not may_write(self._change, op.table, row):
            yield op
            return
        if row["deleted_at"] is not None:
            gone = self._past.deletions((op.table, op.id))
            standing = self._past.standing_of(gone[-1], op) if gone else OLDER
            if standing == OLDER:
                # Who deleted it was not let, or somebody brought it back.
                restore(self._change, op.table, op.id, op)
            elif standing == NEWER:
                self._working.touch(op.table, op.id)
                return
        synced = self._change.table(op.table)
        fields: dict[str, tuple[Value, Value]] = {}
        for names in grouped(synced, self._differing(op, row)):
            edits = self._past.of_fields((op.table, op.id), names)
            standing = self._past.standing_of_field(edits, op, synced.fields.get(names[0]))
            if standing == NEW and (self._has_all(op, names[0], row) or self._is_asked(op, names)):
                continue
            if standing != NEWER:
                for name in names:
                    base = get_field(synced, row, name)
                    if standing == NEW:
                        base = next((one.replaced for one in edits if one.field in (name, BIRTH)), base)
                    fields[name] = (base, op.fields[name][1])
        if fields:
            yield replace(op, kind="update", base_rev=min(op.base_rev, self._since), fields=fields)
        else:
            self._working.touch(op.table, op.id)

    def _has_all(self, op: Op, name: str, row: Row) -> bool:
        """Whether every line of a text that is brought stands there already: its bringer sent it himself."""
        synced = self._change.table(op.table)
        declared, new, there = synced.fields.get(name), op.fields[name][1], get_field(synced, row, name)
        if declared is None or declared.policy != "text":
            return False
        return set(str(new or "").splitlines()) <= set(str(there or "").splitlines())

    def _is_asked(self, op: Op, names: list[str]) -> bool:
        """Whether somebody is asked about the very value already: its bringer sent it himself."""
        working, kind = self._working, self._working.store.schema.conflict
        if len(names) > 1 or kind not in working.store.schema.tables:
            return False
        row = working.get(kind, conflicts.conflict_id(op.table, op.id, names[0]))
        if row is None or row["deleted_at"] is not None or row["state"] != "open":
            return False
        candidates = conflicts.candidates_of(row["candidates"])
        return any(one["value"] == op.fields[names[0]][1] for one in candidates)

    def _differing(self, op: Op, row: Row) -> list[str]:
        synced = self._change.table(op.table)
        return [name for name, (_base, new) in op.fields.items() if get_field(synced, row, name) != new]

    # Documents

    def _document(self, key: Key, ops: list[Op]) -> list[Op]:
        change, working = self._change, self._working
        root = working.get(*key)
        seen = min(max(op.base_rev for op in ops) or self._life.seen, self._life.seen)
        if versions.is_placed_since(change, key, self._life.epoch, seen, self._since):
            # An attempt that broke off has stated it: what has come to it since is others' new work.
            self._touch(ops, key)
            return []
        if not any(op.kind == "create" and (op.table, op.id) == key for op in ops):
            # An older release brings what was newer of it, not the whole.
            return ops
        ops = [op for op in ops if op.kind == "create" or self._part(op, key) is not None]
        if root is None:
            if self._is_paper(key, ops):
                return []
            self._place(key, ops)
            return [op for op in ops if op.kind == "create"]
        if not may_write(change, key[0], root):
            return ops
        if self._is_frozen(key, root):
            ops = [self._hung(op, root) if (op.table, op.id) == key else op for op in ops]
        there = [(synced.name, row) for synced, row in versions.parts(change.working, *key)]
        named = {(op.table, op.id) for op in ops}
        unknown = self._has_more(key, ops)
        apart = [op for op in ops if not self._is_as_stated(op, key)]
        edits = [
            edit for one in {*named, *((t, row["id"]) for t, row in there)} for edit in self._past.of_row(one)
        ]
        standing = {self._past.standing_of_part(edit) for edit in edits}
        self._touch(ops, key)
        self._share(edit for edit in edits if self._past.standing_of_part(edit) == OLDER)
        if not apart and not unknown:
            self._share(edits)
            self._place(key, ops)
            return []
        if root["deleted_at"] is None and all(op.table == key[0] and self._is_fate(op, root) for op in apart):
            self._place(key, ops)
            return [one for op in apart for one in self._record(op)]
        if self._is_paper(key, ops):
            return []
        if standing <= {OLDER} and not unknown and not self._is_frozen(key, root):
            self._place(key, ops)
            return [one for op in apart for one in self._taken(op, key)]
        is_wanted = key[1] in self._life.stated
        if not is_wanted and seen_up_to(change, key, self._life.epoch) >= seen:
            # It came from somebody who had seen this, and went on from there.
            return []
        if not is_wanted and not any(self._adds(op, key) for op in apart):
            return []
        if self._is_another_version(key, ops):
            return []
        return self._beside(key, ops)

    def _hung(self, op: Op, root: Row) -> Op:
        """An issued document hangs where its bringer saw it: a merger moved it, which is no part of what it says."""
        working, fields = self._working, dict(op.fields)
        for name, table in working.store.shape.moving[op.table]:
            base, stated = fields.get(name, (None, root[name]))
            is_there = stated is not None and working.get(table, str(stated)) is not None
            if is_there and stated != root[name] and root["rev"] <= self._since:
                root = working.put(op.table, op.id, {name: stated})
            fields[name] = (base, root[name])
        return replace(op, fields=fields)

    def _touch(self, ops: list[Op], key: Key) -> None:
        for op in ops:
            if self._part(op, key) is not None:
                self._working.touch(op.table, op.id)

    def _place(self, key: Key, ops: list[Op]) -> None:
        """The document stands as it is stated: what its bringer goes on to write to it finds that."""
        self.whole.append(key)
        self._change.placed += [(op.table, op.id, op.id) for op in ops if op.kind == "create"]

    def _lead_names(self) -> None:
        """What is written under the id that a version had before it was one goes to where that stands."""
        change = self._change
        stands = {(table, old): new for table, old, new in change.placed + change.map}
        moved = {(table, old) for table, old, _new in change.map}
        led = [
            (table, old, stands[table, new])
            for table, old, new in self._life.forks
            if (table, new) in stands and (table, old) not in moved
        ]
        moved |= {(table, old) for table, old, _new in led}
        change.placed = [one for one in change.placed if one[:2] not in moved] + led

    def _has_more(self, key: Key, ops: list[Op]) -> bool:
        """Whether the document has a line of which nothing is stated."""
        named = {(op.table, op.id) for op in ops}
        parts = versions.parts(self._change.working, *key)
        return any(row["deleted_at"] is None and (one.name, row["id"]) not in named for one, row in parts)

    def _is_another_version(self, key: Key, ops: list[Op]) -> bool:
        """Whether a version that was made of it since the restore is what is stated: then that one is meant."""
        named = {op.id: op.table for op in ops}
        made = versions.versions_since(self._change, key, named, self._since)
        return any(self._means(version, new_ids, ops) for version, new_ids in made)

    def _is_paper(self, key: Key, ops: list[Op]) -> bool:
        """Whether it went out under a name under which the very same is here: it was one document before."""
        synced, root = self._change.table(key[0]), next(op for op in ops if (op.table, op.id) == key)
        values = {name: new for name, (_base, new) in root.fields.items()}
        if synced.frozen_when is None or values.get(synced.frozen_when[0]) not in synced.frozen_when[1]:
            return False
        name = [values.get(field) for field in synced.papers]
        for twin in papers.bearing(self._change, synced, name, key[1]):
            new_ids = {key[1]: twin["id"]}
            for op in ops:
                alike = (row["id"] for row in self._alike(op, (key[0], twin["id"])))
                new = next((id for id in alike if id not in new_ids.values()), None)
                new_ids |= {op.id: new} if new is not None else {}
            if self._means((key[0], twin["id"]), new_ids, ops):
                return True
        return False

    def _alike(self, op: Op, document: Key) -> Iterator[Row]:
        """The lines of a document that say what is stated of a line of another one."""
        link = self._change.table(op.table).aggregate
        for synced, row in versions.parts(self._change.working, *document) if link is not None else ():
            if synced.name == op.table and set(self._differing(op, row)) <= {link}:
                yield row

    def _means(self, version: Key, new_ids: dict[str, str], ops: list[Op]) -> bool:
        """Whether a document is what is stated of another one; if so its bringer is led there."""
        root = self._working.get(*version)
        if root is None or not may_write(self._change, version[0], root):
            return False
        meant = [versions.renamed(op, new_ids) for op in ops]
        # A line that was deleted is nowhere in a version that came without it.
        meant = [op for op in meant if op.kind != "delete" or self._part(op, version) is not None]
        if self._has_more(version, meant) or not all(self._is_as_stated(op, version) for op in meant):
            return False
        parts = [(one.name, row["id"]) for one, row in versions.parts(self._change.working, *version)]
        for part in parts:
            self._working.touch(*part)
        self._share(edit for edits in self._past.of(parts).values() for edit in edits)
        self._change.map += [(op.table, op.id, new_ids[op.id]) for op in ops if op.id in new_ids]
        self.whole.append(version)
        return True

    def _is_frozen(self, key: Key, root: Row) -> bool:
        return is_frozen(self._change.table(key[0]), root)

    def _part(self, op: Op, key: Key) -> Row | None:
        """The row, unless it is a line of another version by now."""
        row, link = self._working.get(op.table, op.id), self._change.table(op.table).aggregate
        return None if row is None or (link is not None and row[link] != key[1]) else row

    def _is_as_stated(self, op: Op, key: Key) -> bool:
        row = self._part(op, key)
        if row is None or (row["deleted_at"] is None) != (op.kind != "delete"):
            return False
        return not self._differing(op, row)

    def _is_fate(self, op: Op, root: Row) -> bool:
        """Whether nothing is stated but what may change after the issue."""
        synced = self._change.table(op.table)
        return self._is_frozen((op.table, op.id), root) and set(self._differing(op, root)) <= synced.unfrozen

    def _share(self, edits: Iterable[Edit]) -> None:
        """Who brings it knows what these made of it: to him they are nobody else's changes."""
        for uuid in sorted({edit.transaction for edit in edits}):
            copied.share(self._working, self._change.author.device, uuid)

    def _taken(self, op: Op, key: Key) -> Iterator[Op]:
        """The operation on what stands, which who brings it had seen."""
        change, working = self._change, self._working
        row = self._part(op, key)
        if row is None:
            yield op
            return
        gone = change.now if op.kind == "delete" else None
        if (row["deleted_at"] is None) != (gone is None):
            change.log(op, conflicts.DELETION, canonical(row["deleted_at"]))
            row = working.put(op.table, op.id, {"deleted_at": gone, "updated_at": change.now})
        synced = change.table(op.table)
        fields = {
            name: (get_field(synced, row, name), op.fields[name][1]) for name in self._differing(op, row)
        }
        if fields:
            yield replace(op, kind="update", fields=fields)

    def _adds(self, op: Op, key: Key) -> bool:
        """Whether something stated is nowhere in what stands, and was not replaced by who had seen it."""
        row = self._part(op, key)
        if op.kind == "delete":
            return False
        if row is None:
            return True
        if row["deleted_at"] is not None:
            gone = self._past.deletions((op.table, op.id))
            if gone and self._past.standing_of_part(gone[-1]) == NEWER:
                return False
        for name in self._differing(op, row):
            edits = self._past.of_fields((op.table, op.id), [name])
            known = edits[0].replaced if edits else None
            if not edits or (self._past.standing_of_part(edits[-1]) != NEWER and op.fields[name][1] != known):
                return True
        return row["deleted_at"] is not None and not self._past.of_row((op.table, op.id))

    def _beside(self, key: Key, ops: list[Op]) -> list[Op]:
        """Both stand: what is brought becomes a version of its own, whole."""
        change = self._change
        brought = [op for op in ops if op.kind == "create"]
        new_ids = {op.id: versions.fork_id(op.id, change.uuid) for op in brought}
        change.map += dict.fromkeys((op.table, op.id, new_ids[op.id]) for op in brought)
        documents.tell_of_fork(change, *key, new_ids[key[1]])
        self.whole.append((key[0], new_ids[key[1]]))
        return [versions.renamed(op, new_ids) for op in brought]


def seen_up_to(change: Change, key: Key, epoch: str) -> int:
    """Up to which revision of that life its bringer had seen the document; -1 where nobody brought it."""
    table = change.working.store.tables["sync_stated"]
    here = (table.c.table_name == key[0]) & (table.c.id == key[1]) & (table.c.epoch == epoch)
    found = change.working.connection.scalar(select(table.c.seen).where(here))
    return -1 if found is None else int(found)
