"""The bytes of an attachment wherever they are: on this laptop, else from the server, now."""

from __future__ import annotations

import time
from pathlib import Path

from app import attachments, sync_lock, syncing
from app.attachments.reading import Where
from app.errors import NotAllowed
from app.workspace import Changes, Workspace
from sync import blobs
from sync.blob_messages import BlobCarrier
from sync.client import HttpClient
from sync.protocol import SyncProtocol

WAIT_S = 10.0
"""For a sync that is running: it gives way to the file that is asked for, and brings it."""
_LOOK_S = 0.25
_ROOM_S = 0.5
"""In which a sync that waits for its turn takes it."""


def bring(workspace: Workspace, id: str, remote: SyncProtocol | None = None) -> None:
    """Have the bytes of an attachment here. Raises NotFound, NotHere with when they come, SyncProblem.

    What cannot be had now is wanted from now on, and comes with a sync.
    """
    if (where := _where(workspace, id)) == "here":
        return
    with workspace.exclusive() as connection:
        blobs.open_first(connection, attachments.want(connection, id).sha256)
    until, missing = time.monotonic() + WAIT_S, attachments.NotHere(where or "elsewhere")
    while not (fetched := _fetched(workspace, id, missing, remote)):
        if _where(workspace, id) == "here":
            return
        if fetched is False:
            time.sleep(_ROOM_S)
            until = time.monotonic() + WAIT_S
        elif time.monotonic() >= until:
            # Rows come first, and then this.
            raise attachments.NotHere("running") if where == "coming" else missing


def _where(workspace: Workspace, id: str) -> Where | None:
    with workspace.read() as session:
        found = attachments.find_by_id(session, [id]).get(id)
        return found.where if found else None


def _fetched(
    workspace: Workspace, id: str, missing: attachments.NotHere, remote: SyncProtocol | None
) -> bool | None:
    """False where it gave way to a sync, None while one is running; raises `missing` where there is no network."""
    with sync_lock.held(workspace.folder, _LOOK_S) as free:
        if not free:
            return None
        try:
            return fetch(workspace, id, remote)
        except NotAllowed:
            raise missing from None
        except syncing.SyncProblem as problem:
            if problem.code in ("offline", "server_busy"):
                raise missing from problem
            raise


def fetch(workspace: Workspace, id: str, remote: SyncProtocol | None = None) -> bool:
    """The bytes of one attachment from the server, now; False where rows are to go first.

    What came stays. Raises NotFound, NotHere, SyncProblem.
    """
    client = remote or syncing.connect(workspace)
    assert isinstance(client, BlobCarrier)
    try:
        is_whole: bool = syncing.explained(lambda: attachments.fetch(workspace, id, client))
    finally:
        if isinstance(client, HttpClient):
            client.close()
    if is_whole:
        workspace.emit(Changes(frozenset({"attachment"}), frozenset({id}), "sync"))
    return is_whole


def save_as(workspace: Workspace, id: str, target: Path, remote: SyncProtocol | None = None) -> int:
    """Write an attachment to a file, brought here first where it is not; how many bytes."""
    bring(workspace, id, remote)
    with workspace.read() as session:
        return attachments.save_as(session, id, target)
