"""What was sent: kept for a while, so that a server that lost it can have it again, under which numbers."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from sync import forks, lost, outbox, state, stating
from sync.clock import format_time, parse_time
from sync.protocol import Hello, Transaction, hash_of
from sync.schema import SyncSchema

KEPT = timedelta(days=90)
"""How long the laptop keeps what the server acknowledged."""


class _Named(msgspec.Struct):
    """What of an operation is needed to see whose it is."""

    id: str
    table: str = ""
    kind: str = ""
    fields: dict[str, tuple[Any, Any]] = {}


def since(connection: Connection, n: int) -> list[Transaction]:
    """All transactions from number `n` on, answered or not."""
    return outbox.transactions(connection, "n >= ? AND state <> 'withdrawn'", (n,))


def last_n(connection: Connection) -> int:
    """The last number that this laptop gave."""
    return int(state.get(connection, "n") or 0)


def names(connection: Connection) -> list[str]:
    """The transactions of which a server may be asked whether it knows them."""
    return list(
        connection.exec_driver_sql(
            "SELECT uuid FROM sync_transaction WHERE state <> 'withdrawn' ORDER BY n"
        ).scalars()
    )


def is_ours(connection: Connection, n: int, known: Collection[str]) -> bool:
    """Whether what the server has under this number came from this file."""
    found = connection.exec_driver_sql("SELECT uuid, state FROM sync_transaction WHERE n = ?", (n,)).all()
    return any(tx in known or state == "withdrawn" for tx, state in found)


def is_here(connection: Connection, uuid: str) -> bool:
    """Whether this file has, or had, the transaction."""
    found = connection.exec_driver_sql("SELECT 1 FROM sync_transaction WHERE uuid = ?", (uuid,))
    return found.first() is not None


def send_again(connection: Connection, schema: SyncSchema, hello: Hello, known: Collection[str]) -> int:
    """After a restore: what the server does not know any more goes again, numbered behind what it has; how many.

    What it lost and knows all the same came from a copy of this file: that it is ours too, it learns by having it
    once more. So it does of what waits there.
    """
    restored = lost.parted_at(connection, hello)
    _rename_remains(connection, known)
    lost.forget_answered(connection)
    had = connection.exec_driver_sql(
        "SELECT uuid, rev, outcome FROM sync_transaction"
        " WHERE state IN ('acknowledged', 'sealed') AND rev IS NOT NULL"
    ).all()
    gone = {tx: rev for tx, rev, _outcome in had if tx not in known or rev > restored}
    stated = stating.contained(connection, schema, gone, hello.scopes)
    lost.note(connection, gone, made=forks.made_by(connection), stated=stated)
    connection.exec_driver_sql("UPDATE sync_transaction SET rev = NULL WHERE state = 'sealed'")
    count = sum(_seal_again(connection, tx) for tx in names(connection) if tx not in known)
    # Of what an erasure took something from the server has the whole under its name: it is not what was sent.
    parked = connection.exec_driver_sql(
        "SELECT uuid FROM sync_transaction WHERE state = 'parked' AND outcome <> ?", (lost.REMAINS,)
    ).scalars()
    copied = [tx for tx, rev, outcome in had if rev > restored and outcome != lost.REMAINS]
    for tx in [one for one in (*copied, *parked) if one in known]:
        _seal_again(connection, tx)
    # What waited parked goes behind what had been applied, with the new work: neither may stand on what others bring.
    renumber(connection, hello.last_n, known, first=lost.names(connection))
    return count


def _seal_again(connection: Connection, tx: str) -> int:
    connection.exec_driver_sql("UPDATE sync_entry SET rev = NULL WHERE tx = ?", (tx,))
    return connection.exec_driver_sql(
        "UPDATE sync_transaction SET state = 'sealed', outcome = NULL, reason = NULL, rev = NULL"
        " WHERE uuid = ? AND state IN ('acknowledged', 'parked')",
        (tx,),
    ).rowcount


def _rename_remains(connection: Connection, known: Collection[str]) -> None:
    """What is left of a transaction is another one: a copy of this file may have the whole under its name.

    Of one of which nothing is left there is nothing to send.
    """
    remains = connection.exec_driver_sql(
        "SELECT uuid, body FROM sync_transaction WHERE state IN ('acknowledged', 'parked') AND outcome = ?",
        (lost.REMAINS,),
    ).all()
    for tx, body in remains:
        if tx in known:
            continue
        if bytes(body) == b"[]":
            connection.exec_driver_sql("DELETE FROM sync_transaction WHERE uuid = ?", (tx,))
            continue
        other = str(uuid.uuid4())
        connection.exec_driver_sql("UPDATE sync_transaction SET uuid = ? WHERE uuid = ?", (other, tx))
        connection.exec_driver_sql("UPDATE sync_entry SET tx = ? WHERE tx = ?", (other, tx))


def renumber(
    connection: Connection, after: int = 0, known: Collection[str] = (), first: Collection[str] = ()
) -> None:
    """Number what is to send from `after` + 1, these `first`; numbers are not part of the frozen bytes.

    What the server knows already needs none: it is sent before all else, and gets the stored result.
    """
    rows = connection.exec_driver_sql(
        "SELECT uuid FROM sync_transaction WHERE state = 'sealed' ORDER BY n"
    ).scalars()
    waiting = sorted((tx for tx in rows if tx not in known), key=lambda tx: tx not in first)
    # Below all earlier ones, in their order: a laptop may be enrolled more than once.
    connection.exec_driver_sql(
        "UPDATE sync_transaction SET n = n - 1 - (SELECT max(n) - min(0, min(n)) FROM sync_transaction)"
        " WHERE n > 0"
    )
    for n, tx in enumerate(waiting, start=after + 1):
        connection.exec_driver_sql("UPDATE sync_transaction SET n = ? WHERE uuid = ?", (n, tx))
    state.put(connection, "n", after + len(waiting))


def send_unpassed(connection: Connection) -> None:
    """Send once more what is acknowledged and no pull has passed: under it lies what was written since.

    Its revision is kept until the answer: a server that came back from a copy is to hear that it had it.
    """
    here = "SELECT tx FROM sync_entry WHERE rev IS NOT NULL"
    again = connection.exec_driver_sql(
        "SELECT uuid, rev FROM sync_transaction"
        f" WHERE state = 'acknowledged' AND outcome <> ? AND uuid IN ({here})",
        (lost.REMAINS,),
    ).all()
    for tx, rev in again:
        _seal_again(connection, tx)
        connection.exec_driver_sql("UPDATE sync_transaction SET rev = ? WHERE uuid = ?", (rev, tx))


def requeue(connection: Connection, known: Collection[str]) -> None:
    """Number what is to send for a new device; it keeps its names.

    The other file with the same past may have the same to send: whichever comes second gets the
    stored result, so that nothing counts twice.
    """
    renumber(connection, 0, known)


def forget_records(
    connection: Connection, ids: Collection[str], states: Collection[str] = ("acknowledged", "withdrawn")
) -> None:
    """Drop what transactions in these states say of records that left our scopes; their numbers stay."""
    if not ids:
        return
    kept = connection.exec_driver_sql(
        "SELECT uuid, body FROM sync_transaction WHERE state IN (SELECT value FROM json_each(?))",
        (json.dumps(list(states)),),
    ).all()
    for tx, body in kept:
        ops = msgspec.json.decode(body, type=list[msgspec.Raw])
        left = [raw for raw in ops if not _tells_of(raw, ids)]
        if len(left) == len(ops):
            continue
        connection.exec_driver_sql(
            "UPDATE sync_transaction SET body = ?, hash = ?, label = '',"
            " outcome = CASE WHEN state IN ('acknowledged', 'parked') THEN ? ELSE outcome END WHERE uuid = ?",
            (b"[" + b",".join(bytes(op) for op in left) + b"]", hash_of(left), lost.REMAINS, tx),
        )


def _tells_of(raw: msgspec.Raw, ids: Collection[str]) -> bool:
    """Whether an operation is on one of the records, or made one below it: that may be there no more to leave."""
    op = msgspec.json.decode(raw, type=_Named)
    return op.id in ids or (op.kind == "create" and any(new in ids for _base, new in op.fields.values()))


def records(connection: Connection) -> dict[str, set[str]]:
    """The records of which acknowledged transactions tell: ids by table."""
    found: dict[str, set[str]] = defaultdict(set)
    for (body,) in connection.exec_driver_sql(
        "SELECT body FROM sync_transaction WHERE state IN ('acknowledged', 'withdrawn')"
    ):
        for op in msgspec.json.decode(body, type=list[_Named]):
            found[op.table].add(op.id)
    return found


def prune(connection: Connection, now: str) -> int:
    """Forget what the server has had for 90 days of its own clock; how many transactions.

    Once in each of its days: it reads all of them, which would be most of the work of a sync with nothing to do.
    """
    moment, day = parse_time(now), now[:10]
    if moment is None or state.get(connection, "pruned") == day:
        return 0
    state.put(connection, "pruned", day)
    return connection.exec_driver_sql(
        "DELETE FROM sync_transaction WHERE state IN ('acknowledged', 'withdrawn') AND answered_at < ?",
        (format_time(moment - KEPT),),
    ).rowcount


def forget_all(connection: Connection) -> None:
    """Another organisation, or another person: nothing that was sent to the one is the other's to know."""
    connection.exec_driver_sql("DELETE FROM sync_transaction WHERE state IN ('acknowledged', 'withdrawn')")
