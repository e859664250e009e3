"""A file that lies encrypted on disk, written and read in chunks: AES-256-GCM, each chunk under its own nonce.

A chunk is nonce (12 bytes), ciphertext, tag (16). Its place and the size of the whole are authenticated
with it, so chunks that are swapped, cut off or taken from another file do not open. The key belongs to
one file alone. A writer that was cut off goes on after the last whole chunk.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 1 << 18
_NONCE, _TAG = 12, 16
_STORED = _NONCE + CHUNK + _TAG


class Broken(Exception):
    """The file is cut off or was changed: its bytes do not open."""


def new_key() -> bytes:
    """A key for one file."""
    return secrets.token_bytes(32)


def stored_size(size: int) -> int:
    """How many bytes lie on disk for `size` bytes of content."""
    chunks = -(-size // CHUNK)
    return size + chunks * (_NONCE + _TAG)


class Writer:
    """Appends content until `size` bytes are there; leaving early keeps the whole chunks."""

    def __init__(self, path: Path, key: bytes, size: int) -> None:
        self._path, self._cipher, self._size = path, AESGCM(key), size
        self._pending = bytearray()
        self._chunks = 0

    def __enter__(self) -> Writer:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        self._chunks = min(self._file.seek(0, os.SEEK_END), stored_size(self._size)) // _STORED
        # What follows the last whole chunk was being written when the power went.
        self._file.truncate(self._chunks * _STORED)
        self._file.seek(0, os.SEEK_END)
        return self

    @property
    def offset(self) -> int:
        """How many bytes of content are there."""
        return self._chunks * CHUNK + len(self._pending)

    def write(self, data: bytes) -> None:
        """Append content; raises ValueError beyond the announced size."""
        if self.offset + len(data) > self._size:
            raise ValueError("more bytes than announced")
        self._pending += data
        while len(self._pending) >= CHUNK:
            self._seal(bytes(self._pending[:CHUNK]))
            del self._pending[:CHUNK]
        if self._pending and self.offset == self._size:
            self._seal(bytes(self._pending))
            self._pending.clear()

    def _seal(self, content: bytes) -> None:
        nonce = secrets.token_bytes(_NONCE)
        self._file.write(nonce + self._cipher.encrypt(nonce, content, _place(self._chunks, self._size)))
        self._chunks += 1

    @property
    def complete(self) -> bool:
        """Whether all announced bytes are there."""
        return not self._pending and min(self._chunks * CHUNK, self._size) == self._size

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())


def read(path: Path, key: bytes, size: int, offset: int = 0, upto: int | None = None) -> Iterator[bytes]:
    """The content from `offset` up to `upto` (its end unless told), a chunk at a time; raises Broken."""
    cipher, end = AESGCM(key), size if upto is None else min(size, upto)
    with path.open("rb") as file:
        for index in range(offset // CHUNK, -(-end // CHUNK)):
            start = index * CHUNK
            file.seek(index * _STORED)
            stored = file.read(stored_size(min(CHUNK, size - start)))
            try:
                content = cipher.decrypt(stored[:_NONCE], stored[_NONCE:], _place(index, size))
            except (InvalidTag, ValueError) as problem:
                raise Broken(f"chunk {index} of {path.name}") from problem
            yield content[max(0, offset - start) : end - start]


def _place(index: int, size: int) -> bytes:
    return b"terrain blob" + index.to_bytes(8, "big") + size.to_bytes(8, "big")
