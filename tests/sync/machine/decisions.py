"""What people decide: of two values which one stands, and of work that was refused what becomes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.conflicts import resolving
from tests.sync.machine.laptop import Laptop

if TYPE_CHECKING:
    from tests.sync.machine.world import World


def resolve(world: World, laptop: Laptop, conflict: str, number: int) -> None:
    """Somebody decides: the value that stands, or one of the others."""
    row = laptop.row("conflict", conflict)
    if row is None or row["state"] != "open" or row["deleted_at"] is not None:
        return
    kind, id, name = row["record_kind"], row["record"], row["field"]
    record = laptop.row(kind, id)
    if record is None or record["deleted_at"] is not None or name in ("id", "deleted_at"):
        return
    if not world.may_type(laptop, kind, record):
        return
    candidates = json.loads(row["candidates"])
    chosen = candidates[number % len(candidates)] if candidates and number % 2 else None
    column, _dot, key = name.partition(".")
    values: dict[str, Any] = {}
    if chosen is not None:
        values = dict(chosen["group"]) or {name: chosen["value"]}
    stands = record[column] if not key else json.loads(record[column] or "{}").get(key)
    if chosen is not None and key:
        keys = json.loads(record[column] or "{}")
        keys.pop(key, None)
        keys |= {} if chosen["value"] is None else {key: json.loads(chosen["value"])}
        values = {column: json.dumps(keys, sort_keys=True, separators=(",", ":"))}
    decision = stands if chosen is None else chosen["value"]
    with laptop.action() as connection:
        if values:
            laptop.update(connection, kind, id, **values)
        laptop.update(
            connection, "conflict", conflict, state="resolved", resolution=json.dumps(decision),
            resolved_by=laptop.user, resolved_at=laptop.now(),
        )  # fmt: skip
    world.ledger.forget(row["candidates"], *([] if chosen is None else [stands]))
    if chosen is not None and not key:
        world.ledger.forget(*(record[part] for part in values))
    # What was decided for is shown by the decision itself, whatever becomes of the field.


def withdraw(world: World, laptop: Laptop, uuid: str) -> None:
    """The author takes back what was parked."""
    body = laptop.sql("SELECT cast(body AS text) FROM sync_transaction WHERE uuid = ?", uuid)[0][0]
    with laptop.write() as connection:
        connection.exec_driver_sql(
            "UPDATE sync_transaction SET state = 'withdrawing' WHERE uuid = ? AND state = 'parked'",
            (uuid,),
        )
    world.ledger.forget(body)


def retry(world: World, laptop: Laptop, uuid: str) -> None:
    """The author sends once more what was parked: it goes out anew, and the first attempt is taken back."""
    body = laptop.sql("SELECT cast(body AS text) FROM sync_transaction WHERE uuid = ?", uuid)[0][0]
    with laptop.write() as connection:
        resolving.retry(connection, uuid)
    for op in json.loads(body):
        base, new = op.get("fields", {}).get("visits", (0, 0))
        if op["table"] == "account":
            # What is taken back is counted out, and goes out once more.
            world.ledger.visits[op["id"]] += (new or 0) - (base or 0)
