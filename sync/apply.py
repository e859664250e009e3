"""Applies the server's rows on the laptop: shadow ⊕ unsent entries, exits, news and sums, in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import compress, repeat
from operator import is_not, ne
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from sync import blobs, brought, forks, leftovers, lost, news, sent, state, sums
from sync.breaker import Key, require_few
from sync.extra import in_our_columns
from sync.laptop import Applied
from sync.overlay import GONE, chunks, hidden_by_entries, leave_a_mark, overlay, pending_ids, write_row
from sync.protocol import ERASED, PullPage, Rows
from sync.repair import Found, Place, Total
from sync.schema import SyncSchema, SyncTable
from sync.soundness import require_sound_rows
from sync.tally import Tally

_TRACES = ("sync_shadow", "sync_news", "sync_entry", "draft")
"""Tables by (kind, id) in which nothing of a row remains that left."""


class Applier:
    """Applies pull pages inside a transaction in which capture is paused.

    `confirmed` are rows of which verify said that they may go although nothing announced it.
    """

    def __init__(
        self,
        connection: Connection,
        schema: SyncSchema,
        me: str,
        first_load: bool,
        confirmed: set[Key] | None = None,
    ) -> None:
        self._connection, self._schema, self._me = connection, schema, me
        self._first_load = first_load
        self._confirmed = confirmed or set()
        self._replacing = False
        self._counting = True
        self._forcing = False
        self._head = 0
        self._held = int(
            connection.exec_driver_sql("SELECT coalesce(sum(count), 0) FROM sync_sum").scalar_one()
        )
        self._tally = Tally()
        self._left: set[str] = set()
        self._quarantined: set[str] = set()
        self.applied = Applied()

    def page(self, page: PullPage) -> None:
        """One page: its exits first, since a row may have left one scope and come in another."""
        known = [one for one in page.exits if one[0] in self._schema.tables]
        self._give_up((table, id) for table, id, scope in known if scope == ERASED)
        self.leave_all((table, id) for table, id, _scope in known)
        self.rows(page.blocks, page.hello.head)

    def rows(self, blocks: Iterable[Rows], head: int) -> None:
        """The server's rows as they stood at `head`."""
        self._head = head
        for block in blocks:
            if block.table in self._schema.tables and block.rows:
                self._block(self._schema.tables[block.table], block)

    def _give_up(self, erased: Iterable[Key]) -> None:
        """Of what was erased for ever nothing is kept for its unsent entries."""
        keys = list(erased)
        if keys:
            self._connection.exec_driver_sql(
                "UPDATE sync_entry SET rev = 0 WHERE rev IS NULL AND kind = ? AND id = ?", keys
            )
            sent.forget_records(self._connection, {id for _table, id in keys}, ("parked", "withdrawing"))
            files = [id for table, id in keys if table == self._schema.blob]
            if files:
                blobs.forget_rows(self._connection, self._schema.blob, files)

    def leave(self, table: str, ids: Iterable[str]) -> None:
        """Rows left our scopes: all of them goes, unless unsent entries still need it (quarantine)."""
        traces = [trace for trace in _TRACES if self._tells_of(trace, table)]
        for part, marks in chunks(ids):
            hidden: dict[Any, Any] = {}
            needed: set[str] = set()
            if "sync_entry" in traces:
                hidden = hidden_by_entries(self._connection, table, part)
                needed |= set(
                    self._connection.exec_driver_sql(
                        f"SELECT DISTINCT id FROM sync_entry WHERE kind = ? AND rev IS NULL AND id IN ({marks})",
                        (table, *part),
                    ).scalars()
                )
            for id in needed:
                self._quarantine(table, id, hidden)
            # What was sent of it is theirs by now; of a document no half is to be sent again.
            self._quarantined.update(needed)
            going = [id for id in part if id not in needed]
            marks = ", ".join("?" * len(going))
            rows = self._connection.exec_driver_sql(
                f'DELETE FROM "{table}" WHERE id IN ({marks}) RETURNING id, scope, rev, deleted_at',
                tuple(going),
            ).all()
            for trace in traces:
                self._connection.exec_driver_sql(
                    f"DELETE FROM {trace} WHERE kind = ? AND id IN ({marks})", (table, *going)
                )
            self._left.update(going)
            for id, scope, rev, deleted_at in rows:
                self._uncount(table, id, scope, rev, hidden.get(id, deleted_at))
                self.applied.removed += 1
                self.applied.records.add((table, id))

    def _tells_of(self, trace: str, table: str) -> bool:
        """Whether anything is noted of any row of a table: most often nobody wrote to those that leave."""
        noted = self._connection.exec_driver_sql(f"SELECT 1 FROM {trace} WHERE kind = ? LIMIT 1", (table,))
        return noted.first() is not None

    def _quarantine(self, table: str, id: str, hidden: dict[Any, Any]) -> None:
        """The row stays for its unsent entries alone: outside the sums, and gone once they are answered."""
        row = self._connection.exec_driver_sql(
            f'SELECT scope, rev, deleted_at FROM "{table}" WHERE id = ?', (id,)
        ).first()
        if row is None:
            return
        if row[1]:
            self._uncount(table, id, row[0], row[1], hidden.get(id, row[2]))
            self._connection.exec_driver_sql(f'UPDATE "{table}" SET rev = 0 WHERE id = ?', (id,))
        leave_a_mark(self._connection, table, id)

    def start_afresh(self) -> None:
        """Drop all server rows without unsent entries: those of another identity, before a first load."""
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

    # Everything comes again, and takes the place of what is here

    def begin_replacement(self) -> None:
        """The pages that follow bring all that the server has; `end_replacement` drops the rest."""
        self._replacing = True
        brought.begin(self._connection)
        # Counted anew from what comes.
        self._connection.exec_driver_sql("DELETE FROM sync_sum")

    def end_replacement(self) -> None:
        """Rows that did not come go, as if each had left."""
        missing = list(brought.missing(self._connection, self._schema))
        doomed = {(table, id): scope for table, id, scope, _rev, live in missing if live}
        require_few(doomed, self._held, self._confirmed)
        self._counting = False  # what did not come is in no sum
        self.leave_all((table, id) for table, id, *_rest in missing)
        self._counting, self._replacing = True, False
        brought.end(self._connection)

    def mend(self, place: Place, found: Found, theirs: Total | None, head: int) -> int:
        """What drill-down found: rows of the server's take their place, and those that it lacks go; how many.

        Nothing goes unless our sum becomes the server's by it: verify and sums have to agree.
        """
        self._forcing = True
        self.rows(found.blocks, head)
        self._forcing = False
        going = found.extra
        if found.moved or found.total_after(place[1]) != (theirs or (0, sums.to_wire(0))):
            going = set()
        self.leave(place[1], going)
        return len(found.theirs) + len(going)

    def drop_lost_scopes(self, held: set[str], granted: set[str]) -> None:
        """Rows of scopes that we no longer have go, as if each had left; `held` were granted before."""
        summed = self._connection.exec_driver_sql("SELECT DISTINCT scope FROM sync_sum").scalars().all()
        found: list[Key] = []
        doomed: dict[Key, str] = {}
        for scope in (held | set(summed)) - granted:
            for table in self._schema.tables:
                for id, rev, deleted_at in self._connection.exec_driver_sql(
                    f'SELECT id, rev, deleted_at FROM "{table}" WHERE scope = ?', (scope,)
                ):
                    found.append((table, id))
                    if rev and deleted_at is None:
                        doomed[table, id] = scope
        require_few(doomed, self._held, self._confirmed)
        self.leave_all(found)

    def leave_all(self, keys: Iterable[Key]) -> None:
        """The same of rows of several tables."""
        by_table: dict[str, list[str]] = defaultdict(list)
        for table, id in keys:
            by_table[table].append(id)
        for table, ids in by_table.items():
            self.leave(table, ids)

    # Done

    def forget_passed(self, head: int) -> None:
        """Entries whose revision the pull has passed are done, and shadows without entries with them."""
        if self._first_load:
            self._left |= leftovers.forget_absent(self._connection, self._schema)
        covered = self._connection.exec_driver_sql(
            "SELECT DISTINCT s.kind, s.id, s.row FROM sync_shadow s JOIN sync_entry e"
            " ON e.kind = s.kind AND e.id = s.id WHERE e.rev IS NOT NULL AND e.rev <= ?",
            (head,),
        ).all()
        passed = self._connection.exec_driver_sql(
            "DELETE FROM sync_entry WHERE rev IS NOT NULL AND rev <= ? RETURNING kind, id", (head,)
        ).all()
        for kind, _id, shadow in covered:
            # The row may still show a value that the server decided otherwise.
            if shadow != GONE:
                write_row(self._connection, self._schema.tables[kind], json.loads(shadow))
        gone = self._connection.exec_driver_sql(
            "SELECT kind, id FROM sync_shadow s WHERE row = ? AND NOT EXISTS"
            " (SELECT 1 FROM sync_entry e WHERE e.kind = s.kind AND e.id = s.id)",
            (GONE,),
        ).all()
        self.leave_all((kind, id) for kind, id in gone)
        self.leave_all(
            leftovers.never_came(self._connection, dict.fromkeys((kind, id) for kind, id in passed))
        )
        self.leave_all(list(leftovers.of_forks(self._connection, head)))
        self._connection.exec_driver_sql(
            "DELETE FROM sync_shadow WHERE NOT EXISTS (SELECT 1 FROM sync_entry e"
            " WHERE e.kind = sync_shadow.kind AND e.id = sync_shadow.id)"
        )

    def finish(self) -> None:
        """Write the sums that this application moved."""
        self._tally.write(self._connection)
        sent.forget_records(self._connection, self._left | self._quarantined)
        forks.forget_records(self._connection, self._left)
        lost.forget_records(self._connection, self._left)
        if self._left:
            blobs.forget_unreferenced(self._connection, self._schema)
            state.put(self._connection, "traces", 1)
        if any(table == self._schema.blob for table, _id in self.applied.records):
            # Whoever dies before their bytes are looked for: no later row may come to remind of them.
            state.put(self._connection, blobs.OPEN, 1)
        self._left.clear()
        self._quarantined.clear()

    # One block of rows

    def _block(self, table: SyncTable, block: Rows) -> None:
        rows = in_our_columns(table, block, lambda ids: self._rows_by_id(table, ids))
        require_sound_rows(table, rows, self._head)
        if self._first_load and self._insert(table, rows):
            self._account_for(table, rows, {}, {})
        else:
            self._merge(table, rows)

    def _merge(self, table: SyncTable, rows: Sequence[Sequence[Any]]) -> None:
        """Rows some of which are here already, or have unsent entries."""
        columns = table.columns()
        rev_at, id_at = columns.index("rev"), columns.index("id")
        before = self._rows_by_id(table, [row[id_at] for row in rows])
        counted: set[Any] = set(before)
        if self._replacing:
            # An older revision is what a restored server has; only what came in this set can be newer.
            counted = brought.among(self._connection, table.name, list(before))
            brought.note(self._connection, table.name, (row[id_at] for row in rows))
        newest = {} if self._forcing else {id: before[id][rev_at] for id in counted}
        fresh = [row for row in rows if newest.get(row[id_at], -1) <= row[rev_at]]
        hidden: dict[Any, Any] = {}
        pending: set[Any] = set()
        written: set[Any] = set()
        if self._tells_of("sync_entry", table.name):
            written = pending_ids(self._connection, table.name, list(before))
            hidden = hidden_by_entries(self._connection, table.name, list(before))
            self._drop_passed_entries(table.name, {row[id_at]: row[rev_at] for row in fresh})
            pending = pending_ids(self._connection, table.name, [row[id_at] for row in fresh])
        shown = [self._overlaid(table, row) if row[id_at] in pending else row for row in fresh]
        self._end_quarantine(table.name, {row[id_at] for row in fresh} - pending)
        changed = [row for row in shown if before.get(row[id_at]) != tuple(row)]
        self._put(table, changed, before)
        self._account_for(table, fresh, {id: before[id] for id in counted}, hidden)
        if not self._first_load:
            # What waits is nobody's news, and would keep what its row loses.
            if not self._replacing and table.name != self._schema.parked:
                news.write(self._connection, table, shown, before, self._me, written)
            self.applied.records.update((table.name, row[id_at]) for row in changed)
        self.applied.pulled += len(changed) if self._replacing else len(fresh)

    def _rows_by_id(self, table: SyncTable, ids: Sequence[Any]) -> dict[Any, Sequence[Any]]:
        names = ", ".join(f'"{name}"' for name in table.columns())
        found: dict[Any, Sequence[Any]] = {}
        for part, marks in chunks(ids):
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

    def _end_quarantine(self, table: str, ids: set[Any]) -> None:
        """What comes again has not left: its unsent entries brought it into a scope that we have."""
        run = self._connection.exec_driver_sql
        gone = run("SELECT id FROM sync_shadow WHERE kind = ? AND row = ?", (table, GONE)).scalars()
        for id in ids.intersection(gone):
            run("DELETE FROM sync_shadow WHERE kind = ? AND id = ?", (table, id))

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

    def _put(self, table: SyncTable, rows: Sequence[Sequence[Any]], before: dict[Any, Sequence[Any]]) -> None:
        """Insert rows, or change what differs from `before`: only the indexes of those columns are touched."""
        columns = table.columns()
        inserts: dict[tuple[bool, ...], list[tuple[Any, ...]]] = defaultdict(list)
        updates: dict[tuple[bool, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for row in {row[0]: row for row in rows}.values():
            old = before.get(row[0])
            if old is None:
                used = tuple(map(is_not, row, repeat(None)))
                inserts[used].append(tuple(compress(row, used)))
            else:
                used = tuple(map(ne, row, old))
                updates[used].append((*compress(row, used), row[0]))
        for used, values in inserts.items():
            names = ", ".join(f'"{name}"' for name in compress(columns, used))
            marks = ", ".join("?" * sum(used))
            self._connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', values)
        for used, values in updates.items():
            sets = ", ".join(f'"{name}" = ?' for name in compress(columns, used))
            self._connection.exec_driver_sql(f'UPDATE "{table.name}" SET {sets} WHERE id = ?', values)

    def _insert(self, table: SyncTable, rows: Sequence[Sequence[Any]]) -> bool:
        """Insert rows that are all new, without their empty columns; False, and nothing done, if one is here.

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
        self.applied.pulled += len(rows)
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
                gone_at = hidden.get(old[id], old[deleted])
                self._tally.gone(table.name, old[id], old[scope], old[rev], gone_at)
            self._tally.came(table.name, row[id], row[scope], row[rev], row[deleted])

    def _uncount(self, table: str, id: Any, scope: Any, rev: int, deleted_at: Any) -> None:
        """A row that leaves; what a replacement has not brought so far is in no sum."""
        if self._counting and (not self._replacing or brought.among(self._connection, table, [id])):
            self._tally.gone(table, id, scope, rev, deleted_at)
