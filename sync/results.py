"""What the server made of our transactions, written into the outbox."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from sync import forks, lost
from sync.overlay import back_to_server, keep_server_version, leave_a_mark
from sync.protocol import Result, hash_of
from sync.schema import SyncSchema


def settle(connection: Connection, schema: SyncSchema, results: Iterable[Result], now: str) -> None:
    """Keep results, given at the server's time `now`. Entries stay in the overlay until a pull has passed."""
    applied: list[Result] = []
    for result in results:
        if result.outcome not in ("parked", "withdrawn") and not result.map:
            applied.append(result)
            continue
        _acknowledge(connection, applied, now)
        applied = []
        _settle_one(connection, schema, result, now)
    _acknowledge(connection, applied, now)
    lost.forget_answered(connection)


def _settle_one(connection: Connection, schema: SyncSchema, result: Result, now: str) -> None:
    if result.outcome == "parked":
        connection.exec_driver_sql(
            "UPDATE sync_transaction SET state = 'parked', outcome = 'parked', reason = ?"
            # Who took it back meanwhile still wants that.
            " WHERE uuid = ? AND state NOT IN ('withdrawing', 'withdrawn')",
            (result.reason, result.uuid),
        )
    elif result.outcome == "withdrawn":
        withdraw(connection, schema, result.uuid, now)
    else:
        _acknowledge(connection, [result], now)
        forks.keep(connection, result)


def _acknowledge(connection: Connection, results: list[Result], now: str) -> None:
    """Many transactions that were applied, in three statements."""
    if not results:
        return
    run = connection.exec_driver_sql
    run(
        "UPDATE sync_transaction SET state = 'acknowledged', outcome = ?, reason = ?, rev = ?, answered_at = ?"
        " WHERE uuid = ?",
        [(one.outcome, one.reason or None, one.rev, now, one.uuid) for one in results],
    )
    run("UPDATE sync_entry SET rev = ? WHERE tx = ?", [(one.rev, one.uuid) for one in results])
    # Each row has its own revision in the commit: its entries are passed when that one arrives.
    rows = [(rev, one.uuid, kind, id) for one in results for kind, id, rev in one.rows]
    if rows:
        # By the row: a transaction may hold thousands of entries.
        run("UPDATE sync_entry SET rev = ? WHERE +tx = ? AND kind = ? AND id = ?", rows)


def withdraw(connection: Connection, schema: SyncSchema, uuid: str, now: str) -> None:
    """Take a transaction out of the overlay: rows go back to the server's version, new ones go."""
    records = connection.exec_driver_sql(
        "SELECT DISTINCT kind, id FROM sync_entry WHERE tx = ?", (uuid,)
    ).all()
    among_others = "SELECT 1 FROM sync_entry WHERE kind = ? AND id = ? AND tx IS NOT ? LIMIT 1"
    for kind, id in records:
        if connection.exec_driver_sql(among_others, (kind, id, uuid)).first() is not None:
            keep_server_version(connection, schema.tables[kind], id)
    undone = {
        (kind, id): list(
            connection.exec_driver_sql(
                "SELECT op, field, base FROM sync_entry WHERE +tx = ? AND kind = ? AND id = ? ORDER BY seq DESC",
                (uuid, kind, id),
            )
        )
        for kind, id in records
    }
    connection.exec_driver_sql("DELETE FROM sync_entry WHERE tx = ?", (uuid,))
    connection.exec_driver_sql(
        "UPDATE sync_transaction SET state = 'withdrawn', outcome = 'withdrawn', answered_at = ?,"
        " body = ?, hash = ?, label = '' WHERE uuid = ?",
        # It is sent to nobody again, and may name what has left our scopes since.
        (now, b"[]", hash_of([]), uuid),
    )
    for kind, id in records:
        if not back_to_server(connection, schema, kind, id, undone[kind, id]):
            # It may have been here before the server came back from a copy: its traces go with the next pull.
            leave_a_mark(connection, kind, id)
