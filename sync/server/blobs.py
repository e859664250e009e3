"""The bytes of attachments on the server: files beside the database, opened by rows that a caller may read.

A row opens bytes only once the person who put their name into it has uploaded them: knowing a SHA-256 is
not having the file. Whoever names a file that is here already uploads it all the same.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, insert, or_, select, update

from sync import errors
from sync.blob_messages import (
    BYTES_PER_HOUR,
    DIGEST,
    FILE,
    MAX_BLOB_BYTES,
    PIECE_BYTES,
    THUMBNAIL,
    BlobContent,
    BlobGet,
    BlobPut,
    BlobState,
)
from sync.server import head
from sync.server.auth import Device
from sync.server.change import last_edit
from sync.server.scopes import Grants
from sync.server.store import Store
from sync.server.working import Row, Working

READ_BYTES = 1 << 18
_AT_ONCE = 500
"""Digests in one question to the database."""
PARTIAL = "partial"
STALE_S = 7 * 86_400
"""After which an upload that nobody went on with is removed."""

Caller = Callable[[Connection], tuple[Device, Grants]]
"""Who is calling, and what he may see; raises `errors.SignInNeeded`."""


@dataclass(frozen=True)
class Blobs:
    """The bytes of one organisation, as one caller may touch them."""

    store: Store
    caller: Caller
    now: str

    @property
    def are_kept(self) -> bool:
        """Whether this server keeps files."""
        return self.store.blobs is not None and self.store.schema.blob in self.store.schema.tables

    @property
    def _folder(self) -> Path:
        if self.store.blobs is None or not self.are_kept:
            raise errors.Refused("not_implemented", "this server keeps no files")
        return self.store.blobs

    def put(self, request: BlobPut) -> BlobState:
        """Take bytes in; the answer says where to go on."""
        folder = self._folder
        _require_sound(request)
        with self.store.read() as connection:
            device, _grants = self.caller(connection)
            if not self._authored(Working(connection, self.store), request.sha256, device.user):
                raise errors.Refused("not_found", request.sha256)
            proven = is_proven(connection, self.store, request.sha256, device.user)
            self._require_moderate(connection, device)
        if proven:
            _remove_if_spoilt(folder, request.sha256)
        if not (proven and place(folder, request.sha256).is_file()):
            state = self._append(folder, device, request)
            if not state.complete:
                self._count(device, len(request.data))
                return state
        self.store.run(lambda connection: self._prove(connection, device, request))
        return BlobState(request.size, request.size, True)

    def find(self, sha256: str) -> Path:
        """The file that some row opens to the caller; raises `errors.Refused("not_found")`."""
        folder = self._folder
        if not DIGEST.fullmatch(sha256):
            raise errors.Refused("not_found", "")
        with self.store.read() as connection:
            _device, grants = self.caller(connection)
            path = place(folder, sha256)
            if not self._opens(connection, sha256, grants) or not path.is_file():
                raise errors.Refused("not_found", sha256)
        return path

    def get(self, request: BlobGet) -> BlobContent:
        """The bytes from an offset on."""
        path = self.find(request.sha256)
        return BlobContent(path.stat().st_size, read(path, request.offset))

    def not_brought(self, digests: Sequence[str]) -> list[str]:
        """All but what this very device uploaded."""
        proofs, brought = self.store.tables["blob_proof"], set[str]()
        with self.store.read() as connection:
            device, _grants = self.caller(connection)
            for first in range(0, len(digests), _AT_ONCE):
                here = proofs.c.sha256.in_(digests[first : first + _AT_ONCE]) & (proofs.c.device == device.id)
                brought.update(connection.scalars(select(proofs.c.sha256).where(here)))
        return [sha256 for sha256 in digests if sha256 not in brought]

    # Who may

    def _rows(self, connection: Connection, sha256: str) -> list[Row]:
        table = self.store.tables.synced[self.store.schema.blob]
        named = or_(table.c.sha256 == sha256, table.c.thumbnail == sha256)
        statement = select(table).where(named, table.c.deleted_at.is_(None))
        return [dict(row) for row in connection.execute(statement).mappings()]

    def _author(self, working: Working, row: Row, column: str) -> str:
        """Who wrote this digest into the row: whoever made the row may be somebody else."""
        return last_edit(working, row, self.store.schema.blob, column).user

    def _authored(self, working: Working, sha256: str, user: str) -> list[tuple[Row, str]]:
        """The rows into which this user put the digest, each with its column."""
        return [
            (row, column)
            for row in self._rows(working.connection, sha256)
            for column in ("sha256", "thumbnail")
            if row[column] == sha256 and self._author(working, row, column) == user
        ]

    def _opens(self, connection: Connection, sha256: str, grants: Grants) -> bool:
        readable = [row for row in self._rows(connection, sha256) if row["scope"] in grants.scopes]
        if not readable:
            return False
        proofs = self.store.tables["blob_proof"]
        statement = select(proofs.c.user).where(proofs.c.sha256 == sha256)
        proven = set(connection.scalars(statement))
        working = Working(connection, self.store)
        return any(
            self._author(working, row, column) in proven
            for row in readable
            for column in ("sha256", "thumbnail")
            if row[column] == sha256
        )

    # How much

    def _require_moderate(self, connection: Connection, device: Device) -> None:
        traffic = self.store.tables["blob_traffic"]
        here = (traffic.c.device == device.id) & (traffic.c.hour == self.now[:13])
        carried = connection.scalar(select(func.sum(traffic.c.bytes)).where(here)) or 0
        if carried > BYTES_PER_HOUR:
            raise errors.ServerBusy(600.0, "too many bytes in an hour")

    def _count(self, device: Device, size: int) -> None:
        if size:
            self.store.run(lambda connection: self._add_traffic(connection, device, size))

    def _add_traffic(self, connection: Connection, device: Device, size: int) -> None:
        traffic = self.store.tables["blob_traffic"]
        here = (traffic.c.device == device.id) & (traffic.c.hour == self.now[:13])
        more = update(traffic).where(here).values(bytes=traffic.c.bytes + size)
        if connection.execute(more).rowcount == 0:
            connection.execute(insert(traffic).values(device=device.id, hour=self.now[:13], bytes=size))

    # Taking in

    def _append(self, folder: Path, device: Device, request: BlobPut) -> BlobState:
        partial = folder / PARTIAL / f"{request.sha256}.{device.id}"
        try:
            have = partial.stat().st_size if partial.is_file() else 0
            if have > request.size:
                partial.unlink()
                have = 0
            if request.offset != have or (not request.data and request.size):
                return BlobState(have, request.size)
            if have == 0:
                _remove_stale(folder, device)
            partial.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("r+b" if have else "wb") as file:
                file.seek(have)
                file.write(request.data)
            have += len(request.data)
            if have < request.size:
                return BlobState(have, request.size)
            settle(folder, request.sha256, partial)
        except OSError as problem:
            if problem.errno == 28:
                raise errors.ServerBusy(600.0) from problem
            raise
        return BlobState(have, request.size, True)

    def _prove(self, connection: Connection, device: Device, request: BlobPut) -> None:
        """Remember that this user has the bytes, and tell so in his rows."""
        if not is_proven(connection, self.store, request.sha256, device.user):
            proofs = self.store.tables["blob_proof"]
            connection.execute(
                insert(proofs).values(
                    sha256=request.sha256, user=device.user, device=device.id, at=self.now, size=request.size
                )
            )
        self._add_traffic(connection, device, len(request.data))
        working = Working(connection, self.store)
        working.mark()
        for row, column in self._authored(working, request.sha256, device.user):
            arrived = FILE if column == "sha256" else THUMBNAIL
            if row["arrived"] in (None, THUMBNAIL) and row["arrived"] != arrived:
                working.put(self.store.schema.blob, row["id"], {"arrived": arrived})
        head.commit(working, self.now)


def is_proven(connection: Connection, store: Store, sha256: str, user: str) -> bool:
    """Whether the user has shown that he has these bytes, by uploading them."""
    proofs = store.tables["blob_proof"]
    here = (proofs.c.sha256 == sha256) & (proofs.c.user == user)
    return connection.execute(select(proofs.c.at).where(here)).first() is not None


def place(folder: Path, sha256: str) -> Path:
    """Where the bytes of a digest lie."""
    return folder / sha256[:2] / sha256


def read(path: Path, offset: int = 0, upto: int | None = None) -> Iterator[bytes]:
    """The bytes from `offset` up to `upto`, piece by piece."""
    with path.open("rb") as file:
        file.seek(offset)
        left = (path.stat().st_size if upto is None else upto) - offset
        while left > 0 and (piece := file.read(min(READ_BYTES, left))):
            left -= len(piece)
            yield piece


def settle(folder: Path, sha256: str, partial: Path) -> None:
    """Put complete bytes in their place, whole or not at all; raises `errors.Refused("damaged")`."""
    with partial.open("r+b") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if found == sha256:
            os.fsync(file.fileno())
    if found != sha256:
        partial.unlink(missing_ok=True)
        raise errors.Refused("damaged", sha256)
    target = place(folder, sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(target)


def _remove_if_spoilt(folder: Path, sha256: str) -> None:
    """Bytes that a disk changed make room for who brings them again."""
    path = place(folder, sha256)
    if path.is_file():
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            path.unlink()


def bring(connection: Connection, store: Store, files: Iterable[bytes], now: str) -> None:
    """Place bytes of rows that were loaded at the server itself, before anybody synchronises."""
    table, proofs = store.tables.synced.get(store.schema.blob), store.tables["blob_proof"]
    for data in files:
        assert store.blobs is not None and table is not None
        sha256 = hashlib.sha256(data).hexdigest()
        partial = store.blobs / PARTIAL / sha256
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        settle(store.blobs, sha256, partial)
        # Loaded rows have no author: nobody's proof is theirs.
        values = {"sha256": sha256, "user": "", "device": "", "at": now, "size": len(data)}
        connection.execute(insert(proofs).values(values))
        connection.execute(update(table).where(table.c.sha256 == sha256).values(arrived=FILE))


def remove_unreferenced(connection: Connection, store: Store) -> int:
    """Remove the bytes that no row names any more, tombstones neither: after an erasure. How many."""
    if store.blobs is None or store.schema.blob not in store.schema.tables:
        return 0
    table, proofs = store.tables.synced[store.schema.blob], store.tables["blob_proof"]
    named = select(table.c.id).where(
        or_(table.c.sha256 == proofs.c.sha256, table.c.thumbnail == proofs.c.sha256)
    )
    gone = set(connection.scalars(select(proofs.c.sha256).where(~named.exists())))
    for sha256 in gone:
        connection.execute(proofs.delete().where(proofs.c.sha256 == sha256))
        place(store.blobs, sha256).unlink(missing_ok=True)
    for partial in (store.blobs / PARTIAL).glob("*"):
        sha256 = partial.name.partition(".")[0]
        here = or_(table.c.sha256 == sha256, table.c.thumbnail == sha256)
        if connection.execute(select(table.c.id).where(here).limit(1)).first() is None:
            partial.unlink(missing_ok=True)
    return len(gone)


def _require_sound(request: BlobPut) -> None:
    if not DIGEST.fullmatch(request.sha256):
        raise errors.Refused("not_found", "")
    if request.size > MAX_BLOB_BYTES or len(request.data) > 4 * PIECE_BYTES:
        raise errors.Refused("too_big", str(MAX_BLOB_BYTES))
    if request.size < 0 or not 0 <= request.offset <= request.size - len(request.data):
        raise errors.Protocol("bytes outside the file")


def _remove_stale(folder: Path, device: Device) -> None:
    before = time.time() - STALE_S
    for partial in (folder / PARTIAL).glob(f"*.{device.id}"):
        if partial.stat().st_mtime < before:
            partial.unlink(missing_ok=True)
