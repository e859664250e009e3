"""First loads made ahead: the whole files of those who may sign in and whose first laptop is still to come."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from sync import errors
from sync.clock import format_time
from sync.server import scope_files, whole_files
from sync.server.scopes import GrantRule
from sync.server.store import Organisations, Store

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
"""Between naming a new colleague and handing him his laptop there is more time than that."""
AGAIN_AFTER_S = 3_600.0
"""Each exit ends a file: for somebody who may never come it is not made again at once."""

_made_at: dict[tuple[Path, frozenset[str]], float] = {}


def watch(known: Organisations, grant_rule: GrantRule, first_s: float, stop: threading.Event) -> None:
    """Look through all organisations, again and again, until `stop`."""
    wait = first_s
    while not stop.wait(wait):
        wait = LOOK_EVERY_S
        for slug in _names(known):
            try:
                store = known.find(slug)
                if store is not None and not stop.is_set():
                    prepare(store, grant_rule, format_time(datetime.now(UTC)))
            except errors.SyncError:
                log.info("the database does not answer: what is expected is looked at later")
            except Exception:
                # One organisation that cannot be read is no reason to forget the others.
                log.exception("nothing can be made ahead", extra={"facts": {"organisation": slug}})


def _names(known: Organisations) -> list[str]:
    try:
        return known.names()
    except errors.SyncError:
        return []


def prepare(store: Store, grant_rule: GrantRule, now: str) -> None:
    """Make the whole files, one by one, that somebody is expected to ask for and that are not there."""
    credentials, devices = store.tables["user_credential"], store.tables["sync_device"]
    loaded = select(devices.c.user).where(devices.c.cursor_issued != "")
    may_sign_in = credentials.c.disabled_at.is_(None)
    with store.read() as connection:
        users = connection.scalars(
            select(credentials.c.user).where(may_sign_in, credentials.c.user.not_in(loaded))
        ).all()
        wanted = [
            scope_files.in_order(connection, store, grant_rule(connection, store.tables.synced, user))
            for user in users
        ]
    for scopes in wanted:
        key = (store.files, frozenset(scope for scope, _rows in scopes))
        is_due = time.monotonic() - _made_at.get(key, -AGAIN_AFTER_S) >= AGAIN_AFTER_S
        if is_due and whole_files.prepare(store, scopes, now):
            _made_at[key] = time.monotonic()
