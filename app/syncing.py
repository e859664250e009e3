"""A laptop and its server: enrol, sync now, and what stands between them."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app import (
    __version__,
    after_sync,
    attachments,
    device,
    search,
    sync_history,
    sync_lock,
    traces,
    whole_file,
)
from app.device import token_of as token_of
from app.errors import DiskFull, NotAllowed, UserError, room
from app.i18n import mark
from app.i18n import translate as _
from app.store import keys
from app.workspace import Changes, Workspace
from sync import blobs, collector, counting, errors, first_load, outbox, state
from sync.blob_transfer import GAVE_WAY, Carried
from sync.blobs import FOLDER
from sync.client import HttpClient
from sync.engine import Engine, Laptop, Progress, Report
from sync.laptop import Whole
from sync.pacing import Pacing as Pacing
from sync.pacing import Rhythm as Rhythm
from sync.patience import Patience, Telling
from sync.protocol import EnrolRequest, SyncProtocol


class SyncProblem(UserError):
    """A sync that could not go on, in words; `code` is the engine's, `retry_after` the server's wish in seconds."""

    def __init__(self, code: str, sentence: str, retry_after: float = 0.0) -> None:
        self.code, self.retry_after = code, retry_after
        super().__init__(sentence)


def enrol(
    folder: Path, server: str, email: str, password: str, ca: str | None = None, code: str = ""
) -> dict[str, Any]:
    """Make this laptop a device of the user, keeping all unsent work; a new profile where there is none.

    Returns `{"device", "series", "user", "organisation", "recovery"}`; `recovery` only for a new profile.
    """
    client = HttpClient(server, ca=ca, version=__version__)
    workspace, recovery = Workspace.open(folder) if Workspace.exists(folder) else None, None
    try:
        former = device.digest_of_token(workspace) if workspace is not None else ""
        request = EnrolRequest(
            email, password, code, socket.gethostname(), version=__version__, former=former
        )
        answer = explained(lambda: client.enrol(request))
        if workspace is None:
            workspace, recovery = Workspace.create(folder)
        device.keep_identity(workspace, server, ca, answer)
    finally:
        if workspace is not None:
            workspace.close()
        client.close()
    found = {"device": answer.device, "series": answer.series, "user": answer.user}
    return found | {"organisation": answer.organisation, "recovery": recovery}


WAIT_S = 10.0
"""How long a sync waits for another one of the same profile to end."""
_NO_ROOM = mark("The disk is full. Nothing is lost: free some space, then synchronise again.")


def sync_now(
    workspace: Workspace, progress: Progress | None = None, remote: SyncProtocol | None = None
) -> dict[str, Any]:
    """One complete sync; the report that `terrain sync --json` prints. Raises SyncProblem.

    There is one at a time per profile, in whatever program: the second waits for the first, and gives up
    after a while with the code `running`.
    """
    tell = progress or (lambda _phase, _done, _of: None)
    with sync_lock.held(workspace.folder, WAIT_S, lambda: tell("connecting", 0, 0)) as free:
        if not free:
            raise SyncProblem(
                "running",
                _("Another Terrain is synchronising this laptop. Nothing is lost: it sends for both."),
            )
        with collector.sparing_what_stays(), _full_disk_noted(workspace):
            rounds = [_sync(workspace, Telling(tell), remote)]
            while rounds[-1][1].problem == GAVE_WAY:
                rounds.append(_sync(workspace, Telling(tell), remote))
    return _added_up(rounds)


def _added_up(rounds: list[tuple[Report, Carried]]) -> dict[str, Any]:
    """What all of them did, and how the last one left it."""
    summed = ("pushed", "pulled", "conflicts", "parked", "removed", "seconds")
    found = {name: sum(getattr(report, name) for report, _carried in rounds) for name in summed}
    files = asdict(rounds[-1][1])
    for name in ("sent", "received", "bytes"):
        files[name] = sum(getattr(carried, name) for _report, carried in rounds)
    return found | {"seconds": round(found["seconds"], 3), "cursor": rounds[-1][0].cursor, "files": files}


@contextmanager
def _full_disk_noted(workspace: Workspace) -> Iterator[None]:
    """A disk that is full is one sentence and a line of the history, wherever in the run it filled up."""
    started = _now()
    try:
        with room():
            yield
    except DiskFull as problem:
        # Where there is no room for the line either, the sentence has to do.
        with suppress(DiskFull):
            _end(workspace, started, "disk_full", Report())
        # What had been sent or received by then stays so.
        raise DiskFull(_(_NO_ROOM)) from problem


def _sync(workspace: Workspace, progress: Telling, remote: SyncProtocol | None) -> tuple[Report, Carried]:
    """The rows, and then files until all are there or rows are due again."""
    started = _now()
    with workspace.snapshot() as connection:
        client = remote or _client(workspace, connection, Patience(progress.waits))
        is_copy = device.is_copy(connection)
        wrong = counting.find_wrong(connection) if (counts := counting.is_due(connection)) else []
    if counts:
        with workspace.exclusive(bulk=True) as connection:
            counting.mend(connection, wrong)
    try:
        if is_copy:
            client = _renewed(workspace, client)
        try:
            report = explained(Engine(laptop_of(workspace), client, progress).run)
        except SyncProblem as problem:
            if problem.code != "cloned":
                raise
            client = _renewed(workspace, client)
            report = explained(Engine(laptop_of(workspace), client, progress).run)
    except SyncProblem as problem:
        if problem.code == "wipe":
            wipe(workspace)
        else:
            _end(workspace, started, problem.code, Report())
            # What an earlier load left to be done needs no server.
            finish_search(workspace, progress)
        raise
    else:
        is_anything_left = _end(workspace, started, sync_history.told(report), report)
        _tell_screens(workspace, report)
        carried = Carried()
        if not _is_quiet(report) or is_anything_left:
            has_joined = after_sync.follow(workspace, report.records)
            carried = _do_the_rest(workspace, client, report, progress)
            if has_joined and not carried.problem:
                # What a laptop that worked alone brings to its company leaves at once.
                carried = replace(carried, problem=GAVE_WAY)
    finally:
        if isinstance(client, HttpClient):
            client.close()
    return report, carried


def finish_search(workspace: Workspace, progress: Progress | None = None) -> None:
    """Make the search entries and lists that a first load left for afterwards, while the program is used."""
    tell = progress or (lambda _phase, _done, _of: None)

    def say_all_changed() -> None:
        workspace.emit(Changes(frozenset(workspace.schema.tables), frozenset(), "sync"))

    search.run(
        lambda: workspace.exclusive(bulk=True),
        lambda: workspace.exclusive(bulk=True, yielding=True),
        workspace.aside,
        lambda done, of: tell("applying", done, of),
        say_all_changed,
        lambda: first_load.finish(laptop_of(workspace)),
    )


def _do_the_rest(
    workspace: Workspace, client: SyncProtocol, report: Report, progress: Progress | None
) -> Carried:
    """What belongs after the rows: search, traces of what left, the bytes of attachments."""
    finish_search(workspace, progress)
    traces.clean(workspace)
    return _carry_files(workspace, client, report, progress)


def _end(workspace: Workspace, started: str, code: str | None, report: Report) -> bool:
    """Note the run; returns whether something is to be done even if it brought nothing, seen in the same turn."""
    # The line of a run may be lost with the power: what the run did is on the disk.
    with workspace.exclusive(bulk=True) as connection:
        sync_history.keep(connection, started, code, report)
        counting.begin(connection)
        return _is_anything_left(connection)


def _is_anything_left(connection: Connection) -> bool:
    """Whether something is to be done after a sync that brought nothing."""
    return (
        after_sync.is_due(connection)
        or search.is_pending(connection)
        or first_load.is_unfinished(connection)
        or bool(state.get(connection, traces.NOTED))
        or attachments.is_due(connection)
    )


def _is_quiet(report: Report) -> bool:
    """Whether nothing was sent, and nothing came or went."""
    return not (report.pushed or report.pulled or report.removed or report.first_load or report.records)


def _tell_screens(workspace: Workspace, report: Report) -> None:
    if report.first_load or report.records:
        found = report.records
        workspace.emit(
            Changes(frozenset(k for k, _id in found), frozenset(i for _k, i in found), "sync")
            if not report.first_load
            else Changes(frozenset(workspace.schema.tables), frozenset(), "sync")
        )


def _carry_files(
    workspace: Workspace, client: SyncProtocol, report: Report, progress: Progress | None
) -> Carried:
    """The bytes of attachments, once the rows are in place and shown."""
    tell = progress or (lambda _phase, _done, _of: None)
    came = report.first_load or any(kind == "attachment" for kind, _id in report.records)

    def show() -> None:
        workspace.emit(Changes(frozenset({"attachment"}), frozenset(), "sync"))

    return attachments.carry(workspace, client, came, lambda done, of: tell("files", done, of), show)


def status(workspace: Workspace) -> dict[str, Any]:
    """Who, where, last sync, what is to send: the object of `terrain status --json`, without `rows`."""
    with workspace.read() as session:
        connection = session.connection()
        name = connection.exec_driver_sql(
            'SELECT name FROM "user" WHERE id = ?', (state.get(connection, "user"),)
        ).scalar()
        return {
            "user": name,
            "user_id": state.get(connection, "user"),
            "role": state.get(connection, "role"),
            "device": state.get(connection, "device"),
            "series": state.get(connection, "series"),
            "server": state.get(connection, "server"),
            "last_sync": state.get(connection, "last_sync"),
            "to_send": outbox.to_send(connection),
            "files_to_send": blobs.left_behind(connection, workspace.schema),
            "conflicts": connection.exec_driver_sql(
                "SELECT count(*) FROM conflict WHERE state = 'open' AND deleted_at IS NULL"
            ).scalar_one(),
            "parked": connection.exec_driver_sql(
                "SELECT count(*) FROM sync_transaction WHERE state = 'parked'"
            ).scalar_one(),
        }


def connect(workspace: Workspace) -> HttpClient:
    """A client for this laptop's server; raises NotAllowed where it has none."""
    with workspace.snapshot() as connection:
        return _client(workspace, connection)


def _client(workspace: Workspace, connection: Connection, patience: Patience | None = None) -> HttpClient:
    server, ca = state.get(connection, "server"), state.get(connection, "ca")
    if not server:
        raise NotAllowed(_("This laptop works alone. Connect it to a server with `terrain enrol`."))
    return HttpClient(server, token_of(workspace.folder, connection), ca, __version__, patience)


def laptop_of(workspace: Workspace) -> Laptop:
    """The workspace as the engine sees it."""

    def loading(connection: Connection, begins: bool) -> None:
        state.put(connection, "search_later", int(begins))
        if not begins:
            search.begin(connection)

    return Laptop(
        workspace.schema,
        workspace.exclusive,
        loading,
        search.refresh,
        __version__,
        lambda: workspace.exclusive(bulk=True, yielding=True),
        workspace.beside,
        workspace.folder,
        finishes=True,
        whole=Whole(
            whole_file.shape_of,
            lambda file, *described: whole_file.take(workspace, file, *described),
        ),
    )


def wipe(workspace: Workspace) -> None:
    """The server took this laptop's access away: its key goes, and with it all that the file says."""
    envelope = keys.read_envelope(workspace.folder)
    workspace.close()
    keys.forget_key(envelope)
    for file in workspace.folder.glob("*"):
        # The lock holds nothing, and is held while this runs.
        if file.is_file() and file.name != sync_lock.FILE:
            file.unlink()
    shutil.rmtree(workspace.folder / FOLDER, ignore_errors=True)


def explained(call: Callable[[], Any]) -> Any:
    """What `call` returns; a SyncError becomes a SyncProblem with its sentence."""
    try:
        return call()
    except errors.SyncError as problem:
        wait = problem.retry_after if isinstance(problem, errors.ServerBusy) else 0.0
        raise SyncProblem(problem.code, sentence(problem), wait) from problem


def sentence(problem: errors.SyncError) -> str:
    """What happened, what is safe and what to do, for each kind of failure."""
    match problem:
        case errors.Offline():
            return _(
                "The server cannot be reached. Nothing is lost: sending resumes when the network is back."
            )
        case errors.SignInNeeded():
            return _(
                "The server does not accept these credentials. Check e-mail and password, or enrol again."
            )
        case errors.UpdateNeeded():
            return _(
                "The server asks for a newer Terrain. Your work was sent: install the update to receive."
            )
        case errors.ServerBusy():
            return _("The server is busy. Nothing is lost: try again in a moment.")
        case errors.Protocol():
            return _("The server's answer was damaged on the way. Nothing is lost: try again.")
    if problem.code in sync_history.DONE:
        return _(sync_history.DONE[problem.code])
    sentences = {
        "removal": _(
            "The server asked to remove many records, and contradicted itself. Nothing was removed: "
            "tell your office if it goes on."
        ),
        "certificate": _(
            "The server's certificate is not trusted. Check the address, "
            "or name the company's certificate with --ca."
        ),
        "disk_full": _(_NO_ROOM),
        "wipe": _("The office took away this laptop's access. Its data were removed."),
        "cloned": _(
            "This profile is a copy of another laptop's. Enrol it again "
            "with `terrain enrol`: unsent work is kept."
        ),
        "superseded": _("Another sync of this laptop has taken over. Nothing is lost: let it end."),
        "not_allowed": _(
            "What you may see has changed at the office. Nothing is lost: synchronise again to receive it."
        ),
        "damaged": _("The server's copy of this file is damaged. Ask who added it to add it again."),
        "not_found": _("There is no such organisation at this address. Check the server's address."),
    }
    return sentences.get(
        problem.code,
        _("The server refused ({code}). Nothing is lost: tell your office this code.", code=problem.code),
    )


def _renewed(workspace: Workspace, client: SyncProtocol) -> SyncProtocol:
    found: SyncProtocol = explained(lambda: device.take_new_identity(workspace, client))
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
