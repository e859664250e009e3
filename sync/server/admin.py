"""What is done at the server itself: rows, passwords, devices, copies of the whole organisation."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update

from sync.clock import format_time
from sync.protocol import Op
from sync.server import auth, codes, copies, direct, erasure
from sync.server.recount import Recount, recount
from sync.server.store import Organisations, Store

RESTORED_SERIES = 1_000
"""By how much a restored server's series go on, past any that it granted since the copy."""
RESTORED_REVISIONS = 1_000_000
"""By how much at least its revisions go on."""


@dataclass(frozen=True)
class Administration:
    """The administrator's hands on one organisation."""

    store: Store
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def write(self, ops: Iterable[Op]) -> None:
        """Apply operations as one transaction of the server; raises `errors.Refused`."""
        listed = list(ops)
        self.store.run(lambda connection: direct.write(connection, self.store, listed, self._now()))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The live rows of a table, by id."""
        synced = self.store.tables.synced[table]
        statement = select(synced).where(synced.c.deleted_at.is_(None)).order_by(synced.c.id)
        with self.store.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def set_password(self, user: str, email: str, password: str) -> None:
        """Give a user a password; one who was disabled may sign in again."""
        with self.store.write() as connection:
            auth.set_password(connection, self.store, user, email, password)

    def ask_codes(self, user: str, email: str, on: bool, organisation: str) -> str:
        """Ask a user for one-time codes, with a new secret; the address that his telephone reads, else empty."""
        secret = codes.new_secret() if on else None
        with self.store.write() as connection:
            codes.set_secret(connection, self.store, user, secret)
        return codes.address_of(secret, email, organisation) if secret else ""

    def disable(self, user: str) -> None:
        """Take away a user's access on all his devices."""
        table = self.store.tables["user_credential"]
        with self.store.write() as connection:
            connection.execute(update(table).where(table.c.user == user).values(disabled_at=self._now()))

    def disabled(self) -> set[str]:
        """The users without access."""
        table = self.store.tables["user_credential"]
        with self.store.read() as connection:
            return set(connection.scalars(select(table.c.user).where(table.c.disabled_at.is_not(None))))

    def devices(self) -> list[dict[str, Any]]:
        """All enrolled devices, the oldest first, without their secrets."""
        table = self.store.tables["sync_device"]
        shown = ("id", "user", "name", "series", "version", "last_n", "created_at", "seen_at", "revoked_at")
        statement = select(*(table.c[name] for name in shown)).order_by(table.c.created_at, table.c.id)
        with self.store.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def revoke(self, device: str) -> bool:
        """Order a device to wipe itself at its next contact; whether there is such a device."""
        table = self.store.tables["sync_device"]
        statement = update(table).where(table.c.id == device).values(revoked_at=self._now(), wipe=1)
        with self.store.write() as connection:
            return connection.execute(statement).rowcount == 1

    def erase(self, table: str, id: str) -> erasure.Erased:
        """Erase a record for ever, everywhere; raises `errors.Refused`."""
        return erasure.erase(self.store, table, id, self._now())

    def row(self, table: str, id: str) -> dict[str, Any] | None:
        """One row, a tombstone too."""
        synced = self.store.tables.synced[table]
        with self.store.read() as connection:
            found = connection.execute(select(synced).where(synced.c.id == id)).mappings().first()
        return dict(found) if found is not None else None

    def backup(self, file: Path) -> None:
        """A copy of the organisation in one file while it is in use."""
        copies.backup(self.store, file)

    def recount(self) -> Recount:
        """Whether the rows are those that were counted when they were written."""
        return recount(self.store)

    def renew(self) -> None:
        """After a restore: a new epoch, by which laptops know, and series beyond those granted since.

        Revisions go on far above any that was given out since the copy, so that none means two things: above
        those of the copy, and above the clock's milliseconds, which no organisation outruns. So they do where
        one copy comes back twice.
        """
        head, commits = self.store.tables["sync_head"], self.store.tables["sync_commit"]
        with self.store.write() as connection:
            restored = connection.scalar(select(head.c.rev)) or 0
            before = connection.scalar(select(head.c.epoch))
            epoch, clock = secrets.token_hex(8), int(self.clock().timestamp() * 1_000)
            rev = max(restored + RESTORED_REVISIONS, clock)
            values = {"epoch": epoch, "rev": rev, "series": head.c.series + RESTORED_SERIES}
            connection.execute(update(head).values(values))
            devices = self.store.tables["sync_device"]
            connection.execute(update(devices).values(restored_n=devices.c.last_n))
            said = {"epoch": epoch, "rev": restored, "at": self._now(), "before": before}
            connection.execute(insert(self.store.tables["sync_restore"]).values(**said))
            # A base that was lost counts as old as the copy: what a laptop sends again is not made younger.
            last = connection.scalar(select(func.max(commits.c.at)))
            if last is not None:
                connection.execute(insert(commits).values(rev=rev, at=last))

    def _now(self) -> str:
        return format_time(self.clock())


def restore(known: Organisations, slug: str, file: Path) -> Administration:
    """Put a copy in place of the organisation; raises `errors.Refused("not_a_copy")`."""

    def renew(copy: Store, series: int) -> None:
        Administration(copy).renew()
        copies.keep_series(copy, series)

    return Administration(copies.restore(known, slug, file, renew))
