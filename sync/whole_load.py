"""A first load in one step: a laptop that has nothing takes over a file that the server has ready for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from sync import blobs, errors, scope_file, state
from sync.clock import format_time
from sync.file_messages import FileAnswer, FileCarrier, FilesRequest
from sync.laptop import Laptop, Progress
from sync.protocol import Hello, SyncProtocol

_NONE = ("not_found", "not_allowed", "not_implemented")


def take(
    laptop: Laptop, remote: SyncProtocol, progress: Progress, obey: Callable[[Connection, Hello], None]
) -> FileAnswer | None:
    """What was taken over; None, and nothing is done, where scopes have to be loaded one by one."""
    if laptop.whole is None or laptop.folder is None or not isinstance(remote, FileCarrier):
        return None
    with laptop.write(False) as connection:
        if not _has_nothing(connection, laptop):
            return None
        shape = laptop.whole.shape(connection)
    try:
        answer = remote.files(FilesRequest(format_time(datetime.now(UTC)), laptop.version, shape))
        with laptop.write(False) as connection:
            obey(connection, answer.hello)
            state.keep_hello(connection, answer.hello)
            # Its attachments are looked for after it, by another run perhaps.
            state.put(connection, blobs.OPEN, 1)
        found = answer.whole
        if found is None or not set(found.scope.splitlines()) <= set(answer.hello.scopes):
            return None
        path = scope_file.fetch_described(remote, found, laptop.folder, _in_rows(progress, found))
    except (scope_file.TooSlow, errors.Protocol):
        # On such a line pages are here sooner; and what is damaged may be whole scope by scope.
        return None
    except errors.Refused as refusal:
        # An older server, or a row left a scope meanwhile.
        if refusal.code not in _NONE:
            raise
        return None
    progress("applying", 0, found.rows)
    taken = laptop.whole.take(path, found.key, found.cursor, found.sha256)
    # A large file takes a disk a while to give back: nobody waits for that.
    threading.Thread(target=_remove, args=(path,), name="remove").start()
    return found if taken else None


def _in_rows(progress: Progress, found: FileAnswer) -> Callable[[int], None]:
    """Tells of the bytes that are here as of the rows in them."""
    progress("pulling", 0, found.rows)
    return lambda here: progress("pulling", found.rows * here // found.size, found.rows)


def _remove(path: Path) -> None:
    """What cannot be removed now goes with the next sync: see `scope_file.remove_all`."""
    with suppress(OSError):
        path.unlink()


def _has_nothing(connection: Connection, laptop: Laptop) -> bool:
    """Not a row, nor anything that was never sent, nor a load that began otherwise."""
    if state.get(connection, "cursor") or state.get(connection, "loading") == 1:
        return False
    tables = (*laptop.schema.tables, "sync_entry", "sync_transaction")
    return not any(connection.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1').first() for name in tables)
