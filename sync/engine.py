"""One run of the sync: seal, push, pull, apply. Never a transaction open across the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection

from sync import bulk, capture, errors, outbox, state
from sync.apply import Applied, Applier
from sync.protocol import (
    MAX_OPS,
    MAX_REQUEST_BYTES,
    PAGE_BYTES,
    Hello,
    PullPage,
    PullRequest,
    PushRequest,
    Result,
    Sum,
    SyncProtocol,
    Transaction,
)
from sync.results import settle
from sync.schema import SyncSchema

FIRST_LOAD_BYTES = 8_000_000
"""A page of a first load: larger, since each costs a commit."""

Phase = Literal["connecting", "pushing", "pulling", "applying", "files"]
Progress = Callable[[Phase, int, int], None]
"""(phase, done, of); `of` is 0 where it is not known."""


@dataclass
class Report:
    """What a run did."""

    pushed: int = 0
    pulled: int = 0
    removed: int = 0
    conflicts: int = 0
    parked: int = 0
    seconds: float = 0.0
    cursor: int = 0
    first_load: bool = False
    repaired: bool = False
    """The sums differed after the last run, so this one fetched everything again."""
    records: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Laptop:
    """The laptop's side as the engine needs it."""

    schema: SyncSchema
    write: Callable[[bool], AbstractContextManager[Connection]]
    """The write lane: one transaction, committed on leaving; True for a bulk load that can be repeated."""
    loading: Callable[[Connection, bool], None]
    """Told before (True) and after (False) a first load: indexes and search may wait for its end."""
    applied: Callable[[Connection], None]
    """Called inside each applying transaction, before its commit: renews the search entries."""
    version: str = ""


class Engine:
    """Runs the sync of one laptop with one server."""

    def __init__(self, laptop: Laptop, remote: SyncProtocol, progress: Progress | None = None) -> None:
        self._laptop, self._remote = laptop, remote
        self._progress = progress or (lambda _phase, _done, _of: None)
        self._report = Report()

    def run(self) -> Report:
        """One complete sync; raises SyncError. What was done before a failure stays done."""
        started = time.monotonic()
        self._progress("connecting", 0, 0)
        refusal: errors.SyncError | None = None
        try:
            self._push()
        except (errors.Refused, errors.Protocol) as problem:
            # Pull never waits for push.
            refusal = problem
        self._pull()
        self._report.seconds = time.monotonic() - started
        if refusal is not None:
            raise refusal
        return self._report

    def _push(self) -> None:
        with self._laptop.write(False) as connection:
            outbox.seal_entries(connection, self._laptop.schema, {})
            waiting = outbox.waiting(connection)
            withdrawn = outbox.withdrawn(connection)
        done, total = 0, len(waiting)
        while waiting or withdrawn:
            self._progress("pushing", done, total)
            batch, waiting = split_off(waiting)
            answer = self._remote.push(PushRequest(_now(), batch, withdrawn, version=self._laptop.version))
            _obey(answer.hello)
            withdrawn = []
            with self._laptop.write(False) as connection:
                self._settle(connection, answer.results)
                if answer.expected is not None:
                    # The server lacks earlier ones: all that it may not know goes again, in order.
                    waiting = outbox.since(connection, answer.expected)
                    if not waiting or waiting[0].n != answer.expected or done > total:
                        raise errors.Refused("numbers", f"the server expects number {answer.expected}")
            done += len(answer.results)
        self._report.pushed = done

    def _settle(self, connection: Connection, results: list[Result]) -> None:
        with capture.paused(connection):
            for result in results:
                settle(connection, self._laptop.schema, result)
                self._report.conflicts += result.outcome == "conflict"
                self._report.parked += result.outcome == "parked"
            self._leave_outside(connection, results)
            self._laptop.applied(connection)

    def _leave_outside(self, connection: Connection, results: list[Result]) -> None:
        outside = [row for result in results for row in result.outside]
        if outside:
            applier = Applier(connection, self._laptop.schema, state.get(connection, "user") or "", False)
            for table, id in outside:
                applier.leave(table, id)
            applier.finish()
            self._take(applier.applied)

    def _pull(self) -> None:
        with self._laptop.write(False) as connection:
            cursor = state.get(connection, "cursor") or ""
            loading = not cursor or state.get(connection, "loading") == 1
            differing = state.get(connection, "differing")
            # Once for the same difference: a server that counts wrongly must not cost a load each time.
            repairing = differing is not None and differing != state.get(connection, "repaired")
        if loading:
            self._load_first(cursor)
        elif repairing:
            self._pull_changes("", afresh=True)
            with self._laptop.write(False) as connection:
                state.put(connection, "repaired", state.get(connection, "differing"))
            self._report.repaired = True
        else:
            self._pull_changes(cursor)

    def _load_first(self, cursor: str) -> None:
        """A first load applies page by page, each with its cursor, so that it resumes where it stopped."""
        self._report.first_load = True
        with self._laptop.write(False) as connection:
            if state.get(connection, "loading") != 1:
                state.put(connection, "loading", 1)
                with capture.paused(connection):
                    # Rows of an earlier identity would be counted twice, or outlive what the server has.
                    Applier(connection, self._laptop.schema, "", True).start_afresh()
                bulk.drop_indexes(connection, self._laptop.schema)
            self._laptop.loading(connection, True)
        with ThreadPoolExecutor(1, "sync-pull") as lane:
            coming = lane.submit(self._pull_page, cursor, FIRST_LOAD_BYTES)
            more = True
            while more:
                self._progress("pulling", self._report.pulled, 0)
                page = coming.result()
                more = page.more
                if more:
                    # The next page travels while this one is applied.
                    coming = lane.submit(self._pull_page, page.cursor, FIRST_LOAD_BYTES)
                self._apply([page], first_load=True)
        self._progress("applying", self._report.pulled, self._report.pulled)
        with self._laptop.write(True) as connection:
            bulk.restore_indexes(connection)
            self._laptop.loading(connection, False)
            state.put(connection, "loading", 0)

    def _pull_changes(self, cursor: str, afresh: bool = False) -> None:
        """Changes are staged whole and applied in one transaction together with the cursor."""
        pages: list[PullPage] = []
        more = True
        while more:
            self._progress("pulling", len(pages), 0)
            page = self._pull_page(cursor)
            if page.resync:
                pages = []
            pages.append(page)
            cursor, more = page.cursor, page.more
        self._progress("applying", 0, 0)
        self._apply(pages, first_load=False, afresh=afresh)

    def _pull_page(self, cursor: str, max_bytes: int = PAGE_BYTES) -> PullPage:
        return self._remote.pull(PullRequest(cursor, max_bytes, _now(), self._laptop.version))

    def _apply(self, pages: list[PullPage], first_load: bool, afresh: bool = False) -> None:
        last = pages[-1]
        _obey(last.hello)
        with self._laptop.write(first_load) as connection:
            held = set(json.loads(state.get(connection, "scopes") or "[]"))
            state.keep_hello(connection, last.hello)
            applier = Applier(connection, self._laptop.schema, last.hello.user, first_load)
            with self._uncaptured(connection, first_load):
                if afresh or any(page.resync for page in pages):
                    applier.start_afresh()
                # Before the rows: an entry that is answered must not cover the row that answers it.
                settled = [result for page in pages for result in page.settled]
                for result in settled:
                    settle(connection, self._laptop.schema, result)
                for page in pages:
                    applier.page(page)
                for table, id in (row for result in settled for row in result.outside):
                    applier.leave(table, id)
                if not last.more:
                    applier.drop_lost_scopes(held, set(last.hello.scopes))
                    applier.forget_passed(last.hello.head)
                applier.finish()
            state.put(connection, "cursor", last.cursor)
            if not last.more:
                state.put(connection, "last_sync", _now())
                state.put(connection, "head", last.hello.head)
                self._check_sums(connection, last.sums)
            self._laptop.applied(connection)
            self._report.cursor = last.hello.head
        self._take(applier.applied)

    def _uncaptured(self, connection: Connection, first_load: bool) -> AbstractContextManager[None]:
        if first_load:
            return bulk.without_triggers(connection, self._laptop.schema)
        return capture.paused(connection)

    def _check_sums(self, connection: Connection, theirs: list[Sum]) -> None:
        """Rows that are missing or too many show here; the next run then loads everything again."""
        ours = {
            (scope, kind): (count, total)
            for scope, kind, count, total in connection.exec_driver_sql(
                "SELECT scope, kind, count, total FROM sync_sum WHERE count <> 0"
            )
        }
        expected = {(one.scope, one.table): (one.count, one.total) for one in theirs if one.count}
        differing = sorted(
            f"{scope}/{kind}"
            for scope, kind in ours.keys() | expected.keys()
            if kind in self._laptop.schema.tables and ours.get((scope, kind)) != expected.get((scope, kind))
        )
        state.put(connection, "differing", " ".join(differing) or None)

    def _take(self, applied: Applied) -> None:
        self._report.pulled += applied.pulled
        self._report.removed += applied.removed
        self._report.records |= applied.records


def split_off(waiting: list[Transaction]) -> tuple[list[Transaction], list[Transaction]]:
    """What fits into one request, in order; a transaction larger than a request goes alone, in parts."""
    batch: list[Transaction] = []
    ops = size = 0
    for index, transaction in enumerate(waiting):
        length = sum(len(bytes(op)) for op in transaction.ops)
        too_big = len(transaction.ops) > MAX_OPS or length > MAX_REQUEST_BYTES // 2
        if too_big and not batch:
            parts = _parts(transaction) if transaction.parts == 1 else [transaction]
            return parts[:1], [*parts[1:], *waiting[index + 1 :]]
        if batch and (
            too_big or ops + len(transaction.ops) > MAX_OPS or size + length > MAX_REQUEST_BYTES // 2
        ):
            return batch, waiting[index:]
        batch.append(transaction)
        ops, size = ops + len(transaction.ops), size + length
        if transaction.parts > 1:
            return batch, waiting[index + 1 :]
    return batch, []


def _parts(transaction: Transaction) -> list[Transaction]:
    groups: list[list[msgspec.Raw]] = [[]]
    size = 0
    for op in transaction.ops:
        length = len(bytes(op))
        if groups[-1] and (len(groups[-1]) >= MAX_OPS or size + length > MAX_REQUEST_BYTES // 2):
            groups.append([])
            size = 0
        groups[-1].append(op)
        size += length
    return [
        Transaction(transaction.uuid, transaction.n, transaction.hash, ops, part, len(groups))
        for part, ops in enumerate(groups, start=1)
    ]


def _obey(hello: Hello) -> None:
    if hello.wipe:
        raise errors.Refused("wipe")
    if hello.cloned:
        raise errors.Refused("cloned")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
