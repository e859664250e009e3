"""Sync by a file, for a server that cannot be reached: write the request, carry it, take the answer in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from app import __version__, attachments, syncing
from app.errors import Duplicate, NotAllowed, NotFound
from app.file_writing import whole
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.syncing import SyncProblem
from app.workspace import Workspace
from sync import blobs, bundle, by_file, carried_files, errors, state
from sync.by_file import Recorded
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

    `left` actions did not fit in: they go with the next file. `files` is `{"carried", "waiting"}`: how many
    attachments' bytes it takes along, and how many are left. Raises SyncProblem.
    """
    with workspace.read() as session:
        connection = session.connection()
        server, token = state.get(connection, "server"), syncing.token_of(workspace.folder, connection)
    if not server:
        raise NotAllowed(_("This laptop works alone. Connect it to a server with `terrain enrol`."))
    small = attachments.comes_unasked(workspace)
    with _replacing(file) as target:
        with workspace.exclusive() as connection:
            begun = _explained(
                lambda: by_file.begin_request(
                    connection, workspace.schema, target, token, syncing._now(), __version__, small
                )
            )
        # The bytes take their time: others write meanwhile.
        written = begun.end(workspace.folder / blobs.FOLDER)
    going, _coming = _files_waiting(workspace)
    return {
        "file": str(file),
        "transactions": written.transactions,
        "left": written.left,
        "files": {"carried": written.files, "waiting": max(0, going - written.files)},
        "bytes": file.stat().st_size,
    }


def take_from(workspace: Workspace, file: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Take the server's answer in: the report of `syncing.sync_now`.

    Its `files` say how many attachments the server has now (`sent`), how many have yet to go (`waiting`), and
    how many to come (`coming`). Raises SyncProblem, nothing changed.
    """
    with _reading(file) as source:
        with workspace.read() as session:
            recorded = _explained(lambda: by_file.open_answer(session.connection(), source))
        try:
            report = _explained(lambda: syncing.sync_now(workspace, progress, recorded))
        except SyncProblem as problem:
            if problem.code in _TAKEN_ALL_THE_SAME:
                _settle(workspace, recorded, is_whole=problem.code == by_file.GOES_ON)
            raise
        sent = _settle(workspace, recorded)
    going, coming = _files_waiting(workspace)
    files = {**report["files"], "sent": sent, "waiting": going, "coming": coming}
    return {**report, "files": files}


_TAKEN_ALL_THE_SAME = (by_file.GOES_ON, errors.UpdateNeeded.code)
"""What ends the taking of an answer in which the server has taken all that it was brought."""


def _settle(workspace: Workspace, recorded: Recorded, is_whole: bool = True) -> int:
    """Note that an answer was taken in, and which attachments the server has by it; how many."""
    with workspace.exclusive() as connection:
        if is_whole:
            by_file.note_taken(connection, recorded.head.id)
        return carried_files.settle(connection, workspace.schema, recorded.taken)


def _files_waiting(workspace: Workspace) -> tuple[int, int]:
    """How many attachments have yet to go and to come; their small pictures go with them."""
    with workspace.read() as session:
        connection = session.connection()
        going, coming = blobs.unsent(connection), blobs.coming(connection)
    return sum(not blob.thumbnail for blob in going), sum(not blob.thumbnail for blob in coming)


def carry(source: Path, target: Path, server: str | None = None, ca: str | None = None) -> dict[str, Any]:
    """Bring a laptop's file to its server from any connected computer, and write the answer.

    Nobody on the way can read either. `server` is where the file says, unless it is given.
    """
    with _reading(source) as request:
        head = _explained(lambda: bundle.read_head(request))
        if head.kind != "request":
            raise SyncProblem("bundle_is_answer", _(_SENTENCES["bundle_is_answer"]))
        client = HttpClient(server or head.server, ca=ca, version=__version__)
        try:
            with _replacing(target) as answer:
                _explained(lambda: client.exchange(request, answer))
        finally:
            client.close()
    return {"file": str(target), "bytes": target.stat().st_size, "server": client.address}


def exchange(database: str | Path, source: Path, target: Path) -> dict[str, Any]:
    """At the server: take a laptop's file in and write the answer. Raises SyncProblem, nothing written.

    Returns `{"file", "organisation", "device", "pushed", "parked", "pages", "files", "given", "refused"}`; `files`
    and `given` count attachments' bytes that are here now, and that the answer brings, with their small pictures.
    The same file twice gives the same results.
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
    counts = {
        name: getattr(done, name) for name in ("pushed", "parked", "pages", "files", "given", "refused")
    }
    return found | counts


def what_travels(found: dict[str, Any]) -> list[str]:
    """The sentence on attachments that travelled, from what `write_to` or `take_from` says of them."""
    files, said = found["files"], []
    if files.get("carried"):
        said.append(
            _n("{n} attachment travels along.", "{n} attachments travel along.", files["carried"]),
        )
    if files.get("sent"):
        said.append(
            _n("{n} attachment reached the server.", "{n} attachments reached the server.", files["sent"])
        )
    if files.get("received"):
        said.append(
            _n(
                "{n} file or small picture came along.",
                "{n} files and small pictures came along.",
                files["received"],
            )
        )
    return said


def what_stays(found: dict[str, Any]) -> list[str]:
    """The sentences on what did not travel, from what `write_to` or `take_from` says of it."""
    files, said = found["files"], []
    if files["waiting"]:
        said.append(
            _n(
                "{n} attachment has yet to go: its content travels with the next file, or over the network.",
                "{n} attachments have yet to go: their content travels with the next files, or over the network.",
                files["waiting"],
            )
        )
    if files.get("coming"):
        said.append(
            _n(
                "{n} attachment has yet to come: the next file asks for it.",
                "{n} attachments have yet to come: the next file asks for them.",
                files["coming"],
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
