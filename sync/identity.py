"""Which device a laptop's file is: enrolled for the first time, once more, or as a copy of another's."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from sync import bulk, outbox, sent, staging, state
from sync.protocol import VERSION, EnrolAnswer, EnrolRequest, HelloRequest, SyncProtocol
from sync.schema import SyncSchema

_FORGOTTEN = (
    "cursor", "epoch", "scopes", "differing", "repaired", "head", "forks", "recovered", "lost",
    "lost_lives", "lives",
)  # fmt: skip
"""What a file knows of a server that it leaves."""


def adopt(connection: Connection, schema: SyncSchema, answer: EnrolAnswer) -> None:
    """Be the device of `answer`, with all unsent work.

    The same person in the same organisation goes on from where the file stands, and what no pull has passed is sent
    under the new name too: it is nobody else's work. For anybody else the rows come anew, and nothing of what was
    sent to the one is ever told to the other.
    """
    outbox.seal_entries(connection, schema, {})
    known = (state.get(connection, "user"), state.get(connection, "organisation"))
    if known == (answer.user, answer.organisation):
        sent.send_unpassed(connection)
    else:
        sent.forget_all(connection)
        staging.clear(connection)
        if state.get(connection, "loading") == 1:
            bulk.restore_indexes(connection)
            state.put(connection, "loading", 0)
        for name in _FORGOTTEN:
            state.put(connection, name, None)
    for name, value in (
        ("device", answer.device),
        ("series", answer.series),
        ("user", answer.user),
        ("role", answer.role),
        ("organisation", answer.organisation),
        # A new series is this laptop's alone: its numbers need no letters any more.
        ("restored", None),
    ):
        state.put(connection, name, value)
    sent.renumber(connection)


def ask_for_another(
    remote: SyncProtocol, waiting: list[str], now: str, request: EnrolRequest
) -> tuple[EnrolAnswer, Collection[str]]:
    """A new device by the token of the old one, and which of the `waiting` transactions the server knows."""
    hello = remote.hello(HelloRequest(now, 0, waiting, request.version, VERSION))
    return remote.enrol(request), set(hello.known) & set(waiting)


def part_from(
    connection: Connection, schema: SyncSchema, answer: EnrolAnswer, known: Collection[str]
) -> None:
    """Be a device of its own from now on; what is sealed keeps its names, by which nothing counts twice."""
    adopt(connection, schema, answer)
    sent.requeue(connection, known)
