"""The key pair of an organisation, to which laptops seal what they send by file."""

from __future__ import annotations

from sqlalchemy import Connection, select

from sync import bundle
from sync.server.store import Store


def private(connection: Connection, store: Store) -> bytes:
    """The private key; born with the organisation, and copied with it."""
    table = store.tables["sync_exchange_key"]
    return bytes(connection.execute(select(table.c.private)).scalar_one())


def public(connection: Connection, store: Store) -> str:
    """What laptops are told."""
    return bundle.public_key(private(connection, store))
