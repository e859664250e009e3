"""The server under load: many offline edits, nothing to do, fifty laptops at eight.

`python dev.py bench sync_load [WORD…]` with words of: edits, idle, morning, sqlite, postgresql. The server is a
process of its own with full fsync, on SQLite and, where its programs are installed, on PostgreSQL.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import psutil

from app.demo.data import generate
from app.demo.seeding import stored
from app.identity import new_id
from app.serve import fill
from sync import errors
from sync.client import HttpClient
from sync.packing import compress
from sync.protocol import (
    EnrolRequest,
    Op,
    PullRequest,
    PushRequest,
    Transaction,
    encode,
    encode_pull,
    seal,
)
from tests.bench import peer
from tests.sync.server.cluster import NotHere, a_cluster

EDITS, EDITS_PER_REQUEST = 10_000, 500
EDITS_S = {"sqlite": 2.0, "postgresql": 5.0}
LEAST_PER_S = 2_000
IDLE_S, IDLE_BYTES = 0.005, 2_048
LAPTOPS, EDITS_EACH, DELTA_EACH, MORNING_S, SERVER_MB = 50, 200, 2_000, 30.0, 400
REQUEST_S = 1.0
"""What the slowest of a hundred requests of that morning may take."""
PASSWORD = "a long password"
NOW = "2026-01-01T08:00:00.000Z"


class Client(HttpClient):
    """A client that notes how long each request took, from its first byte to the last of the answer.

    It comes back to a busy server as every laptop does: see `sync.patience`.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.took: list[float] = []
        """Of the requests that were let in."""
        self.refused: list[float] = []
        """Of those that were told to come back later."""

    def _post_once(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        began, kept = time.perf_counter(), self.took
        try:
            return super()._post_once(path, body, headers)
        except errors.ServerBusy:
            kept = self.refused
            raise
        finally:
            kept.append(time.perf_counter() - began)


@dataclass
class Site:
    """A company on a server that runs as a process."""

    kind: str
    address: str
    process: psutil.Process
    emails: list[str]
    folder: Path
    people: list[dict[str, Any]] = field(default_factory=list)
    """The company's own users, each with a password."""

    def client(self, who: int = 0) -> Client:
        """A newly enrolled device of a user who sees everything."""
        client = Client(self.address)
        client.token = client.enrol(EnrolRequest(self.emails[who % len(self.emails)], PASSWORD)).token
        return client

    def processor(self) -> float:
        """Seconds of processor that all processes of the server have taken."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in family)

    def megabytes(self) -> tuple[float, float]:
        """What all processes of the server hold, shared pages counted once; and their resident sizes added up."""
        family = [self.process, *self.process.children(recursive=True)]
        held = [one.memory_full_info() for one in family]
        resident = sum(one.rss for one in held) / 1e6
        return sum(getattr(one, "pss", one.rss) for one in held) / 1e6, resident


@contextmanager
def a_site(kind: str, accounts: int, processes: int = 1, offices: int = 1) -> Iterator[Site]:
    """A company of `accounts`, served; raises NotHere where there is no PostgreSQL."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database: Any = folder / "server"
        if kind == "postgresql":
            database = stack.enter_context(a_cluster(fsync=True)).url
        emails, people = _fill(database, accounts, offices)
        place = ["--database", database] if kind == "postgresql" else ["--dir", str(database)]
        command = [sys.executable, "-m", "ui.main", "serve", *place, "--port", "0"]
        server = subprocess.Popen(
            [*command, "--processes", str(processes)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip() + "/bench"
            yield Site(kind, address, psutil.Process(server.pid), emails, folder, people)
        finally:
            server.terminate()
            server.wait(20)


def _fill(database: Any, accounts: int, offices: int) -> tuple[list[str], list[dict[str, Any]]]:
    people: list[dict[str, Any]] = []
    passwords: dict[str, tuple[str, str]] = {}
    emails = [f"office{n}@example.fr" for n in range(offices)]

    def rows() -> Any:
        for kind, values in stored(generate(accounts, active=0)):
            if kind == "user":
                people.append(values)
                passwords[values["id"]] = (values["email"], PASSWORD)
            yield kind, values
        for email in emails:
            user = {"id": str(uuid4()), "name": email, "email": email, "role": "office", "active": 1}
            passwords[user["id"]] = (email, PASSWORD)  # type: ignore[index]
            yield "user", user

    fill(database, "bench", rows(), passwords)
    return emails, people


def pull_all(client: HttpClient, cursor: str = "", keep: str = "") -> tuple[str, int, list[dict[str, Any]]]:
    """(cursor, how many rows, the rows of the kind `keep`)."""
    count, kept, more = 0, [], True
    while more:
        page = client.pull(PullRequest(cursor, 8_000_000))
        for block in page.blocks:
            count += len(block.rows)
            if block.table == keep:
                kept += [dict(zip(block.columns, row, strict=True)) for row in block.rows]
        cursor, more = page.cursor, page.more
    return cursor, count, kept


def make_edits(rows: list[dict[str, Any]], count: int, seed: int, start: int = 1) -> list[Transaction]:
    """What people do in a week: half changes, half new contacts, reports and quotes, each its own action."""
    chance, made = random.Random(seed), []
    for n in range(start, start + count):
        row = chance.choice(rows)
        match n % 10:
            case 0 | 1 | 2 | 3 | 4:
                old, row["phone"] = row["phone"], f"+3361{chance.randrange(10**7):07d}"
                ops = [Op("account", row["id"], "update", row["rev"], {"phone": (old, row["phone"])}, NOW)]
            case 5 | 6:
                ops = [_create("contact", account=row["id"], first_name="Anne", last_name=f"Martin {n}")]
            case 7 | 8:
                ops = [_create("visit_report", account=row["id"], summary=f"Bon accueil {n}")]
            case _:
                quote = _create("quote", account=row["id"], status="draft", subject="Savon")
                line = _create("quote_line", quote=quote.id, kind="item", position=1, quantity=10_000)
                ops = [quote, line]
        made.append(seal(str(uuid4()), n, ops))
    return made


def _create(table: str, **values: Any) -> Op:
    return Op(table, new_id(), "create", 0, {name: (None, value) for name, value in values.items()}, NOW)


def push(client: HttpClient, made: list[Transaction]) -> dict[str, int]:
    """Push all, as many in a request as may be; how many of each outcome."""
    outcomes: dict[str, int] = {}
    batch: list[Transaction] = []
    size = 0
    for one in [*made, None]:
        if one is None or size + len(one.ops) > EDITS_PER_REQUEST:
            for result in client.push(PushRequest(NOW, batch)).results:
                outcomes[result.outcome] = outcomes.get(result.outcome, 0) + 1
            batch, size = [], 0
        if one is not None:
            batch.append(one)
            size += len(one.ops)
    return outcomes


def edits(site: Site) -> None:
    """10,000 offline edits, each its own transaction."""
    client = site.client()
    _cursor, _count, accounts = pull_all(client, keep="account")
    made = make_edits(accounts, EDITS, 1)
    copied = _copy_of(site, made)
    before, own = site.processor(), time.process_time()
    took = seconds(lambda: report_outcomes(push(client, made)))
    cpu, own = site.processor() - before, time.process_time() - own
    limit = EDITS_S[site.kind]
    report(
        f"{EDITS:,} offline edits on {site.kind}", took, limit,
        f"{EDITS / took:,.0f} transactions/s (at least {LEAST_PER_S:,});"
        f" processor: server {cpu:.2f} s, this end {own:.2f} s;"
        f" {took / copied:.0f} × writing their bytes to a file with fsync", "edits",
    )  # fmt: skip
    client.close()


def report_outcomes(outcomes: dict[str, int]) -> None:
    """Everything must have been applied."""
    if set(outcomes) - {"applied", "merged"}:
        print(f"  not as meant: {outcomes}")


def _copy_of(site: Site, made: list[Transaction]) -> float:
    content = b"".join(encode(one) for one in made)

    def write() -> None:
        with open(site.folder / "plain", "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    return seconds(write)


def idle(site: Site) -> None:
    """A sync with nothing to do: one call, few bytes."""
    client = site.client()
    cursor, _count, _rows = pull_all(client)
    page = client.pull(PullRequest(cursor))
    size = len(compress(encode_pull(page), "zstd")[0])
    times = sorted(seconds(lambda: client.pull(PullRequest(page.cursor))) for _run in range(100))
    report(f"nothing to do on {site.kind}, one call", times[50], IDLE_S,
           f"p95 {times[95] * 1000:.1f} ms; {size} bytes of answer (limit {IDLE_BYTES})", "idle")  # fmt: skip
    client.close()


def morning(site: Site) -> None:
    """Fifty laptops at eight, each with 200 edits to send and 2,000 rows to fetch."""
    clients = [site.client(n) for n in range(LAPTOPS)]
    cursor, _count, accounts = pull_all(clients[0], keep="account")
    cursors = [cursor]
    for client in clients[1:]:
        cursors.append(client.pull(PullRequest(cursor)).cursor)
    work = [make_edits([dict(row) for row in accounts[n::LAPTOPS]], EDITS_EACH, n) for n in range(LAPTOPS)]
    others = site.client()
    fetched = make_edits([dict(row) for row in accounts], 1, 99)
    push(others, fetched)
    night = [
        seal(str(uuid4()), n, [_create("contact", account=accounts[n % len(accounts)]["id"], last_name="N")])
        for n in range(2, DELTA_EACH + 1)
    ]
    push(others, night)
    most = (0.0, 0.0)
    done: list[int] = []
    failed: list[str] = []

    def laptop(n: int) -> None:
        nonlocal most
        try:
            push(clients[n], work[n])
            done.append(pull_all(clients[n], cursors[n])[1])
        except Exception as problem:
            failed.append(repr(problem))
        most = max(most, site.megabytes())

    def all_at_once() -> None:
        with ThreadPoolExecutor(LAPTOPS) as lanes:
            list(lanes.map(laptop, range(LAPTOPS)))

    for client in clients:
        client.took.clear()
        client.refused.clear()
    before, own = site.processor(), time.process_time()
    took = seconds(all_at_once)
    cpu, own = site.processor() - before, time.process_time() - own
    served = [one for client in clients for one in client.took]
    refused = [one for client in clients for one in client.refused]
    slow = late(served + refused)
    report(
        f"{LAPTOPS} laptops at eight on {site.kind}, {EDITS_EACH} edits and {min(done or [0]):,} to"
        f" {max(done or [0]):,} rows each", took, MORNING_S, f"{len(failed)} failed; {sum(done):,} rows in all;"
        f" processor: server {cpu:.1f} s, this end {own:.1f} s;"
        f" it held at most {most[0]:.0f} MB (limit {SERVER_MB}), with shared pages counted in each process"
        f" {most[1]:.0f} MB; when all was done {site.megabytes()[0]:.0f} MB",
    )  # fmt: skip
    report(
        f"  99 of 100 of all {len(served) + len(refused)} requests, at most", slow, REQUEST_S,
        f"{len(served)} let in: half {median(served):.3f} s, 99 of 100 {late(served):.3f} s, the slowest"
        f" {max(served):.3f} s; {len(refused)} sent away until later, {most_knocks(clients)} times one laptop"
        f" at most: 99 of 100 {late(refused):.3f} s",
    )  # fmt: skip
    for problem in sorted(set(failed)):
        print(f"  {problem}")
    for client in [*clients, others]:
        client.close()


def late(times: list[float]) -> float:
    """Longer than 99 of 100 took."""
    return sorted(times)[len(times) * 99 // 100] if times else 0.0


def most_knocks(clients: list[Client]) -> int:
    """How often the laptop was sent away that was so most often."""
    return max(len(client.refused) for client in clients)


def seconds(work: Callable[[], object]) -> float:
    """How long it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def report(what: str, took: float, limit: float, more: str, beside: str = "") -> None:
    """One line with the limit and the ratio to it, and to what the peer took for `beside`."""
    told = f"; {more}" if more else ""
    ratio = peer.compare(beside, took)
    print(f"{what}: {took:.3f} s; limit {limit:g} s, ratio {took / limit:.2f}{told}{ratio}", flush=True)


PARTS: dict[str, tuple[Callable[[Site], None], int, int]] = {
    "idle": (idle, 5_000, 1),
    "edits": (edits, 5_000, 1),
    "morning": (morning, 3_000, 2),
}
"""(what, accounts, server processes); those that follow each other on the same share a company"""


def main(wanted: list[str]) -> None:
    """Print the figures."""
    chosen = [part for name, part in PARTS.items() if name in wanted] or list(PARTS.values())
    for kind in [kind for kind in EDITS_S if kind in wanted] or list(EDITS_S):
        for (accounts, processes), parts in groupby(chosen, lambda part: part[1:]):
            try:
                with a_site(kind, accounts, processes) as site:
                    for measure, *_site in parts:
                        measure(site)
            except NotHere as reason:
                print(f"{kind}: left out, {reason}")


if __name__ == "__main__":
    main(sys.argv[1:])
