"""Results by transaction uuid: given again for what comes twice, and kept whole where parked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from sync import driver
from sync.protocol import Op, Result, Transaction, decode
from sync.server import adapters, lives, parts
from sync.server.auth import Device
from sync.server.batch import Values, find_rows, insert_rows, within_scopes
from sync.server.erasure import find_erased
from sync.server.lives import Life
from sync.server.store import Store
from sync.server.tables import PARKED

_BATCH = 500
_REFUSED = ("not_allowed", "missing_record", "missing_parent")


@dataclass(frozen=True)
class ParkedTransaction:
    """A transaction that waits: whose it is, when it came, and what it asks."""

    uuid: str
    device: str
    user: str
    received_at: str
    device_now: str
    reason: str
    waits_for: str | None
    ops: list[Op] | None
    """None where no program here can read them."""
    life: Life | None = None
    """The one that the server lost, where the transaction had been in it."""


def find_stored(
    connection: Connection, store: Store, uuids: Iterable[str], user: str
) -> dict[str, tuple[str, Result, str]]:
    """uuid -> (hash, result, device) of those that are stored; a name that another user took has no hash here."""
    table = store.tables["sync_result"]
    wanted = list(uuids)
    found: dict[str, tuple[str, Result, str]] = {}
    for start in range(0, len(wanted), _BATCH):
        some = wanted[start : start + _BATCH]
        for uuid, author, hash, body, device in find_rows(
            connection, table, ("uuid", "user", "hash", "body", "device"), "uuid", some
        ):
            found[uuid] = (hash if author == user else "", decode(bytes(body), Result), device)
    return found


def find_known(connection: Connection, store: Store, uuids: Iterable[str], user: str) -> list[str]:
    """Which of the transactions of this user are stored."""
    table = store.tables["sync_result"]
    here = table.c.uuid.in_(list(uuids)) & (table.c.user == user)
    return list(connection.scalars(select(table.c.uuid).where(here)))


def find_last(connection: Connection, store: Store, device: Device) -> str:
    """The transaction that the device sent last; empty where a copy of its file brought it."""
    table = store.tables["sync_result"]
    here = (table.c.device == device.id) & (table.c.n == device.last_n)
    return str(connection.scalar(select(table.c.uuid).where(here)) or "")


def find_parts(
    connection: Connection, store: Store, device: str, uuids: Iterable[str]
) -> dict[str, list[int]]:
    """The numbers of the parts that are here, by transaction."""
    table = store.tables["sync_part"]
    uuid_of = {parts.name_of(device, uuid): uuid for uuid in uuids}
    found: dict[str, list[int]] = {}
    here = table.c.uuid.in_(list(uuid_of))
    for name, part in connection.execute(select(table.c.uuid, table.c.part).where(here)):
        found.setdefault(uuid_of[name], []).append(part)
    return {uuid: sorted(numbers) for uuid, numbers in found.items()}


def keep(
    connection: Connection,
    store: Store,
    device: str,
    user: str,
    now: str,
    device_now: str,
    results: list[tuple[Transaction, Result, str | None, Life | None]],
) -> None:
    """Store results with their effect; (transaction, result, the id that a parked one waits for, its lost life)."""
    names = ("uuid", "device", "user", "n", "hash", "outcome", "rev", "settled_rev", "reason", "waits_for",
             "received_at", "device_now", "body", "ops", "life")  # fmt: skip
    rows: list[Values] = [
        (
            tx.uuid, device, user, tx.n, tx.hash, result.outcome, result.rev, 0, result.reason, waits_for,
            now, device_now, msgspec.json.encode(result),
            msgspec.json.encode(tx.ops) if result.outcome == "parked" else None, lives.encoded(life),
        )
        for tx, result, waits_for, life in results
    ]  # fmt: skip
    insert_rows(connection, store.tables["sync_result"], names, rows)


def any_parked(connection: Connection) -> bool:
    """Whether anything waits."""
    return bool(driver.read(connection, f"SELECT uuid FROM sync_result WHERE {PARKED} LIMIT 1"))


def find_parked(
    connection: Connection,
    store: Store,
    *,
    device: str | None = None,
    waits_for: Iterable[str] | None = None,
    uuids: Iterable[str] | None = None,
) -> list[ParkedTransaction]:
    """Parked transactions in the order of their numbers.

    Those that a device shares with a copy of its file are its own too, and before its own: of what they have in common.
    """
    table = store.tables["sync_result"]
    statement = select(table).where(PARKED).order_by(table.c.device, table.c.n)
    if device is not None:
        shared = store.tables["sync_shared"]
        also = select(shared.c.uuid).where(shared.c.device == device)
        statement = statement.where((table.c.device == device) | table.c.uuid.in_(also))
        statement = statement.order_by(None).order_by(table.c.device == device, table.c.device, table.c.n)
    if waits_for is None and uuids is None:
        return [_parked(row) for row in connection.execute(statement).mappings()]
    column, named = (table.c.uuid, uuids) if uuids is not None else (table.c.waits_for, waits_for)
    wanted = sorted(set(named or ()))
    found: list[ParkedTransaction] = []
    for start in range(0, len(wanted), _BATCH):
        some = statement.where(column.in_(wanted[start : start + _BATCH]))
        found += [_parked(row) for row in connection.execute(some).mappings()]
    return found


def any_refused(connection: Connection, user: str) -> bool:
    """Whether `find_refused` finds something."""
    marks = ", ".join("?" * len(_REFUSED))
    question = f'SELECT uuid FROM sync_result WHERE {PARKED} AND "user" = ? AND reason IN ({marks}) LIMIT 1'
    return bool(driver.read(connection, question, (user, *_REFUSED)))


def find_refused(connection: Connection, store: Store, user: str) -> list[ParkedTransaction]:
    """What waits of a user because he might not write it, or not see what it names."""
    table = store.tables["sync_result"]
    here = PARKED & (table.c.user == user) & table.c.reason.in_(_REFUSED)
    statement = select(table).where(here).order_by(table.c.device, table.c.n)
    return [_parked(row) for row in connection.execute(statement).mappings()]


def _parked(row: Any) -> ParkedTransaction:
    ops = adapters.kept(bytes(row["ops"]))
    kept = ("uuid", "device", "user", "received_at", "device_now", "reason", "waits_for")
    return ParkedTransaction(**{name: row[name] for name in kept}, ops=ops, life=lives.decoded(row["life"]))


def withdraw(connection: Connection, store: Store, uuid: str) -> None:
    """One that waited does so no more; `settle` says so to its devices."""
    table = store.tables["sync_result"]
    connection.execute(update(table).where(table.c.uuid == uuid).values(outcome="withdrawn"))


def settle(connection: Connection, store: Store, settled: list[tuple[Result, str | None]]) -> None:
    """Replace the results of parked transactions; their devices hear of it with the next pull."""
    table = store.tables["sync_result"]
    rows = [
        {
            "key": result.uuid, "new_outcome": result.outcome, "new_rev": result.rev,
            "new_reason": result.reason, "new_waits": waits_for, "new_body": msgspec.json.encode(result),
        }
        for result, waits_for in settled
    ]  # fmt: skip
    if rows:
        connection.execute(
            update(table)
            .where(table.c.uuid == bindparam("key"))
            .values(
                outcome=bindparam("new_outcome"),
                rev=bindparam("new_rev"),
                settled_rev=bindparam("new_rev"),
                reason=bindparam("new_reason"),
                waits_for=bindparam("new_waits"),
                body=bindparam("new_body"),
            ),
            rows,
        )


def as_of_now(connection: Connection, store: Store, result: Result, scopes: Collection[str]) -> Result:
    """The result as its laptop may take it now.

    What it calls outside and the device may read again by now it would drop; what was erased since it has to.
    """
    outside = {(table, id) for table, id in result.outside}
    inside = within_scopes(connection, store.tables.synced, outside, scopes)
    erased = find_erased(connection, store, [id for _table, id, _rev in result.rows])
    gone = {(table, id) for table, id, _rev in result.rows if id in erased} - outside
    if not inside and not gone:
        return result
    kept = [one for one in result.outside if tuple(one) not in inside]
    return msgspec.structs.replace(result, outside=[*kept, *sorted(gone)])
