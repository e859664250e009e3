"""Bugs planted in the real engine, each as a context in which it has that bug: the machine must find them all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

from sync import outbox, repair
from sync.apply import Applier
from sync.mending import Mending
from sync.overlay import overlay
from sync.server import fields, head, push, results
from sync.server.change import Held
from tests.sync.machine import company

Mutant = Callable[[], AbstractContextManager[Any]]


def it_drops_a_shadow_update() -> AbstractContextManager[Any]:
    """The shadow keeps the first version that it saw."""
    honest = Applier._overlaid

    def forgetful(self: Applier, table: Any, row: Any) -> Any:
        values = dict(zip(table.columns(), row, strict=True))
        found = self._connection.exec_driver_sql(
            "SELECT 1 FROM sync_shadow WHERE kind = ? AND id = ?", (table.name, values["id"])
        ).first()
        if found is None:
            return honest(self, table, row)
        overlay(self._connection, table, values)
        return tuple(values[name] for name in table.columns())

    return mock.patch.object(Applier, "_overlaid", forgetful)


def it_takes_the_rows_value_as_base() -> AbstractContextManager[Any]:
    """What the form showed when it was opened is forgotten."""
    honest = outbox.seal_entries

    def naive(connection: Any, schema: Any, _bases: Any, label: str = "") -> Any:
        return honest(connection, schema, {}, label)

    return mock.patch.object(outbox, "seal_entries", naive)


def it_forgets_the_restamp() -> AbstractContextManager[Any]:
    """A row that a transaction named and did not change gets no new revision."""
    honest = head.commit

    def lazy(working: Any, now: str, spare: int = 0) -> Any:
        idle = {key: working.rows[key] for key in working.touched if working.rows[key] is working.before[key]}
        working.touched = {key: None for key in working.touched if key not in idle}
        revs, after = honest(working, now, spare)
        return revs | {key: row["rev"] for key, row in idle.items() if row is not None}, after

    return mock.patch.object(head, "commit", lazy)


@contextmanager
def it_takes_the_revision_first() -> Iterator[None]:
    """A sequence read before the work: whoever commits later may stand below a cursor that has passed."""
    honest, kept = head.advance, []

    def early(connection: Any, store: Any, count: int) -> int:
        if kept and kept[0][1] >= count:
            first, _room = kept.pop()
            return int(first)
        first = honest(connection, store, count + 40)
        kept[:] = [(first, 40)]
        return first + 40

    with mock.patch.object(head, "advance", early):
        yield


def it_forgets_an_exit() -> AbstractContextManager[Any]:
    """Nobody is told that a row left his scopes."""
    return mock.patch.object(head, "_write_exits", lambda *_ignored: None)


def it_applies_a_page_twice() -> AbstractContextManager[Any]:
    """What is there already is counted once more."""
    honest = Applier._account_for

    def blind(self: Applier, table: Any, rows: Any, before: Any, hidden: Any) -> None:
        honest(self, table, rows, {}, hidden)

    return mock.patch.object(Applier, "_account_for", blind)


@contextmanager
def it_loses_the_stored_result() -> Iterator[None]:
    """What comes again counts again."""

    def keep_again(connection: Any, store: Any, *more: Any) -> None:
        kept = [one[0].uuid for one in more[-1]]
        table = store.tables["sync_result"]
        connection.execute(table.delete().where(table.c.uuid.in_(kept)))
        keep(connection, store, *more)

    keep = results.keep
    with (
        mock.patch.object(results, "find_stored", lambda *_ignored: {}),
        mock.patch.object(results, "find_known", lambda *_ignored: []),
        mock.patch.object(results, "keep", keep_again),
    ):
        yield


def it_judges_entitlement_by_a_claim() -> AbstractContextManager[Any]:
    """Who says that he had seen the row long ago is believed."""
    everything = frozenset(f"territory:{name}" for name in company.TERRITORIES)
    return mock.patch.object(push, "held_by", lambda _device: (Held(everything, 0),))


def it_seals_twice() -> AbstractContextManager[Any]:
    """One action becomes two transactions."""
    honest = outbox.seal_entries

    def twice(connection: Any, schema: Any, bases: Any, label: str = "") -> Any:
        sealed = honest(connection, schema, bases, label)
        if sealed is not None:
            n = outbox._next_n(connection)
            connection.exec_driver_sql(
                "INSERT INTO sync_transaction (uuid, n, hash, body, label, at)"
                " SELECT ?, ?, hash, body, label, at FROM sync_transaction WHERE uuid = ?",
                (str(uuid.uuid4()), n, sealed),
            )
        return sealed

    return mock.patch.object(outbox, "seal_entries", twice)


def it_adopts_the_servers_sum() -> AbstractContextManager[Any]:
    """Sums always agree, whatever rows there are."""

    def believe(self: Any, connection: Any, last: Any) -> list[Any]:
        connection.exec_driver_sql("DELETE FROM sync_sum")
        for (scope, table), (count, total) in repair.expected(last.sums).items():
            connection.exec_driver_sql(
                "INSERT INTO sync_sum (scope, kind, count, total) VALUES (?, ?, ?, ?)",
                (scope, table, count, total),
            )
        return []

    return mock.patch.object(Mending, "compare", believe)


def it_keeps_no_loser() -> AbstractContextManager[Any]:
    """The last writer wins, and nobody hears of the other."""
    return mock.patch.object(fields, "_keep_loser", lambda *_ignored: None)


ALL: tuple[Mutant, ...] = (
    it_drops_a_shadow_update,
    it_takes_the_rows_value_as_base,
    it_forgets_the_restamp,
    it_takes_the_revision_first,
    it_forgets_an_exit,
    it_applies_a_page_twice,
    it_loses_the_stored_result,
    it_judges_entitlement_by_a_claim,
    it_seals_twice,
    it_adopts_the_servers_sum,
    it_keeps_no_loser,
)
