"""What a record's files are, whether their bytes are here, and the bytes themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Table, or_, select
from sqlalchemy.orm import Session

from app import records
from app.attachments.adding import KIND, folder_of
from app.entity import entity
from app.errors import Damaged, NotFound, UserError
from app.file_writing import whole
from app.i18n import translate as _
from sync import blobs, letters, sealed_file
from sync.blobs import Blob

Where = Literal["here", "coming", "running", "elsewhere"]
"""On this laptop; on the server, also while a sync is under way that brings it; still on its author's laptop."""


class NotHere(UserError):
    """The bytes are not on this laptop; the sentence says when they will be."""

    def __init__(self, where: Where) -> None:
        self.where = where
        super().__init__(when(where))


@dataclass(frozen=True, slots=True)
class File:
    """One file of a record, for a list or a strip of pictures."""

    id: str
    name: str
    media_type: str
    size: int
    caption: str
    where: Where
    width: int | None
    height: int | None
    added_at: datetime | None
    added_by: str | None
    record_kind: str
    record: str
    pinned: bool = False

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown as it is."""
        return self.media_type in ("image/jpeg", "image/png", "image/gif")


def when(where: Where) -> str:
    """When bytes that are not here will be."""
    if where == "coming":
        return _("It will arrive at the next sync.")
    if where == "running":
        return _("It arrives with the sync that is running, before all other files.")
    return _("It is still on the laptop of who added it, and comes once that one synchronises.")


def find(session: Session, kind: str, record: str) -> list[File]:
    """The files of a record, in the order in which they were added."""
    table = _table()
    return _files(session, [table.c.record_kind == kind, table.c.record == record])


def find_of_account(session: Session, account: str, limit: int = 60) -> list[File]:
    """The files of an account and of all that hangs under it, the newest first."""
    table = _table()
    mine = or_(table.c.account == account, table.c.record == account)
    # A letter is shown where it was written, with what became of it.
    others = table.c.record_kind.is_distinct_from(letters.KIND)
    return _files(session, [mine, others], newest_first=True)[:limit]


def find_by_id(session: Session, ids: Iterable[str]) -> dict[str, File]:
    """Files by their ids; those that are not on this laptop are missing."""
    table, wanted = _table(), list(ids)
    return {file.id: file for file in _files(session, [table.c.id.in_(wanted)])} if wanted else {}


def picture(session: Session, id: str | None) -> bytes | None:
    """The bytes of an attachment that is here, None for one that is not or for no id.

    Never raises: who draws a page with a picture draws it without. Files too large for a picture are None.
    """
    if not id:
        return None
    row = _row(session, id)
    if row is None or (row["size"] or 0) > 20_000_000:
        return None
    return _bytes(session, row["sha256"])


def thumbnail(session: Session, id: str | None) -> bytes | None:
    """The small picture of an attachment, else the picture itself where that is small; None without."""
    if not id:
        return None
    row = _row(session, id)
    if row is None:
        return None
    found = _bytes(session, row["thumbnail"]) if row["thumbnail"] else None
    if found is None and str(row["media_type"]).startswith("image/"):
        found = _bytes(session, row["sha256"])
    return found


def of_digest(session: Session, sha256: str) -> bytes | None:
    """The bytes of this SHA-256, None where they are not on this laptop."""
    return _bytes(session, sha256)


def is_here(session: Session, sha256: str) -> bool:
    """Whether the bytes of this SHA-256 are on this laptop."""
    blob = blobs.find(session.connection(), sha256)
    return blob is not None and blob.state == "here"


def thumbnails(
    session: Session, ids: Iterable[str], known: Collection[str] = ()
) -> tuple[dict[str, str], dict[str, bytes]]:
    """For a list of pictures: the digest of each attachment's small picture, and the bytes of each digest.

    Digests in `known` are not read again; what is not here has none.
    """
    table, wanted = _table(), list(ids)
    query = select(table.c.id, table.c.thumbnail, table.c.sha256).where(table.c.id.in_(wanted))
    digests = {id: str(small or whole) for id, small, whole in session.execute(query) if small or whole}
    found = {digest: _bytes(session, digest) for digest in set(digests.values()) - set(known)}
    return digests, {digest: data for digest, data in found.items() if data is not None}


def read(session: Session, id: str) -> Iterator[bytes]:
    """The bytes of an attachment, piece by piece. Raises NotFound, NotHere, Damaged."""
    row = records.get(session, KIND, id)
    connection = session.connection()
    blob = blobs.find(connection, str(row["sha256"]))
    if blob is None or blob.state != "here":
        raise NotHere(_where(row))
    folder = folder_of(connection)
    blobs.touch(blob, folder)
    return _explained(blob.read(folder))


def save_as(session: Session, id: str, target: Path) -> int:
    """Write an attachment to a file, whole or not at all; how many bytes. Raises as `read`, and OSError."""
    pieces = read(session, id)
    with whole(target) as partial, partial.open("wb") as file:
        return sum(file.write(piece) for piece in pieces)


def pin(session: Session, id: str, on: bool = True) -> None:
    """Keep an attachment on this laptop whatever the room, fetched if need be; or no longer."""
    connection = session.connection()
    blob = want(connection, id) if on else None
    digest = blob.sha256 if blob else str(records.get(session, KIND, id)["sha256"])
    connection.exec_driver_sql("UPDATE sync_blob SET pinned = ? WHERE sha256 = ?", (int(on), digest))


def want(where: Session | Connection, id: str) -> Blob:
    """Have an attachment fetched, at the latest at the next sync. Raises NotFound."""
    connection = where.connection() if isinstance(where, Session) else where
    row = connection.exec_driver_sql(
        f"SELECT sha256, size FROM {KIND} WHERE id = ? AND deleted_at IS NULL AND sha256 IS NOT NULL", (id,)
    ).first()
    if row is None:
        raise NotFound(_("There is no such file on this laptop."))
    return blobs.want(connection, row[0], row[1] or 0)


def move(session: Session, kind: str, record: str, to: str) -> None:
    """Give the files of a record to another of its kind."""
    for file in find(session, kind, record):
        records.save(session, KIND, file.id, {"record": to})


def remove(session: Session, id: str) -> None:
    """Delete an attachment; its bytes stay for a day, in which it can be undone."""
    records.delete(session, KIND, id)


def _table() -> Table:
    return entity(KIND).__table__  # type: ignore[return-value]


def _row(session: Session, id: str) -> dict[str, Any] | None:
    found = records.find_rows(session, KIND, {"id": id})
    return found[0] if found else None


def _files(session: Session, where: Sequence[Any], newest_first: bool = False) -> list[File]:
    table = _table()
    query = select(table).where(*where, table.c.deleted_at.is_(None))
    query = query.order_by(table.c.id.desc() if newest_first else table.c.id)
    rows = list(session.execute(query).mappings())
    states = {
        sha256: (state, pinned)
        for sha256, state, pinned in session.connection().exec_driver_sql(
            "SELECT sha256, state, pinned FROM sync_blob"
        )
    } if rows else {}  # fmt: skip
    return [_file(row, *states.get(row["sha256"], ("", 0))) for row in rows]


def _file(row: Any, state: str, pinned: int) -> File:
    where: Where = "here" if state == "here" else _where(row)
    return File(
        row["id"], row["name"] or "", row["media_type"] or "", row["size"] or 0, row["caption"] or "", where,
        row["width"], row["height"], row["created_at"], row["created_by"], row["record_kind"] or "",
        row["record"] or "", bool(pinned),
    )  # fmt: skip


def _where(row: Any) -> Literal["coming", "elsewhere"]:
    """Where bytes are that are not here; the server keeps those of a letter that it posted."""
    return "elsewhere" if letters.read_state(row["arrived"])[0] == "waiting" else "coming"


def _bytes(session: Session, sha256: str | None) -> bytes | None:
    connection = session.connection()
    blob = blobs.find(connection, sha256) if sha256 else None
    if blob is None or blob.state != "here":
        return None
    folder = folder_of(connection)
    try:
        data = b"".join(blob.read(folder))
    except (sealed_file.Broken, OSError):
        # `terrain doctor` names it; a picture that cannot be read is one that is not there.
        return None
    blobs.touch(blob, folder)
    return data


def _explained(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except (sealed_file.Broken, FileNotFoundError) as problem:
        raise Damaged(
            _("The file is damaged on this laptop. Run `terrain doctor`, then synchronise.")
        ) from problem
