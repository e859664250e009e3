"""The program as a person or a script calls it: processes, their answers, their deaths."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tests.cheap import CHEAP
from tests.e2e.elsewhen import turn_clock

PASSWORD = "a long password"
_COMMAND = [sys.executable, "-m", "ui.main"]
_ROOT = Path(__file__).parents[2]
# Each command is a process of its own, but where the system can fork, the modules are loaded once for all:
# one command alone spends three quarters of its time on that. `tests/app/cli` starts the program cold.
_FORKS = "forkserver" in multiprocessing.get_all_start_methods()
_processes: Any = multiprocessing.get_context("forkserver" if _FORKS else "spawn")
if _FORKS:
    _loaded = "main words laptop_words record_words attachment_words admin_words batch".split()
    _processes.set_forkserver_preload(
        "tests.e2e.programs ui.main app.syncing app.search.index keyring".split()
        + [f"app.cli.{name}" for name in _loaded]
    )


def environment(**more: str) -> dict[str, str]:
    """A machine without a keyring, speaking English."""
    return {
        **os.environ,
        "PYTHONPATH": str(_ROOT),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "TERRAIN_PASSPHRASE": "a daily passphrase",
        "TERRAIN_PASSWORD": PASSWORD,
        **more,
    }


def terrain(*words: str, expect: int = 0, astray: float = 0) -> str:
    """What `terrain words…` prints, on a clock so many days astray; fails on another exit code than `expect`."""
    with TemporaryDirectory(prefix="terrain-said-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        code = Program(words, str(out), str(err), astray).wait(180)
        said, complained = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
    assert code == expect, (words, code, complained)
    assert "Traceback" not in complained
    return said


class Program:
    """A command that runs, its output in files."""

    def __init__(
        self, words: tuple[str, ...], out: str = os.devnull, err: str = os.devnull, astray: float = 0
    ) -> None:
        arguments = (words, environment(), out, err, astray)
        self._process = _processes.Process(target=_be_the_program, args=arguments)
        self._process.start()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        code: int | None = self._process.exitcode
        return code

    def wait(self, seconds: float) -> int:
        """The exit code when it has ended; a program that takes longer is killed and fails."""
        self._process.join(seconds)
        if (code := self.poll()) is None:
            self.kill()
        assert code is not None, "the program does not end"
        return code

    def kill(self) -> None:
        """As a power cut does."""
        self._process.kill()


def _be_the_program(
    words: tuple[str, ...], variables: dict[str, str], out: str, err: str, astray: float
) -> None:
    """In the new process: what a shell prepares, then the program's own door."""
    os.environ.clear()
    os.environ.update(variables)
    for file, stream in ((out, sys.stdout), (err, sys.stderr)):
        stream.flush()
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, stream.fileno())
        os.close(opened)
    sys.argv = ["terrain", *words]
    from app.store import keys
    from ui.main import main

    # Each command tries the passphrase; the file says by itself what that costs.
    keys.COST = dict(CHEAP)
    if astray:
        turn_clock(astray)
    sys.exit(main())


@dataclass
class Laptop:
    """A profile used through the command line alone."""

    folder: Path
    astray: float = 0
    """By how many days its clock is wrong."""

    def run(self, *words: str, expect: int = 0) -> Any:
        """The JSON answer of a word."""
        answer = terrain("--profile", str(self.folder), "--json", *words, expect=expect, astray=self.astray)
        return json.loads(answer) if answer.strip() else None

    def start(self, *words: str) -> Program:
        """A word that runs while the test goes on."""
        return Program(("--profile", str(self.folder), "--quiet", *words))

    def enrol(self, address: str, email: str) -> None:
        """Make this folder a laptop of the user."""
        words = ("--profile", str(self.folder), "enrol", "--server", address, "--email", email)
        terrain(*words, astray=self.astray)


class Server:
    """A server process on a free loopback port, and its address."""

    def __init__(self, folder: Path, *more: str, astray: float = 0) -> None:
        command = [sys.executable, "-m", "tests.e2e.elsewhen", str(astray)] if astray else _COMMAND
        self._process = subprocess.Popen(
            [*command, "serve", "--dir", str(folder), "--port", "0", *more],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()

    def stop(self) -> None:
        """As who looks after it does."""
        self._process.terminate()
        self._let_go()

    def kill(self) -> None:
        """As a power cut does."""
        self._process.kill()
        self._let_go()

    def _let_go(self) -> None:
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def serving(folder: Path, *more: str, astray: float = 0) -> Iterator[str]:
    """A server that serves until the end, with these words besides, on such a clock; its address."""
    server = Server(folder, *more, astray=astray)
    try:
        yield server.address
    finally:
        server.stop()


class Deaths:
    """Commands that are killed at random moments of what they take."""

    def __init__(self, chance: random.Random, longest_s: float = 1.0) -> None:
        self._chance, self._longest_s = chance, longest_s
        self.under_way = 0
        """How many were still at work when they died."""
        self.most_memory = 0
        """That one of them took, in bytes."""

    def kill(self, running: Program) -> None:
        """Let it run for a while, and kill it; one that ends by itself says how long the next ones may take."""
        began = time.monotonic()
        end = began + self._chance.uniform(0.03, self._longest_s)
        while time.monotonic() < end and running.poll() is None:
            self.most_memory = max(self.most_memory, memory_of(running.pid))
            time.sleep(0.005)
        if running.poll() is None:
            self.under_way += 1
            self._longest_s *= 1.05
        else:
            self._longest_s = max(0.06, time.monotonic() - began)
        running.kill()
        running.wait(60)

    def come(self, times: int, start: Callable[[], Program]) -> None:
        """So many times while it is under way; raises AssertionError where it ends by itself too often."""
        for _attempt in range(6 * times):
            self.kill(start())
            if self.under_way == times:
                return
        raise AssertionError(f"only {self.under_way} were still at work")


def memory_of(pid: int) -> int:
    """What a process holds, in bytes; 0 for one that is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
