"""One run of the sync: seal, push, pull, apply, compare. Never a transaction open across the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from sqlalchemy import Connection

from sync import (
    breaker,
    bulk,
    capture,
    errors,
    first_load,
    forks,
    lost,
    outbox,
    recovery,
    rescue,
    scope_file,
    sent,
    staging,
    state,
    whole_load,
)
from sync.apply import Applier
from sync.batches import is_large, split_off, without_parts
from sync.documents import changed_on_both_sides, whole
from sync.first_load import FirstLoad
from sync.laptop import Applied, Laptop, Phase, Progress, Report
from sync.mending import Mending
from sync.protocol import (
    PAGE_BYTES,
    VERSION,
    Hello,
    HelloRequest,
    PullPage,
    PullRequest,
    PushRequest,
    Result,
    SyncProtocol,
    Transaction,
)
from sync.repair import Place
from sync.results import settle
from sync.soundness import require_sound_results
from sync.standing import Standing, is_as_left, is_empty

__all__ = ["Engine", "Laptop", "Phase", "Progress", "Report", "split_off"]


class _NewEpoch(Exception):
    """The server has another life than the one that this laptop knows: it came back from a copy."""


class Engine:
    """Runs the sync of one laptop with one server."""

    def __init__(self, laptop: Laptop, remote: SyncProtocol, progress: Progress | None = None) -> None:
        self._laptop, self._remote = laptop, remote
        self._progress = progress or (lambda _phase, _done, _of: None)
        self._report = Report()
        self._mending = Mending(laptop, remote, self._report)
        self._sent_first = False
        self._recovered = ""
        """The epoch for which this run has queued again what the server lost."""
        self._known: set[str] = set()  # transactions of ours that it has, from a copy of this file perhaps
        self._brings_first = False
        """New work waits until what others had written is there again: it stands on that."""
        self._standing: Standing | None = None
        """Where the laptop stood when this run looked for what is to send, if there was nothing."""
        self._took_whole = False
        """This run took over a file with indexes, lists and search: what follows is applied like any change."""

    def run(self) -> Report:
        """One complete sync; raises SyncError. What was done before a failure stays done."""
        started = time.monotonic()
        self._progress("connecting", 0, 0)
        try:
            self._exchange()
        except _NewEpoch:
            self._recover()
            self._exchange()
        self._report.seconds = time.monotonic() - started
        return self._report

    def _exchange(self) -> None:
        refusal: errors.SyncError | None = None
        try:
            self._push()
        except (errors.Refused, errors.Protocol) as problem:
            if problem.code in ("wipe", "cloned"):
                raise
            # Pull never waits for push.
            refusal = problem
        try:
            self._pull()
        except errors.UpdateNeeded:
            if self._brings_first:
                # What a program that is too old has to send is taken all the same.
                self._brings_first = False
                self._push()
            raise
        if refusal is not None:
            raise refusal

    # Push

    def _push(self) -> None:
        with self._laptop.write(False) as connection:
            outbox.seal_entries(connection, self._laptop.schema, {})
            waiting = outbox.waiting(connection)
            if self._brings_first:
                waiting = [one for one in waiting if one.epoch or one.uuid in self._known]
            withdrawn = outbox.withdrawn(connection)
            epoch = self._recovered or state.get(connection, "epoch") or ""
            left = lost.lives_left(connection) if any(one.epoch for one in waiting) else {}
            self._standing = None if waiting or withdrawn else Standing.of(connection)
        done, total = 0, len(waiting)
        waiting = self._without_parts_there(waiting)
        while waiting or withdrawn:
            self._progress("pushing", done, total)
            batch, waiting = split_off(waiting)
            answer = self._remote.push(
                PushRequest(
                    _now(),
                    batch,
                    withdrawn,
                    version=self._laptop.version,
                    protocol=VERSION,
                    epoch=epoch,
                    lost=left,
                )
            )
            asked = {one.uuid for one in batch} | set(withdrawn)
            withdrawn = []
            with self._laptop.write(False) as connection:
                self._obey(connection, answer.hello)
                require_sound_results(answer.results, answer.hello.head, asked)
                self._settle(connection, answer.results, answer.hello.server_time)
                if answer.expected is not None:
                    waiting = self._from_number(connection, answer.expected, done, total)
            done += len(answer.results)
        self._report.pushed += done

    def _without_parts_there(self, waiting: list[Transaction]) -> list[Transaction]:
        """Of transactions larger than a request: what is left to send since an attempt that broke off."""
        large = [one.uuid for one in waiting if is_large(one)]
        if not large:
            return waiting
        hello = self._remote.hello(HelloRequest(_now(), 0, large, self._laptop.version, VERSION))
        whole = dict.fromkeys(set(hello.known) & set(large), range(1, 1 << 31))
        return without_parts(waiting, {**hello.parts, **whole})

    def _from_number(self, connection: Connection, expected: int, done: int, total: int) -> list[Transaction]:
        """The server lacks earlier ones: all that it may not know goes again, in order."""
        waiting = sent.since(connection, expected)
        if done > total:
            raise errors.Refused("numbers", f"the server expects number {expected}")
        if not waiting or waiting[0].n != expected:
            # They were sent so long ago that they are not here any more: a new device counts from 1.
            raise errors.Refused("cloned", f"the server expects number {expected}")
        return waiting

    def _settle(self, connection: Connection, results: list[Result], server_time: str) -> None:
        with capture.paused(connection):
            settle(connection, self._laptop.schema, results, server_time)
            self._report.conflicts += sum(result.outcome == "conflict" for result in results)
            self._report.parked += sum(result.outcome == "parked" for result in results)
            self._leave_outside(connection, results)
            self._laptop.applied(connection)

    def _leave_outside(self, connection: Connection, results: list[Result]) -> None:
        outside = [row for result in results for row in result.outside]
        if outside:
            applier = Applier(connection, self._laptop.schema, state.get(connection, "user") or "", False)
            applier.leave_all(whole(connection, self._laptop.schema, outside))
            applier.finish()
            self._take(applier.applied)

    # Pull

    def _pull(self) -> None:
        standing = self._standing
        if standing is None or standing.loading:
            with self._laptop.write(False) as connection:
                standing = Standing.of(connection)
                if standing.loading:
                    with capture.paused(connection):
                        forks.carry_out(connection, self._laptop.schema)
        if standing.loading:
            self._load_first()
            return
        if standing.unfinished and not self._laptop.finishes:
            first_load.finish(self._laptop)
        if self._laptop.folder is not None:
            scope_file.remove_all(self._laptop.folder)
        self._pull_changes(standing.cursor, standing.resume_at)

    def _load_first(self) -> None:
        taken = whole_load.take(self._laptop, self._remote, self._progress, self._obey)
        if taken is not None:
            self._report.first_load = self._took_whole = True
            self._report.pulled += taken.rows
            self._pull_changes(taken.cursor, taken.cursor)
            return
        FirstLoad(
            self._laptop,
            self._remote,
            self._progress,
            self._report,
            self._obey,
            self._pull_page,
            lambda page: self._apply([page], first_load=True),
        ).run()

    def _pull_changes(self, origin: str, resume_at: str) -> None:
        """Changes are staged whole and applied in one transaction together with the cursor."""
        page = self._first_page(origin, resume_at)
        if page.cursor == origin == resume_at and self._brought_nothing(page):
            return
        staged = page.more or resume_at != origin
        while staged:
            with self._laptop.write(False) as connection:
                self._obey(connection, page.hello)
                staging.keep(connection, origin, page)
                done = staging.count(connection)
            if not page.more:
                break
            self._progress("pulling", done, 0)
            page = self._pull_page(page.cursor)
        if self._brings_first:
            self._rescue(None if staged else [page], page.hello)
            self._push()
        if self._sends_first(None if staged else [page]):
            self._pull_changes(origin, origin)
            return
        self._progress("applying", 0, 0)
        self._apply(None if staged else [page], first_load=self._took_whole, last=page)
        if self._recovered:
            # What was sent again has new revisions.
            self._recovered = ""
            self._pull_changes(page.cursor, page.cursor)

    def _sends_first(self, pages: list[PullPage] | None) -> bool:
        """Whether what we wrote to a document that comes changed was sent, so that both its versions come.

        Once in a run: work that the server does not take keeps nobody's rows away.
        """
        with self._laptop.write(False) as connection:
            found = staging.pages(connection) if pages is None else pages
            if self._sent_first or not changed_on_both_sides(connection, self._laptop.schema, found):
                return False
        self._sent_first = True
        try:
            self._push()
        except (errors.Refused, errors.Protocol) as problem:
            if problem.code in ("wipe", "cloned"):
                raise
            return False
        with self._laptop.write(False) as connection:
            staging.clear(connection)
        return True

    def _first_page(self, origin: str, resume_at: str) -> PullPage:
        """The page at which an earlier attempt broke off, or the first one."""
        self._progress("pulling", 0, 0)
        if resume_at != origin:
            try:
                return self._pull_page(resume_at)
            except errors.Refused:
                with self._laptop.write(False) as connection:
                    staging.clear(connection)
        return self._pull_page(origin)

    def _pull_page(self, cursor: str, max_bytes: int = PAGE_BYTES) -> PullPage:
        return self._remote.pull(
            PullRequest(cursor, max_bytes, _now(), self._laptop.version, protocol=VERSION)
        )

    def _brought_nothing(self, page: PullPage) -> bool:
        """Whether all is as the last run left it, so that only the time is to be kept."""
        if self._recovered or not is_empty(page):
            return False
        # What is lost with the power here is the time alone.
        with self._laptop.write(True) as connection:
            self._obey(connection, page.hello)
            if not is_as_left(connection, self._laptop.schema, page):
                return False
            state.put(connection, "server_time", page.hello.server_time)
            state.put(connection, "last_sync", _now())
            sent.prune(connection, page.hello.server_time)
            self._laptop.applied(connection)
        self._report.cursor = page.hello.head
        return True

    # Apply

    def _apply(self, pages: list[PullPage] | None, first_load: bool, last: PullPage | None = None) -> None:
        """Apply these pages, or else the staged ones; a removal that nothing announced is looked at first."""
        last = last or (pages or [])[-1]
        confirmed: set[breaker.Key] = set()
        while True:
            try:
                places = self._apply_once(pages, first_load, last, confirmed)
                break
            except breaker.TooManyRemovals as stopped:
                breaker.confirm(self._remote, stopped.doomed)
                confirmed |= stopped.doomed.keys()
                self._report.confirmed = len(confirmed)
        if places:
            self._take(self._mending.mend(places, last))

    def _apply_once(
        self, pages: list[PullPage] | None, first_load: bool, last: PullPage, confirmed: set[breaker.Key]
    ) -> list[Place]:
        # Where nothing of ours waits, a power cut takes only what the same cursor brings again.
        with self._laptop.write(first_load or self._standing is not None) as connection:
            self._obey(connection, last.hello)
            held = set(json.loads(state.get(connection, "scopes") or "[]"))
            state.keep_hello(connection, last.hello)
            applier = Applier(connection, self._laptop.schema, last.hello.user, first_load, confirmed)
            with self._uncaptured(connection, first_load):
                self._apply_pages(connection, applier, staging.pages(connection) if pages is None else pages)
                if not last.more:
                    applier.drop_lost_scopes(held, set(last.hello.scopes))
                    applier.forget_passed(last.hello.head)
                applier.finish()
            state.put(connection, "cursor", last.cursor)
            staging.clear(connection)
            places: list[Place] = []
            if not last.more:
                state.put(connection, "last_sync", _now())
                state.put(connection, "head", last.hello.head)
                sent.prune(connection, last.hello.server_time)
                places = self._mending.compare(connection, last)
                lost.forget_answered(connection)
            self._laptop.applied(connection)
            self._report.cursor = last.hello.head
        self._take(applier.applied)
        return places

    def _apply_pages(self, connection: Connection, applier: Applier, pages: Iterable[PullPage]) -> None:
        replacing = False
        for page in pages:
            if page.resync and not replacing and (self._took_whole or not self._report.first_load):
                replacing = self._report.replaced = True
                applier.begin_replacement()
            ours = set(sent.names(connection)) if page.settled else set()
            settled = [result for result in page.settled if result.uuid in ours]
            require_sound_results(settled, page.hello.head, None)
            # Before the rows: an entry that is answered must not cover the row that answers it.
            settle(connection, self._laptop.schema, settled, page.hello.server_time)
            # Both versions of a document come with these rows.
            forks.carry_out(connection, self._laptop.schema, page.hello.head)
            applier.page(page)
            applier.leave_all(row for result in settled for row in result.outside)
        if replacing:
            applier.end_replacement()

    def _uncaptured(self, connection: Connection, first_load: bool) -> AbstractContextManager[None]:
        if first_load and not self._took_whole:
            return bulk.without_triggers(connection, self._laptop.schema)
        return capture.paused(connection)

    # A server that came back from a copy

    def _recover(self) -> None:
        self._recovered, count, self._known = recovery.send_again(self._laptop, self._remote, _now())
        self._report.sent_again += count
        self._brings_first = True

    def _rescue(self, pages: list[PullPage] | None, hello: Hello) -> None:
        with self._laptop.write(False) as connection, capture.paused(connection):
            found = staging.pages(connection) if pages is None else pages
            count = rescue.queue_lost_rows(connection, self._laptop.schema, found, hello, _now())
            sent.renumber(connection, hello.last_n, first=lost.names(connection, rescued=True))
        self._brings_first = False
        self._report.rescued += count

    def _obey(self, connection: Connection, hello: Hello) -> None:
        """What the server says of this device comes before all that it brings."""
        if hello.wipe:
            raise errors.Refused("wipe")
        if hello.epoch != self._recovered and recovery.begins_anew(connection, hello):
            raise _NewEpoch
        if hello.cloned or hello.last_n > sent.last_n(connection):
            raise errors.Refused("cloned")

    def _take(self, applied: Applied) -> None:
        self._report.pulled += applied.pulled
        self._report.removed += applied.removed
        self._report.records |= applied.records


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
