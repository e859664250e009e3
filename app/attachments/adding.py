"""Adding a file or a photo to a record: its bytes sealed on disk first, then its row, in one transaction.

The bytes lie in files of their own beside the laptop's file, and not in it nor in a second database: they
are written once and never changed, so a database would write them twice (its journal), copy them with each
backup, and give back no room when one goes. Each file has a random name and a random key of its own, which
stand in the encrypted file: what takes away the row there (an exit, an erasure) makes the bytes unreadable
in the same transaction, and no key is ever derived outside that file.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app import records
from app.attachments import photos
from app.entity import fields
from app.errors import DiskFull, NotAllowed, room
from app.formats import format_size
from app.i18n import translate as _
from sync import blobs, sealed_file
from sync.blob_messages import MAX_BLOB_BYTES
from sync.blobs import Blob

if TYPE_CHECKING:
    from app.workspace import Workspace

KIND = "attachment"
FOLDER = blobs.FOLDER
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Prepared:
    """Bytes that lie sealed on disk and wait for their row; without one they are removed after a while."""

    name: str
    media_type: str
    blob: Blob
    small: Blob | None = None
    width: int | None = None
    height: int | None = None


def folder_of(connection: Connection) -> Path:
    """Where the bytes of this laptop lie: beside its file."""
    return Path(str(connection.engine.url.database)).parent / blobs.FOLDER


def attach(workspace: Workspace, kind: str, record: str, file: Path, caption: str | None = None) -> str:
    """Add a file to a record; the id of the attachment. Raises NotFound, NotAllowed, DiskFull."""
    with workspace.read() as session:
        records.get(session, kind, record)
    prepared = prepare(workspace.folder / blobs.FOLDER, file)
    try:
        with workspace.transaction(_("File {name}", name=prepared.name)) as session:
            return add(session, prepared, kind, record, caption=caption)
    except DiskFull:
        _discard(workspace, prepared)
        raise


def _discard(workspace: Workspace, prepared: Prepared) -> None:
    """Give the disk back the room of bytes that got no row."""
    with workspace.snapshot() as connection:
        for blob in filter(None, (prepared.blob, prepared.small)):
            kept = blobs.find(connection, blob.sha256)
            if kept is None or kept.file != blob.file:
                blob.path(workspace.folder / blobs.FOLDER).unlink(missing_ok=True)


def prepare(folder: Path, source: Path | bytes, name: str = "") -> Prepared:
    """Seal a file, or bytes from the clipboard, in `folder`; a picture is made fit to keep before.

    Takes as long as the file is large: not inside a transaction. Raises NotAllowed with the limit,
    DiskFull, and OSError where the file cannot be read.
    """
    name = name or (source.name if isinstance(source, Path) else "image.png")
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    _require_size(name, size)
    photo = photos.make(source, name)
    with room():
        if photo is not None:
            small = None if photo.small is None else _seal_bytes(folder, photo.small, thumbnail=True)
            with _or_removed(small.path(folder) if small else None):
                blob = _seal_bytes(folder, photo.data)
            name = str(Path(name).with_suffix(photo.suffix)) if Path(name).suffix else name + photo.suffix
            return Prepared(name, photo.media_type, blob, small, photo.width, photo.height)
        guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if isinstance(source, bytes):
            return Prepared(name, guessed, _seal_bytes(folder, source))
        with source.open("rb") as file:
            return Prepared(name, guessed, _seal(folder, file, size))


def add(
    session: Session,
    prepared: Prepared,
    kind: str,
    record: str,
    *,
    account: str | None = None,
    caption: str | None = None,
) -> str:
    """The row of prepared bytes; its id. `account` where the record itself is not saved yet."""
    connection = session.connection()
    kept = blobs.keep(connection, prepared.blob)
    small = None if prepared.small is None else blobs.keep(connection, prepared.small)
    values = {
        "account": account or _account_of(session, kind, record),
        "record_kind": kind,
        "record": record,
        "name": prepared.name,
        "media_type": prepared.media_type,
        "size": kept.size,
        "sha256": kept.sha256,
        "thumbnail": None if small is None else small.sha256,
        "width": prepared.width,
        "height": prepared.height,
        "caption": caption,
    }
    return records.add(session, KIND, values)


def add_again(
    session: Session,
    row: Mapping[str, Any],
    kind: str,
    record: str,
    account: str | None = None,
    caption: str | None = None,
) -> str:
    """Another row, of another record, for the bytes of one that is here; its id."""
    connection = session.connection()
    blobs.send_again(connection, [digest for digest in (row["sha256"], row["thumbnail"]) if digest])
    same = ("name", "media_type", "size", "sha256", "thumbnail", "width", "height")
    values = {name: row[name] for name in same} | {"record_kind": kind, "record": record}
    return records.add(session, KIND, {**values, "account": account, "caption": caption})


def keep_bytes(connection: Connection, data: bytes) -> None:
    """Seal bytes whose rows are written otherwise: many at once."""
    with room():
        blobs.keep(connection, _seal_bytes(folder_of(connection), data))


def _account_of(session: Session, kind: str, record: str) -> str | None:
    if kind == "account":
        return record
    if "account" not in fields(kind):
        return None
    found: Any = records.get(session, kind, record)["account"]
    return None if found is None else str(found)


def _require_size(name: str, size: int) -> None:
    if size == 0:
        raise NotAllowed(_("“{name}” is empty: there is nothing to add.", name=name))
    if size > MAX_BLOB_BYTES:
        raise NotAllowed(
            _(
                "“{name}” has {size}; a file may have {most} at most. Make it smaller, or split it.",
                name=name,
                size=format_size(size),
                most=format_size(MAX_BLOB_BYTES),
            )
        )


def _seal_bytes(folder: Path, data: bytes, thumbnail: bool = False) -> Blob:
    blob = blobs.fresh(hashlib.sha256(data).hexdigest(), len(data), thumbnail)
    path = blob.path(folder)
    with _or_removed(path), sealed_file.Writer(path, blob.key, blob.size) as writer:
        writer.write(data)
    return blob


@contextmanager
def _or_removed(path: Path | None) -> Iterator[None]:
    """What fails inside leaves no file at `path`: on a full disk half a film would take the last room."""
    try:
        yield
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise


def _seal(folder: Path, file: BinaryIO, size: int) -> Blob:
    """A file of any length, a block at a time."""
    blob, found = blobs.fresh("", size), hashlib.sha256()
    path = blob.path(folder)
    with _or_removed(path):
        try:
            with sealed_file.Writer(path, blob.key, size) as writer:
                while block := file.read(_BLOCK):
                    found.update(block)
                    writer.write(block)
                complete = writer.complete
        except ValueError:
            complete = False
        if not complete:
            raise NotAllowed(
                _("The file is being written by another program. Close it there, then try again.")
            )
    return replace(blob, sha256=found.hexdigest())
