"""One-time codes beside the password (TOTP, RFC 6238: SHA-1, six digits, thirty seconds), each good once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

from sqlalchemy import Connection, select, update

from sync.clock import parse_time
from sync.server.store import Store

DIGITS = 6
STEP_S = 30
DRIFT = 1
"""Steps that the clock of the user's telephone may be off, either way."""


def new_secret() -> str:
    """A secret of 160 bits in base 32, as authenticator programs take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address_of(secret: str, email: str, organisation: str) -> str:
    """The `otpauth:` address that a telephone reads from a square code."""
    label = quote(f"Terrain {organisation}:{email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': f'Terrain {organisation}'})}"


def code_at(secret: str, step: int) -> str:
    """The code of a step of thirty seconds."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8), hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(now: str) -> int:
    """The step that a time belongs to."""
    moment = parse_time(now)
    assert moment is not None
    return int(moment.timestamp()) // STEP_S


def set_secret(connection: Connection, store: Store, user: str, secret: str | None) -> None:
    """Ask this user for codes from now on; with None, no longer."""
    table = store.tables["user_credential"]
    connection.execute(update(table).where(table.c.user == user).values(code_secret=secret, code_step=0))


def accept(connection: Connection, store: Store, user: str, code: str, now: str) -> bool:
    """Whether the code is right, or none is asked of this user; a code that was taken is not taken again."""
    table = store.tables["user_credential"]
    row = connection.execute(
        select(table.c.code_secret, table.c.code_step).where(table.c.user == user)
    ).first()
    if row is None or not row[0]:
        return True
    typed, present = "".join(code.split()), step_of(now)
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        # Each is compared, so that the time says nothing.
        if hmac.compare_digest(code_at(row[0], step).encode(), typed.encode()) and step > (row[1] or 0):
            found = step
    if found is None:
        return False
    # Of two who bring the same code at once, one comes first.
    taken = connection.execute(
        update(table).where(table.c.user == user, table.c.code_step < found).values(code_step=found)
    )
    return taken.rowcount == 1
