"""HEAD, PUT and GET of attachments' bytes: HTTP's own ranges around `sync.server.blobs`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
from litestar import Request, Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from sync import errors, packing
from sync import protocol as p
from sync.blob_messages import BlobPut
from sync.server import blobs
from sync.server.service import Session

_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,15})-(\d{1,15})|\*)/(\d{1,15})")
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_BYTES = "application/octet-stream"

Connect = Callable[[Request[Any, Any, Any]], Session]
"""The caller's session, made in a working thread; raises `errors.SyncError`."""
Refuse = Callable[[errors.SyncError], Response[bytes]]


def blob_route(connect: Connect, refuse: Refuse) -> HTTPRouteHandler:
    """The handler of `/v1/blobs/{sha256}`."""

    @route("/{slug:str}/v1/blobs/{digest:str}", http_method=["GET", "HEAD", "PUT"], status_code=200)
    async def carry(request: Request[Any, Any, Any]) -> Response[Any]:
        digest = str(request.path_params["digest"])
        try:
            if request.method == "PUT":
                # Before the body is read, which takes memory: who made his token up has none to give.
                await anyio.to_thread.run_sync(lambda: connect(request).require_known())
                body = await request.body()
                return await anyio.to_thread.run_sync(_put, connect, request, digest, body)
            path = await anyio.to_thread.run_sync(lambda: connect(request).blobs.find(digest))
        except errors.SyncError as problem:
            return refuse(problem)
        return give(request, path)

    return carry


def _put(connect: Connect, request: Request[Any, Any, Any], digest: str, body: bytes) -> Response[bytes]:
    place = _CONTENT_RANGE.fullmatch(request.headers.get("content-range", ""))
    if place is None:
        raise errors.Protocol("Content-Range is missing or wrong")
    first, last, size = (int(part) if part else None for part in place.groups())
    length = 0 if first is None or last is None else last - first + 1
    if size is None or length != len(body):
        raise errors.Protocol("Content-Range and the body do not agree")
    packing.require_digest(body, request.headers.get("content-digest"))
    state = connect(request).put_blob(BlobPut(digest, size, first or 0, body))
    return Response(p.encode(state), media_type="application/json", headers={"cache-control": "no-store"})


def give(request: Request[Any, Any, Any], path: Path) -> Response[Any]:
    """The bytes of a file, or the range of them that was asked for, from the disk as they are sent."""
    size = path.stat().st_size
    first, upto, status = 0, size, 200
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is not None:
        first, status = int(asked[1]), 206
        upto = min(int(asked[2]) + 1, size) if asked[2] else size
        if first > size or upto < first:
            return Response(b"", status_code=416, headers={"content-range": f"bytes */{size}"})
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "content-length": str(upto - first),
        "etag": f'"{path.name}"',
    }
    if asked is not None:
        headers["content-range"] = f"bytes {first}-{max(upto - 1, first)}/{size}"
    if request.method == "HEAD":
        return Response(b"", status_code=status, media_type=_BYTES, headers=headers)
    return Stream(_pieces(path, first, upto), status_code=status, media_type=_BYTES, headers=headers)


async def _pieces(path: Path, first: int, upto: int) -> AsyncIterator[bytes]:
    pieces = blobs.read(path, first, upto)
    while (piece := await anyio.to_thread.run_sync(next, pieces, None)) is not None:
        yield piece
