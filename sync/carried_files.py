"""A laptop's attachments in a sync by file: which go with it, what became of them, and those that came with it.

An attachment goes whole or waits: smallest first, as many as fit in. About those that do not, the server is only
asked; what it has already needs no room in the next file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from sync import blobs, errors, sealed_file, state
from sync.blob_messages import (
    PIECE_BYTES,
    BlobContent,
    BlobGet,
    BlobPut,
    BlobsWanted,
    BlobTaken,
    pack,
    unpack,
)
from sync.blobs import Blob
from sync.bundle import MAX_ASKED, MAX_FILES_BYTES, Place, Reader, Writer
from sync.schema import SyncSchema

_UNOPENED = "files_unopened"
"""The state that names bytes for which the server had no row, one that it did not accept perhaps.

They are asked about, and go once it has one: they take nobody's room in vain.
"""


@dataclass
class Going:
    """What a request takes along."""

    whole: list[Blob] = field(default_factory=list)
    asked: list[Blob] = field(default_factory=list)

    def write(self, writer: Writer, folder: Path) -> int:
        """Write it, a piece in memory at a time; how many attachments that was, their small pictures aside."""
        written = 0
        for blob in self.whole:
            try:
                for piece in _pieces(blob, folder):
                    writer.add("piece", pack(piece))
            except (sealed_file.Broken, FileNotFoundError):
                # It stays to be sent, and the profile's examination names it.
                continue
            written += not blob.thumbnail
        for blob in self.asked:
            writer.add("piece", pack(BlobPut(blob.sha256, blob.size)))
        return written


def choose(connection: Connection) -> Going:
    """What is to go: nothing to a server that takes no bytes in a file."""
    left = min(int(state.get(connection, "exchange_room") or 0), MAX_FILES_BYTES)
    going = Going()
    if not left:
        return going
    unopened = _unopened(connection)
    for blob in sorted(blobs.unsent(connection), key=lambda one: one.size):
        if blob.sha256 not in unopened and blob.size <= left:
            going.whole.append(blob)
            left -= blob.size
        elif len(going.asked) < MAX_ASKED:
            going.asked.append(blob)
    return going


def wish(connection: Connection, schema: SyncSchema, small: int) -> BlobsWanted:
    """What the answer is to bring: what is being waited for, and what follows from its rows."""
    blobs.expect(connection, schema, small)
    coming = sorted(blobs.coming(connection), key=lambda one: (not one.thumbnail, one.size))
    if coming:
        state.put(connection, blobs.OPEN, 1)
    return BlobsWanted([blob.sha256 for blob in coming[:MAX_ASKED]], small, MAX_FILES_BYTES)


def settle(connection: Connection, schema: SyncSchema, taken: Iterable[BlobTaken]) -> int:
    """Note what became of the bytes; how many attachments the server has now that it was not known to have.

    What a row names that it has not seen yet stays to be sent: it opens bytes by the row's author.
    """
    unopened, newly_named, count = _unopened(connection), blobs.named_by_unsent(connection, schema), 0
    for one in taken:
        unopened.discard(one.sha256)
        if one.complete and one.sha256 not in newly_named:
            count += blobs.note_sent(connection, one.sha256)
        elif one.code == "not_found" and blobs.is_named(connection, schema, one.sha256):
            unopened.add(one.sha256)
        elif one.code == "not_found":
            # Neither end has a row for these bytes: it was erased before they went.
            blobs.forget(connection, [one.sha256])
    state.put(connection, _UNOPENED, json.dumps(sorted(unopened)))
    return count


class Given:
    """The bytes that an answer brings, by their digests."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._first: dict[str, Place] = {}
        self._upto: dict[str, int] = {}

    def note(self, message: bytes, place: Place) -> None:
        """A piece was seen there."""
        piece = unpack(message)
        if piece.offset == 0:
            self._first[piece.sha256], self._upto[piece.sha256] = place, 0
        if piece.offset == self._upto.get(piece.sha256):
            self._upto[piece.sha256] += len(piece.data)

    def get(self, request: BlobGet) -> BlobContent:
        """As from a server; `not_found` for what did not come, or not all of it."""
        place = self._first.get(request.sha256)
        if place is None:
            raise errors.Refused("not_found", request.sha256)
        pieces = self._pieces(request.sha256, place)
        size = next(pieces).size
        if self._upto[request.sha256] != size:
            raise errors.Refused("not_found", request.sha256)
        return BlobContent(size, _from(self._pieces(request.sha256, place), request.offset))

    def _pieces(self, sha256: str, place: Place) -> Iterator[BlobPut]:
        for frame, message in self._reader.frames(place):
            piece = unpack(message) if frame == "piece" else None
            if piece is None or piece.sha256 != sha256:
                return
            yield piece


def _pieces(blob: Blob, folder: Path) -> Iterator[BlobPut]:
    for offset in range(0, max(blob.size, 1), PIECE_BYTES):
        data = b"".join(blob.read(folder, offset, offset + PIECE_BYTES))
        yield BlobPut(blob.sha256, blob.size, offset, data)


def _from(pieces: Iterator[BlobPut], offset: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece.data[max(0, offset - piece.offset) :]


def _unopened(connection: Connection) -> set[str]:
    return set(json.loads(state.get(connection, _UNOPENED) or "[]"))
