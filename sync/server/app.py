"""The routes: HTTP around the service, with limits of sizes and of what runs at once."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from typing import Any

import anyio
import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException

from sync import errors
from sync import protocol as p
from sync.file_messages import FileRequest, FilesRequest
from sync.server import openapi
from sync.server.blob_routes import blob_route
from sync.server.exchange import exchange
from sync.server.file_routes import file_route
from sync.server.scopes import GrantRule
from sync.server.service import Service, Session
from sync.server.store import Organisations

log = logging.getLogger(__name__)

MAX_COMPRESSED_BYTES = 4_000_000
MAX_BODY_BYTES = 8_000_000
"""Of a request once unpacked; a lone transaction's part may pass `protocol.MAX_REQUEST_BYTES` a little."""
MAX_EXCHANGE_BYTES = 24_000_000
"""Of the pages in one answer to a file that was carried over the network; the next file asks for the rest."""
MAX_RUNNING = 16
MAX_WAITING = 400

_JSON, _NDJSON = "application/json", "application/x-ndjson"
_BYTES = "application/octet-stream"
_STATUS = {
    "sign_in_needed": 401,
    "update_needed": 426,
    "server_busy": 503,
    "protocol": 400,
    "too_big": 413,
    "unknown_encoding": 415,
    "not_allowed": 403,
    "not_found": 404,
    "not_implemented": 501,
}

Call = Callable[[Session, bytes], tuple[bytes, str]]


def make_app(organisations: Organisations, grant_rule: GrantRule, version: str = "") -> Litestar:
    """The ASGI application for all organisations of a database. It keeps no state between requests."""
    gate = _Gate(organisations, grant_rule)

    @post("/{slug:str}/v1/devices", status_code=200)
    async def devices(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, _enrol)

    @post("/{slug:str}/v1/sync/hello", status_code=200)
    async def hello(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, _hello)

    @post("/{slug:str}/v1/sync/push", status_code=200)
    async def push(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, _push)

    @post("/{slug:str}/v1/sync/pull", status_code=200)
    async def pull(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, _pull)

    @post("/{slug:str}/v1/sync/verify", status_code=200)
    async def verify(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, _verify)

    @post("/{slug:str}/v1/sync/exchange", status_code=200)
    async def exchanged(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, _exchange)

    @post("/{slug:str}/v1/sync/files", status_code=200)
    async def files(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, _files)

    @post("/{slug:str}/v1/sync/file", status_code=200)
    async def file(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, _file)

    bytes_of_files = file_route(gate.session, _error)
    blobs = blob_route(gate.session, _error)

    @get("/healthz", sync_to_thread=False)
    def healthz() -> Response[bytes]:
        return Response(b'{"ok":true}', media_type=_JSON)

    @get("/openapi.json", sync_to_thread=False)
    def description() -> Response[bytes]:
        return Response(msgspec.json.encode(openapi.document(version)), media_type=_JSON)

    return Litestar(
        [
            devices,
            hello,
            push,
            pull,
            verify,
            exchanged,
            files,
            file,
            bytes_of_files,
            blobs,
            healthz,
            description,
        ],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAX_COMPRESSED_BYTES,
        exception_handlers={HTTPException: _on_http_error, Exception: _on_bug},
    )


class _Gate:
    """Finds the organisation and the caller, unpacks, works in a thread, packs."""

    def __init__(self, organisations: Organisations, grant_rule: GrantRule) -> None:
        self.organisations = organisations
        self.grant_rule = grant_rule
        self._limiter: anyio.CapacityLimiter | None = None

    def session(self, request: Request[Any, Any, Any]) -> Session:
        """The caller's; not for the event loop, since the organisation may have to be opened."""
        slug = str(request.path_params["slug"])
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        store = self.organisations.find(slug)
        if store is None:
            raise errors.Refused("not_found", slug)
        address = request.client.host if request.client else ""
        token = token.strip() if scheme.lower() == "bearer" else ""
        return Service(store, self.grant_rule, slug).connect(token, address)

    async def answer(self, request: Request[Any, Any, Any], call: Call) -> Response[bytes]:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(MAX_RUNNING)
        if self._limiter.statistics().tasks_waiting > MAX_WAITING:
            return _error(errors.ServerBusy(5.0))
        body = await request.body()
        headers = request.headers
        packed, accepted = headers.get("content-encoding", ""), headers.get("accept-encoding", "")

        def work() -> tuple[bytes, str, str]:
            session = self.session(request)
            p.require_digest(body, headers.get("content-digest"))
            plain, media = call(session, p.decompress(body, packed, MAX_BODY_BYTES))
            return (*p.compress(plain, accepted), media)

        try:
            content, encoding, media = await anyio.to_thread.run_sync(work, limiter=self._limiter)
        except errors.SyncError as problem:
            return _error(problem)
        encoded = {} if encoding == "identity" else {"content-encoding": encoding}
        told = {"cache-control": "no-store", "content-digest": p.digest(content)}
        return Response(content, media_type=media, headers={**encoded, **told})


def _enrol(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.enrol(p.decode(body, p.EnrolRequest))), _JSON


def _hello(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.hello(p.decode(body, p.HelloRequest))), _JSON


def _push(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.push(p.decode(body, p.PushRequest))), _JSON


def _pull(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode_pull(session.pull(p.decode(body, p.PullRequest))), _NDJSON


def _verify(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.verify(p.decode(body, p.VerifyRequest))), _JSON


def _files(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.files(p.decode(body, FilesRequest))), _JSON


def _file(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.file(p.decode(body, FileRequest))), _JSON


def _exchange(session: Session, body: bytes) -> tuple[bytes, str]:
    """A laptop's file, carried here by somebody else: who sends it says the file itself."""
    answer = io.BytesIO()
    exchange(session.service, io.BytesIO(body), answer, MAX_EXCHANGE_BYTES)
    return answer.getvalue(), _BYTES


def _error(problem: errors.SyncError) -> Response[bytes]:
    wait = problem.retry_after if isinstance(problem, errors.ServerBusy) else 0.0
    answer = p.ErrorAnswer(problem.code, problem.detail, wait)
    headers = {"retry-after": str(int(wait) or 1)} if wait else {}
    status = 429 if wait and problem.detail else _STATUS.get(problem.code, 400)
    return Response(p.encode(answer), status_code=status, media_type=_JSON, headers=headers)


def _on_http_error(_request: Request[Any, Any, Any], problem: HTTPException) -> Response[bytes]:
    codes = {404: "not_found", 405: "not_found", 413: "too_big"}
    answer = p.ErrorAnswer(codes.get(problem.status_code, "protocol"), problem.detail)
    return Response(p.encode(answer), status_code=problem.status_code, media_type=_JSON)


def _on_bug(_request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    log.error("a request failed", exc_info=problem)
    return Response(p.encode(p.ErrorAnswer("internal")), status_code=500, media_type=_JSON)
