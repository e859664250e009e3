"""GET of a scope's file: HTTP's own ranges around `sync.server.scope_files`."""

from __future__ import annotations

from typing import Any

import anyio
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from sync import errors
from sync.server.blob_routes import Connect, Refuse, give


def file_route(connect: Connect, refuse: Refuse) -> HTTPRouteHandler:
    """The handler of `/v1/sync/files/{name}`."""

    @get("/{slug:str}/v1/sync/files/{name:str}", status_code=200)
    async def fetch(request: Request[Any, Any, Any]) -> Response[Any]:
        name = str(request.path_params["name"])
        try:
            path = await anyio.to_thread.run_sync(lambda: connect(request).find_file(name))
        except errors.SyncError as problem:
            return refuse(problem)
        return give(request, path)

    return fetch
