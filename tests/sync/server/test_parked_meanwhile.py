"""What one laptop has to wait for while another is bringing just that does not wait for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread

import pytest
from sqlalchemy import Connection

from sync.protocol import Op, PullRequest, Transaction
from sync.server import head
from sync.server.service import Service
from sync.server.store import Store
from tests.sync.server.conftest import Company, Laptop, create


@dataclass(frozen=True)
class Interrupted(Service):
    """A service in which something else happens once, between a push's beginning and its work."""

    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def read(self, transaction: Transaction, spoken: int) -> list[Op] | None:
        """What the laptop wrote, after what happened in between."""
        while self.meanwhile:
            self.meanwhile.pop()()
        return super().read(transaction, spoken)


def test_what_another_laptop_parks_while_its_account_is_on_the_way_is_tried_again(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    nora.pull()
    waiting = nora.transaction(create("contact", "c", account="coming", name="N"))
    sending = Thread(target=lambda: outcomes.extend(nora.send(waiting).results))
    outcomes: list[object] = []

    def send() -> None:
        sending.start()
        if company.store.postgres:
            sending.join()  # in a file its turn comes when this push is over

    service = company.service
    office.service = Interrupted(
        service.store, service.grant_rule, service.slug, service.clock, meanwhile=[send]
    )
    assert office.do(create("account", "coming", territory="north", name="D")).outcome == "applied"
    sending.join()
    (first,) = outcomes
    if company.store.postgres:
        assert (first.outcome, first.reason) == ("parked", "missing_parent")  # type: ignore[attr-defined]
        page = nora.service.connect(nora.token).pull(PullRequest(nora.cursor))
        assert [(one.uuid, one.outcome) for one in page.settled] == [(waiting.uuid, "applied")]
    else:
        assert first.outcome == "applied"  # type: ignore[attr-defined]
    nora.pull()
    assert nora.row("contact", "c")["scope"] == "territory:north"


def test_what_is_parked_while_its_account_is_being_committed_does_not_wait(
    company: Company, nora: Laptop, office: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    nora.pull()
    account = create("account", "coming", territory="north", name="D")
    bringing = Thread(target=lambda: office.do(account))
    advance = head.advance

    def late(connection: Connection, store: Store, count: int) -> int:
        if bringing.ident is None and threading.current_thread() is threading.main_thread():
            bringing.start()
            if store.postgres:
                bringing.join()  # in a file its turn comes when this push is over
        return advance(connection, store, count)

    monkeypatch.setattr(head, "advance", late)
    nora.do(create("contact", "c", account="coming", name="N"))
    bringing.join()
    nora.pull()
    assert nora.row("contact", "c")["scope"] == "territory:north"
