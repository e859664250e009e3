"""The checksum of rows that both sides keep, per scope and table."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from struct import unpack

MODULUS = 1 << 64


def row_hash(table: str, id: str, rev: int) -> int:
    """64 bits of BLAKE2b (digest size 8, big-endian) over `table NUL id NUL rev` in UTF-8."""
    return int.from_bytes(blake2b(f"{table}\0{id}\0{rev}".encode(), digest_size=8).digest(), "big")


def total(table: str, rows: Iterable[tuple[str, int]]) -> int:
    """Σ mod 2⁶⁴ over the (id, rev) of live rows."""
    # Each hash begins where that of the table's name ends.
    begun, hashes = blake2b(f"{table}\0".encode(), digest_size=8), []
    for id, rev in rows:
        one = begun.copy()
        one.update(f"{id}\0{rev}".encode())
        hashes.append(one.digest())
    numbers: tuple[int, ...] = unpack(f">{len(hashes)}Q", b"".join(hashes))
    return sum(numbers) % MODULUS


def to_wire(value: int) -> str:
    """Sixteen hexadecimal digits, since not every JSON reader keeps 64 bits."""
    return f"{value % MODULUS:016x}"
