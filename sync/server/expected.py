"""First loads made ahead: the whole files of those who may sign in and whose first laptop is still to come."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from sqlalchemy import select

from sync import errors
from sync.clock import format_time
from sync.server import scope_files, whole_files
from sync.server.scopes import GrantRule
from sync.server.store import Organisations, Store

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
"""Between naming a new colleague and handing him his laptop there is more time than that."""


def watch(known: Organisations, grant_rule: GrantRule, first_s: float, stop: threading.Event) -> None:
    """Look through all organisations, again and again, until `stop`."""
    wait = first_s
    while not stop.wait(wait):
        wait = LOOK_EVERY_S
        try:
            for slug in known.names():
                store = known.find(slug)
                if store is not None:
                    prepare(store, grant_rule, format_time(datetime.now(UTC)))
        except errors.SyncError:
            log.info("the database does not answer: what is expected is looked at later")


def prepare(store: Store, grant_rule: GrantRule, now: str) -> None:
    """Begin the whole files that somebody is expected to ask for and that are not there."""
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
        whole_files.prepare(store, scopes, now)
