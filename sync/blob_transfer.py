"""Carries the bytes of attachments, after the rows: small pictures first, each resumed where it was cut."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from sync import blobs, errors, sealed_file, state
from sync.blob_messages import BlobCarrier, BlobGet, BlobGiver, BlobPut
from sync.blobs import Blob
from sync.piece_size import SMALLEST, PieceSize
from sync.schema import SyncSchema

_ALL = -1

Progress = Callable[[int, int], None]
"""(bytes carried, of)."""
GAVE_WAY = "rows"
"""The `problem` of a run that ended because rows are to go first."""


class GaveWay(Exception):
    """Rows, or another file, are to go before the next piece; what came is kept."""


def _never() -> bool:
    return False


def _nobody() -> None:
    return None


@dataclass
class Carried:
    """What one run carried."""

    sent: int = 0
    received: int = 0
    bytes: int = 0
    waiting: int = 0
    """Files that still have to go or to come: their row is parked, or their author has not sent them yet."""
    problem: str = ""
    """The code of what stopped it; the next run goes on from there."""


@dataclass(frozen=True)
class Place:
    """Where the bytes of a laptop are: its file by the write lane, and the folder beside it."""

    schema: SyncSchema
    write: Callable[[bool], AbstractContextManager[Connection]]
    folder: Path


class BlobTransfer:
    """One run. No transaction is open while bytes travel, and none is needed for each piece.

    To a remote that only gives nothing is sent.
    """

    def __init__(
        self,
        place: Place,
        remote: BlobGiver,
        progress: Progress | None = None,
        gives_way: Callable[[], bool] = _never,
        came: Callable[[], None] = _nobody,
        piece: PieceSize | None = None,
    ) -> None:
        self._place, self._remote, self._piece = place, remote, piece or PieceSize()
        self._gives_way, self._came = gives_way, came
        self._progress = progress or (lambda _done, _of: None)
        self._of = 0
        self.carried = Carried()

    def run(self, small: int) -> Carried:
        """Send and fetch what is due; files up to `small` bytes come unasked. Never raises SyncError."""
        with self._place.write(False) as connection:
            blobs.expect(connection, self._place.schema, small)
            going = blobs.unsent(connection) if isinstance(self._remote, BlobCarrier) else []
            coming = blobs.coming(connection)
            # Whatever ends this run before its end, the next one looks again.
            state.put(connection, blobs.OPEN, 1)
            opened = state.get(connection, blobs.OPENED)
        self._of = sum(blob.size for blob in (*going, *coming))
        try:
            for blob in sorted((*going, *coming), key=lambda b: (b.sha256 != opened, not b.thumbnail)):
                self._carry(blob)
        except GaveWay:
            self.carried.problem = GAVE_WAY
        except errors.SyncError as problem:
            self.carried.problem = problem.code
        with self._place.write(False) as connection:
            self.carried.waiting = len(blobs.unsent(connection)) + len(blobs.coming(connection))
            state.put(connection, blobs.OPEN, int(self.carried.waiting > 0))
            blobs.forget_unreferenced(connection, self._place.schema)
        return self.carried

    def fetch(self, blob: Blob) -> bool:
        """These bytes at once; False where the server has none for us. Raises SyncError, GaveWay."""
        self._of = blob.size
        return self._receive(blob)

    def _carry(self, blob: Blob) -> None:
        try:
            done = self._send(blob) if blob.state == "here" else self._receive(blob)
        except errors.Refused as refusal:
            # One file that is refused does not hold the others up; it stays, and is tried again.
            if refusal.code not in ("too_big", "damaged", "broken"):
                raise
            self.carried.problem = refusal.code
            return
        if done and blob.state == "here":
            self.carried.sent += 1
        elif done:
            self.carried.received += 1
            self._came()

    # Sending

    def _send(self, blob: Blob) -> bool:
        """True once the server has all of it; False where no row of ours tells it of these bytes yet."""
        try:
            offset = 0 if blob.size <= self._piece.bytes else self._tell(blob, 0, b"")
            for _piece in range(2 * (blob.size // SMALLEST) + 10):
                if offset == _ALL:
                    break
                self._give_way()
                data = b"".join(blob.read(self._place.folder, offset, offset + self._piece.bytes))
                with self._piece.measured(len(data)):
                    offset = self._tell(blob, offset, data)
                self._count(len(data))
            else:
                raise errors.Protocol("the server takes the same bytes again and again")
        except errors.Refused as refusal:
            if refusal.code != "not_found":
                raise
            self._drop_if_unnamed(blob)
            return False
        except (sealed_file.Broken, FileNotFoundError) as problem:
            raise errors.Refused("broken", blob.sha256) from problem
        with self._place.write(False) as connection:
            blobs.note_sent(connection, blob.sha256)
        return True

    def _drop_if_unnamed(self, blob: Blob) -> None:
        """Neither end has a row for these bytes: it was erased before they went."""
        with self._place.write(False) as connection:
            if not blobs.is_named(connection, self._place.schema, blob.sha256):
                blobs.forget(connection, [blob.sha256])

    def _tell(self, blob: Blob, offset: int, data: bytes) -> int:
        """Where the server is: the next offset, `_ALL` when it has everything."""
        assert isinstance(self._remote, BlobCarrier)
        answer = self._remote.put_blob(BlobPut(blob.sha256, blob.size, offset, data))
        if answer.complete:
            return _ALL
        if not 0 <= answer.offset < blob.size:
            raise errors.Protocol("an offset outside the file")
        return answer.offset

    # Fetching

    def _receive(self, blob: Blob) -> bool:
        """True once it is here and is what its name says; False where the server opens it to nobody yet."""
        self._give_way()
        path = blob.path(self._place.folder)
        have = 0
        if path.is_file() and blob.size:
            with sealed_file.Writer(path, blob.key, blob.size) as part:
                have = part.offset
        try:
            content = self._remote.get_blob(BlobGet(blob.sha256, have))
        except errors.Refused as refusal:
            if refusal.code != "not_found":
                raise
            return False
        if content.size != blob.size:
            blob = self._resize(blob, content.size)
            if have:
                # Sealed under another size, it would not open.
                path.unlink(missing_ok=True)
                content = self._remote.get_blob(BlobGet(blob.sha256, 0))
        with sealed_file.Writer(path, blob.key, blob.size) as part:
            for piece in content.pieces:
                part.write(piece)
                self._count(len(piece))
                if not part.complete:
                    self._give_way()
            complete = part.complete
        if not complete:
            raise errors.Offline("the bytes were cut off")
        self._check(blob, path)
        with self._place.write(False) as connection:
            connection.exec_driver_sql(
                "UPDATE sync_blob SET state = 'here', sent = 1 WHERE sha256 = ?", (blob.sha256,)
            )
        return True

    def _resize(self, blob: Blob, size: int) -> Blob:
        with self._place.write(False) as connection:
            connection.exec_driver_sql("UPDATE sync_blob SET size = ? WHERE sha256 = ?", (size, blob.sha256))
        return replace(blob, size=size)

    def _check(self, blob: Blob, path: Path) -> None:
        found = hashlib.sha256()
        try:
            for piece in blob.read(self._place.folder):
                found.update(piece)
        except sealed_file.Broken:
            found.update(b"broken")
        if found.hexdigest() != blob.sha256:
            path.unlink(missing_ok=True)
            raise errors.Refused("damaged", blob.sha256)

    def _count(self, size: int) -> None:
        self.carried.bytes += size
        self._progress(self.carried.bytes, max(self._of, self.carried.bytes))

    def _give_way(self) -> None:
        if self._gives_way():
            raise GaveWay
