"""Whether a profile is well: file, key, tables, triggers, outbox, sums, files, disk, keyring."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

from app import attachments
from app.errors import SystemProblem
from app.features import sync_schema
from app.formats import format_size
from app.i18n import mark
from app.i18n import translate as _
from app.migrations import HEAD
from app.store import keys, schema
from app.store.engine import explained, open_engine
from sync import counting
from sync.schema import SyncSchema

FILE = "terrain.db"
ROOM = 200_000_000
"""Bytes that should be free beside what a copy of the file takes."""

LABELS = {
    "profile": mark("Profile"),
    "key": mark("Key"),
    "keyring": mark("Keyring"),
    "integrity": mark("File"),
    "version": mark("Version"),
    "tables": mark("Tables and triggers"),
    "outbox": mark("Outbox"),
    "sums": mark("Comparison with the server"),
    "files": mark("Files and photos"),
    "disk": mark("Disk"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found, in one sentence."""

    name: str
    ok: bool
    detail: str

    @property
    def label(self) -> str:
        """What was looked at, in the current language."""
        return _(LABELS[self.name])


def examine(folder: Path) -> list[Check]:
    """All checks of the profile in `folder`; those that a failed one makes impossible are left out."""
    found = [_disk(folder)]
    try:
        envelope = keys.read_envelope(folder)
    except SystemProblem as problem:
        return [Check("profile", False, str(problem)), *found]
    found.insert(0, Check("profile", True, str(folder)))
    found.append(_keyring(envelope))
    try:
        key = keys.key_of(envelope)
        found.append(_integrity(folder / FILE, key))
    except SystemProblem as problem:
        return [*found, Check("key", False, str(problem))]
    if found[-1].ok:
        found += _inside(folder / FILE, key)
    return found


def _disk(folder: Path) -> Check:
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    file = folder / FILE
    needed = ROOM + (file.stat().st_size if file.is_file() else 0)
    free = shutil.disk_usage(place).free
    detail = _("{free} free, {needed} advised", free=format_size(free), needed=format_size(needed))
    return Check("disk", free >= needed, detail)


def _keyring(envelope: keys.Envelope) -> Check:
    """Without a keyring a passphrase serves: that is a way to work, and no fault."""
    if keys.is_in_keyring(envelope):
        return Check("keyring", True, _("It keeps the key."))
    return Check("keyring", True, _("It does not have the key: TERRAIN_PASSPHRASE opens the file."))


def _integrity(file: Path, key: bytes) -> Check:
    """Every page's seal (`cipher_integrity_check`), then SQLite's own look at the content."""
    if not file.is_file():
        return Check("integrity", False, _("There is no file “{file}”.", file=file))
    engine = open_engine(file, key)
    try:
        with explained(file), engine.connect() as connection:
            faults = _column(connection, "PRAGMA cipher_integrity_check")
            faults += [line for line in _column(connection, "PRAGMA quick_check") if line != "ok"]
    finally:
        engine.dispose()
    if faults:
        detail = _("{n} faults: {first}. Restore the last copy.", n=len(faults), first=faults[0])
        return Check("integrity", False, detail)
    return Check("integrity", True, _("{size}, every page is whole", size=format_size(file.stat().st_size)))


def _inside(file: Path, key: bytes) -> Iterator[Check]:
    checks: dict[str, Callable[[Connection], str | None]] = {
        "version": _version_fault,
        "tables": _table_fault,
        "outbox": _outbox_fault,
        "sums": _sum_fault,
        "files": attachments.fault,
    }
    engine = open_engine(file, key)
    try:
        with explained(file), engine.connect() as connection:
            for name, look in checks.items():
                fault = look(connection)
                yield Check(name, fault is None, fault or _("in order"))
                if name == "version" and fault:
                    return
    finally:
        engine.dispose()


def _version_fault(connection: Connection) -> str | None:
    found = schema.version(connection)
    if found == HEAD:
        return None
    if found > HEAD:
        return _("A newer Terrain wrote this file. Install the latest Terrain, then open it again.")
    return _(
        "Version {found} of {head}: it is brought up to date when Terrain opens it.", found=found, head=HEAD
    )


def _table_fault(connection: Connection) -> str | None:
    """Compared with a file that was made just now: what is missing there, or written otherwise."""
    engine = _model(sync_schema())
    try:
        with engine.connect() as fresh:
            expected, found = _objects(fresh), _objects(connection)
    finally:
        engine.dispose()
    faults = sorted(name for name, sql in expected.items() if found.get(name) != sql)
    if not faults:
        switch = connection.exec_driver_sql("SELECT value FROM sync_state WHERE name = 'capture'").scalar()
        return None if switch == 1 else _("Changes are not being noted for sync.")
    return _("{n} differ from what Terrain makes: {names}.", n=len(faults), names=", ".join(faults[:5]))


def _model(declared: SyncSchema) -> Engine:
    engine = create_engine("sqlite://", module=sqlcipher, poolclass=StaticPool)
    schema.create(engine, declared)
    return engine


def _objects(connection: Connection) -> dict[str, Any]:
    """Triggers and indexes by their text; tables by their columns, since a migrated one is written otherwise."""
    found: dict[str, Any] = {}
    for kind, name, sql in connection.exec_driver_sql(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    ).all():
        if kind == "table":
            columns = connection.exec_driver_sql(f'PRAGMA table_info("{name}")').all()
            found[name] = sorted(column[1] for column in columns)
        elif kind == "trigger":
            found[name] = sql
        else:
            found[name] = True
    return found


def _outbox_fault(connection: Connection) -> str | None:
    """Every frozen transaction still has the bytes that its hash names, and no entry lost its transaction."""
    for row in connection.exec_driver_sql(
        "SELECT uuid, hash, body FROM sync_transaction WHERE state = 'sealed'"
    ):
        if hashlib.sha256(bytes(row.body)).hexdigest() != row.hash:
            return _("The transaction {id} is not as it was sealed.", id=row.uuid)
    lost = connection.exec_driver_sql(
        "SELECT count(*) FROM sync_entry WHERE tx IS NOT NULL AND tx NOT IN (SELECT uuid FROM sync_transaction)"
    ).scalar_one()
    return _("{n} entries belong to no transaction.", n=lost) if lost else None


def _sum_fault(connection: Connection) -> str | None:
    """The counted rows against those that are there; where they differ, the next sync counts anew."""
    differing = connection.exec_driver_sql("SELECT value FROM sync_state WHERE name = 'differing'").scalar()
    if differing:
        return _("These differ from the server and are fetched again: {names}.", names=differing)
    for scope, kind in counting.find_wrong(connection):
        counting.hasten(connection)
        connection.commit()
        return _("The count of {kind} in {scope} is wrong; the next sync mends it.", kind=kind, scope=scope)
    return None


def _column(connection: Connection, statement: str) -> list[str]:
    return [str(row[0]) for row in connection.exec_driver_sql(statement).all()]
