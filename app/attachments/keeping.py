"""Bytes on this laptop over time: carried with each sync, removed when nothing needs them, checked by doctor."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.attachments.adding import KIND, folder_of
from app.attachments.reading import NotHere, want
from app.i18n import translate_plural as _n
from app.titles import title_of
from sync import blobs, outbox, sealed_file, state
from sync.blob_messages import MAX_BLOB_BYTES, BlobCarrier, BlobGiver
from sync.blob_transfer import BlobTransfer, Carried, GaveWay, Place, Progress
from sync.giving_way import GivingWay, Newest

if TYPE_CHECKING:
    from app.workspace import Workspace

SMALL_BYTES = 64_000
"""Files up to this come with every sync; larger ones when somebody opens or pins them."""
UNDO_TIME = timedelta(days=1)
"""After which the bytes of a deleted attachment go."""
_OFFERED_TO = "blobs_epoch"
STRAY_S = 3_600
"""After which a file that no row names is no work under way any more."""


def forget(where: Session | Connection, ids: Iterable[str]) -> None:
    """Take away the bytes of these attachments for good, sent or not: an erasure. Their rows are the caller's.

    Bytes that another attachment names too stay. Call it while the rows are there; the keys go in the
    caller's transaction, the files with `sweep`.
    """
    connection = where.connection() if isinstance(where, Session) else where
    blobs.forget_rows(connection, KIND, ids)


def sweep(workspace: Workspace) -> None:
    """Remove files whose keys are gone, or that were begun and never named by a row."""
    folder = workspace.folder / blobs.FOLDER
    with workspace.exclusive() as connection:
        blobs.sweep(connection, folder)
        left = blobs.strays(connection, folder)
    for path in left:
        if time.time() - path.stat().st_mtime > STRAY_S:
            path.unlink(missing_ok=True)


def carry(
    workspace: Workspace,
    remote: object,
    rows_came: bool,
    progress: Progress | None = None,
    came: Callable[[], None] = lambda: None,
) -> Carried:
    """After the rows of a sync: send and fetch bytes, let go of what is not needed. Never raises SyncError.

    With nothing to carry it costs no round trip. It ends early, with the problem `GAVE_WAY`, where a sync of
    the rows is due meanwhile; `came` is called when a file is here.
    """
    with workspace.read() as session:
        connection = session.connection()
        epoch, offered = state.get(connection, "epoch"), state.get(connection, _OFFERED_TO)
        due = rows_came or is_due(connection)
    if epoch != offered:
        _offer_again(workspace, epoch)
        due = True
    if not due:
        return Carried()
    if not isinstance(remote, BlobGiver):
        tidy(workspace)
        return Carried()
    _want_of_company(workspace)
    # What is read from a file holds nobody up, and its rows come once.
    gives_way = _giving_way(workspace) if isinstance(remote, BlobCarrier) else lambda: False
    transfer = BlobTransfer(_place(workspace), remote, progress, gives_way, came)
    carried = transfer.run(comes_unasked(workspace))
    tidy(workspace)
    return carried


def _giving_way(workspace: Workspace) -> GivingWay:
    def newest() -> Newest:
        with workspace.snapshot() as connection:
            return outbox.newest(connection), state.get(connection, blobs.OPENED)

    return GivingWay(newest)


def comes_unasked(workspace: Workspace) -> int:
    """How large a file may be to come before anybody opens it."""
    return MAX_BLOB_BYTES if workspace.settings.get("attachments") == "all" else SMALL_BYTES


def is_due(connection: Connection) -> bool:
    """Whether there are bytes to send or to fetch, whatever rows come."""
    if state.get(connection, "epoch") != state.get(connection, _OFFERED_TO):
        return True
    return bool(state.get(connection, blobs.OPEN)) or bool(blobs.unsent(connection))


def _want_of_company(workspace: Workspace) -> None:
    """Logo and terms of sale, the company's and those that a quote brought along, come however large they are.

    They stay: each quote prints them.
    """
    needed = (
        "a.deleted_at IS NULL AND a.sha256 IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM sync_blob AS b WHERE b.sha256 = a.sha256 AND b.pinned = 1)"
    )
    with workspace.exclusive() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT a.id FROM organisation AS o JOIN {KIND} AS a ON a.id IN (o.logo, o.terms_file)"
            f" WHERE o.deleted_at IS NULL AND {needed}"
            f" UNION SELECT a.id FROM {KIND} AS a JOIN quote AS q ON q.id = a.record"
            f" WHERE a.record_kind = 'quote' AND {needed} AND a.sha256 IN"
            " (json_extract(q.snapshot, '$.logo'), json_extract(q.snapshot, '$.terms_file'))"
        ).all()
        for (id,) in rows:
            blob = want(connection, id)
            connection.exec_driver_sql("UPDATE sync_blob SET pinned = 1 WHERE sha256 = ?", (blob.sha256,))


def _offer_again(workspace: Workspace, epoch: str | None) -> None:
    """A server that was restored, or another one, may lack what this laptop once sent: it is asked again."""
    with workspace.exclusive() as connection:
        for column in ("sha256", "thumbnail"):
            connection.exec_driver_sql(
                "UPDATE sync_blob SET sent = 0 WHERE state = 'here' AND sha256 IN"
                f" (SELECT {column} FROM {KIND} WHERE created_by ="
                " (SELECT value FROM sync_state WHERE name = 'user'))"
            )
        state.put(connection, _OFFERED_TO, epoch)


def tidy(workspace: Workspace) -> None:
    """Let go of deleted attachments' bytes, and of the longest unused beyond the room that is set."""
    before = (datetime.now(UTC) - UNDO_TIME).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    limit = int(workspace.settings.get("attachments_room_mb")) * 1_000_000
    with workspace.exclusive() as connection:
        blobs.forget_deleted(connection, workspace.schema, before)
        blobs.evict(connection, workspace.folder / blobs.FOLDER, limit)
    sweep(workspace)


def fetch(workspace: Workspace, id: str, remote: BlobGiver, progress: Progress | None = None) -> bool:
    """The bytes of one attachment now; False where a sync is to go first, and the next call goes on.

    Raises NotFound, SyncError, and NotHere while the server lacks them.
    """
    with workspace.exclusive() as connection:
        blob = want(connection, id)
    transfer = BlobTransfer(_place(workspace), remote, progress, _giving_way(workspace))
    try:
        if blob.state == "coming" and not transfer.fetch(blob):
            raise NotHere("elsewhere")
    except GaveWay:
        return False
    return True


def keep_all(workspace: Workspace, on: bool) -> None:
    """Whether every file comes with the next syncs, or the large ones only when somebody opens them."""
    workspace.settings.set("attachments", "all" if on else "demand")
    with workspace.exclusive() as connection:
        state.put(connection, blobs.OPEN, 1)


def fault(connection: Connection) -> str | None:
    """What is wrong with the bytes: a sentence for `terrain doctor`, None when all is well.

    Everything is opened and compared with its SHA-256. What the server has too is fetched again.
    """
    folder = folder_of(connection)
    spoilt = [blob for blob in blobs.here(connection) if not _is_whole(blob, folder)]
    coming = [blob for blob in spoilt if blob.sent]
    for blob in coming:
        blobs.fetch_again(connection, blob)
    connection.commit()
    found = []
    if coming:
        found.append(
            _n(
                "{n} attachment was damaged or missing: the next sync fetches it.",
                "{n} attachments were damaged or missing: the next sync fetches them.",
                len(coming),
            )
        )
    if lost := [blob for blob in spoilt if not blob.sent]:
        found.append(_lost(connection, [blob.sha256 for blob in lost]))
    return " ".join(found) or None


def _lost(connection: Connection, digests: list[str]) -> str:
    """What to do about bytes that lay nowhere else."""
    named = connection.exec_driver_sql(
        f"SELECT name, record_kind, record FROM {KIND} WHERE sha256 = ? OR thumbnail = ?"
        " ORDER BY deleted_at IS NOT NULL LIMIT 1",
        (digests[0], digests[0]),
    ).first()
    name, of = (named[0], title_of(connection, *named[1:])) if named else (digests[0][:8], "")
    return _n(
        "“{name}” ({of}) is damaged or missing, and no server has it yet: add it there again from its original, "
        "or restore the last copy.",
        "{n} attachments, the first “{name}” ({of}), are damaged or missing, and no server has them yet: add them "
        "again from their originals, or restore the last copy.",
        len(digests),
        name=name,
        of=of or "–",
    )


def _is_whole(blob: blobs.Blob, folder: Path) -> bool:
    try:
        return blobs.digest_of(blob.read(folder)) == blob.sha256
    except (sealed_file.Broken, OSError):
        return False


def _place(workspace: Workspace) -> Place:
    return Place(workspace.schema, workspace.exclusive, workspace.folder / blobs.FOLDER)
