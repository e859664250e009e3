"""First sync of 100,000 rows from a real server process into the encrypted file: usable, then searchable.

The limit measured in the same run is the plain copy of the laptop's finished file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from app import search, syncing
from app.demo.data import generate
from app.demo.seeding import stored
from app.serve import fill
from app.workspace import FILE, Workspace

ROWS = 100_000
ROWS_PER_ACCOUNT = 4.05
USABLE_S, SEARCHABLE_S = 3.0, 4.0
PASSWORD = "a long password"


def main() -> None:
    """Print the figures."""
    os.environ.setdefault("TERRAIN_PASSPHRASE", "bench")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        passwords: dict[str, tuple[str, str]] = {}
        email = found_company(folder / "server", int(ROWS / ROWS_PER_ACCOUNT), passwords)
        server = subprocess.Popen(
            [sys.executable, "-m", "ui.main", "serve", "--dir", str(folder / "server"), "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        address = server.stdout.readline().strip() + "/bench"
        try:
            for _run in range(3):
                shutil.rmtree(folder / "laptop", ignore_errors=True)
                measure(folder / "laptop", address, email)
        finally:
            server.terminate()
            server.wait(20)


def found_company(folder: Path, accounts: int, passwords: dict[str, tuple[str, str]]) -> str:
    """A server's folder with the company; the e-mail of a user who sees everything."""

    def rows() -> Any:
        for kind, values in stored(generate(accounts, active=0)):
            if kind == "user":
                passwords[values["id"]] = (values["email"], PASSWORD)
            yield kind, values

    fill(folder, "bench", rows(), passwords)
    return next(email for email, _password in passwords.values() if email.startswith("julie"))


def measure(folder: Path, address: str, email: str) -> None:
    """One first sync into a new profile, and the copy of its file."""
    syncing.enrol(folder, address, email, PASSWORD)
    workspace = Workspace.open(folder)
    loaded: list[float] = []
    rebuild = search.rebuild
    started = time.perf_counter()

    def timed_rebuild(*arguments: Any, **options: Any) -> Any:
        loaded.append(time.perf_counter() - started)
        return rebuild(*arguments, **options)

    search.rebuild = timed_rebuild  # type: ignore[assignment]
    try:
        report = syncing.sync_now(workspace)
    finally:
        search.rebuild = rebuild
    searchable = time.perf_counter() - started
    workspace.close()
    started = time.perf_counter()
    shutil.copyfile(folder / FILE, folder / "copy")
    copied = time.perf_counter() - started
    scale = ROWS / report["pulled"]
    print(
        f"first sync of {report['pulled']} rows: usable {loaded[0]:.2f} s, searchable {searchable:.2f} s; "
        f"per {ROWS}: {loaded[0] * scale:.2f} s (limit {USABLE_S}), {searchable * scale:.2f} s "
        f"(limit {SEARCHABLE_S}); {searchable / copied:.0f} × a plain copy of the file ({copied:.3f} s)"
    )


if __name__ == "__main__":
    main()
