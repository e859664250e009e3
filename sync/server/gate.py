"""What every call passes: the organisation, the caller, sizes, compression, and how much runs at once."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import anyio
from litestar import Request, Response

from sync import errors, packing
from sync.server import usage
from sync.server.admission import Admission, Turn
from sync.server.journal import Entry, note
from sync.server.scopes import GrantRule
from sync.server.service import Service, Session
from sync.server.store import Organisations, Store

log = logging.getLogger(__name__)

MAX_COMPRESSED_BYTES = 4_000_000
MAX_BODY_BYTES = 8_000_000
"""Of a request once unpacked; a lone transaction's part may pass `protocol.MAX_REQUEST_BYTES` a little."""
WORKING = 2
"""Calls worked on at once in one process: more of them take longer each, and tens of megabytes while they last."""
STANDING_BY = 8
"""Calls at once that wait for a file which is made aside, so that they are in nobody's way."""
CROWDED_PAGE_BYTES = 2_000_000
"""Of a page while others wait: a short piece of work for each, and for none a long one."""

Call = Callable[[Session, bytes], tuple[bytes, str]]
"""(session, plain body) -> (plain answer, its media type)"""
AnyRequest = Request[Any, Any, Any]


class Gate:
    """Finds the organisation and the caller, unpacks, works in a thread, packs."""

    def __init__(self, organisations: Organisations, grant_rule: GrantRule) -> None:
        self.organisations = organisations
        self.grant_rule = grant_rule
        self.working, self.standing_by = Admission(WORKING), Admission(STANDING_BY)
        self._counting: anyio.CapacityLimiter | None = None
        self._beside: anyio.CapacityLimiter | None = None

    def store(self, slug: str) -> Store:
        """The organisation's; raises `errors.Refused`."""
        store = self.organisations.find(slug)
        if store is None:
            raise errors.Refused("not_found")
        note(organisation=slug)
        return store

    def session(self, request: AnyRequest, crowded: bool = False) -> Session:
        """The caller's; not for the event loop, since the organisation may have to be opened."""
        slug = str(request.path_params["slug"])
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        address = request.client.host if request.client else ""
        token = token.strip() if scheme.lower() == "bearer" else ""
        service = Service(self.store(slug), self.grant_rule, slug)
        if crowded:
            service = replace(service, page_bytes=CROWDED_PAGE_BYTES)
        return service.connect(token, address)

    async def answer(self, request: AnyRequest, call: Call, stands_by: bool = False) -> Response[bytes]:
        """The answer to one call; `stands_by` of one that waits for what is done aside."""
        admission = self.standing_by if stands_by else self.working
        with admitted(request, admission) as turn:
            body = await request.body()
            turn.read = True
            return await self._worked_on(request, call, body, turn, admission.limiter)

    async def _worked_on(
        self, request: AnyRequest, call: Call, body: bytes, turn: Turn, slots: anyio.CapacityLimiter
    ) -> Response[bytes]:
        headers = request.headers
        packed, accepted = headers.get("content-encoding", ""), headers.get("accept-encoding", "")

        def work() -> tuple[bytes, str, str]:
            with turn.timed():
                session = self.session(request, turn.crowded)
                packing.require_digest(body, headers.get("content-digest"))
                with session.store.aside.call():
                    plain, media = call(session, packing.decompress(body, packed, MAX_BODY_BYTES))
                    return (*packing.compress(plain, accepted), media)

        content, encoding, media = await anyio.to_thread.run_sync(work, limiter=slots)
        turn.proven = "authorization" in headers
        encoded = {} if encoding == "identity" else {"content-encoding": encoding}
        told = {"cache-control": "no-store", "content-digest": packing.digest(content)}
        return Response(content, media_type=media, headers={**encoded, **told})

    async def beside(self, work: Callable[[], bytes]) -> bytes:
        """A small piece of work that must not wait behind the calls of laptops."""
        if self._beside is None:
            self._beside = anyio.CapacityLimiter(2)
        return await anyio.to_thread.run_sync(work, limiter=self._beside)

    async def count(self, entry: Entry) -> None:
        """Keep what a device's call took; the answer is out already."""
        if not usage.is_small(entry):
            self.organisations.busy_at = time.monotonic()
        weight = usage.weight_of(entry) if entry.device else 0
        if weight:
            if self._counting is None:
                # Apart from the calls: it may wait for the database, and nobody waits for it.
                self._counting = anyio.CapacityLimiter(1)
            await anyio.to_thread.run_sync(self._count, entry, weight, limiter=self._counting)

    def _count(self, entry: Entry, weight: int) -> None:
        try:
            store = self.store(entry.organisation)
            store.run(lambda connection: usage.count(connection, store, entry, weight), lasting=False)
        except errors.SyncError as problem:
            log.warning("a call was not counted", extra={"facts": {"code": problem.code}})


@contextmanager
def admitted(request: AnyRequest, admission: Admission) -> Iterator[Turn]:
    """The call's turn, until it is over; raises `errors.ServerBusy`.

    Before the body is read: what waits for its turn takes memory, and its caller knows nothing.
    """
    turn = admission.ask(_caller_of(request))
    if not isinstance(turn, Turn):
        raise errors.ServerBusy(round(turn, 3), "too many calls at once")
    try:
        yield turn
    finally:
        admission.ended(turn)


def _caller_of(request: AnyRequest) -> str:
    """Who calls, as far as that is known before anything is read; the token itself is kept nowhere."""
    address = request.client.host if request.client else ""
    said = request.headers.get("authorization", "") or address
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
