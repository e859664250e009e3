"""What two copies of one file have both sent: whichever brought it, it is the work of both."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, union

from sync.protocol import Result, decode
from sync.server.store import Store
from sync.server.working import Working


def devices_of(working: Working, device: str, uuid: str) -> list[str]:
    """The device that brought a transaction, and those that have it too, as copies of its file."""
    table = working.store.tables["sync_shared"]
    also = working.connection.scalars(select(table.c.device).where(table.c.uuid == uuid))
    return [device, *(one for one in also if one != device)]


def share_parked(connection: Connection, store: Store, old: str, new: str) -> None:
    """What waits, or has waited, is the work of both: either hears what becomes of it, and may take it back."""
    results, shared = store.tables["sync_result"], store.tables["sync_shared"]
    waited = (results.c.outcome == "parked") | (results.c.settled_rev > 0)
    also = results.c.uuid.in_(select(shared.c.uuid).where(shared.c.device == old))
    # Two questions, each of which has its index: asked in one, all that was ever sent is read.
    mine, shared_with = (
        select(results.c.uuid, results.c.body).where(whose, waited)
        for whose in (results.c.device == old, also)
    )
    for uuid, body in connection.execute(union(mine, shared_with)).all():
        connection.execute(insert(shared).values(device=new, uuid=uuid))
        _keep_forks(connection, store, new, decode(bytes(body), Result))


def note(working: Working, device: str, result: Result) -> None:
    """This device sent again what another had brought: it goes on from there, with the forks that it made."""
    if share(working, device, result.uuid):
        _keep_forks(working.connection, working.store, device, result)
        working.forks_before.pop(device, None)


def share(working: Working, device: str, uuid: str) -> bool:
    """What another brought is nobody else's work to this device; whether it was until now."""
    connection, shared = working.connection, working.store.tables["sync_shared"]
    here = (shared.c.device == device) & (shared.c.uuid == uuid)
    if connection.execute(select(shared.c.uuid).where(here)).first() is not None:
        return False
    connection.execute(insert(shared).values(device=device, uuid=uuid))
    working.past.forget(device)
    return True


def _keep_forks(connection: Connection, store: Store, device: str, result: Result) -> None:
    rows = [
        {"device": device, "old_id": old, "new_id": new, "table_name": table, "rev": result.rev}
        for table, old, new in dict.fromkeys(result.map)
    ]
    if rows:
        connection.execute(insert(store.tables["sync_fork"]), rows)
