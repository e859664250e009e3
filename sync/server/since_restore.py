"""What was done to records since a server came back, and how that stands to what a laptop brings of the lost life."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from sync import conflicts
from sync.protocol import Op
from sync.schema import SyncField
from sync.server import documents, lives
from sync.server.change import BIRTH, Change
from sync.server.lives import Life
from sync.server.past import BATCH, Edit, Key

OLDER, NEWER, NEW = "older", "newer", "new"
"""How an edit since the restore stands to what is brought: seen by who brings it, not yet seen, or of this life."""


class SinceRestore:
    """The edits after revision `since` of the rows `keys`, beside the `life` that is brought."""

    def __init__(self, change: Change, life: Life, keys: Iterable[Key], since: int) -> None:
        self._change, self._life, self._since = change, life, since
        self._edits = self.of(keys)
        self._lives = self._read_lives()

    def of(self, keys: Iterable[Key]) -> dict[Key, list[Edit]]:
        """The edits of rows, the oldest first."""
        working = self._change.working
        table, found = working.store.tables["field_edit"], defaultdict[Key, list[Edit]](list)
        names = ("field", "at", "user", "device", "transaction", "old", "rev")
        ids = sorted({id for _table, id in keys})
        for start in range(0, len(ids), BATCH):
            here = table.c.id.in_(ids[start : start + BATCH]) & (
                table.c.rev > min(self._since, self._life.given)
            )
            statement = select(table).where(here).order_by(table.c.rev, table.c.seq)
            for row in working.connection.execute(statement).mappings():
                key = (row["table_name"], row["id"])
                found[key].append(Edit(*key, **{name: row[name] for name in names}))
        return found

    def of_row(self, key: Key) -> list[Edit]:
        """The edits of one of the rows."""
        return self._edits.get(key, [])

    def of_fields(self, key: Key, names: Iterable[str]) -> list[Edit]:
        """Those that set one of the fields; its birth set all."""
        wanted = {*names, BIRTH}
        return [edit for edit in self.of_row(key) if edit.field in wanted]

    def deletions(self, key: Key) -> list[Edit]:
        """Those that deleted the row or brought it back."""
        return [edit for edit in self.of_row(key) if edit.field == conflicts.DELETION]

    def standing_of_part(self, edit: Edit) -> str:
        """How an edit stands to a part of a document, which is stated with all that its bringer sent himself."""
        is_foreign = self._change.working.past.is_foreign(edit, self._change.author.device)
        return self._standing(edit) if is_foreign else OLDER

    def standing_of(self, edit: Edit, op: Op) -> str:
        """How it stands to a record as it is brought; later work of one who had not seen it is new to it."""
        standing, life = self._standing(edit), self._lives.get(edit.transaction)
        if standing == NEWER and life is not None and not life.rescued and life.given < op.base_rev:
            return NEWER if life.knew(self._life) else NEW
        return standing

    def standing_of_field(self, edits: list[Edit], op: Op, declared: SyncField | None) -> str:
        """How what made a field what it is stands to a record as it is brought.

        The last one has the word; but where edits are joined, what the bringer had not seen is still in it.
        """
        if not edits:
            return OLDER
        standing = self.standing_of(edits[-1], op)
        is_joined = declared is not None and declared.policy in ("text", "union")
        if is_joined and standing == OLDER and any(self.standing_of(one, op) != OLDER for one in edits):
            return NEW
        return standing

    def _standing(self, edit: Edit) -> str:
        life = self._lives.get(edit.transaction)
        is_copy = edit.field == BIRTH and edit.old == documents.COPIED
        if life is None or is_copy:
            return NEW
        if self._life.knew(life):
            return OLDER
        return NEWER if life.epoch == self._life.epoch or life.knew(self._life) else NEW

    def _read_lives(self) -> dict[str, Life | None]:
        working = self._change.working
        table = working.store.tables["sync_result"]
        uuids = sorted({edit.transaction for edits in self._edits.values() for edit in edits})
        found: dict[str, Life | None] = {}
        for start in range(0, len(uuids), BATCH):
            here = table.c.uuid.in_(uuids[start : start + BATCH])
            for uuid, life in working.connection.execute(select(table.c.uuid, table.c.life).where(here)):
                found[uuid] = lives.decoded(life)
        return found
