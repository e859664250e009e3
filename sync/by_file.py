"""A laptop's two halves of a sync by file: what it would send, written; what came back, taken in."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import msgspec
from sqlalchemy import Connection

from sync import bundle, errors, lost, outbox, protocol, staging, state
from sync.bundle import Head, Reader
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


def write_request(
    connection: Connection, schema: SyncSchema, file: BinaryIO, token: str, now: str, version: str = ""
) -> Written:
    """Write what is to send and the wish for what is new; changes nothing but the list of requests.

    Whatever was already written to another file goes again: the server gives stored results for it. Raises
    `errors.Refused("no_exchange_key")` before the first sync with a server that can open such files.
    """
    outbox.seal_entries(connection, schema, {})
    server_key = state.get(connection, "exchange_key")
    if not server_key:
        raise errors.Refused("no_exchange_key")
    waiting, withdrawn = outbox.waiting(connection), outbox.withdrawn(connection)
    id, count = str(uuid.uuid4()), len(waiting)
    # Of an answer that went on in the next file, what is here need not come again.
    own = state.get(connection, "cursor") or ""
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
    while (waiting or withdrawn) and not writer.is_full:
        batch, waiting = split_off(waiting)
        left = lost.lives_left(connection) if any(one.epoch for one in batch) else {}
        request = PushRequest(now, batch, withdrawn, version=version, lost=left)
        writer.add("push", protocol.encode(request))
        withdrawn = []
    size = protocol.PAGE_BYTES if cursor else FIRST_LOAD_BYTES
    writer.add("pull", protocol.encode(PullRequest(cursor, size, now, version)))
    writer.end()
    _remember(connection, Pending(id, base64.b64encode(secret).decode(), cursor, now))
    return Written(id, count - len(waiting), len(waiting))


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
    """`SyncProtocol` from an answer file: gives what the server gave, and has nothing else to give."""

    def __init__(self, head: Head, reader: Reader, skip: int, cursor: str) -> None:
        self.head, self._reader = head, reader
        self._cursor = cursor
        self._results: dict[str, Result] = {}
        self._more = False
        self._hello: Hello | None = None
        self._refusal: ErrorAnswer | None = None
        for frame, message in reader.frames():
            if frame == "push":
                answer = protocol.decode(message, PushAnswer)
                self._hello = answer.hello
                self._results.update({result.uuid: result for result in answer.results})
            elif frame == "error":
                self._refusal = protocol.decode(message, ErrorAnswer)
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


def _remember(connection: Connection, written: Pending) -> None:
    kept = [*_pending(connection), written][-_KEPT:]
    state.put(connection, _STATE, msgspec.json.encode(kept).decode())


def _pending(connection: Connection) -> list[Pending]:
    kept = state.get(connection, _STATE)
    return msgspec.json.decode(kept, type=list[Pending]) if kept else []


def _end_of(message: bytes) -> str:
    """The cursor at the end of a page, without reading its rows."""
    last = message.rstrip(b"\n").rpartition(b"\n")[2]
    return protocol.decode(last, _End).cursor


class _End(msgspec.Struct):
    cursor: str
