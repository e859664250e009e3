"""The bytes of a laptop's file as whoever has the key could read them: pages in use, free pages and the journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.store.raw import PAGE_SIZE

_RESERVED = 48
"""At the end of each page: 16 bytes of initialisation vector, 32 of authentication code."""
_SALT = 16
_WAL_HEAD, _FRAME_HEAD = 32, 24


def plain_bytes(file: Path, key: bytes) -> bytes:
    """All pages of the file and of its journal, decrypted, one after the other."""
    return b"".join([*_pages(file, key), *_frames(file.with_name(f"{file.name}-wal"), key)])


def _pages(file: Path, key: bytes) -> Iterator[bytes]:
    data = file.read_bytes()
    for start in range(0, len(data), PAGE_SIZE):
        yield _decrypt(data[start : start + PAGE_SIZE], key, first=start == 0)


def _frames(journal: Path, key: bytes) -> Iterator[bytes]:
    data = journal.read_bytes()[_WAL_HEAD:] if journal.exists() else b""
    for start in range(0, len(data), _FRAME_HEAD + PAGE_SIZE):
        head = data[start : start + _FRAME_HEAD]
        page = data[start + _FRAME_HEAD : start + _FRAME_HEAD + PAGE_SIZE]
        if len(page) == PAGE_SIZE:
            yield _decrypt(page, key, first=int.from_bytes(head[:4], "big") == 1)


def _decrypt(page: bytes, key: bytes, first: bool) -> bytes:
    body = page[_SALT if first else 0 : PAGE_SIZE - _RESERVED]
    vector = page[PAGE_SIZE - _RESERVED : PAGE_SIZE - _RESERVED + 16]
    if not any(page):
        return page
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return decryptor.update(body) + decryptor.finalize()
