"""What a cursor proves: that the organisation itself handed its user all up to there, in whatever life it did so."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import Connection

from sync.protocol import unpack_cursor
from sync.server import exchange_key
from sync.server.store import Store

_LETTERS = 32
"""Of the seal: 128 bits, as hexadecimal digits."""


def seal(connection: Connection, store: Store, user: str, epoch: str, rev: int) -> str:
    """What nobody else can write under a cursor: by a key that comes back with every copy of the organisation."""
    said = f"terrain cursor\0{user}\0{epoch}\0{rev}".encode()
    return hmac.new(exchange_key.private(connection, store), said, hashlib.sha256).hexdigest()[:_LETTERS]


def up_to(connection: Connection, store: Store, user: str, cursor: str, epoch: str) -> int:
    """Up to which revision of that life the cursor's user has been handed all; 0 where nothing proves it."""
    fields = unpack_cursor(cursor)
    rev, sealed = fields.get("r"), fields.get("k")
    if fields.get("e") != epoch or not isinstance(rev, int) or not isinstance(sealed, str):
        return 0
    honest = seal(connection, store, user, epoch, rev)
    return rev if hmac.compare_digest(sealed.encode(), honest.encode()) else 0
