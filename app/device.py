"""Which device this laptop is to its server: its token, its address, and a new identity for a copy."""

from __future__ import annotations

import hashlib
import socket
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from app import __version__, alone
from app.store import keys
from app.workspace import Workspace
from sync import identity, outbox, state
from sync.client import HttpClient
from sync.clock import format_time
from sync.protocol import EnrolAnswer, EnrolRequest, SyncProtocol


def keep_identity(workspace: Workspace, server: str, ca: str | None, answer: EnrolAnswer) -> None:
    """Be the device that the server has enrolled, with all unsent work."""
    kept = _keep_token(workspace, answer)
    with workspace.exclusive() as connection:
        alone.note_work(connection)
        identity.adopt(connection, workspace.schema, answer)
        alone.forget_company(connection)
        _keep_address(connection, server, ca, None if kept else answer.token)


def take_new_identity(workspace: Workspace, client: SyncProtocol) -> SyncProtocol:
    """This file is a copy of another laptop's: become a device of its own, with the work that only it has.

    Returns the client that speaks as the new device; raises `sync.errors.SyncError`.
    """
    with workspace.exclusive() as connection:
        outbox.seal_entries(connection, workspace.schema, {})
        waiting = [one.uuid for one in outbox.waiting(connection)]
        server, ca = state.get(connection, "server"), state.get(connection, "ca")
    request = EnrolRequest(name=socket.gethostname(), version=__version__)
    now = format_time(datetime.now(UTC))
    answer, known = identity.ask_for_another(client, waiting, now, request)
    kept = _keep_token(workspace, answer)
    with workspace.exclusive() as connection:
        identity.part_from(connection, workspace.schema, answer, known)
        _keep_address(connection, server, ca, None if kept else answer.token)
    if isinstance(client, HttpClient):
        client.token = answer.token
        return client
    return client.renewed(answer.token)  # type: ignore[attr-defined, no-any-return]


def is_copy(connection: Connection) -> bool:
    """Whether the file was copied, moved or put back since the server last gave it an identity."""
    return bool(state.get(connection, "restored") and state.get(connection, "device"))


def _keep_token(workspace: Workspace, answer: EnrolAnswer) -> bool:
    """In the keyring under the device's own name: a copy of this profile has another."""
    return keys.keep_secret(workspace.folder, _secret_of(answer.device), answer.token)


def _keep_address(connection: Connection, server: str, ca: str | None, token: str | None) -> None:
    # Without a keyring the token lies in the encrypted file alone.
    for name, value in (("server", server.rstrip("/")), ("ca", ca), ("token", token)):
        state.put(connection, name, value)


def token_of(folder: Path, connection: Connection) -> str:
    """What proves to the server that this laptop is its device; empty where it is not here."""
    device = state.get(connection, "device") or ""
    return keys.load_secret(folder, _secret_of(device)) or state.get(connection, "token") or ""


def digest_of_token(workspace: Workspace) -> str:
    """What tells a server which of its devices this laptop was, and no other server anything; empty for none."""
    with workspace.snapshot() as connection:
        token = token_of(workspace.folder, connection)
    return hashlib.sha256(token.encode()).hexdigest() if token else ""


def _secret_of(device: str) -> str:
    return f"device:{device}"
