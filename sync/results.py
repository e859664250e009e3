"""What the server made of our transactions, written into the outbox."""

from __future__ import annotations

from sqlalchemy import Connection

from sync import forks
from sync.overlay import back_to_server
from sync.protocol import Result
from sync.schema import SyncSchema


def settle(connection: Connection, schema: SyncSchema, result: Result, now: str) -> None:
    """Keep one result, given at the server's time `now`. Entries stay in the overlay until a pull has passed."""
    if result.outcome == "parked":
        connection.exec_driver_sql(
            "UPDATE sync_transaction SET state = 'parked', outcome = 'parked', reason = ?"
            # Who took it back meanwhile still wants that.
            " WHERE uuid = ? AND state NOT IN ('withdrawing', 'withdrawn')",
            (result.reason, result.uuid),
        )
        return
    if result.outcome == "withdrawn":
        withdraw(connection, schema, result.uuid, now)
        return
    connection.exec_driver_sql(
        "UPDATE sync_transaction SET state = 'acknowledged', outcome = ?, reason = ?, rev = ?, answered_at = ?"
        " WHERE uuid = ?",
        (result.outcome, result.reason or None, result.rev, now, result.uuid),
    )
    connection.exec_driver_sql("UPDATE sync_entry SET rev = ? WHERE tx = ?", (result.rev, result.uuid))
    # Each row has its own revision in the commit: its entries are passed when that one arrives.
    for kind, id, rev in result.rows:
        connection.exec_driver_sql(
            "UPDATE sync_entry SET rev = ? WHERE tx = ? AND kind = ? AND id = ?", (rev, result.uuid, kind, id)
        )
    forks.keep(connection, result)


def withdraw(connection: Connection, schema: SyncSchema, uuid: str, now: str) -> None:
    """Take a transaction out of the overlay: rows go back to the server's version, new ones go."""
    records = connection.exec_driver_sql(
        "SELECT DISTINCT kind, id FROM sync_entry WHERE tx = ?", (uuid,)
    ).all()
    undone = {
        (kind, id): list(
            connection.exec_driver_sql(
                "SELECT op, field, base FROM sync_entry WHERE tx = ? AND kind = ? AND id = ? ORDER BY seq DESC",
                (uuid, kind, id),
            )
        )
        for kind, id in records
    }
    connection.exec_driver_sql("DELETE FROM sync_entry WHERE tx = ?", (uuid,))
    connection.exec_driver_sql(
        "UPDATE sync_transaction SET state = 'withdrawn', outcome = 'withdrawn', answered_at = ?"
        " WHERE uuid = ?",
        (now, uuid),
    )
    for kind, id in records:
        back_to_server(connection, schema, kind, id, undone[kind, id])
