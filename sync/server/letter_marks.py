"""What the server remembers of letters beside its database: files of its own, which no copy that is put back undoes.

A file is named by the digest of what it is about: an id is a laptop's text, and no part of a path.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sync.letters import POSTED, REFUSED, UNSURE

FOLDER = "letters"
_PUT_OFF, _COUNT = ".later", ".count"


@dataclass(frozen=True)
class Marks:
    """The marks of one organisation: which letters went, which were put off, how many each author sent today."""

    folder: Path

    def take(self, id: str) -> bool:
        """Make a letter's mark, which outlives the power; False where another process has made it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with self._path(id).open("xb") as file:
                os.fsync(file.fileno())
        except FileExistsError:
            return False
        _keep_names(self.folder)
        return True

    def release(self, id: str) -> None:
        """Take the mark back: nothing was sent."""
        self._path(id).unlink(missing_ok=True)

    def answer(self, id: str, said: str) -> None:
        """Write down what became of the letter."""
        with self._path(id).open("w", encoding="utf-8") as file:
            file.write(said)
            file.flush()
            os.fsync(file.fileno())
        self._path(id, _PUT_OFF).unlink(missing_ok=True)

    def read(self, id: str) -> tuple[str, float]:
        """(what became of the letter, empty where nobody wrote it down, how many seconds ago the mark was made)."""
        path = self._path(id)
        try:
            said, age = path.read_text(encoding="utf-8", errors="replace"), time.time() - path.stat().st_mtime
        except FileNotFoundError:
            # Whoever had it has just put it off.
            return "", 0.0
        return said if said.partition(" ")[0] in (POSTED, REFUSED, UNSURE) else "", age

    def put_off(self, id: str) -> tuple[bool, float]:
        """Note that a letter has to wait; (whether for the first time, how many seconds ago that was)."""
        path = self._path(id, _PUT_OFF)
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            return False, time.time() - path.stat().st_mtime
        return True, 0.0

    def count(self, author: str) -> int:
        """How many letters the author has sent today."""
        path = self._today(author)
        return path.stat().st_size if path.is_file() else 0

    def add(self, author: str) -> None:
        """Count one more."""
        path = self._today(author)
        if not path.exists():
            for old in set(self.folder.glob(f"*{_COUNT}")) - set(self.folder.glob(f"{_day()}*{_COUNT}")):
                old.unlink(missing_ok=True)
        with path.open("ab") as file:
            file.write(b".")

    def forget(self, ids: Iterable[str]) -> None:
        """Remove what is known of these letters."""
        for id in ids if self.folder.is_dir() else ():
            self._path(id).unlink(missing_ok=True)
            self._path(id, _PUT_OFF).unlink(missing_ok=True)

    def _path(self, id: str, kind: str = "") -> Path:
        return self.folder / (_digest(id) + kind)

    def _today(self, author: str) -> Path:
        return self.folder / f"{_day()}.{_digest(author)}{_COUNT}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _day() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


def _keep_names(folder: Path) -> None:
    """Have the folder itself outlive the power; Windows does so unasked."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems have no such thing.
        with suppress(OSError):
            os.fsync(opened)
    finally:
        os.close(opened)
