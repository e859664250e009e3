"""The key pair of an organisation, to which laptops seal what they send by file."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Connection, select

from sync import bundle
from sync.server.store import Store


def private(connection: Connection, store: Store) -> bytes:
    """The private key; born with the organisation, and copied with it."""
    table = store.tables["sync_exchange_key"]
    return bytes(connection.execute(select(table.c.private)).scalar_one())


@lru_cache(64)
def public(private: bytes) -> str:
    """What laptops are told of it; every answer says it, and it never changes."""
    return bundle.public_key(private)
