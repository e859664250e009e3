"""What somebody still has after the server came back from a copy: what nobody has is lost with the server.

A laptop keeps what it sent for as long as the record is within its scopes (an exit leaves nothing of it in the file).
So what was typed on a record that left, and that the copy lacks, may be nowhere but on the server that burned down.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from sqlalchemy import select

from tests.sync.machine.laptop import Laptop
from tests.sync.machine.server import Server


def words_left(server: Server, laptops: list[Laptop]) -> str:
    """All text of the copy, of the records on the laptops and of what they sent or have to send."""
    found = [str(ops) for _uuid, ops in _transactions(laptops)]
    for laptop in laptops:
        # Also what is of a scope that the copy does not grant, or that is taken away before he comes.
        scopes = json.dumps(sorted(laptop.scopes()))
        here = "deleted_at IS NULL AND scope IN (SELECT value FROM json_each(?))"
        for kind in laptop.schema.tables:
            found.append(str(laptop.sql(f'SELECT * FROM "{kind}" WHERE {here}', scopes)))
    with server.store.read() as connection:
        for table in server.store.tables.synced.values():
            found.append(str(connection.execute(select(table)).all()))
    return "".join(found) + "".join(str(ops) for _uuid, _outcome, ops in _results(server))


def visits_left(server: Server, laptops: list[Laptop]) -> dict[str, int]:
    """What was counted by account: in the copy, waiting there, or to be sent again by who counted it."""
    counted: dict[str, int] = defaultdict(int)
    account = server.store.tables.synced["account"]
    with server.store.read() as connection:
        for id, visits in connection.execute(select(account.c.id, account.c.visits)):
            counted[id] += visits or 0
    known = set()
    for uuid, outcome, ops in _results(server):
        known.add(uuid)
        if outcome in ("parked", "withdrawn"):
            _add(counted, ops)
    for uuid, ops in _transactions(laptops):
        if uuid not in known:
            known.add(uuid)
            _add(counted, ops)
    return counted


def _add(counted: dict[str, int], ops: list[dict[str, Any]]) -> None:
    for op in ops:
        base, new = op.get("fields", {}).get("visits", (0, 0))
        if op["table"] == "account":
            counted[op["id"]] += (new or 0) - (base or 0)


def _transactions(laptops: list[Laptop]) -> list[tuple[str, list[dict[str, Any]]]]:
    """What was sent or is to be: of one transaction what any copy of the file still tells."""
    kept = "SELECT uuid, cast(body AS text) FROM sync_transaction WHERE state <> 'withdrawn'"
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for laptop in laptops:
        for uuid, body in laptop.sql(kept):
            found[uuid] |= {json.dumps(op): op for op in json.loads(body)}
    return [(uuid, list(ops.values())) for uuid, ops in found.items()]


def _results(server: Server) -> list[tuple[str, str, list[dict[str, Any]]]]:
    table = server.store.tables["sync_result"]
    with server.store.read() as connection:
        found = connection.execute(select(table.c.uuid, table.c.outcome, table.c.ops)).all()
    return [(uuid, outcome, json.loads(bytes(ops)) if ops else []) for uuid, outcome, ops in found]
