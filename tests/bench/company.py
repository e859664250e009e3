"""A large company made of syllables for the measurements: accounts with a site and three contacts each."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app import search
from app.workspace import Workspace
from sync import capture

_SYLLABLES = (
    "ba be bo ca co da di do fa ga la le li lo lu ma me mi mo na no pa pe ra ri ro sa si ta te to va vi eau"
)
_TRADES = ("Boulangerie", "Garage", "Hôtel", "Électricité", "Menuiserie", "Société", "Pharmacie", "Œuvres")


class Company:
    """The words of which a company of one seed is made."""

    def __init__(self, accounts: int, seed: int = 1) -> None:
        self.accounts, self.random = accounts, random.Random(seed)
        self.names = [self._word() for _n in range(20_000)]
        self.towns = [self._word() for _n in range(3_000)]
        self.firsts = [self._word() for _n in range(800)]

    def _word(self) -> str:
        return "".join(
            self.random.choice(_SYLLABLES.split()) for _n in range(self.random.randint(2, 4))
        ).capitalize()

    def one(self, words: list[str]) -> str:
        """A word by chance."""
        return self.random.choice(words)

    def fill(self, workspace: Workspace) -> float:
        """Write the company without outbox entries; the seconds that summaries and search took."""
        n, pick = self.accounts, self.random
        with workspace.exclusive() as connection:
            connection.exec_driver_sql("INSERT INTO sync_state (name, value) VALUES ('search_later', 1)")
            with capture.paused(connection):
                connection.exec_driver_sql(
                    "INSERT INTO account (id, name, type, siren, phone, potential) VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (
                            row_id(i, 1),
                            f"{pick.choice(_TRADES)} {self.one(self.names)}",
                            pick.choice(("customer", "prospect")),
                            f"{pick.randrange(10**9):09d}",
                            f"+334{pick.randrange(10**8):08d}",
                            pick.choice("ABC"),
                        )
                        for i in range(n)
                    ],
                )
                connection.exec_driver_sql(
                    "INSERT INTO site (id, account, kind, town, postcode) VALUES (?, ?, 'billing', ?, ?)",
                    [
                        (
                            row_id(i, 2),
                            row_id(i, 1),
                            self.one(self.towns),
                            f"{pick.randrange(1000, 96000):05d}",
                        )
                        for i in range(n)
                    ],
                )
                connection.exec_driver_sql(
                    "INSERT INTO contact (id, account, first_name, last_name, mobile) VALUES (?, ?, ?, ?, ?)",
                    [
                        (row_id(i, 3), row_id(i % n, 1), self.one(self.firsts), self.one(self.names),
                         f"+336{pick.randrange(10**8):08d}")
                        for i in range(3 * n)
                    ],
                )  # fmt: skip
            connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'search_later'")
            began = time.perf_counter()
            search.rebuild(connection)
            return time.perf_counter() - began


def row_id(number: int, kind: int) -> str:
    """An id in the order of its number."""
    return f"0190{kind:04x}-0000-7000-8000-{number:012x}"


@contextmanager
def workspace() -> Iterator[Workspace]:
    """An empty profile in a folder that goes away, its key under a passphrase."""
    os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    os.environ["TERRAIN_PASSPHRASE"] = "bench"
    with tempfile.TemporaryDirectory() as folder:
        made, _recovery = Workspace.create(Path(folder) / "profile")
        yield made
        made.close()


def report(name: str, measured: list[float], limit_ms: float) -> None:
    """One line: the median, the 95th percentile, and its ratio to the limit."""
    ordered = sorted(measured)
    middle, late = ordered[len(ordered) // 2] * 1000, ordered[int(len(ordered) * 0.95)] * 1000
    print(
        f"{name}: p50 {middle:.1f} ms, p95 {late:.1f} ms; limit {limit_ms:g} ms, ratio {late / limit_ms:.2f}"
    )


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
