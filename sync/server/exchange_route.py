"""`POST sync/exchange`: a laptop's file that somebody brings over the network, taken from the disk as it came."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from typing import Any, BinaryIO

import anyio
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from sync import errors, packing
from sync.bundle import MAX_CARRIED_BYTES
from sync.server.admission import Turn
from sync.server.blobs import READ_BYTES
from sync.server.exchange import exchange, require_known
from sync.server.gate import Gate, admitted

MAX_EXCHANGE_BYTES = 24_000_000
"""Of the pages in one answer to a file that was carried over the network; the next file asks for the rest."""
BROUGHT_AT_ONCE = 8
"""Files on their way in, in one process."""
KNOWN_BY = 16_384
"""After so many bytes the server knows whose file it is, and keeps no more of a stranger's."""
BROUGHT_WITHIN_S = 900.0
_BYTES = "application/octet-stream"

AnyRequest = Request[Any, Any, Any]


def exchange_route(gate: Gate) -> HTTPRouteHandler:
    """Its handler; it takes more than other calls do, and keeps none of it in memory while it comes."""
    bringing: set[AnyRequest] = set()

    @post("/{slug:str}/v1/sync/exchange", status_code=200, request_max_body_size=MAX_CARRIED_BYTES)
    async def bring(request: AnyRequest) -> Response[Any]:
        with admitted(request, gate.working) as turn:
            if len(bringing) >= BROUGHT_AT_ONCE:
                raise errors.ServerBusy(5.0, "too many files at once")
            bringing.add(request)
            try:
                async with _brought(request, partial(_require_known, gate, request)) as file:
                    turn.read = True
                    return await _answered(gate, request, file, turn)
            finally:
                bringing.discard(request)

    return bring


@asynccontextmanager
async def _brought(request: AnyRequest, check: Callable[[BinaryIO], None]) -> AsyncIterator[BinaryIO]:
    """The body as a file that is gone afterwards; raises `errors.SyncError`."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise errors.Refused("unknown_encoding", "a sync's file is packed already")
    found = hashlib.sha256()
    with tempfile.TemporaryFile() as file:
        refusal: errors.SyncError | None = None
        size = 0
        with anyio.move_on_after(BROUGHT_WITHIN_S) as waiting:
            async for piece in request.stream():
                if refusal is not None:
                    # Heard to its end, so that its sender reads the answer, and kept no more.
                    continue
                found.update(piece)
                await anyio.to_thread.run_sync(file.write, piece)
                is_known, size = size >= KNOWN_BY, size + len(piece)
                if not is_known and size >= KNOWN_BY:
                    refusal = await anyio.to_thread.run_sync(_refusal, check, file)
        if waiting.cancelled_caught:
            raise errors.Protocol("the file took too long to come")
        if refusal is not None:
            raise refusal
        packing.require_sha256(found.digest(), request.headers.get("content-digest"))
        yield file


def _refusal(check: Callable[[BinaryIO], None], file: BinaryIO) -> errors.SyncError | None:
    try:
        check(file)
    except errors.SyncError as problem:
        return problem
    finally:
        file.seek(0, os.SEEK_END)
    return None


def _require_known(gate: Gate, request: AnyRequest, file: BinaryIO) -> None:
    require_known(gate.session(request).service, file)


async def _answered(gate: Gate, request: AnyRequest, file: BinaryIO, turn: Turn) -> Response[Any]:
    def work() -> tuple[BinaryIO, dict[str, str]]:
        with ExitStack() as held:
            answer = held.enter_context(tempfile.TemporaryFile())
            # Who sends it says the file itself.
            with turn.timed():
                session = gate.session(request)
                with session.store.aside.call():
                    exchange(session.service, file, answer, MAX_EXCHANGE_BYTES)
            told = {"content-length": str(answer.tell()), "content-digest": packing.digest_of(answer)}
            # It is closed once it is sent.
            held.pop_all()
            return answer, told

    answer, told = await anyio.to_thread.run_sync(work, limiter=gate.working.limiter)
    return Stream(_pieces(answer), media_type=_BYTES, headers={"cache-control": "no-store", **told})


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await anyio.to_thread.run_sync(file.read, READ_BYTES):
            yield piece
