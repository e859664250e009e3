"""The bytes of an attachment wherever they are: on this laptop, else from the server, now."""

from __future__ import annotations

from pathlib import Path

from app import attachments, sync_lock, syncing
from app.errors import NotAllowed
from app.workspace import Changes, Workspace
from sync import blobs
from sync.blob_messages import BlobCarrier
from sync.client import HttpClient
from sync.protocol import SyncProtocol

WAIT_S = 3.0
"""For a sync that is running: it may be carrying the same bytes."""


def bring(workspace: Workspace, id: str, remote: SyncProtocol | None = None) -> None:
    """Have the bytes of an attachment here. Raises NotFound, NotHere with when they come, SyncProblem.

    What cannot be had now is wanted from now on, and comes with a sync.
    """
    with workspace.read() as session:
        where = attachments.find_by_id(session, [id]).get(id)
    if where is not None and where.where == "here":
        return
    with workspace.exclusive() as connection:
        blobs.open_first(connection, attachments.want(connection, id).sha256)
    missing = attachments.NotHere("elsewhere" if where is None else where.where)
    with sync_lock.held(workspace.folder, WAIT_S) as free:
        if not free:
            raise missing
        try:
            fetch(workspace, id, remote)
        except NotAllowed:
            raise missing from None
        except syncing.SyncProblem as problem:
            if problem.code in ("offline", "server_busy"):
                raise missing from problem
            raise


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
