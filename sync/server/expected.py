"""First loads made ahead: the whole files of those who may sign in and whose first laptop is still to come."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from sync import errors, file_lock
from sync.clock import format_time
from sync.server import scope_files, whole_files
from sync.server.scopes import GrantRule
from sync.server.store import Organisations, Store

log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
"""Whoever was named a moment ago may open his laptop soon."""
SAME_AFTER_S = 60.0
"""Between two looks at who was expected at the last one."""
QUIET_S = 3.0
"""After the last call that was work: who is here goes before who is still to come."""
LONGEST_WAIT_S = 900.0
"""For such a pause; a server that never has one makes the files all the same."""
AGAIN_AFTER_S = 3_600.0
"""Each exit ends a file: for somebody who may never come it is not made again at once."""

_EXPECTED = (
    'SELECT "user" FROM user_credential WHERE disabled_at IS NULL AND "user" NOT IN'
    " (SELECT \"user\" FROM sync_device WHERE cursor_issued <> '')"
    ' AND (SELECT sum("count") FROM scope_sum) >= {fewest}'
)

_made_at: dict[tuple[Path, frozenset[str]], float] = {}


@dataclass
class Watch:
    """Looks after all organisations of a server; what nobody writes to, or where nobody is expected, is not opened."""

    known: Organisations
    grant_rule: GrantRule
    _stamps: dict[str, object] = field(default_factory=dict)
    _seen: dict[str, tuple[set[str], float]] = field(default_factory=dict)
    _waits_since: float | None = None

    def run(self, first_s: float, stop: threading.Event) -> None:
        """Again and again, until `stop`."""
        for slug in self.known.one_by_one(first_s, LOOK_EVERY_S, stop):
            if not self.gives_way():
                self.look(slug)

    def gives_way(self) -> bool:
        """Whether laptops are being served, and it has not waited for that to end for too long."""
        now = time.monotonic()
        if now - self.known.busy_at >= QUIET_S:
            self._waits_since = None
            return False
        self._waits_since = self._waits_since or now
        return now - self._waits_since < LONGEST_WAIT_S

    def look(self, slug: str) -> None:
        """Make what lacks in one organisation; it tells the log what fails, and never raises."""
        try:
            store = self.known.find(slug) if self._is_worth_it(slug) else None
            if store is not None:
                prepare(store, self.grant_rule, format_time(datetime.now(UTC)))
        except errors.SyncError:
            self._stamps.pop(slug, None)
            log.info("the database does not answer: what is expected is looked at later")
        except Exception:
            # One organisation that cannot be read is no reason to forget the others.
            log.exception("nothing can be made ahead", extra={"facts": {"organisation": slug}})

    def _is_worth_it(self, slug: str) -> bool:
        """Whether somebody is expected whom the last look did not see, or the last one is long ago."""
        expected, looked_at = self._seen.get(slug, (set(), 0.0))
        is_long_ago = time.monotonic() - looked_at >= SAME_AFTER_S
        stamp = self.known.stamp(slug)
        if stamp is not None and stamp == self._stamps.get(slug) and not (expected and is_long_ago):
            return False
        self._stamps[slug] = stamp
        rows = self.known.ask(slug, _EXPECTED.format(fewest=whole_files.FEWEST_ROWS))
        users = {str(user) for (user,) in rows}
        if not users or (users <= expected and not is_long_ago):
            return False
        self._seen[slug] = (users, time.monotonic())
        return True


def prepare(store: Store, grant_rule: GrantRule, now: str) -> None:
    """Make the whole files, one by one, that somebody is expected to ask for and that are not there.

    Of several processes that share the folder of the files one makes them.
    """
    store.files.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file_lock.held(store.files / scope_files.LOCK) as free:
        for scopes in _wanted(store, grant_rule) if free else ():
            key = (store.files, frozenset(scope for scope, _rows in scopes))
            is_due = time.monotonic() - _made_at.get(key, -AGAIN_AFTER_S) >= AGAIN_AFTER_S
            if is_due and whole_files.prepare(store, scopes, now):
                _made_at[key] = time.monotonic()


def _wanted(store: Store, grant_rule: GrantRule) -> list[list[tuple[str, int]]]:
    """The scopes with their rows of each who is expected."""
    credentials, devices = store.tables["user_credential"], store.tables["sync_device"]
    loaded = select(devices.c.user).where(devices.c.cursor_issued != "")
    may_sign_in = credentials.c.disabled_at.is_(None)
    with store.read() as connection:
        users = connection.scalars(
            select(credentials.c.user).where(may_sign_in, credentials.c.user.not_in(loaded))
        ).all()
        return [
            scope_files.in_order(connection, store, grant_rule(connection, store.tables.synced, user))
            for user in users
        ]
