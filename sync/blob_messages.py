"""What is said about the bytes of attachments, and `BlobCarrier`, which the client and the server implement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import msgspec

from sync import errors
from sync.protocol import UNREADABLE

MAX_BLOB_BYTES = 100_000_000
"""Of one file: what a telephone films in a minute, and what a slow line carries in an evening."""
PIECE_BYTES = 1 << 20
"""Of one request of an upload: what a cut connection costs at most."""
BYTES_PER_HOUR = 20_000_000_000
"""That one device may upload: far beyond a person's photos, short of filling a disk by accident."""

DIGEST = re.compile(r"[0-9a-f]{64}")
"""A SHA-256 as it travels."""
THUMBNAIL, FILE = "thumbnail", "file"
"""What the row's `arrived` says that the server has."""


class BlobPut(msgspec.Struct, frozen=True):
    """Some bytes of a file, from `offset` on; with none of them the question how far the server is."""

    sha256: str
    size: int
    offset: int = 0
    data: bytes = b""


class BlobState(msgspec.Struct, frozen=True):
    """How many of a file's bytes the server has from this device; all of them are checked and kept."""

    offset: int
    size: int
    complete: bool = False


class BlobGet(msgspec.Struct, frozen=True):
    """Ask for the bytes of a file from `offset` on."""

    sha256: str
    offset: int = 0


class BlobsWanted(msgspec.Struct, frozen=True):
    """Ask, in a file, for the bytes of these digests, and for those of the rows that the answer brings.

    Of such rows small pictures come, files up to `small` bytes and the company's; of all at most `room` bytes.
    """

    sha256: list[str] = []
    small: int = 0
    room: int = 0


class BlobTaken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of bytes that were brought in a file, or asked about: all here, or the `code` of a refusal."""

    sha256: str
    complete: bool = False
    code: str = ""


class BlobsTaken(msgspec.Struct, frozen=True):
    """The same of all of them."""

    files: list[BlobTaken] = []


@dataclass(frozen=True, slots=True)
class BlobContent:
    """Bytes on their way: the size of the whole, and what follows the offset that was asked for."""

    size: int
    pieces: Iterator[bytes]


def pack(piece: BlobPut) -> bytes:
    """A piece as it travels in a file: its bytes as they are."""
    return msgspec.msgpack.encode(piece)


def unpack(data: bytes) -> BlobPut:
    """The piece that was packed; raises `errors.Protocol`."""
    try:
        return msgspec.msgpack.decode(data, type=BlobPut)
    except UNREADABLE as problem:
        raise errors.Protocol(str(problem)) from problem


@runtime_checkable
class BlobGiver(Protocol):
    """Gives bytes; raises `errors.SyncError`."""

    def get_blob(self, request: BlobGet) -> BlobContent:
        """The bytes, piece by piece; `not_found` where no row that this user may read opens them."""


@runtime_checkable
class BlobCarrier(BlobGiver, Protocol):
    """Carries bytes to and from a server; raises `errors.SyncError`."""

    def put_blob(self, request: BlobPut) -> BlobState:
        """Hand over bytes; the answer says where to go on, whatever offset was sent.

        `not_found` where no row of this user names them, `damaged` when the whole was not what its name says.
        """
