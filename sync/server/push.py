"""Taking in transactions: each whole, in order, once; results stored with their effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection

from sync import driver
from sync.merge import Value
from sync.protocol import VERSION, Op, PushRequest, Result, Transaction
from sync.server import adapters, copied, erasure, lives, overtaken, parking, parts, results
from sync.server.apply import apply, require_fit
from sync.server.auth import Device
from sync.server.change import Author, Change, Parked
from sync.server.ending import Ending
from sync.server.known import keep_left
from sync.server.lives import Life
from sync.server.past import Key
from sync.server.pending import Pending, held_by, within_head
from sync.server.plain import Plain
from sync.server.queue import Queue
from sync.server.rescue import Brought
from sync.server.results import ParkedTransaction
from sync.server.scopes import GrantRule, Grants
from sync.server.store import Store
from sync.server.weight import fits_an_answer, is_light
from sync.server.working import Working


@dataclass
class Pushed:
    """What became of a request."""

    results: list[Result]
    last_n: int
    expected: int | None = None
    cloned: bool = False


@dataclass
class Push:
    """One push request being worked off in one database transaction."""

    connection: Connection
    store: Store
    grant_rule: GrantRule
    device: Device
    grants: Grants
    now: str
    device_now: str
    read: Callable[[Transaction], list[Op] | None] = lambda transaction: adapters.read(transaction, VERSION)
    """The operations of a transaction as the present version writes them."""
    regained: bool = False
    """Whether the user may do more than he could: what waits of him for want of a right is tried again."""

    def __post_init__(self) -> None:
        self.working = Working(self.connection, self.store)
        self._queues: dict[str, Queue] = {}
        """By device what waits of it, of those who are asked for."""
        self._head = 0
        """Where the organisation stood when this began."""
        self._tried: set[str] = set()
        """The parked transactions that were tried again."""
        self._ever_reached: set[str] = set()
        self._reached: set[str] = set()
        """Ids that came to be or moved, and transactions that were settled: what parked ones may wait for."""
        self._is_light = False
        """Whether no row that this request names can come to be too large by it."""
        self._erased: set[str] = set()
        """Ids in this request that were erased, and of rows below them."""
        self._never_came: set[Key] = set()
        self._decided: list[str] = []
        """Parked transactions about which an applied one says what is to become of them."""
        self._parked: list[ParkedTransaction] = []
        """Those of this request, which the database does not know yet."""
        self._lent: dict[str, tuple[Grants, set[Key]]] = {}
        """By parked transaction the grants of whoever had it tried again, and its rows: they hold for those behind it
        that name no others, at which nobody has looked."""

    def run(self, request: PushRequest) -> Pushed:
        """All transactions of the request, up to the first that is out of order."""
        outcome = Pushed([], self._lock_device())
        wanted = [transaction.uuid for transaction in request.transactions]
        stored = results.find_stored(self.connection, self.store, wanted, self.device.user)
        fresh = [one for one in request.transactions if one.uuid not in stored]
        decoded = {one.uuid: self._sound(one) for one in fresh if one.parts == 1}
        self._find_erased([op for ops in decoded.values() for op in ops or []])
        self.working.preload(op for ops in decoded.values() for op in ops or [])
        self._is_light = is_light(self.working.rows.values(), request.transactions)
        lost = lives.Lost(self.connection, self.store, self.device.user, request.lost)
        done: list[tuple[Transaction, Pending]] = []
        order: dict[str, None] = {}
        for transaction in sorted(request.transactions, key=lambda one: one.n):
            if transaction.uuid in stored:
                hash, result, device = stored[transaction.uuid]
                if not hash or hash != transaction.hash or self._has_its_number(transaction, device, outcome):
                    outcome.cloned = True
                    break
                parts.require_sound_marks(transaction)
                if device != self.device.id:
                    copied.note(self.working, self.device.id, result)
                    self._keep_left(transaction)
                if transaction.epoch and result.outcome == "parked":
                    lives.note(self.connection, self.store, transaction.uuid, lost.life(transaction))
                order[transaction.uuid] = None
                if transaction.n == outcome.last_n + 1:
                    # Another file with the same past brought it, under another device.
                    outcome.last_n = transaction.n
                continue
            if transaction.uuid in order:
                continue
            if transaction.n <= outcome.last_n:
                outcome.cloned = True
                break
            if transaction.n > outcome.last_n + 1:
                outcome.expected = outcome.last_n + 1
                break
            whole = parts.assemble(self.connection, self.store, self.device.id, transaction)
            if whole is None:
                continue
            ops = decoded[whole.uuid] if whole.parts == 1 else self._sound(whole)
            if whole.parts > 1:
                self._find_erased(ops or [])
            pending = self._apply_or_park(whole, ops, lost.life(whole))
            if ops is None:
                whole = adapters.unread(whole, request.protocol)
            elif pending.outcome == "parked":
                # It may wait until nobody remembers how its version wrote.
                whole = adapters.rewritten(whole, pending.ops)
            done.append((whole, pending))
            order[whole.uuid] = None
            outcome.last_n = whole.n
        settled = self._settle(request.withdraw)
        ending = Ending(self.working, self.device, self.grants.scopes, self.now, self.device_now)
        given = ending.commit(done, settled, self._never_came)
        if self.store.postgres:
            self._require_that_nobody_came_between([pending for _sent, pending in done] + settled)
        self._keep_last_n(outcome.last_n)
        scopes = self.grants.scopes
        by_uuid = given | {
            uuid: results.as_of_now(self.connection, self.store, result, scopes)
            for uuid, (_hash, result, _device) in stored.items()
        }
        outcome.results = [by_uuid[uuid] for uuid in order]
        asked = set(request.withdraw)
        taken = [one for one in settled if one.outcome == "withdrawn" and one.uuid in asked]
        outcome.results += [given[pending.uuid] for pending in taken]
        outcome.results += self._settled_before(asked - {pending.uuid for pending in taken})
        return outcome

    def _has_its_number(self, transaction: Transaction, device: str, outcome: Pushed) -> bool:
        """Whether this device sent another transaction under the number of one that a copy of its file brought."""
        is_known = 0 < transaction.n <= outcome.last_n
        return (
            is_known
            and device != self.device.id
            and transaction.uuid not in self.working.past.shared(self.device.id)
        )

    def _keep_left(self, transaction: Transaction) -> None:
        ops = self._sound(transaction) if self.working.past.came_back and transaction.parts == 1 else None
        if ops is not None and all(op.table in self.store.schema.tables for op in ops):
            change = Change(self.working, self._author, transaction.uuid, self.now, self.device_now)
            keep_left(change, ops)
            self.working.forks.setdefault(self.device.id, []).extend(change.placed)

    def _sound(self, transaction: Transaction) -> list[Op] | None:
        """Its operations; None where no program here can read or keep one of them."""
        ops = self.read(transaction)
        return ops if ops is not None and self._is_sound(ops) else None

    def _is_sound(self, ops: list[Op]) -> bool:
        names = self.store.shape.names
        return all(parts.is_sound(op, names.get(op.table, ())) for op in ops)

    # Order and parts

    def _lock_device(self) -> int:
        lock = " FOR UPDATE OF d" if self.store.postgres else ""
        question = f"SELECT d.last_n, h.rev FROM sync_device d, sync_head h WHERE d.id = ?{lock}"
        ((last_n, self._head),) = driver.read(self.connection, question, (self.device.id,))
        return int(last_n)

    def _require_that_nobody_came_between(self, everything: list[Pending]) -> None:
        """On SQLite they come one after the other."""
        if self._ever_reached:
            overtaken.require_nobody(self.connection, self.store, self._ever_reached, self._tried)
        awaited = {one.waits_for for one in everything if one.outcome == "parked" and one.waits_for}
        if awaited:
            own = {id for _table, id in self.working.touched} | {one.uuid for one in everything}
            overtaken.require_still_missing(self.connection, self.store, awaited - own, self._head)

    def _keep_last_n(self, last_n: int) -> None:
        driver.write(
            self.connection,
            "UPDATE sync_device SET last_n = ?, seen_at = ? WHERE id = ?",
            (last_n, self.now, self.device.id),
        )

    # Applying

    def _apply_or_park(self, sent: Transaction, ops: list[Op] | None, life: Life | None) -> Pending:
        device, uuid = self.device, sent.uuid
        change = Change(self.working, self._author, uuid, self.now, self.device_now)
        dropped: set[Key] = set()
        if self._erased:
            ops, dropped = self._without_erased(ops)
        pending = self._work(change, ops, life)
        pending.dropped, pending.life = dropped, life
        if pending.outcome == "parked":
            here = (self.now, self.device_now, pending.reason, pending.waits_for)
            self._parked.append(ParkedTransaction(uuid, device.id, device.user, *here, ops, life))
        return pending

    @cached_property
    def _author(self) -> Author:
        device = self.device
        held = held_by(device) if self.grants.active else ()
        return Author(device.user, device.id, self.grants, held, device.rev_presented)

    @cached_property
    def _plain(self) -> Plain:
        return Plain(self.working, self._author)

    def _find_erased(self, ops: list[Op]) -> None:
        named: list[Value] = [op.id for op in ops]
        named += [new for op in ops for _base, new in op.fields.values()]
        self._erased |= self.working.past.erased(named)

    def _without_erased(self, ops: list[Op] | None) -> tuple[list[Op] | None, set[Key]]:
        if not ops or not self._erased:
            return ops, set()
        before = set(self._erased)
        kept, dropped = erasure.without_erased(self.working, ops, self._erased)
        self._never_came |= {key for key in dropped if key[1] not in before}
        return kept, dropped

    def _work(self, change: Change, ops: list[Op] | None, life: Life | None = None) -> Pending:
        self.working.mark()
        try:
            self._require_tryable(change, ops)
            is_plain = self._take(change, ops or [], life)
            if not (is_plain and self._is_light) and not all(map(fits_an_answer, self.working.changed())):
                # No laptop could take it.
                raise Parked("too_large")
        except Parked as parked:
            return self._parked_for(parked, change, ops or [])
        self._leave(change.uuid)
        self._reached.update(id for _table, id in change.born)
        touched = list(self.working.named)
        if is_plain:
            return Pending(change.uuid, "applied", "", None, touched, touched, change.author)
        if change.map or change.placed:
            for one in copied.devices_of(self.working, change.author.device, change.uuid):
                self.working.forks.setdefault(one, []).extend(change.map + change.placed)
        self._reached |= self._moved()
        self._decided += parking.decided(change, ops or [])
        keys = [(op.table, op.id) for op in ops or []] + [(table, new) for table, _, new in change.map]
        named, reason = list(dict.fromkeys(keys)), "forked" if change.map else ""
        return Pending(
            change.uuid, change.outcome, reason, None, touched, named, change.author, map=change.map
        )

    def _take(self, change: Change, ops: list[Op], life: Life | None) -> bool:
        """Change the rows; whether the short way was enough."""
        if life is None:
            return self._apply(change, ops)
        # Not all of it will be applied, and so looked at.
        require_fit(change, ops)
        brought = Brought(change, ops, life)
        self._apply(change, brought.left)
        self._touch_visible([(op.table, op.id) for op in brought.there], change.author.grants)
        brought.finish()
        return False

    def _apply(self, change: Change, ops: list[Op]) -> bool:
        if change.author is self._author and self._plain.apply(change, ops):
            return True
        apply(change, [within_head(op, self._head) for op in ops])
        return False

    def _parked_for(self, parked: Parked, change: Change, ops: list[Op]) -> Pending:
        self.working.rollback()
        self._queue_of(change.author.device).add(change.uuid, ops)
        self._touch_visible([(op.table, op.id) for op in ops], change.author.grants)
        touched = list(self.working.named)
        return Pending(
            change.uuid, "parked", parked.reason, parked.waits_for, touched, touched, change.author, ops
        )

    def _require_tryable(self, change: Change, ops: list[Op] | None) -> None:
        if not change.author.grants.active:
            raise Parked("disabled")
        if ops is None:
            raise Parked("invalid")
        ahead = self._queue_of(change.author.device).ahead_of(change.uuid, ops)
        if ahead is not None:
            raise Parked("behind", ahead)

    def _moved(self) -> set[str]:
        """The ids of rows that came into another scope: who waited for them may try again."""
        before, rows = self.working.before, self.working.rows
        found = set()
        for key in self.working.named:
            was, now = before.get(key), rows.get(key)
            if was is not None and now is not None and was["scope"] != now["scope"]:
                found.add(key[1])
        return found

    def _touch_visible(self, keys: list[Key], grants: Grants) -> None:
        for table, id in keys:
            if table in self.store.schema.tables:
                row = self.working.get(table, id)
                if row is not None and row["scope"] in grants.scopes:
                    self.working.touch(table, id)

    # What waited

    def _queue_of(self, device: str) -> Queue:
        if device not in self._queues:
            self._queues[device] = Queue()
            gone = self._reached | self._ever_reached
            for parked in self._parked_of(device):
                if parked.uuid not in gone:
                    self._queues[device].add(parked.uuid, parked.ops or [])
        return self._queues[device]

    def _parked_of(self, device: str) -> list[ParkedTransaction]:
        if not self._anybody_waits:
            return []
        return results.find_parked(self.connection, self.store, device=device)

    def _leave(self, uuid: str) -> None:
        """It waits no more, on whichever device: who waits behind it is tried again."""
        self._reached.add(uuid)
        for queue in self._queues.values():
            queue.remove(uuid)

    def _settle(self, withdrawn: list[str]) -> list[Pending]:
        """What became of earlier transactions: taken back, decided about, or tried again."""
        settled = {pending.uuid: pending for pending in self._withdraw(withdrawn)}
        if self.regained:
            settled |= self._try(results.find_refused(self.connection, self.store, self.device.user), settled)
        while self._decided or self._reached:
            for uuid in dict.fromkeys(self._take_decided()):
                settled |= self._decide(uuid, settled)
            settled |= self._retry(settled)
        return list(settled.values())

    def _take_decided(self) -> list[str]:
        taken, self._decided = self._decided, []
        return taken

    def _withdraw(self, uuids: list[str]) -> list[Pending]:
        """What its author takes back, on whichever of his devices: a copy of the file may have brought it."""
        found = results.find_parked(self.connection, self.store, uuids=uuids) if uuids else []
        mine = [parked for parked in found if parked.user == self.device.user]
        for parked in mine:
            if parked.device != self.device.id:
                copied.share(self.working, self.device.id, parked.uuid)
        return [self._take_back(parked) for parked in mine]

    def _settled_before(self, uuids: set[str]) -> list[Result]:
        """What became of work that is to be taken back and waits no more."""
        known = results.find_stored(self.connection, self.store, uuids, self.device.user) if uuids else {}
        return [
            results.as_of_now(self.connection, self.store, result, self.grants.scopes)
            for hash, result, _device in known.values()
            if hash and result.outcome != "parked"
        ]

    def _take_back(self, parked: ParkedTransaction) -> Pending:
        # At once: what waited behind it is tried again now.
        results.withdraw(self.connection, self.store, parked.uuid)
        self._leave(parked.uuid)
        return Pending(parked.uuid, "withdrawn", "", None, [], [])

    def _decide(self, uuid: str, settled: dict[str, Pending]) -> dict[str, Pending]:
        """Take back or try again a parked transaction as this device's user says, by his grants."""
        row = self.working.get(self.store.schema.parked, uuid)
        found = results.find_parked(self.connection, self.store, uuids=[uuid])
        if row is None or row["deleted_at"] is not None or not found or uuid in settled:
            return {}
        (parked,) = found
        if row["decision"] == "withdraw":
            return {uuid: self._take_back(parked)}
        if row["decision"] != "retry":
            return {}
        corrected = parking.corrected_ops(row)
        if corrected is None and row["changes"] is None:
            # Nobody lends his rights to what he could not see.
            return self._try([parked], settled)
        # Who corrects has written it.
        user = parked.user if corrected is None else self.device.user
        rows = {(op.table, op.id) for op in corrected or parked.ops or []}
        self._lent[uuid] = (self.grants, rows)
        return {uuid: self._again(parked, Author(user, parked.device, self.grants), corrected)}

    def _retry(self, settled: dict[str, Pending]) -> dict[str, Pending]:
        """Try again what waited for something that is here now."""
        reached = self._reached if self._anybody_waits else ()
        waiting = results.find_parked(self.connection, self.store, waits_for=reached)
        waiting += [parked for parked in self._parked if parked.waits_for in self._reached]
        self._ever_reached |= self._reached
        self._reached = set()
        return self._try(waiting, settled)

    def _try(self, waiting: list[ParkedTransaction], settled: dict[str, Pending]) -> dict[str, Pending]:
        again: dict[str, Pending] = {}
        for parked in waiting:
            if parked.uuid in settled and settled[parked.uuid].outcome != "parked":
                continue
            lent, rows = self._lent.get(parked.waits_for or "", (None, set[Key]()))
            if not {(op.table, op.id) for op in parked.ops or []} <= rows:
                lent = None
            grants = lent or self.grant_rule(self.connection, self.store.tables.synced, parked.user)
            pending = self._again(parked, Author(parked.user, parked.device, grants))
            # Of one that waits on as before its device hears nothing: it would learn that something came.
            if (pending.outcome, pending.reason, pending.waits_for) != (
                "parked", parked.reason, parked.waits_for,
            ):  # fmt: skip
                again[parked.uuid] = pending
                if lent is not None:
                    self._lent[parked.uuid] = (lent, rows)
        return again

    @cached_property
    def _anybody_waits(self) -> bool:
        """Whether the database had a parked transaction at first: of this request's own ones it knows nothing yet."""
        return results.any_parked(self.connection)

    def _again(self, parked: ParkedTransaction, author: Author, corrected: list[Op] | None = None) -> Pending:
        """As it was sent, with what was said of it then; or as somebody corrected it, which is new work."""
        self._tried.add(parked.uuid)
        ops, life = (parked.ops, parked.life) if corrected is None else (corrected, None)
        change = Change(self.working, author, parked.uuid, parked.received_at, parked.device_now)
        if ops is not None and not self._is_sound(ops):
            ops = None
        self._find_erased(ops or [])
        return self._work(change, self._without_erased(ops)[0], life)
