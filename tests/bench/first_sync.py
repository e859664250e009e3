"""First sync from a server process into the encrypted file: `python -m tests.bench.first_sync [ROWS]`.

The limit measured in the same run is the plain copy of the finished file; the same load by pages of JSON
and the interface's longest wait are measured beside it. `usable`: the rows are there and compared;
`listed`: indexes and lists too; `searchable`: every entry is found. Run it with 10,000, 100,000 and 500,000 rows to
see whether a row costs the same: its price is printed.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from app import search, syncing, whole_file
from app.demo.company import company as found_company
from app.demo.seeding import stored
from app.serve import fill
from app.workspace import FILE, Workspace
from sync.client import HttpClient
from sync.errors import Refused
from sync.file_messages import FilesAnswer, FilesRequest
from sync.server.whole_files import FEWEST_ROWS
from tests.bench.company import Company, row_id

ROWS_PER_ACCOUNT = 5
LIMITS = {10_000: (1.0, 1.5), 100_000: (3.0, 4.0), 500_000: (3.0, 8.0)}
"""Seconds to usable and to searchable."""
RUNS = 3
"""Of each way: what the machine gives to the first one anew, memory above all, the next ones find there."""
MEMORY_MB = 400
LONGEST_MAKING_S = 600
PASSWORD = "a long password"


def main(rows: int = 100_000) -> None:
    """Print the figures."""
    os.environ.setdefault("TERRAIN_PASSPHRASE", "bench")
    os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        email = make_company(folder / "server", rows)
        print(f"{rows} rows made in {time.perf_counter() - began:.1f} s; load {os.getloadavg()[0]:.1f}")
        # Each laptop is a process of its own: its memory is that of one load.
        alone = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
        with alone, a_server(folder / "server") as (address, process):
            # The server makes the whole file of somebody who is expected before he asks.
            wait_for_whole(folder / "laptop", address, email)
            for name, client in LOADS.items():
                submitted = (
                    alone.submit(measure, folder / "laptop", address, email, name, rows, client)
                    for _run in range(RUNS)
                )
                usable, searchable = zip(*(one.result() for one in submitted), strict=True)
                print(
                    f"{name}, median of {RUNS}: usable {median(usable):.2f} s, searchable {median(searchable):.2f} s",
                    flush=True,
                )
            memory = psutil.Process(process.pid).memory_info()
            peak = getattr(memory, "peak_wset", 0) or _peak_of(process.pid)
            print(f"memory of the server at most {peak / 1e6:.0f} MB; limit {MEMORY_MB} MB")


class ByScopes(HttpClient):
    """A client that asks for no whole file, as the first one that sees what it sees."""

    def files(self, request: FilesRequest) -> FilesAnswer:
        return super().files(FilesRequest(request.now, request.version))


class ByPages(HttpClient):
    """A client that is refused files, as by an older server."""

    def files(self, request: Any) -> Any:
        raise Refused("not_found")


LOADS: dict[str, type[HttpClient]] = {
    "laptop of a new colleague": HttpClient,
    "by scopes, without a whole file": ByScopes,
    "pages of JSON": ByPages,
}


def wait_for_whole(folder: Path, address: str, email: str) -> None:
    """Until the server has made a whole file for this user; what that cost."""
    shutil.rmtree(folder, ignore_errors=True)
    syncing.enrol(folder, address, email, PASSWORD)
    workspace = Workspace.open(folder)
    with workspace.read() as session:
        client = HttpClient(address, syncing.token_of(folder, session.connection()))
        asked = FilesRequest(whole=whole_file.shape_of(session.connection()))
    began, found = time.perf_counter(), client.files(asked)
    while found.whole is None and any(rows for _scope, rows in found.scopes):
        if time.perf_counter() - began > LONGEST_MAKING_S or sum(n for _s, n in found.scopes) < FEWEST_ROWS:
            print("the server makes no whole file")
            break
        time.sleep(0.5)
        found = client.files(asked)
    if found.whole is not None:
        size = found.whole.size / 1e6
        print(
            f"whole file of {size:.0f} MB made within {time.perf_counter() - began:.0f} s of the server's start"
        )
    client.close()
    workspace.close()


def make_company(folder: Path, rows: int) -> str:
    """A server's folder with accounts, sites and contacts; the e-mail of a user who sees everything."""
    made = Company(rows // ROWS_PER_ACCOUNT)
    passwords: dict[str, tuple[str, str]] = {}
    territories: list[str] = []

    def every_row() -> Iterator[tuple[str, dict[str, Any]]]:
        for kind, values in stored(found_company(7, _today()).rows()):
            if kind == "user" and values["email"].startswith("julie"):
                passwords[values["id"]] = (values["email"], PASSWORD)
            if kind == "territory":
                territories.append(values["id"])
            yield kind, values
        for number in range(made.accounts):
            yield from of_account(made, number, territories[number % len(territories)])

    fill(folder, "bench", every_row(), passwords)
    ((email, _password),) = passwords.values()
    return email


def of_account(made: Company, number: int, territory: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """An account with a site and three contacts, about 400 bytes each."""
    pick, account = made.random, row_id(number, 1)
    at = f"2026-0{1 + number % 9}-1{number % 10}T08:{number % 60:02d}:00.000Z"
    name = (
        f"{pick.choice(('Boulangerie', 'Garage', 'Hôtel', 'Menuiserie', 'Pharmacie'))} {made.one(made.names)}"
    )
    yield "account", {
        "id": account, "name": name, "type": pick.choice(("customer", "prospect")), "territory": territory,
        "siren": f"{pick.randrange(10**9):09d}", "phone": f"+334{pick.randrange(10**8):08d}",
        "potential": pick.choice("ABC"), "status": "active", "naf": "47.11", "erp_code": f"C{number:06d}",
        "created_at": at, "website": f"https://{made.one(made.names).lower()}.example",
    }  # fmt: skip
    yield "site", {
        "id": row_id(number, 2), "account": account, "kind": "billing", "line1": f"{number % 90} rue du Port",
        "town": made.one(made.towns), "postcode": f"{pick.randrange(1000, 96000):05d}", "country": "FR",
        "created_at": at,
    }  # fmt: skip
    for place in range(3):
        first, last = made.one(made.firsts), made.one(made.names)
        yield "contact", {
            "id": row_id(3 * number + place, 3), "account": account, "first_name": first, "last_name": last,
            "mobile": f"+336{pick.randrange(10**8):08d}", "job": "Responsable achats", "civility": "mr",
            "email": f"{first}.{last}@{made.one(made.names)}.example".lower(), "created_at": at,
            "language": "fr",
        }  # fmt: skip


def _today() -> Any:
    from datetime import date

    return date(2026, 5, 4)


@contextmanager
def a_server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server in a process of its own, and its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "ui.main", "serve", "--dir", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        # Its log of requests is not what is measured, nor to be read between the figures.
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip() + "/bench", server
    finally:
        server.terminate()
        server.wait(20)


def measure(
    folder: Path, address: str, email: str, name: str, rows: int, kind: type[HttpClient]
) -> tuple[float, float]:
    """One first sync into a new profile, a user who saves all the time, and the copy of the file.

    Returns the seconds to usable and to searchable.
    """
    shutil.rmtree(folder, ignore_errors=True)
    syncing.enrol(folder, address, email, PASSWORD)
    workspace = Workspace.open(folder)
    with workspace.read() as session:
        connection = session.connection()
        client = kind(address, syncing.token_of(folder, connection))
    seen: list[float] = []
    probes: list[float] = []
    works: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    first_begin, first_run = search.begin, search.run

    def tell_now() -> None:
        seen.append(time.perf_counter() - began)
        works.append(time.process_time() - cpu)

    def usable(connection: Any) -> None:
        tell_now()
        first_begin(connection)

    def listed(lane: Any, yielding: Any, aside: Any, progress: Any, shown: Any, first: Any) -> bool:
        def tell() -> None:
            tell_now()
            shown()

        made = first_run(lane, yielding, aside, progress, tell, first)
        while not made and len(seen) < 3:
            # A whole file brings everything at once.
            tell_now()
        return made

    search.begin, search.run = usable, listed  # type: ignore[assignment]
    try:
        with stalls(probes) as waits, saves(workspace, probes) as saved:
            report = syncing.sync_now(workspace, remote=client)
    finally:
        search.begin, search.run = first_begin, first_run
        client.close()
    work = time.process_time() - cpu - sum(probes)
    workspace.close()
    copied = time_copy(folder)
    scale = rows / report["pulled"]
    limits = LIMITS.get(rows, (0.0, 0.0))
    print(
        f"{name}: {report['pulled']} rows, usable {seen[0] * scale:.2f} s (limit {limits[0]:g}), listed"
        f" {seen[1] * scale:.2f} s, searchable {seen[2] * scale:.2f} s (limit {limits[1]:g});"
        f" CPU {works[0]:.1f} s, {works[2]:.1f} s and {work:.1f} s with the merging that follows,"
        f" {1e6 * works[0] / report['pulled']:.1f} and {1e6 * works[2] / report['pulled']:.1f} µs a row;"
        f" {seen[0] / copied:.0f} and {seen[2] / copied:.0f} ×"
        f" a plain copy of the file ({copied:.3f} s); longest stall of a timer {1000 * max(waits):.0f} ms,"
        f" longest save {1000 * max(saved):.0f} ms of {len(saved)};"
        f" memory at most {_own_peak() / 1e6:.0f} MB (limit {MEMORY_MB})",
        flush=True,
    )
    return seen[0] * scale, seen[2] * scale


@contextmanager
def stalls(spent: list[float]) -> Iterator[list[float]]:
    """How late a timer of another thread comes: what an interface would notice."""
    late, end = [0.0], threading.Event()

    def tick() -> None:
        while not end.is_set():
            before = time.perf_counter()
            time.sleep(0.01)
            late.append(time.perf_counter() - before - 0.01)
        spent.append(time.thread_time())

    thread = threading.Thread(target=tick)
    thread.start()
    yield late
    end.set()
    thread.join()


@contextmanager
def saves(workspace: Workspace, spent: list[float]) -> Iterator[list[float]]:
    """How long a write of a setting takes while the load runs, with its own wait for the disk."""
    took, end = [0.0], threading.Event()

    def save() -> None:
        while not end.wait(1.0):
            before = time.perf_counter()
            with workspace.exclusive() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO local_setting (name, value) VALUES ('bench', '1')"
                    " ON CONFLICT (name) DO UPDATE SET value = value || '1'"
                )
            took.append(time.perf_counter() - before)
        spent.append(time.thread_time())

    thread = threading.Thread(target=save)
    thread.start()
    yield took
    end.set()
    thread.join()


def time_copy(folder: Path) -> float:
    """Seconds for a copy of the finished file."""
    began = time.perf_counter()
    shutil.copyfile(folder / FILE, folder / "copy")
    return time.perf_counter() - began


def _own_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _peak_of(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
