"""What two copies of one file have both sent: whichever brought it, it is the work of both."""

from __future__ import annotations

from sqlalchemy import insert, select

from sync.protocol import Result
from sync.server.working import Working


def note(working: Working, device: str, result: Result) -> None:
    """This device sent again what another had brought: it goes on from there, with the forks that it made."""
    connection, store = working.connection, working.store
    shared, forks = store.tables["sync_shared"], store.tables["sync_fork"]
    here = (shared.c.device == device) & (shared.c.uuid == result.uuid)
    if connection.execute(select(shared.c.uuid).where(here)).first() is not None:
        return
    connection.execute(insert(shared).values(device=device, uuid=result.uuid))
    rows = [
        {"device": device, "old_id": old, "new_id": new, "table_name": table, "rev": result.rev}
        for table, old, new in result.map
    ]
    if rows:
        connection.execute(insert(forks), rows)
    working.forks_before.pop(device, None)
    working.past.forget(device)
