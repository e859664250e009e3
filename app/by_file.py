"""Sync by a file, for a server that cannot be reached: write the request, carry it, take the answer in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from app import __version__, syncing
from app.errors import Duplicate, NotAllowed, NotFound
from app.file_writing import whole
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.syncing import SyncProblem
from app.workspace import Workspace
from sync import blobs, bundle, by_file, errors, state
from sync.client import HttpClient
from sync.engine import Progress

_SENTENCES = {
    "no_bundle": m_("This is no file of a Terrain sync. Nothing was changed."),
    "bundle_is_request": m_(
        "This file is what a laptop sends, not the server's answer. Nothing was changed: have the server take"
        " it first, with `terrain admin exchange`."
    ),
    "bundle_is_answer": m_(
        "This file is a server's answer: it belongs on the laptop, with `terrain sync --from`. Nothing was"
        " changed."
    ),
    "bundle_of_another": m_("This answer is for another laptop. Nothing was changed."),
    "bundle_taken": m_("This answer was taken in already. Nothing was changed."),
    "bundle_too_old": m_(
        "This laptop has synchronised since that file was written, so it is out of date. Nothing was changed:"
        " write a new one."
    ),
    "bundle_damaged": m_(
        "The file was damaged on the way, or is not all there. Nothing was changed: copy it again."
    ),
    "bundle_unreadable": m_(
        "The file was not written for this organisation, or was damaged on the way. Nothing was changed."
    ),
    "no_exchange_key": m_(
        "This laptop has to synchronise once over a network before it can by file. Nothing was written."
    ),
    by_file.GOES_ON: m_(
        "All of this file is here, and the server has more than fits into one. Nothing is lost: write the next"
        " file with `terrain sync --to`, and it goes on from here."
    ),
    "needs_network": m_(
        "The file was taken in, but something is left that only a network can settle. Nothing is lost: connect"
        " when you can."
    ),
}

_UNKNOWN = m_(
    "The laptop that wrote this file is not known here, or no longer has access. Nothing was changed."
)


def write_to(workspace: Workspace, file: Path) -> dict[str, Any]:
    """Write what is to send, sealed for the server: `{"file", "transactions", "left", "files", "bytes"}`.

    `left` actions did not fit in: they go with the next file. So many `files` wait for a network: rows alone
    travel in such a file. Raises SyncProblem.
    """
    with workspace.read() as session:
        connection = session.connection()
        server, token = state.get(connection, "server"), syncing.token_of(workspace.folder, connection)
    if not server:
        raise NotAllowed(_("This laptop works alone. Connect it to a server with `terrain enrol`."))
    with _replacing(file) as target, workspace.exclusive() as connection:
        written = _explained(
            lambda: by_file.write_request(
                connection, workspace.schema, target, token, syncing._now(), __version__
            )
        )
    return {
        "file": str(file),
        "transactions": written.transactions,
        "left": written.left,
        "files": _files_waiting(workspace),
        "bytes": file.stat().st_size,
    }


def take_from(workspace: Workspace, file: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Take the server's answer in: the report of `syncing.sync_now`, whose `files` say how many wait for a network.

    Raises SyncProblem, nothing changed.
    """
    with _reading(file) as source:
        with workspace.read() as session:
            recorded = _explained(lambda: by_file.open_answer(session.connection(), source))
        try:
            report = _explained(lambda: syncing.sync_now(workspace, progress, recorded))
        except SyncProblem as problem:
            if problem.code == by_file.GOES_ON:
                _note_taken(workspace, recorded.head.id)
            raise
        _note_taken(workspace, recorded.head.id)
    return {**report, "files": {**report["files"], "waiting": _files_waiting(workspace)}}


def _files_waiting(workspace: Workspace) -> int:
    """How many attachments the server has no bytes of; their small pictures go with them."""
    with workspace.read() as session:
        return sum(not blob.thumbnail for blob in blobs.unsent(session.connection()))


def _note_taken(workspace: Workspace, id: str) -> None:
    with workspace.exclusive() as connection:
        by_file.note_taken(connection, id)


def carry(source: Path, target: Path, server: str | None = None, ca: str | None = None) -> dict[str, Any]:
    """Bring a laptop's file to its server from any connected computer, and write the answer.

    Nobody on the way can read either. `server` is where the file says, unless it is given.
    """
    with _reading(source) as request:
        head = _explained(lambda: bundle.read_head(request))
        if head.kind != "request":
            raise SyncProblem("bundle_is_answer", _(_SENTENCES["bundle_is_answer"]))
        request.seek(0)
        client = HttpClient(server or head.server, ca=ca, version=__version__)
        try:
            with _replacing(target) as answer:
                answer.write(_explained(lambda: client.exchange(request.read())))
        finally:
            client.close()
    return {"file": str(target), "bytes": target.stat().st_size, "server": client.address}


def exchange(database: str | Path, source: Path, target: Path) -> dict[str, Any]:
    """At the server: take a laptop's file in and write the answer. Raises SyncProblem, nothing written.

    Returns `{"file", "organisation", "device", "pushed", "parked", "pages", "refused"}`. The same file
    twice gives the same results.
    """
    from app import serve

    known = serve.organisations(database)
    try:
        with _reading(source) as request:
            head = _explained(lambda: bundle.read_head(request))
            with _replacing(target) as answer:
                done = _explained(lambda: serve.exchange_file(known, head.organisation, request, answer))
    finally:
        known.close()
    found = {"file": str(target), "organisation": head.organisation, "device": done.device}
    counts = {"pushed": done.pushed, "parked": done.parked, "pages": done.pages, "refused": done.refused}
    return found | counts


def what_stays(found: dict[str, Any]) -> list[str]:
    """The sentences on what did not travel, from what `write_to` or `take_from` says of it."""
    waiting = found["files"] if isinstance(found["files"], int) else found["files"]["waiting"]
    said = []
    if waiting:
        said.append(
            _n(
                "{n} attachment waits for the network: its record travels by file, its content does not.",
                "{n} attachments wait for the network: their records travel by file, their content does not.",
                waiting,
            )
        )
    if found.get("left"):
        said.append(
            _n(
                "{n} action did not fit in: it goes with the next file, once the answer to this one is read.",
                "{n} actions did not fit in: they go with the next file, once the answer to this one is read.",
                found["left"],
            )
        )
    return said


def sentence_of(code: str) -> str:
    """What to tell for a code of this way of syncing; empty for any other."""
    return _(_SENTENCES[code]) if code in _SENTENCES else ""


def _explained(call: Callable[[], Any]) -> Any:
    try:
        return syncing.explained(call)
    except SyncProblem as problem:
        if problem.code == "sign_in_needed":
            raise SyncProblem(problem.code, _(_UNKNOWN)) from problem
        if problem.code in _SENTENCES:
            raise SyncProblem(problem.code, sentence_of(problem.code)) from problem
        raise


@contextmanager
def _reading(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as source:
            yield source
    except FileNotFoundError as problem:
        raise NotFound(_("There is no file {file}.", file=file)) from problem


@contextmanager
def _replacing(file: Path) -> Iterator[BinaryIO]:
    """Write `file` whole or not at all; an older file of a sync may be overwritten, any other never."""
    if file.exists() and not _is_ours(file):
        raise Duplicate(_("{file} exists already; nothing was overwritten.", file=file))
    with whole(file) as partial, partial.open("wb") as target:
        yield target
        target.flush()
        # It may be pulled out with its stick the moment that we say it is written.
        os.fsync(target.fileno())


def _is_ours(file: Path) -> bool:
    with file.open("rb") as source:
        try:
            bundle.read_head(source)
        except errors.Refused:
            return False
    return True
