"""Who is calling: passwords, device tokens, series of numbers, enrolment."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, func, insert, select, update

from sync import driver, errors
from sync.clock import format_time, parse_time
from sync.server.journal import note
from sync.server.store import Store
from sync.server.usage import require_few_calls

MAX_ATTEMPTS = 10
"""Failed enrolments per e-mail or address in `WINDOW`, before they are refused unseen."""
WINDOW = timedelta(minutes=15)
_LONGEST_MAIL = 320
_LETTERS = "KLMNPQRSTUVWXYZABCDEFGHJ"
_PER_LETTER = 99

hasher = PasswordHasher()
"""Argon2id at the library's recommended cost, which each hash says of itself; tests put a cheap one here."""
_hashing = threading.BoundedSemaphore(2)
"""Each try takes 64 MB on purpose; a crowd of them must not take the machine."""
_NOBODY = hasher.hash(secrets.token_hex(16))
"""Checked where the e-mail is unknown, so that the answer takes as long."""


@dataclass(frozen=True)
class Device:
    """An enrolled laptop, as its row stands."""

    id: str
    user: str
    series: str
    last_n: int
    wipe: bool
    cursor_issued: str
    scopes_issued: frozenset[str]
    scopes_entitled: frozenset[str]
    rev_presented: int
    seen_at: str
    lease: str = ""
    disabled: bool = False
    """Its user may no longer sign in."""
    restored_n: int = 0
    """Its last number in the copy from which the server came back."""


def hash_password(password: str) -> str:
    """The Argon2id hash to keep."""
    return hasher.hash(password)


def hash_token(token: str) -> str:
    """What the server keeps of a device's token, which has 256 random bits of its own."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(connection: Connection, store: Store, email: str, password: str) -> str | None:
    """The user's id, or None; takes the same time whatever is wrong."""
    table = store.tables["user_credential"]
    statement = select(table).where(table.c.email == email.strip().lower())
    found = connection.execute(statement).mappings().first()
    try:
        with _hashing:
            hasher.verify(found["password_hash"] if found else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return str(found["user"]) if found and found["disabled_at"] is None else None


def set_password(connection: Connection, store: Store, user: str, email: str, password: str) -> None:
    """Give a user a password, or a new one."""
    table = store.tables["user_credential"]
    # A new password asks for the same one-time codes as the old one.
    kept = connection.execute(
        select(table.c.code_secret, table.c.code_step).where(table.c.user == user)
    ).first()
    connection.execute(delete(table).where(table.c.user == user))
    values = {"user": user, "email": email.strip().lower(), "password_hash": hash_password(password)}
    codes = {"code_secret": kept[0] if kept else None, "code_step": (kept[1] if kept else 0) or 0}
    connection.execute(insert(table).values({**values, **codes}))


def begin_attempt(connection: Connection, store: Store, keys: list[str], now: str) -> None:
    """Note an enrolment under each key before its password is tried, so that none is tried uncounted.

    Raises `errors.TooManyRequests` after too many under one of the keys.
    """
    table = store.tables["sync_attempt"]
    moment = parse_time(now)
    assert moment is not None
    connection.execute(delete(table).where(table.c.at < format_time(moment - WINDOW)))
    for key in keys:
        statement = select(func.count(), func.min(table.c.at)).where(table.c.key == key)
        count, first = connection.execute(statement).one()
        if count >= MAX_ATTEMPTS:
            oldest = parse_time(first) or moment
            wait = (oldest + WINDOW - moment).total_seconds()
            raise errors.TooManyRequests(max(1.0, wait), "too many attempts")
    connection.execute(insert(table), [{"key": key, "at": now} for key in keys])


def forgive_attempt(connection: Connection, store: Store, keys: list[str], now: str) -> None:
    """The password was right: this attempt does not count."""
    table = store.tables["sync_attempt"]
    connection.execute(delete(table).where(table.c.key.in_(keys), table.c.at == now))


def attempt_keys(email: str, address: str) -> list[str]:
    """Under what an attempt is counted: the account that is tried, and where it is tried from."""
    mail = f"mail:{email.strip().lower()[:_LONGEST_MAIL]}"
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return [mail, f"from:{address}"]
    if found.version == 6:
        # Whoever has one address of a network has 2⁶⁴ of them.
        address = str(ip_network((int(found) >> 64 << 64, 64)).network_address)
    return [mail, f"from:{address}"]


def enrol_device(
    connection: Connection, store: Store, user: str, name: str, machine: str, version: str, now: str
) -> tuple[str, str, str]:
    """A new device of `user`: its id, its series, its token."""
    device, token = str(uuid4()), secrets.token_urlsafe(32)
    series = grant_series(connection, store, device, now)
    connection.execute(
        insert(store.tables["sync_device"]).values(
            id=device, user=user, name=name[:200], machine=machine[:200], version=version[:50],
            token_hash=hash_token(token), series=series, last_n=0, created_at=now, seen_at=now, wipe=0,
            cursor_issued="", scopes_issued="", scopes_entitled="", rev_presented=0,
        )
    )  # fmt: skip
    return device, series, token


def inherit(connection: Connection, store: Store, old: Device, new: str) -> None:
    """Have a device entitled to what another had, of whose file it has a copy."""
    table = store.tables["sync_device"]
    values = {
        "cursor_issued": old.cursor_issued,
        "scopes_issued": "\n".join(sorted(old.scopes_issued)),
        "scopes_entitled": "\n".join(sorted(old.scopes_entitled)),
        "rev_presented": old.rev_presented,
    }
    connection.execute(update(table).where(table.c.id == new).values(values))


def grant_series(connection: Connection, store: Store, device: str, now: str) -> str:
    """A code that no device of this organisation ever had, and now this one's."""
    head = store.tables["sync_head"]
    count = connection.execute(
        update(head).values(series=head.c.series + 1).returning(head.c.series)
    ).scalar_one()
    code = series_code(count)
    connection.execute(insert(store.tables["sync_series"]).values(code=code, device=device, granted_at=now))
    devices = store.tables["sync_device"]
    connection.execute(update(devices).where(devices.c.id == device).values(series=code))
    return code


def series_code(count: int) -> str:
    """The `count`th code, from 1: K1 … K99, L1 …; two letters after J99."""
    block, number = divmod(count - 1, _PER_LETTER)
    letters = ""
    while True:
        block, letter = divmod(block, len(_LETTERS))
        letters = _LETTERS[letter] + letters
        if block == 0:
            return f"{letters}{number + 1}"
        block -= 1


_DEVICE = (
    'SELECT d.id, d."user", d.series, d.last_n, d.wipe, d.revoked_at, d.cursor_issued, d.scopes_issued,'
    " d.scopes_entitled, d.rev_presented, d.seen_at, d.lease, d.counted_from, d.calls, d.restored_n, c.disabled_at"
    ' FROM sync_device d LEFT JOIN user_credential c ON c."user" = d."user" WHERE d.token_hash = ?'
)


def find_device(connection: Connection, token: str) -> Device:
    """The device of a token; raises `errors.SignInNeeded` or `errors.TooManyRequests`.

    A revoked one is known by its wipe order alone.
    """
    found = _find(connection, hash_token(token))
    if found is None:
        raise errors.SignInNeeded("unknown device")
    device, counted_from, calls = found
    note(device=device.id)
    require_few_calls(counted_from, calls)
    return device


def find_former(connection: Connection, token_hash: str, user: str) -> Device | None:
    """The device that a laptop of `user` was until now, by the SHA-256 of its token; None for one that is gone."""
    found = _find(connection, token_hash) if token_hash else None
    if found is None or found[0].user != user or found[0].wipe:
        return None
    return found[0]


def _find(connection: Connection, token_hash: str) -> tuple[Device, str, int] | None:
    """A device that is not forgotten, and its calls: since when they are counted, and how many."""
    rows = driver.read(connection, _DEVICE, (token_hash,))
    if not rows:
        return None
    (id, user, series, last_n, wipe, revoked_at, cursor_issued, scopes_issued, scopes_entitled, rev_presented,
     seen_at, lease, counted_from, calls, restored_n, disabled_at) = rows[0]  # fmt: skip
    if revoked_at is not None and not wipe:
        return None
    device = Device(
        id=id,
        user=user,
        series=series,
        last_n=last_n,
        wipe=bool(wipe),
        cursor_issued=cursor_issued,
        scopes_issued=_scopes(scopes_issued),
        scopes_entitled=_scopes(scopes_entitled),
        rev_presented=rev_presented,
        seen_at=seen_at,
        lease=lease or "",
        disabled=disabled_at is not None,
        restored_n=restored_n,
    )
    return device, counted_from, calls


def _scopes(text: str) -> frozenset[str]:
    return frozenset(text.split("\n")) - {""}
