"""Taking in transactions: each whole, in order, once; results stored with their effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from sync import errors
from sync.protocol import Op, Outcome, PushRequest, Result, Transaction, hash_of
from sync.server import head, results
from sync.server.apply import apply
from sync.server.auth import Device
from sync.server.change import Author, Change, Parked
from sync.server.past import Key
from sync.server.scopes import GrantRule, Grants
from sync.server.store import Store
from sync.server.working import Working


@dataclass
class _Pending:
    """A transaction applied or parked in memory, before it has a revision."""

    uuid: str
    outcome: Outcome
    reason: str
    waits_for: str | None
    touched: list[Key]
    named: list[Key]
    map: list[tuple[str, str, str]] = field(default_factory=list)


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

    def __post_init__(self) -> None:
        self.working = Working(self.connection, self.store)
        self._blocked: dict[Key, str] = {}
        self._reached: set[str] = set()
        """Ids that came to be, and transactions that were settled: what parked ones may wait for."""

    def run(self, request: PushRequest) -> Pushed:
        """All transactions of the request, up to the first that is out of order."""
        outcome = Pushed([], self._lock_device())
        for parked in results.find_parked(self.connection, self.store, device=self.device.id):
            self._block(parked.uuid, parked.ops)
        wanted = [transaction.uuid for transaction in request.transactions]
        stored = results.find_stored(self.connection, self.store, wanted)
        fresh = [one for one in request.transactions if one.uuid not in stored]
        decoded = {one.uuid: _operations(one) for one in fresh if one.parts == 1}
        self._preload(op for ops in decoded.values() for op in ops or [])
        done: list[tuple[Transaction, _Pending]] = []
        order: list[str] = []
        for transaction in sorted(request.transactions, key=lambda one: one.n):
            if transaction.uuid in stored:
                if stored[transaction.uuid][0] != transaction.hash:
                    outcome.cloned = True
                    break
                order.append(transaction.uuid)
                continue
            if transaction.uuid in order:
                continue
            if transaction.n <= outcome.last_n:
                outcome.cloned = True
                break
            if transaction.n > outcome.last_n + 1:
                outcome.expected = outcome.last_n + 1
                break
            whole = self._assemble(transaction)
            if whole is None:
                continue
            ops = decoded[whole.uuid] if whole.parts == 1 else _operations(whole)
            done.append((whole, self._apply_or_park(whole.uuid, ops)))
            order.append(whole.uuid)
            outcome.last_n = whole.n
        settled = self._withdraw(request.withdraw) + self._retry()
        given = self._commit(done, settled)
        self._keep_last_n(outcome.last_n)
        by_uuid = given | {uuid: result for uuid, (_, result) in stored.items()}
        outcome.results = [by_uuid[uuid] for uuid in order]
        outcome.results += [given[pending.uuid] for pending in settled if pending.outcome == "withdrawn"]
        return outcome

    # Order and parts

    def _lock_device(self) -> int:
        devices = self.store.tables["sync_device"]
        statement = select(devices.c.last_n).where(devices.c.id == self.device.id)
        if self.store.postgres:
            statement = statement.with_for_update()
        return int(self.connection.execute(statement).scalar_one())

    def _keep_last_n(self, last_n: int) -> None:
        devices = self.store.tables["sync_device"]
        mine = devices.c.id == self.device.id
        self.connection.execute(update(devices).where(mine).values(last_n=last_n, seen_at=self.now))

    def _assemble(self, transaction: Transaction) -> Transaction | None:
        """The whole transaction, None while parts are missing; raises `errors.Protocol` where damaged."""
        if transaction.parts > 1:
            complete = self._keep_part(transaction)
            if complete is None:
                return None
            transaction = complete
        if hash_of(transaction.ops) != transaction.hash:
            raise errors.Protocol(f"transaction {transaction.uuid} does not match its hash")
        return transaction

    def _keep_part(self, transaction: Transaction) -> Transaction | None:
        parts = self.store.tables["sync_part"]
        here = (parts.c.uuid == transaction.uuid) & (parts.c.device == self.device.id)
        self.connection.execute(delete(parts).where(here & (parts.c.part == transaction.part)))
        values = {"uuid": transaction.uuid, "part": transaction.part, "device": self.device.id}
        self.connection.execute(insert(parts).values(**values, ops=msgspec.json.encode(transaction.ops)))
        found = self.connection.scalars(select(parts.c.ops).where(here).order_by(parts.c.part)).all()
        if len(found) < transaction.parts:
            return None
        self.connection.execute(delete(parts).where(here))
        ops = [op for part in found for op in msgspec.json.decode(bytes(part), type=list[msgspec.Raw])]
        return Transaction(
            transaction.uuid, transaction.n, transaction.hash, ops, transaction.part, transaction.parts
        )

    # Applying

    def _preload(self, ops: Iterable[Op]) -> None:
        """Read all rows named, and the parents that they name, in few statements."""
        tables = self.store.schema.tables
        ids: dict[str, set[str]] = defaultdict(set)
        parents: dict[str, set[str]] = defaultdict(set)
        for op in ops:
            if op.table in tables:
                ids[op.table].add(op.id)
                for name in (rule.parent for rule in tables[op.table].scope if rule.parent):
                    target, value = tables[op.table].fields[name].link, op.fields.get(name, (None, None))[1]
                    if target and isinstance(value, str):
                        parents[target].add(value)
        for table in sorted(ids):
            self.working.load(table, ids[table])
            for name in (rule.parent for rule in tables[table].scope if rule.parent):
                target = tables[table].fields[name].link
                rows = (self.working.get(table, id) for id in ids[table])
                if target:
                    parents[target] |= {row[name] for row in rows if row is not None and row[name]}
        for table in sorted(parents):
            self.working.load(table, parents[table])

    def _apply_or_park(self, uuid: str, ops: list[Op] | None) -> _Pending:
        device = self.device
        author = Author(device.user, device.id, self.grants, device.scopes_entitled, device.rev_presented)
        change = Change(self.working, author, uuid, self.now, self.device_now)
        return self._work(change, ops)

    def _work(self, change: Change, ops: list[Op] | None) -> _Pending:
        named = [(op.table, op.id) for op in ops or []]
        self.working.mark()
        try:
            if ops is None:
                raise Parked("invalid")
            behind = next((self._blocked[key] for key in named if key in self._blocked), None)
            if behind is not None:
                raise Parked("behind", behind)
            apply(change, ops)
        except Parked as parked:
            self.working.rollback()
            self._block(change.uuid, ops or [])
            self._touch_visible(named)
            touched = list(self.working.named)
            return _Pending(change.uuid, "parked", parked.reason, parked.waits_for, touched, touched)
        self.working.forks += change.forks
        self._reached |= {id for _, id in change.born} | {change.uuid}
        touched = list(self.working.named)
        new_keys = [(table, new) for table, _, new in change.map]
        reason = "forked" if change.map else ""
        return _Pending(change.uuid, change.outcome, reason, None, touched, named + new_keys, change.map)

    def _touch_visible(self, keys: list[Key]) -> None:
        for table, id in keys:
            if table in self.store.schema.tables:
                row = self.working.get(table, id)
                if row is not None and row["scope"] in self.grants.scopes:
                    self.working.touch(table, id)

    def _block(self, uuid: str, ops: list[Op]) -> None:
        for op in ops:
            self._blocked.setdefault((op.table, op.id), uuid)

    # What waited

    def _withdraw(self, uuids: list[str]) -> list[_Pending]:
        mine = results.find_parked(self.connection, self.store, device=self.device.id) if uuids else []
        taken = [parked.uuid for parked in mine if parked.uuid in uuids]
        self._release(taken)
        return [_Pending(uuid, "withdrawn", "", None, [], []) for uuid in taken]

    def _release(self, uuids: Iterable[str]) -> None:
        gone = set(uuids)
        self._reached |= gone
        self._blocked = {key: uuid for key, uuid in self._blocked.items() if uuid not in gone}

    def _retry(self) -> list[_Pending]:
        """Try again what waited for something that is here now, until nothing more moves."""
        settled: dict[str, _Pending] = {}
        while self._reached:
            waiting = results.find_parked(self.connection, self.store, waits_for=self._reached)
            self._reached = set()
            for parked in waiting:
                if parked.uuid in settled and settled[parked.uuid].outcome != "parked":
                    continue
                grants = self.grant_rule(self.connection, self.store.tables.synced, parked.user)
                author = Author(parked.user, parked.device, grants)
                change = Change(self.working, author, parked.uuid, parked.received_at, parked.device_now)
                self._release([parked.uuid])
                self._reached.discard(parked.uuid)
                settled[parked.uuid] = self._work(change, parked.ops)
        return list(settled.values())

    # Commit

    def _commit(self, done: list[tuple[Transaction, _Pending]], settled: list[_Pending]) -> dict[str, Result]:
        everything = [pending for _, pending in done] + settled
        spare = sum(not pending.touched for pending in everything)
        revs, next_rev = head.commit(self.working, self.now, spare)
        given: dict[str, Result] = {}
        for pending in everything:
            rev = max((revs[key] for key in pending.touched if key in revs), default=0)
            if not pending.touched:
                rev, next_rev = next_rev, next_rev + 1
            given[pending.uuid] = self._result(pending, rev, revs)
        kept = [(transaction, given[p.uuid], p.waits_for) for transaction, p in done]
        device = self.device
        results.keep(self.connection, self.store, device.id, device.user, self.now, self.device_now, kept)
        results.settle(self.connection, self.store, [(given[p.uuid], p.waits_for) for p in settled])
        forks = [
            {"device": device.id, "old_id": old, "new_id": new, "table_name": table, "rev": revs[table, new]}
            for table, old, new in self.working.forks
        ]
        if forks:
            self.connection.execute(insert(self.store.tables["sync_fork"]), forks)
        return given

    def _result(self, pending: _Pending, rev: int, revs: dict[Key, int]) -> Result:
        rows = [(*key, revs[key]) for key in dict.fromkeys(pending.named) if key in revs]
        outside = []
        for key in dict.fromkeys(pending.touched):
            row = self.working.rows.get(key)
            if row is not None and row["scope"] not in self.grants.scopes and key[0] != self._conflict:
                outside.append(key)
        return Result(pending.uuid, pending.outcome, rev, rows, outside, pending.reason, pending.map)

    @property
    def _conflict(self) -> str:
        return self.store.schema.conflict


def _operations(transaction: Transaction) -> list[Op] | None:
    """The operations; None where a newer program sent what this one cannot read."""
    try:
        return transaction.operations()
    except errors.Protocol:
        return None
