"""Copies of the laptop's file: on demand, one a day in a chosen folder with seven kept, and the way back.

A backup is one zip file without compression: `manifest.json` (what it is, and the SHA-256 of the rest),
`profile.json` (the key, wrapped by the passphrases), `terrain.db`, encrypted as it is on the laptop, and in
`blobs/` the sealed bytes of attachments that no server has yet. Whoever has the recovery passphrase can open
it, nobody else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine

from app.errors import Damaged, FileTooNew, KeyMissing, NotAllowed, ReadOnly, WrongKey, room
from app.file_writing import whole
from app.i18n import translate as _
from app.migrations import HEAD
from app.store import keys
from app.store.engine import explained
from app.store.raw import connect, same_cipher
from sync import blobs
from sync.blobs import FOLDER

FILE = "terrain.db"
MANIFEST = "manifest.json"
FORMAT = 1
KEPT = 7
OVERDUE_AFTER = timedelta(days=3)
_DAILY = "Terrain {day}.terrain"
_BLOCK = 1 << 20
_SEALED_NAME = re.compile(r"[0-9a-f]{32}")
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


class Profile(Protocol):
    """What of an open workspace a copy needs."""

    folder: Path
    engine: Engine

    @property
    def settings(self) -> Any: ...

    def read(self) -> Any: ...


def copy_file(engine: Engine, target: Path) -> None:
    """A consistent encrypted copy with the same key, put in place whole or not at all."""
    with _whole(target) as partial, explained(partial), engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.rollback()
        with same_cipher(raw):
            raw.execute("VACUUM INTO ?", (str(partial),))


def write_backup(engine: Engine, folder: Path, target: Path) -> None:
    """One file with the encrypted copy and the key's envelope, in place whole or not at all.

    Raises DiskFull, ReadOnly, Locked, Damaged.
    """
    envelope = keys.read_envelope(folder)
    with _whole(target) as partial:
        copy = partial.with_name(partial.name + ".db")
        try:
            copy_file(engine, copy)
            manifest = {
                "program": "terrain",
                "format": FORMAT,
                "schema": HEAD,
                "profile": envelope.get("profile"),
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "size": copy.stat().st_size,
                "sha256": _sha256(copy),
            }
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(zipfile.ZipInfo(MANIFEST, _FIXED_TIME), json.dumps(manifest, indent=1))
                archive.writestr(zipfile.ZipInfo(keys.ENVELOPE, _FIXED_TIME), json.dumps(envelope, indent=1))
                archive.write(copy, FILE)
                for name, file in _unsent_files(engine, folder):
                    archive.write(file, f"{FOLDER}/{name}")
        finally:
            copy.unlink(missing_ok=True)


def _unsent_files(engine: Engine, folder: Path) -> list[tuple[str, Path]]:
    """The sealed bytes that no server has, as they lie; the others come again with a sync."""
    with engine.connect() as connection:
        found = [(blob.file, blob.path(folder / FOLDER)) for blob in blobs.unsent(connection)]
        connection.rollback()
    return [(name, file) for name, file in found if file.is_file()]


def read_manifest(file: Path) -> dict[str, Any]:
    """What a backup says of itself; raises Damaged, FileTooNew, ReadOnly."""
    with _opened(file) as archive:
        return _manifest(archive, file)


def restore(
    file: Path, folder: Path, *, force: bool = False, ask: Callable[[], str] | None = None
) -> Path | None:
    """Make a profile in `folder` from a backup; where one was there, the path to which it was moved.

    `ask` gives the passphrase when neither the keyring nor `TERRAIN_PASSPHRASE` opens the file. The
    restored laptop draws its numbers from a series of its own until the server grants a new one.
    Raises NotAllowed where a profile stands and `force` is off, Damaged, FileTooNew, KeyMissing,
    WrongKey, DiskFull, ReadOnly; `folder` is then as it was.
    """
    if _holds_something(folder) and not force:
        raise NotAllowed(
            _("“{folder}” holds a profile already. With --force it is moved aside first.", folder=folder)
        )
    fresh = _free_name(folder, "restoring")
    try:
        with _explained_files(folder):
            fresh.mkdir(parents=True)
            envelope = _unpack(file, fresh)
            key = _find_key(envelope, ask)
            _mark_restored(fresh / FILE, key)
            keys.write_envelope(fresh, envelope)
            moved = _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    keys.keep_key(envelope, key)
    return moved


def daily(workspace: Profile, today: date) -> Path | None:
    """The copy of the day in the chosen folder, the oldest beyond seven removed; None where there is nothing to do.

    Raises what `write_backup` raises: a stick that was pulled out, a full disk.
    """
    chosen = workspace.settings.get("backup_folder")
    if not chosen or workspace.settings.get("backup_last") == today.isoformat():
        return None
    folder = Path(chosen)
    if not folder.is_dir():
        raise ReadOnly(
            _("The folder “{folder}” is gone. Reconnect the drive, then try again.", folder=folder)
        )
    target = folder / _DAILY.format(day=today.isoformat())
    write_backup(workspace.engine, workspace.folder, target)
    for old in sorted(folder.glob(_DAILY.format(day="[0-9]*-[0-9]*-[0-9]*")))[:-KEPT]:
        old.unlink(missing_ok=True)
    workspace.settings.set("backup_last", today.isoformat())
    return target


def overdue(workspace: Profile, now: datetime) -> str | None:
    """The warning when neither a sync nor a copy has secured the work for three days; None when one has."""
    with workspace.read() as session:
        connection = session.connection()
        work = connection.exec_driver_sql(
            "SELECT min(at) FROM sync_transaction WHERE state = 'sealed'"
        ).scalar()
        synced = connection.exec_driver_sql(
            "SELECT max(started_at) FROM sync_history WHERE outcome = 'done'"
        ).scalar()
    copied = workspace.settings.get("backup_last")
    # Work that a server has is safe; on a laptop alone nothing ever leaves, and a copy secures it.
    secured = max(filter(None, (synced, copied)), default=None)
    if work is None or (secured or work) > (now - OVERDUE_AFTER).astimezone(UTC).isoformat():
        return None
    days = (now - _moment(secured or work)).days
    return _(
        "Your work has been neither sent nor copied for {days} days. Connect, or make a copy in Settings.",
        days=days,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextlib.contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes `target` on leaving and goes away on an error."""
    with _explained_files(target.parent), whole(target) as partial:
        yield partial


@contextlib.contextmanager
def _explained_files(folder: Path) -> Iterator[None]:
    """Turn the file system's refusals inside into errors with the next step."""
    try:
        with room():
            yield
    except OSError as problem:
        raise ReadOnly(
            _("“{folder}” cannot be written. Ask for write access, or choose another folder.", folder=folder)
        ) from problem


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except FileNotFoundError as problem:
        raise NotAllowed(_("There is no file “{file}”.", file=file)) from problem
    except (zipfile.BadZipFile, KeyError, EOFError) as problem:
        raise _damaged(file) from problem


def _damaged(file: Path) -> Damaged:
    return Damaged(_("“{file}” is no backup of Terrain, or it is damaged. Try an older copy.", file=file))


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    try:
        found = json.loads(archive.read(MANIFEST))
    except ValueError as problem:
        raise _damaged(file) from problem
    if not isinstance(found, dict) or found.get("program") != "terrain":
        raise _damaged(file)
    if found.get("format", 0) > FORMAT or found.get("schema", 0) > HEAD:
        raise FileTooNew(
            _("A newer Terrain wrote this file. Install the latest Terrain, then open it again.")
        )
    return found


def _unpack(file: Path, folder: Path) -> keys.Envelope:
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        try:
            envelope = json.loads(archive.read(keys.ENVELOPE))
        except ValueError as problem:
            raise _damaged(file) from problem
        with archive.open(FILE) as source, (folder / FILE).open("wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
        _unpack_files(archive, folder / FOLDER)
    if not isinstance(envelope, dict) or _sha256(folder / FILE) != manifest.get("sha256"):
        raise _damaged(file)
    return envelope


def _unpack_files(archive: zipfile.ZipFile, folder: Path) -> None:
    """Sealed bytes; each proves itself by its own seal, so the manifest need not name it."""
    for entry in archive.namelist():
        name = entry.removeprefix(f"{FOLDER}/")
        if name == entry or not _SEALED_NAME.fullmatch(name):
            continue
        target = folder / name[:2] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, _BLOCK)


def _find_key(envelope: keys.Envelope, ask: Callable[[], str] | None) -> bytes:
    try:
        return keys.key_of(envelope)
    except (KeyMissing, WrongKey) as problem:
        if ask is None:
            raise
        first = problem
    try:
        typed = ask()
    except KeyMissing as nobody:
        # Without anybody to ask, a passphrase that was given and does not fit is what to tell.
        raise (first if isinstance(first, WrongKey) else nobody) from None
    return keys.unwrap(envelope, typed)


def _mark_restored(file: Path, key: bytes) -> None:
    """This copy may be older than what was printed: its numbers must not meet those of the original."""
    with explained(file):
        connection = connect(file, key)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO sync_state (name, value) VALUES ('restored', 1)"
                " ON CONFLICT (name) DO UPDATE SET value = 1"
            )
            connection.execute("DELETE FROM sync_state WHERE name = 'number_letters'")
            _forget_missing_files(connection, file.parent / FOLDER)
            connection.execute("COMMIT")
        finally:
            connection.close()


def _forget_missing_files(connection: Any, folder: Path) -> None:
    """Bytes that the server had were not copied: they are fetched again when somebody wants them."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sync_blob'").fetchone():
        return
    for (name,) in connection.execute("SELECT file FROM sync_blob").fetchall():
        if not (folder / name[:2] / name).is_file():
            connection.execute("DELETE FROM sync_blob WHERE file = ?", (name,))
    connection.execute(
        "INSERT INTO sync_state (name, value) VALUES ('blobs_open', 1)"
        " ON CONFLICT (name) DO UPDATE SET value = 1"
    )


def _swap(fresh: Path, folder: Path) -> Path | None:
    moved = None
    if _holds_something(folder):
        moved = _free_name(folder, "before-restore")
        folder.rename(moved)
    elif folder.exists():
        folder.rmdir()
    try:
        fresh.rename(folder)
    except OSError:
        if moved is not None:
            moved.rename(folder)
        raise
    return moved


def _holds_something(folder: Path) -> bool:
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def _free_name(folder: Path, word: str) -> Path:
    """A name beside `folder` that nothing has."""
    folder = folder.absolute()
    names = (folder.with_name(f"{folder.name}-{word}-{n}") for n in range(1, 10_000))
    return next(name for name in names if not name.exists())


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


__all__ = ["copy_file", "daily", "overdue", "read_manifest", "restore", "write_backup"]
