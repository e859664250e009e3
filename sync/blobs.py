"""The bytes of attachments on a laptop: which there are, which are to be sent or fetched, and which may go."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from sync import driver, sealed_file, state
from sync.schema import SyncSchema

FOLDER = "blobs"
"""Beside the laptop's file. Names in it are random and say nothing."""
OPEN = "blobs_open"
"""The state that says: rows came, or bytes were left over, so the next sync looks what to transfer."""
OPENED = "blobs_opened"
"""The state that names the file that somebody opened last and that is not here: it comes before all others."""
_COLUMNS = "sha256, size, file, key, state, sent, thumbnail, pinned"


@dataclass(frozen=True, slots=True)
class Blob:
    """The bytes of one SHA-256, as this laptop knows them."""

    sha256: str
    size: int
    file: str
    key: bytes
    state: str = "here"
    sent: bool = False
    thumbnail: bool = False
    pinned: bool = False

    def path(self, folder: Path) -> Path:
        """Where they lie."""
        return folder / self.file[:2] / self.file

    def read(self, folder: Path, offset: int = 0, upto: int | None = None) -> Iterator[bytes]:
        """The content, a chunk at a time; raises `sealed_file.Broken` and FileNotFoundError."""
        return sealed_file.read(self.path(folder), self.key, self.size, offset, upto)


def fresh(sha256: str, size: int, thumbnail: bool = False, state: str = "here") -> Blob:
    """Bytes that get a file and a key of their own."""
    return Blob(sha256, size, secrets.token_hex(16), sealed_file.new_key(), state, thumbnail=thumbnail)


def find(connection: Connection, sha256: str) -> Blob | None:
    """What is known of these bytes; None for nothing."""
    return next(_blobs(connection, "sha256 = ?", sha256), None)


def keep(connection: Connection, blob: Blob) -> Blob:
    """Note bytes whose file was just written; the file that there was of the same bytes goes, as it may be spoilt.

    The row that named them is new, so the server is told of them again: it opens bytes by the row's author.
    """
    there = find(connection, blob.sha256)
    if there is not None and there.state == "here":
        send_again(connection, [blob.sha256])
        connection.exec_driver_sql(
            "UPDATE sync_blob SET file = ?, key = ? WHERE sha256 = ?", (blob.file, blob.key, blob.sha256)
        )
        _forget_file(connection, there.file)
        return replace(there, file=blob.file, key=blob.key, sent=False)
    if there is not None:
        forget(connection, [blob.sha256])
    write(connection, blob)
    return blob


def send_again(connection: Connection, digests: Iterable[str]) -> None:
    """Tell the server of these bytes anew: a new row names them."""
    for sha256 in digests:
        connection.exec_driver_sql("UPDATE sync_blob SET sent = 0 WHERE sha256 = ?", (sha256,))


def write(connection: Connection, blob: Blob) -> None:
    """Add a row."""
    connection.exec_driver_sql(
        f"INSERT INTO sync_blob ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            blob.sha256,
            blob.size,
            blob.file,
            blob.key,
            blob.state,
            int(blob.sent),
            int(blob.thumbnail),
            int(blob.pinned),
        ),
    )


def unsent(connection: Connection) -> list[Blob]:
    """What the server does not have yet, small pictures first."""
    return list(_blobs(connection, "state = 'here' AND sent = 0 ORDER BY thumbnail DESC, rowid"))


def named_by_unsent(connection: Connection, schema: SyncSchema) -> set[str]:
    """The digests in rows of which something is still to be sent."""
    table = schema.blob
    if table not in schema.tables:
        return set()
    found = connection.exec_driver_sql(
        f'SELECT a.sha256, a.thumbnail FROM sync_entry AS e JOIN "{table}" AS a ON a.id = e.id'
        " LEFT JOIN sync_transaction AS t ON t.uuid = e.tx"
        " WHERE e.kind = ? AND e.rev IS NULL AND (t.uuid IS NULL OR t.state = 'sealed')",
        (table,),
    )
    return {digest for pair in found for digest in pair if digest}


def note_sent(connection: Connection, sha256: str) -> bool:
    """The server has these bytes; whether that is news of an attachment, and not of its small picture."""
    found = connection.exec_driver_sql(
        "UPDATE sync_blob SET sent = 1 WHERE sha256 = ? AND state = 'here' AND sent = 0 RETURNING thumbnail",
        (sha256,),
    ).all()
    return any(not thumbnail for (thumbnail,) in found)


def coming(connection: Connection) -> list[Blob]:
    """What is being fetched, small pictures first."""
    return list(_blobs(connection, "state = 'coming' ORDER BY thumbnail DESC, rowid"))


def here(connection: Connection) -> list[Blob]:
    """All bytes that are on this laptop."""
    return list(_blobs(connection, "state = 'here' ORDER BY rowid"))


def left_behind(connection: Connection, schema: SyncSchema) -> int:
    """How many files have yet to go although their row went."""
    table = schema.blob
    if table not in schema.tables:
        return 0
    found = connection.exec_driver_sql(
        "SELECT count(*) FROM sync_blob AS b WHERE state = 'here' AND sent = 0 AND thumbnail = 0"
        f' AND EXISTS (SELECT 1 FROM "{table}" AS a WHERE a.sha256 = b.sha256 AND a.deleted_at IS NULL'
        " AND a.id NOT IN (SELECT id FROM sync_entry WHERE kind = ? AND rev IS NULL))",
        (table,),
    ).scalar_one()
    return int(found)


def _blobs(connection: Connection, where: str, *values: str) -> Iterator[Blob]:
    for row in driver.read(connection, f"SELECT {_COLUMNS} FROM sync_blob WHERE {where}", values):
        yield Blob(row[0], row[1], row[2], bytes(row[3]), row[4], bool(row[5]), bool(row[6]), bool(row[7]))


def expect(connection: Connection, schema: SyncSchema, small: int) -> None:
    """Note what is to be fetched: all small pictures, files up to `small` bytes, files of the company's rows."""
    table = schema.blob
    if table not in schema.tables:
        return
    wanted = connection.exec_driver_sql(
        f'SELECT thumbnail, 0, 1 FROM "{table}" WHERE deleted_at IS NULL AND arrived IS NOT NULL'
        " AND thumbnail IS NOT NULL AND thumbnail NOT IN (SELECT sha256 FROM sync_blob)"
        f" UNION SELECT sha256, max(size), 0 FROM \"{table}\" WHERE deleted_at IS NULL AND arrived = 'file'"
        " AND (size <= ? OR scope = 'company') AND sha256 NOT IN (SELECT sha256 FROM sync_blob)"
        " GROUP BY sha256",
        (small,),
    ).all()
    for sha256, size, thumbnail in wanted:
        if find(connection, sha256) is None:
            write(connection, fresh(sha256, size or 0, bool(thumbnail), "coming"))


def want(connection: Connection, sha256: str, size: int) -> Blob:
    """Have these bytes fetched, now or at the next sync."""
    there = find(connection, sha256)
    if there is None:
        there = fresh(sha256, size, state="coming")
        write(connection, there)
        state.put(connection, OPEN, 1)
    return there


def open_first(connection: Connection, sha256: str) -> None:
    """Somebody waits for these bytes: what is under way gives way to them."""
    state.put(connection, OPENED, sha256)


def fetch_again(connection: Connection, blob: Blob) -> None:
    """The bytes of this laptop are spoilt, and the server has them."""
    forget(connection, [blob.sha256])
    coming = fresh(blob.sha256, blob.size, blob.thumbnail, "coming")
    write(connection, replace(coming, pinned=blob.pinned))
    state.put(connection, OPEN, 1)


# Going away


def forget(connection: Connection, digests: Iterable[str]) -> None:
    """Take these bytes away, sent or not: their keys now, their files with the next `sweep`."""
    for sha256 in digests:
        for (file,) in connection.exec_driver_sql(
            "DELETE FROM sync_blob WHERE sha256 = ? RETURNING file", (sha256,)
        ).all():
            _forget_file(connection, file)


def forget_rows(connection: Connection, table: str, ids: Iterable[str]) -> None:
    """Take away the bytes that only these rows of `table` name, sent or not: an erasure, before the rows go."""
    listed = json.dumps(list(ids))
    named = f'SELECT sha256, thumbnail FROM "{table}" WHERE id '
    theirs = connection.exec_driver_sql(f"{named} IN (SELECT value FROM json_each(?))", (listed,)).all()
    digests = {digest for pair in theirs for digest in pair if digest}
    if digests:
        others = connection.exec_driver_sql(f"{named} NOT IN (SELECT value FROM json_each(?))", (listed,))
        forget(connection, digests - {digest for pair in others for digest in pair})


def is_named(connection: Connection, schema: SyncSchema, sha256: str) -> bool:
    """Whether a row names these bytes, a deleted one too."""
    statement = f'SELECT 1 FROM "{schema.blob}" WHERE sha256 = ? OR thumbnail = ? LIMIT 1'
    return connection.exec_driver_sql(statement, (sha256, sha256)).first() is not None


def forget_unreferenced(connection: Connection, schema: SyncSchema) -> None:
    """Take away the bytes that no row names any more; those that the server lacks wait until it has them."""
    if schema.blob not in schema.tables:
        return
    rows = f'"{schema.blob}" AS a'
    gone = connection.exec_driver_sql(
        "SELECT sha256 FROM sync_blob AS b WHERE (sent = 1 OR state = 'coming')"
        f" AND NOT EXISTS (SELECT 1 FROM {rows} WHERE a.sha256 = b.sha256)"
        f" AND NOT EXISTS (SELECT 1 FROM {rows} WHERE a.thumbnail = b.sha256)"
    ).scalars()
    forget(connection, gone.all())


def forget_deleted(connection: Connection, schema: SyncSchema, before: str) -> None:
    """Take away bytes whose every row was deleted before that moment, once nothing of it waits to be sent."""
    table = schema.blob
    if table not in schema.tables:
        return
    gone = connection.exec_driver_sql(
        "SELECT sha256 FROM sync_blob AS b WHERE NOT EXISTS"
        f' (SELECT 1 FROM "{table}" AS a WHERE (a.sha256 = b.sha256 OR a.thumbnail = b.sha256)'
        " AND (a.deleted_at IS NULL OR a.deleted_at >= ?"
        " OR a.id IN (SELECT id FROM sync_entry WHERE rev IS NULL)))"
        f' AND EXISTS (SELECT 1 FROM "{table}" AS a WHERE a.sha256 = b.sha256 OR a.thumbnail = b.sha256)',
        (before,),
    ).scalars()
    forget(connection, gone.all())


def evict(connection: Connection, folder: Path, limit: int) -> int:
    """Let the files longest unused go until `limit` bytes are left; how many went.

    Only what the server has goes; small pictures and pinned files stay.
    """
    kept = here(connection)
    total = sum(blob.size for blob in kept)
    spare = [blob for blob in kept if blob.sent and not blob.pinned and not blob.thumbnail]
    spare.sort(key=lambda blob: _used_at(blob.path(folder)))
    count = 0
    for blob in spare:
        if total <= limit:
            break
        forget(connection, [blob.sha256])
        total -= blob.size
        count += 1
    return count


def touch(blob: Blob, folder: Path) -> None:
    """Remember that a file was used, for `evict`: in its own date, since looking must not write the database."""
    try:
        os.utime(blob.path(folder))
    except FileNotFoundError:
        return


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _forget_file(connection: Connection, file: str) -> None:
    connection.exec_driver_sql("INSERT OR IGNORE INTO sync_blob_gone (file) VALUES (?)", (file,))


def gone(connection: Connection) -> list[str]:
    """The files whose keys are gone, as committed."""
    return list(connection.exec_driver_sql("SELECT file FROM sync_blob_gone").scalars())


def remove_files(folder: Path, files: Iterable[str]) -> list[str]:
    """Remove files; those that are not there any more."""
    removed = []
    for file in files:
        (folder / file[:2] / file).unlink(missing_ok=True)
        removed.append(file)
    return removed


def sweep(connection: Connection, folder: Path) -> None:
    """Remove the files whose keys an earlier transaction took away."""
    for file in remove_files(folder, gone(connection)):
        connection.exec_driver_sql("DELETE FROM sync_blob_gone WHERE file = ?", (file,))


def strays(connection: Connection, folder: Path) -> list[Path]:
    """Files that no row names: begun by an action that did not end."""
    known = set(connection.exec_driver_sql("SELECT file FROM sync_blob").scalars())
    return [path for path in folder.glob("??/*") if path.name not in known]


def digest_of(pieces: Iterable[bytes]) -> str:
    """The SHA-256 of what comes."""
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()
