"""The program as a person or a script calls it: processes, their answers, their deaths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSWORD = "a long password"
_COMMAND = [sys.executable, "-m", "ui.main"]
_ROOT = Path(__file__).parents[2]


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


def terrain(*words: str, expect: int = 0) -> str:
    """What `terrain words…` prints; fails on another exit code than `expect`."""
    done = subprocess.run([*_COMMAND, *words], env=environment(), capture_output=True, text=True, timeout=180)
    assert done.returncode == expect, (words, done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout


@dataclass(frozen=True)
class Laptop:
    """A profile used through the command line alone."""

    folder: Path

    def run(self, *words: str, expect: int = 0) -> Any:
        """The JSON answer of a word."""
        answer = terrain("--profile", str(self.folder), "--json", *words, expect=expect)
        return json.loads(answer) if answer.strip() else None

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A word that runs while the test goes on."""
        return subprocess.Popen(
            [*_COMMAND, "--profile", str(self.folder), "--quiet", *words],
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def enrol(self, address: str, email: str) -> None:
        """Make this folder a laptop of the user."""
        terrain("--profile", str(self.folder), "enrol", "--server", address, "--email", email)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A server process on a free loopback port; its address."""
    process = subprocess.Popen(
        [*_COMMAND, "serve", "--dir", str(folder), "--port", "0"],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
