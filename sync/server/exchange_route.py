"""`POST sync/exchange`: a laptop's file that somebody brings over the network, taken from the disk as it came."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

import anyio
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from sync import errors, packing
from sync.bundle import MAX_CARRIED_BYTES
from sync.server.admission import Turn
from sync.server.exchange import exchange
from sync.server.gate import Gate, admitted

MAX_EXCHANGE_BYTES = 24_000_000
"""Of the pages in one answer to a file that was carried over the network; the next file asks for the rest."""
BROUGHT_AT_ONCE = 8
"""Files on their way in, in one process: who brings one is known only when it is all here."""
BROUGHT_WITHIN_S = 900.0
_BYTES = "application/octet-stream"

AnyRequest = Request[Any, Any, Any]


def exchange_route(gate: Gate) -> HTTPRouteHandler:
    """Its handler; it takes more than other calls do, and keeps none of it in memory while it comes."""
    bringing: set[AnyRequest] = set()

    @post("/{slug:str}/v1/sync/exchange", status_code=200, request_max_body_size=MAX_CARRIED_BYTES)
    async def bring(request: AnyRequest) -> Response[bytes]:
        with admitted(request, gate.working) as turn:
            if len(bringing) >= BROUGHT_AT_ONCE:
                raise errors.ServerBusy(5.0, "too many files at once")
            bringing.add(request)
            try:
                async with _brought(request) as file:
                    turn.read = True
                    return await _answered(gate, request, file, turn)
            finally:
                bringing.discard(request)

    return bring


@asynccontextmanager
async def _brought(request: AnyRequest) -> AsyncIterator[BinaryIO]:
    """The body as a file that is gone afterwards; raises `errors.SyncError`."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise errors.Refused("unknown_encoding", "a sync's file is packed already")
    found = hashlib.sha256()
    with tempfile.TemporaryFile() as file:
        with anyio.move_on_after(BROUGHT_WITHIN_S) as waiting:
            async for piece in request.stream():
                found.update(piece)
                await anyio.to_thread.run_sync(file.write, piece)
        if waiting.cancelled_caught:
            raise errors.Protocol("the file took too long to come")
        packing.require_sha256(found.digest(), request.headers.get("content-digest"))
        yield file


async def _answered(gate: Gate, request: AnyRequest, file: BinaryIO, turn: Turn) -> Response[bytes]:
    def work() -> bytes:
        answer = io.BytesIO()
        # Who sends it says the file itself.
        with turn.timed():
            session = gate.session(request)
            with session.store.aside.call():
                exchange(session.service, file, answer, MAX_EXCHANGE_BYTES)
        return answer.getvalue()

    content = await anyio.to_thread.run_sync(work, limiter=gate.working.limiter)
    told = {"cache-control": "no-store", "content-digest": packing.digest(content)}
    return Response(content, media_type=_BYTES, headers=told)
