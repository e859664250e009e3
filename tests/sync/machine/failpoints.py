"""Deaths at each commit: the work of a transaction is lost just before it, or its end is never told just after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from sync.server.store import Store
from tests.sync.machine.laptop import Laptop


class Died(Exception):
    """The process is gone."""


class Commits:
    """Counts the commits of one end, and dies at one of them."""

    def __init__(self, dies_at: int | None = None, after: bool = False) -> None:
        self.dies_at, self.after = dies_at, after
        self.count = 0

    def around(self, honest: Callable[..., Any]) -> Callable[..., Any]:
        """A transaction that may die at its end."""

        @contextmanager
        def mortal(*arguments: Any) -> Iterator[Any]:
            with honest(*arguments) as connection:
                yield connection
                here = self.count == self.dies_at
                self.count += 1
                if here and not self.after:
                    raise Died
            if here:
                raise Died

        return mortal


@contextmanager
def of_the_laptop(commits: Commits) -> Iterator[None]:
    """Every transaction of every laptop: sealing, settling, staging, applying, a load's pages."""
    with mock.patch.object(Laptop, "write", commits.around(Laptop.write)):
        yield


@contextmanager
def of_the_server(commits: Commits) -> Iterator[None]:
    """Every transaction of the server that writes: a push, and what a pull remembers of the device."""
    with mock.patch.object(Store, "_writing", commits.around(Store._writing)):
        yield
