"""One of several server processes on one database, with a laptop at its door that writes or reads:
`python -m tests.sync.server.crowd URL SLUG write|read SEED COUNT [naive]`; prints what it did as JSON."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from sqlalchemy import Connection, text

from sync.protocol import Op, PullRequest, PushRequest, seal
from sync.server import auth, head
from sync.server.service import Service
from sync.server.store import Organisations, Store
from tests.sync.server.conftest import create, grant_rule, make_schema

SHARED = 6
"""Accounts that all writers change, in whatever order."""


BLOCK = 1000
"""By how much the mutant's sequence grows: more than a transaction takes."""


def shared_id(number: int) -> str:
    """The id of one of them."""
    return f"shared-{number}"


def be_naive(store: Store) -> None:
    """The mutant: revisions from a sequence, as one would number rows without thinking of readers."""
    sequence = f'"{store.pg_schema}".naive_rev'

    def advance(connection: Connection, _store: Store, _count: int) -> int:
        return int(connection.scalar(text(f"SELECT nextval('{sequence}')")) or 0)

    def current(connection: Connection, _store: Store) -> tuple[int, str]:
        rev = connection.scalar(text(f"SELECT last_value FROM {sequence}")) or 0
        return int(rev) + BLOCK - 1, str(connection.scalar(text("SELECT epoch FROM sync_head")))

    head.advance, head.current = advance, current


def write(service: Service, token: str, device: str, seed: int, count: int) -> list[str]:
    """Push accounts, one request each, and change shared ones with each; the ids that were accepted."""
    chance, made = random.Random(seed), []
    for n in range(1, count + 1):
        id = f"a-{seed}-{n}"
        ops = [create("account", id, name="A", territory="north")]
        # At the same moment others lock the same rows in another order.
        for number in chance.sample(range(SHARED), 2):
            ops.append(Op("account", shared_id(number), "update", 1, {"visits": (0, 1)}))
        answer = service.connect(token).push(PushRequest(service.now(), [seal(f"{device}-{n}", n, ops)]))
        assert [result.outcome for result in answer.results] in (["applied"], ["merged"]), answer.results
        made.append(id)
    return made


def read(service: Service, token: str, stop: Path) -> list[str]:
    """Pull without pause until told to stop, and once more; the ids that came."""
    cursor, seen, last = "", set(), False
    while not last:
        last = stop.exists()
        page = service.connect(token).pull(PullRequest(cursor))
        while True:
            seen |= {str(row[0]) for block in page.blocks if block.table == "account" for row in block.rows}
            cursor = page.cursor
            if not page.more:
                break
            page = service.connect(token).pull(PullRequest(cursor))
    return sorted(seen)


def main(url: str, slug: str, role: str, seed: str, what: str, *more: str) -> None:
    """Work as one process, and print the ids."""
    store = Organisations(url, make_schema()).find(slug)
    assert store is not None
    if more:
        be_naive(store)
    service = Service(store, grant_rule, slug)
    now = service.now()
    device, _series, token = store.run(
        lambda connection: auth.enrol_device(connection, store, "nora", role, "", "", now)
    )
    if role == "write":
        ids = write(service, token, device, int(seed), int(what))
    else:
        ids = read(service, token, Path(what))
    sys.stdout.write(json.dumps(ids))


if __name__ == "__main__":
    main(*sys.argv[1:])
