"""A laptop's everyday sync: own edits, a delta, nothing to do, customers that move, and who uses it meanwhile.

`python dev.py bench sync_laptop [WORD…]` with words of: edits, delta, idle, move. The server is a process of its own on
SQLite; processor times are this process's, and say more than the clock where the machine does other things.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from uuid import uuid4

from app import records, syncing
from app.workspace import FILE, Workspace
from sync.client import HttpClient
from sync.protocol import EnrolRequest, Op, Transaction, seal
from tests.bench.first_sync import stalls
from tests.bench.sync_load import (
    EDITS_PER_REQUEST,
    NOW,
    PASSWORD,
    Site,
    a_site,
    make_edits,
    pull_all,
    push,
    report,
    report_outcomes,
    seconds,
)

ROWS_PER_ACCOUNT = 4
EDITS, EDITS_S = 2_000, 1.0
"""Actions of a person in weeks, and what sending them and hearing of them may take."""
DELTA, DELTA_ON, DELTA_S = 1_000, 100_000, 0.15
IDLE_S = 0.005
MOVED, MOVED_S = 10_000, 3.0
STALL_S = 0.016
RUNS = 5


@contextmanager
def a_laptop(site: Site, email: str, name: str = "laptop") -> Iterator[Workspace]:
    """A user's newly enrolled laptop after its first sync."""
    folder = site.folder / name
    syncing.enrol(folder, site.address, email, PASSWORD)
    workspace = Workspace.open(folder)
    syncing.sync_now(workspace)
    try:
        yield workspace
    finally:
        workspace.close()


def measured(what: str, workspace: Workspace, limit: float, beside: str = "") -> float:
    """One sync until the screens are told, which is when all is found: its time; returns the whole run's.

    What follows is merging what the search has in parts, and wiping what left from the file. Also the processor of this
    process, for both, and how late a timer of another thread came.
    """
    spent: list[float] = []
    told: list[tuple[float, float]] = []
    stop = workspace.subscribe(lambda _changes: told.append((time.perf_counter(), time.process_time())))
    with stalls([]) as alone:
        time.sleep(1.0)
    with stalls(spent) as late:
        cpu, began = time.process_time(), time.perf_counter()
        done = syncing.sync_now(workspace)
        ended, worked = time.perf_counter(), time.process_time()
    worked -= sum(spent)
    stop()
    shown_at, shown_cpu = told[0] if told else (ended, worked)
    took = shown_at - began
    copied = seconds(lambda: shutil.copyfile(workspace.folder / FILE, workspace.folder / "copy"))
    (workspace.folder / "copy").unlink()
    report(
        f"{what}, {done['pushed']:,} sent, {done['pulled']:,} came, {done['removed']:,} left", took, limit,
        f"processor {shown_cpu - cpu:.3f} s; the whole run {ended - began:.3f} s, processor {worked - cpu:.3f} s;"
        f" a timer came at most {1000 * max(late):.0f} ms late"
        f" (limit {1000 * STALL_S:.0f}; before, with nothing to do, {1000 * max(alone):.0f});"
        f" {took / copied:.1f} × a plain copy of the file",
        beside,
    )  # fmt: skip
    return ended - began


def edits(site: Site) -> None:
    """A person's own work of some weeks, from its outbox to the server and back."""
    with a_laptop(site, site.emails[0]) as workspace:
        with workspace.read() as session:
            accounts = [str(row["id"]) for row in records.find_rows(session, "account", limit=2_000)]
        chance = random.Random(1)
        for n in range(EDITS):
            with workspace.transaction() as session:
                if n % 2:
                    phone = f"+3361{chance.randrange(10**7):07d}"
                    records.save(session, "account", chance.choice(accounts), {"phone": phone})
                else:
                    found = {"account": chance.choice(accounts), "last_name": f"Martin {n}"}
                    records.add(session, "contact", found)
        measured(f"{EDITS:,} actions of a laptop", workspace, EDITS_S)


def delta(site: Site) -> None:
    """1,000 rows that others changed or made reach a laptop and its search; then nothing more to do."""
    with a_laptop(site, site.emails[0]) as workspace, another(site) as other:
        start = 1
        for run in range(RUNS):
            _cursor, _count, accounts = pull_all(other, keep="account")
            made = make_edits(accounts, round(DELTA / 1.1), run, start)
            start += len(made)
            push(other, made)
            measured(f"what people do, on {DELTA_ON:,} rows, searchable", workspace, DELTA_S, "delta")
        for _run in range(RUNS):
            _cursor, _count, accounts = pull_all(other, keep="account")
            renamed = random.Random(start).sample(accounts, DELTA)
            made = [_renamed(row, n) for n, row in enumerate(renamed, start=start)]
            start += len(made)
            push(other, made)
            what = f"customers renamed, so that all that name them is found anew, on {DELTA_ON:,} rows"
            measured(what, workspace, DELTA_S, "delta")


def _renamed(row: dict[str, object], n: int) -> Transaction:
    op = Op(
        "account",
        str(row["id"]),
        "update",
        int(str(row["rev"])),
        {"name": (str(row["name"]), f"{row['name']} {n}")},
    )
    return seal(str(uuid4()), n, [op])


def idle(site: Site) -> None:
    """The whole run of a laptop with nothing to do."""
    with a_laptop(site, site.emails[0], "idle") as workspace:
        syncing.sync_now(workspace)
        cpu, server = time.process_time(), site.processor()
        times = sorted(seconds(lambda: syncing.sync_now(workspace)) for _run in range(50))
        report("nothing to do, the whole run of a laptop", times[0], IDLE_S,
               f"median {1000 * times[25]:.1f} ms; processor: laptop {20 * (time.process_time() - cpu):.1f} ms,"
               f" server {20 * (site.processor() - server):.1f} ms", "idle")  # fmt: skip


def move(site: Site) -> None:
    """Customers with 10,000 rows go to a colleague: the office's push, and the sync of both laptops."""
    reps = [one for one in site.people if one.get("role") == "rep" and one.get("territories")]
    giving, getting = reps[0], next(one for one in reps if one["territories"] != reps[0]["territories"])
    origin, target = (str(one["territories"]).strip('[]"').split('"')[0] for one in (giving, getting))
    with (
        a_laptop(site, giving["email"], "giving") as one,
        a_laptop(site, getting["email"], "getting") as two,
        another(site) as office,
    ):
        _cursor, _count, accounts = pull_all(office, keep="account")
        chosen = [row for row in accounts if row["territory"] == origin][: MOVED // ROWS_PER_ACCOUNT]
        ops = [
            Op("account", row["id"], "update", row["rev"], {"territory": (origin, target)}, NOW)
            for row in chosen
        ]
        made = [
            seal(str(uuid4()), n, ops[at : at + EDITS_PER_REQUEST])
            for n, at in enumerate(range(0, len(ops), EDITS_PER_REQUEST), start=1)
        ]
        server = site.processor()
        took = seconds(lambda: report_outcomes(push(office, made)))
        print(f"  {len(chosen):,} customers moved by the office: {took:.3f} s; the server's processor"
              f" {site.processor() - server:.2f} s")  # fmt: skip
        took += measured("  the laptop that gives", one, MOVED_S)
        took += measured("  the laptop that gets", two, MOVED_S)
        report(
            "customers moved, in all",
            took,
            MOVED_S,
            f"the server's processor {site.processor() - server:.2f} s",
        )


@contextmanager
def another(site: Site) -> Iterator[HttpClient]:
    """Somebody at the office, who sees everything."""
    client = HttpClient(site.address)
    client.token = client.enrol(EnrolRequest(site.emails[0], PASSWORD)).token
    yield client
    client.close()


PARTS: dict[str, tuple[Callable[[Site], None], int]] = {
    "idle": (idle, 3_000),
    "edits": (edits, 3_000),
    "move": (move, 12_000),
    "delta": (delta, DELTA_ON // ROWS_PER_ACCOUNT),
}
"""(what, accounts); those that follow each other on as many share a company"""


def main(wanted: list[str]) -> None:
    """Print the figures."""
    os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    os.environ.setdefault("TERRAIN_PASSPHRASE", "bench")
    chosen = [part for name, part in PARTS.items() if name in wanted] or list(PARTS.values())
    for accounts, parts in groupby(chosen, lambda part: part[1]):
        with a_site("sqlite", accounts) as site:
            for measure, _accounts in parts:
                measure(site)


if __name__ == "__main__":
    main(sys.argv[1:])
