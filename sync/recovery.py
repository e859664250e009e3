"""After the server came back from a copy: what goes to it again of what it had acknowledged."""

from __future__ import annotations

from sqlalchemy import Connection

from sync import capture, errors, forks, lost, results, sent, staging, state
from sync.laptop import Laptop
from sync.protocol import VERSION, Hello, HelloRequest, SyncProtocol
from sync.schema import SyncSchema

_ASKED = 5_000
"""Transactions asked for in one call."""


def send_again(laptop: Laptop, remote: SyncProtocol, now: str) -> tuple[str, int, set[str]]:
    """Queue what the server does not know any more: its epoch, how many it had acknowledged, and which it knows."""
    with laptop.write(False) as connection:
        names, n = sent.names(connection), sent.last_n(connection)
    hello, known = _find_known(remote, names, now, n)
    count = 0
    with laptop.write(False) as connection:
        # An attempt that broke off has numbered all anew already, and may have sent some.
        is_begun = state.get(connection, "recovered") == hello.epoch
        if hello.since_restore and not (is_begun and sent.is_ours(connection, hello.last_n, known)):
            raise errors.Refused("cloned", "another file has spoken as this device since the restore")
        if hello.last and not sent.is_here(connection, hello.last):
            raise errors.Refused("cloned", "another file has spoken as this device before the restore")
        if not is_begun:
            with capture.paused(connection):
                lost.leave_life(connection, hello)
                # They did happen, in the life that was lost; what the copy has too comes with the pull, as ever.
                still_there = known & forks.made_up_to(connection, lost.parted_at(connection, hello))
                forks.carry_out(connection, laptop.schema, but=still_there)
                count = _queue(connection, laptop.schema, hello, known)
            state.put(connection, "recovered", hello.epoch)
        # Pages of the other life are of no use.
        staging.clear(connection)
    return hello.epoch, count, known


def _find_known(remote: SyncProtocol, names: list[str], now: str, n: int) -> tuple[Hello, set[str]]:
    """Which transactions the server knows, and what it says of itself."""
    known: set[str] = set()
    hello: Hello | None = None
    for start in range(0, max(1, len(names)), _ASKED):
        hello = remote.hello(HelloRequest(now, 0, names[start : start + _ASKED], protocol=VERSION))
        known |= set(hello.known)
    assert hello is not None
    if not known <= set(names):
        raise errors.Protocol("transactions that nobody asked for")
    return hello, known


def _queue(connection: Connection, schema: SyncSchema, hello: Hello, known: set[str]) -> int:
    taken_back = connection.exec_driver_sql(
        "SELECT uuid FROM sync_transaction WHERE state = 'withdrawing'"
    ).scalars()
    for uuid in [one for one in taken_back if one not in known]:
        results.withdraw(connection, schema, uuid, hello.server_time)
    return sent.send_again(connection, schema, hello, known)


def begins_anew(connection: Connection, hello: Hello) -> bool:
    """Whether the server has another life than the one that this laptop knows."""
    epoch = state.get(connection, "epoch")
    return epoch is not None and epoch != hello.epoch
