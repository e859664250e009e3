"""A laptop's two halves of a sync by file: what it would send, written; what came back, taken in."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import msgspec
from sqlalchemy import Connection

from sync import bundle, carried_files, errors, lost, outbox, protocol, staging, state
from sync.blob_messages import BlobContent, BlobGet, BlobsTaken, BlobsWanted, BlobTaken
from sync.bundle import Head, Reader, Writer
from sync.carried_files import Given, Going
from sync.engine import split_off
from sync.first_load import FIRST_LOAD_BYTES
from sync.protocol import (
    EnrolAnswer,
    EnrolRequest,
    ErrorAnswer,
    Hello,
    HelloRequest,
    PullPage,
    PullRequest,
    PushAnswer,
    PushRequest,
    Result,
    VerifyAnswer,
    VerifyRequest,
)
from sync.schema import SyncSchema

_KEPT = 20
"""How many requests a laptop remembers, to open their answers and to say of an old one that it is old."""
_STATE = "exchanges"
GOES_ON = "bundle_goes_on"
"""All of the file is here, and the server has more than fitted into it."""


class Pending(msgspec.Struct, omit_defaults=True):
    """A request that was written: its secret opens the answer, which fits while `cursor` is still ours."""

    id: str
    secret: str
    cursor: str
    at: str
    taken: bool = False


@dataclass(frozen=True)
class Written:
    """What a request holds."""

    id: str
    transactions: int
    left: int = 0
    """How many did not fit in: they go with the next file, once this one's answer is here."""
    files: int = 0
    """How many attachments it takes along."""


@dataclass(frozen=True)
class Begun:
    """A request whose rows are written: the rest needs no transaction."""

    written: Written
    writer: Writer
    going: Going
    pull: PullRequest
    wanted: BlobsWanted

    def end(self, folder: Path) -> Written:
        """Write the bytes of attachments from the `folder` where they lie, and what the answer is to bring."""
        files = self.going.write(self.writer, folder)
        self.writer.add("pull", protocol.encode(self.pull))
        if self.wanted.room:
            self.writer.add("wanted", protocol.encode(self.wanted))
        self.writer.end()
        return replace(self.written, files=files)


def begin_request(
    connection: Connection,
    schema: SyncSchema,
    file: BinaryIO,
    token: str,
    now: str,
    version: str = "",
    small: int = 0,
) -> Begun:
    """Write what is to send; the caller ends the request, with the wish for what is new.

    Whatever was already written to another file goes again: the server gives stored results for it. Files up to
    `small` bytes are to come unasked. Raises `errors.Refused("no_exchange_key")` before the first sync with a
    server that can open such files.
    """
    outbox.seal_entries(connection, schema, {})
    server_key = state.get(connection, "exchange_key")
    if not server_key:
        raise errors.Refused("no_exchange_key")
    id, own = str(uuid.uuid4()), state.get(connection, "cursor") or ""
    # Of an answer that went on in the next file, what is here need not come again.
    cursor = staging.resume_at(connection, own)
    head = Head(
        "request",
        id,
        state.get(connection, "organisation") or "",
        state.get(connection, "device") or "",
        now,
        state.get(connection, "server") or "",
    )
    secret = bundle.new_secret()
    writer = bundle.begin_request(file, head, token, secret, server_key)
    count, left = _write_work(connection, writer, now, version)
    _remember(connection, Pending(id, base64.b64encode(secret).decode(), cursor, now))
    takes_files = bool(int(state.get(connection, "exchange_room") or 0))
    return Begun(
        Written(id, count, left),
        writer,
        # Rows first: what has no room for them has none for bytes.
        Going() if left else carried_files.choose(connection),
        PullRequest(cursor, protocol.PAGE_BYTES if cursor else FIRST_LOAD_BYTES, now, version),
        carried_files.wish(connection, schema, small) if takes_files else BlobsWanted(),
    )


def _write_work(connection: Connection, writer: Writer, now: str, version: str) -> tuple[int, int]:
    """How many transactions were written, and how many did not fit in."""
    waiting, withdrawn = outbox.waiting(connection), outbox.withdrawn(connection)
    count = len(waiting)
    while (waiting or withdrawn) and not writer.is_full:
        batch, waiting = split_off(waiting)
        left = lost.lives_left(connection) if any(one.epoch for one in batch) else {}
        request = PushRequest(now, batch, withdrawn, version=version, lost=left)
        writer.add("push", protocol.encode(request))
        withdrawn = []
    return count - len(waiting), len(waiting)


def open_answer(connection: Connection, file: BinaryIO) -> Recorded:
    """The server as an answer recorded it, once all of the file was read and found whole and ours.

    Raises `errors.Refused` with the code that says why it is of no use; nothing is changed then.
    """
    head = bundle.read_head(file)
    if head.kind == "request":
        raise errors.Refused("bundle_is_request", head.id)
    if head.device != (state.get(connection, "device") or ""):
        raise errors.Refused("bundle_of_another", head.device)
    pending = next((one for one in _pending(connection) if one.id == head.id), None)
    if pending is None:
        raise errors.Refused("bundle_too_old", head.id)
    if pending.taken:
        raise errors.Refused("bundle_taken", head.id)
    _head, reader = bundle.open_answer(file, base64.b64decode(pending.secret))
    cursors = [pending.cursor, *(_end_of(message) for frame, message in reader.frames() if frame == "pull")]
    own = state.get(connection, "cursor") or ""
    staged = staging.resume_at(connection, own)
    held = staged if staged in cursors else own
    # Pages are kept one by one: what was interrupted goes on where it stopped.
    goes_on = held != own or state.get(connection, "loading") == 1
    if held != pending.cursor and not (goes_on and held in cursors):
        raise errors.Refused("bundle_too_old", head.id)
    return Recorded(head, reader, cursors.index(held), held)


def note_taken(connection: Connection, id: str) -> None:
    """An answer was taken in: it never is again."""
    kept = [msgspec.structs.replace(one, taken=one.taken or one.id == id) for one in _pending(connection)]
    state.put(connection, _STATE, msgspec.json.encode(kept).decode())


class Recorded:
    """`SyncProtocol` and `BlobGiver` from an answer file: gives what the server gave, and has nothing else."""

    def __init__(self, head: Head, reader: Reader, skip: int, cursor: str) -> None:
        self.head, self._reader = head, reader
        self._cursor = cursor
        self._results: dict[str, Result] = {}
        self._more = False
        self._hello: Hello | None = None
        self._refusal: ErrorAnswer | None = None
        self._given = Given(reader)
        self.taken: list[BlobTaken] = []
        """What became of the attachments that the request took along."""
        for frame, message in reader.frames():
            if frame == "push":
                answer = protocol.decode(message, PushAnswer)
                self._hello = answer.hello
                self._results.update({result.uuid: result for result in answer.results})
            elif frame == "error":
                self._refusal = protocol.decode(message, ErrorAnswer)
            elif frame == "taken":
                self.taken += protocol.decode(message, BlobsTaken).files
            elif frame == "piece":
                self._given.note(message, reader.place)
        self._pages = self._read_pages(skip)
        self._next = next(self._pages, None)
        if self._hello is None and self._next is not None:
            self._hello = self._next.hello

    def _read_pages(self, skip: int) -> Iterator[PullPage]:
        for frame, message in self._reader.frames():
            if frame == "pull":
                if skip:
                    skip -= 1
                else:
                    yield protocol.decode_pull(message)

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        raise errors.Refused("needs_network")

    def hello(self, request: HelloRequest) -> Hello:
        if self._hello is None:
            raise errors.Refused(self._refusal.code if self._refusal else "needs_network")
        # What came since a restore came by this very file.
        return msgspec.structs.replace(self._hello, since_restore=0)

    def push(self, request: PushRequest) -> PushAnswer:
        """The results of what was in the request; what was done since stays to be sent."""
        named = [one.uuid for one in request.transactions] + request.withdraw
        found = [self._results[uuid] for uuid in named if uuid in self._results]
        return PushAnswer(self.hello(HelloRequest(request.now)), found)

    def pull(self, request: PullRequest) -> PullPage:
        page = self._next
        if page is None and self._more and request.cursor == self._cursor:
            raise errors.Refused(GOES_ON)
        if page is None or request.cursor != self._cursor:
            if self._refusal is not None and self._refusal.code == errors.UpdateNeeded.code:
                raise errors.UpdateNeeded(self._refusal.detail)
            raise errors.Refused("needs_network", "the file holds no such page")
        self._cursor, self._next, self._more = page.cursor, next(self._pages, None), page.more
        return page

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        raise errors.Refused("needs_network")

    def get_blob(self, request: BlobGet) -> BlobContent:
        """The bytes that came along; `not_found` for all others."""
        return self._given.get(request)


def _remember(connection: Connection, written: Pending) -> None:
    kept = [*_pending(connection), written][-_KEPT:]
    state.put(connection, _STATE, msgspec.json.encode(kept).decode())


def _pending(connection: Connection) -> list[Pending]:
    kept = state.get(connection, _STATE)
    return msgspec.json.decode(kept, type=list[Pending]) if kept else []


def _end_of(message: bytes) -> str:
    """The cursor at the end of a page, without reading its rows."""
    for line in reversed(message.splitlines()):
        # Behind it there may be lines that only a later release knows.
        if line and (cursor := protocol.decode(line, _End).cursor):
            return cursor
    raise errors.Protocol("the page is cut off")


class _End(msgspec.Struct):
    cursor: str = ""
