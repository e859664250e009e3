"""Rows written at the server itself, by the same path as any laptop's."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from sqlalchemy import Connection

from sync import errors
from sync.protocol import Op
from sync.server import head
from sync.server.apply import apply
from sync.server.change import Author, Change, Parked
from sync.server.scopes import Grants
from sync.server.store import Store
from sync.server.working import Working

_SERVER = "server"


def write(connection: Connection, store: Store, ops: Iterable[Op], now: str) -> None:
    """Apply the operations as one transaction of the server; raises `errors.Refused` with the reason."""
    working = Working(connection, store)
    author = Author(_SERVER, _SERVER, Grants(frozenset(), "admin", True), is_server=True)
    working.mark()
    try:
        apply(Change(working, author, str(uuid4()), now, now), ops)
    except Parked as parked:
        raise errors.Refused(parked.reason, parked.waits_for or "") from parked
    head.commit(working, now)
