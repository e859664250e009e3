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


def bring(workspace: Workspace, id: str, remote: SyncProtocol | None = None) -> None:
    """Have the bytes of an attachment here. Raises NotFound, NotHere with when they come, SyncProblem.

    What cannot be had now is wanted from now on, and comes with a sync.
    """
    if (where := _where(workspace, id)) == "here":
        return
    with workspace.exclusive() as connection:
        blobs.open_first(connection, attachments.want(connection, id).sha256)
    until = time.monotonic() + WAIT_S
    while not _fetched_beside_no_sync(workspace, id, attachments.NotHere(where or "elsewhere"), remote):
        if (where := _where(workspace, id)) == "here":
            return
        if time.monotonic() >= until:
            raise attachments.NotHere(where or "elsewhere")


def _where(workspace: Workspace, id: str) -> Where | None:
    with workspace.read() as session:
        found = attachments.find_by_id(session, [id]).get(id)
        return found.where if found else None


def _fetched_beside_no_sync(
    workspace: Workspace, id: str, missing: attachments.NotHere, remote: SyncProtocol | None
) -> bool:
    """False, and nothing is done, while a sync is running; raises `missing` where there is no network."""
    with sync_lock.held(workspace.folder, _LOOK_S) as free:
        if not free:
            return False
        try:
            fetch(workspace, id, remote)
        except NotAllowed:
            raise missing from None
        except syncing.SyncProblem as problem:
            if problem.code in ("offline", "server_busy"):
                raise missing from problem
            raise
    return True


def fetch(workspace: Workspace, id: str, remote: SyncProtocol | None = None) -> None:
    """The bytes of one attachment from the server, now. Raises NotFound, NotHere, SyncProblem."""
    client = remote or syncing.connect(workspace)
    assert isinstance(client, BlobCarrier)
    try:
        syncing.explained(lambda: attachments.fetch(workspace, id, client))
    finally:
        if isinstance(client, HttpClient):
            client.close()
    workspace.emit(Changes(frozenset({"attachment"}), frozenset({id}), "sync"))


def save_as(workspace: Workspace, id: str, target: Path, remote: SyncProtocol | None = None) -> int:
    """Write an attachment to a file, brought here first where it is not; how many bytes."""
    bring(workspace, id, remote)
    with workspace.read() as session:
        return attachments.save_as(session, id, target)
