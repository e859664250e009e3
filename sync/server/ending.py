"""What a push ends in: what waits becomes rows, the revision is taken, and each transaction gets its result."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert

from sync.clock import corrected
from sync.protocol import Result, Transaction
from sync.server import erasure, head, parking, results, versions
from sync.server.auth import Device
from sync.server.parking import Waiting
from sync.server.past import Key
from sync.server.pending import Pending
from sync.server.working import Working


@dataclass(frozen=True)
class Ending:
    """Of the request of a device whose user reads `scopes`."""

    working: Working
    device: Device
    scopes: frozenset[str]
    now: str
    device_now: str

    def commit(
        self, done: list[tuple[Transaction, Pending]], settled: list[Pending], never_came: set[Key]
    ) -> dict[str, Result]:
        """Write everything; the result of each transaction that came (`done`) or had waited (`settled`).

        Of rows that `never_came` for good the erasure is remembered.
        """
        connection, store = self.working.connection, self.working.store
        everything = [pending for _, pending in done] + settled
        self._publish(everything, settled)
        self._stamp_left_documents(everything)
        spare = sum(not pending.touched for pending in everything) + bool(never_came)
        revs, next_rev = head.commit(self.working, self.now, spare)
        if never_came:
            erasure.remember(connection, store, never_came, next_rev, self.now)
            next_rev += 1
        given: dict[str, Result] = {}
        for pending in everything:
            rev = max([revs[key] for key in pending.touched if key in revs], default=0)
            if not pending.touched:
                rev, next_rev = next_rev, next_rev + 1
            given[pending.uuid] = self._result(pending, rev, revs)
        kept = [(transaction, given[p.uuid], p.waits_for, p.life) for transaction, p in done]
        device = self.device
        results.keep(connection, store, device.id, device.user, self.now, self.device_now, kept)
        results.settle(connection, store, [(given[p.uuid], p.waits_for) for p in settled])
        self._keep_forks(revs)
        return given

    def _publish(self, everything: list[Pending], settled: list[Pending]) -> None:
        """Rows of what waits, for those who may decide; of what waits no more they go."""
        for pending in everything:
            if pending.outcome == "parked" and pending.author is not None:
                at = max((op.at for op in pending.ops), default="")
                done_at = corrected(at, self.device_now, self.now)
                waiting = Waiting(
                    pending.uuid, pending.author, pending.reason, pending.waits_for, done_at, pending.ops
                )
                parking.publish(self.working, waiting, self.now)
        for pending in settled:
            if pending.outcome != "parked":
                parking.close(self.working, pending.uuid, pending.outcome, self.now)

    def _stamp_left_documents(self, everything: list[Pending]) -> None:
        """A laptop drops a document whole where a part of it left: so it comes with the scope's next grant.

        Where that is before its next pull, the laptop never hears that it had lost the scope.
        """
        for pending in everything:
            for key in self._left(pending):
                document = self._document_of(*key)
                for synced, row in versions.parts(self.working, *document) if document else ():
                    self.working.touch(synced.name, row["id"])

    def _document_of(self, table: str, id: str) -> Key | None:
        """The document that this row is, or of which it is a line."""
        synced, row = self.working.store.schema.tables[table], self.working.get(table, id)
        if table in self.working.store.shape.documents:
            return table, id
        link = row[synced.aggregate] if row is not None and synced.aggregate else None
        return (synced.document, str(link)) if link else None

    def _result(self, pending: Pending, rev: int, revs: dict[Key, int]) -> Result:
        rows = [(*key, revs[key]) for key in pending.named if key in revs]
        outside = [*sorted(pending.dropped), *self._left(pending)]
        return Result(pending.uuid, pending.outcome, rev, rows, outside, pending.reason, pending.map)

    def _left(self, pending: Pending) -> list[Key]:
        """What its author had and may not see any more."""
        scopes = pending.author.grants.scopes if pending.author else self.scopes
        conflict = self.working.store.schema.conflict
        rows = ((key, self.working.rows.get(key)) for key in pending.touched if key[0] != conflict)
        gone = [key for key, row in rows if row is not None and row["scope"] not in scopes]
        return [key for key in gone if key in pending.named or self._was_seen(key, pending)]

    def _was_seen(self, key: Key, pending: Pending) -> bool:
        """Whether its author may have the row; of others that an action moved along he learns nothing."""
        before = self.working.before.get(key)
        return (
            before is not None and pending.author is not None and before["scope"] in pending.author.writable
        )

    def _keep_forks(self, revs: dict[Key, int]) -> None:
        store = self.working.store
        forks = [
            {"device": one, "old_id": old, "new_id": new, "table_name": table, "rev": revs[table, new]}
            for one, made in self.working.forks.items()
            for table, old, new in dict.fromkeys(made)  # two actions may have made the same one
            if (table, new) in revs
        ]
        if forks:
            self.working.connection.execute(insert(store.tables["sync_fork"]), forks)
