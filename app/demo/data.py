"""Every record of the demonstration company, streamed: the same for the same accounts, seed and day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from app.demo.accounts import NAMED, Client, clients
from app.demo.activity import history
from app.demo.catalogue import Row
from app.demo.company import company as found_company
from app.demo.identity import named_random
from app.demo.quoting import Offer, write_quotes
from app.demo.scenes import customer_rules, scene


def generate(
    accounts: int = 1200, seed: int = 7, today: date | None = None, active: int | None = None
) -> Iterator[Row]:
    """(kind, values) of every record, each after the records that it names.

    `values` has `id`, `created_at` and Python values under the entity's field names. The first `active`
    accounts (400 unless told) have months of history up to `today`; memory grows with `active` alone.
    One record comes before what it names: the manager, whose teams name their manager.
    """
    company = found_company(seed, today or datetime.now(UTC).date())
    busy = min(accounts, 400) if active is None else min(accounts, active)
    yield from company.rows()
    offers: list[Offer] = []
    named: list[Client] = []
    for client in clients(company, accounts, seed):
        yield from client.rows()
        if client.named:
            named.append(client)
        if client.index >= busy:
            continue
        yield from (scene if client.index < len(NAMED) else history)(company, client, offers)
    yield from customer_rules(company, named, seed)
    yield from write_quotes(company, offers, named_random(seed, "quotes"))
