"""What is done at the server itself: rows, passwords, devices, copies of the whole organisation."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update

from sync import errors
from sync.clock import format_time
from sync.protocol import Op
from sync.server import auth, direct, erasure
from sync.server.store import Organisations, Store

RESTORED_SERIES = 1_000
"""By how much a restored server's series go on, past any that it granted since the copy."""
RESTORED_REVISIONS = 1_000_000
"""The same for its revisions."""


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

    def backup(self, file: Path, source: Path) -> None:
        """A copy of the organisation's SQLite file while it is in use."""
        copy_sqlite(source, file)

    def renew(self) -> None:
        """After a restore: a new epoch, by which laptops know, and series beyond those granted since.

        Revisions go on far above any that was given out since the copy, so that none means two things.
        """
        head, commits = self.store.tables["sync_head"], self.store.tables["sync_commit"]
        with self.store.write() as connection:
            restored = connection.scalar(select(head.c.rev)) or 0
            epoch, rev = secrets.token_hex(8), restored + RESTORED_REVISIONS
            values = {"epoch": epoch, "rev": rev, "series": head.c.series + RESTORED_SERIES}
            connection.execute(update(head).values(values))
            connection.execute(
                insert(self.store.tables["sync_restore"]).values(epoch=epoch, rev=restored, at=self._now())
            )
            # A base that was lost counts as old as the copy: what a laptop sends again is not made younger.
            last = connection.scalar(select(func.max(commits.c.at)))
            if last is not None:
                connection.execute(insert(commits).values(rev=rev, at=last))

    def _now(self) -> str:
        return format_time(self.clock())


def restore_sqlite(known: Organisations, slug: str, file: Path) -> Administration:
    """Put a copy in place of the organisation; raises `errors.Refused("not_a_copy")`."""
    _check_copy(file)
    target = known.path(slug)
    target.parent.mkdir(parents=True, exist_ok=True)
    copy_sqlite(file, target)
    store = known.find(slug)
    assert store is not None
    restored = Administration(store)
    restored.renew()
    erasure.reapply(store)
    return restored


def copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: whole and consistent whatever is being written."""
    original = sqlite3.connect(source)
    copy = sqlite3.connect(target)
    try:
        original.backup(copy)
    finally:
        copy.close()
        original.close()


def _check_copy(file: Path) -> None:
    try:
        connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        try:
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise errors.Refused("not_a_copy", str(file))
            connection.execute("SELECT rev FROM sync_head").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as problem:
        raise errors.Refused("not_a_copy", str(file)) from problem
