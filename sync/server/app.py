"""The routes: HTTP around the service."""

from __future__ import annotations

import hmac
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from sync import errors
from sync import protocol as p
from sync.file_messages import FileRequest, FilesRequest
from sync.server import metrics, openapi
from sync.server.answers import JSON, on_bug, on_http_error, on_refusal, refusal
from sync.server.blob_routes import blob_route
from sync.server.exchange_route import exchange_route
from sync.server.file_routes import file_route
from sync.server.gate import MAX_COMPRESSED_BYTES, Call, Gate
from sync.server.journal import Application, Journal
from sync.server.scopes import GrantRule
from sync.server.service import Session
from sync.server.store import Organisations

_NDJSON = "application/x-ndjson"


def make_app(
    organisations: Organisations, grant_rule: GrantRule, version: str = "", metrics_token: str = ""
) -> Application:
    """The ASGI application for all organisations of a database. It keeps no state between requests.

    `/metrics` is there only for who knows `metrics_token`: it tells how a company works.
    """
    gate = Gate(organisations, grant_rule)
    routes = [_route(gate, path, call) for path, call in _CALLS.items()]
    routes += [exchange_route(gate), file_route(gate.session, refusal), blob_route(gate.session, refusal)]
    application = Litestar(
        [*routes, _health(gate), _metrics(gate, metrics_token), _description(version)],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAX_COMPRESSED_BYTES,
        exception_handlers={
            HTTPException: on_http_error,
            errors.SyncError: on_refusal,
            Exception: on_bug,
        },
    )
    return Journal(application, gate.count)  # type: ignore[arg-type]


def _route(gate: Gate, path: str, call: Call) -> HTTPRouteHandler:
    @post(f"/{{slug:str}}/v1/{path}", status_code=200)
    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await gate.answer(request, call, path in _STANDING_BY)

    return handle


def _health(gate: Gate) -> HTTPRouteHandler:
    @get("/healthz")
    async def healthz() -> Response[bytes]:
        def work() -> bytes:
            gate.organisations.check()
            return b'{"ok":true}'

        return Response(await gate.beside(work), media_type=JSON)

    return healthz


def _metrics(gate: Gate, expected: str) -> HTTPRouteHandler:
    @get("/metrics")
    async def exposed(request: Request[Any, Any, Any]) -> Response[bytes]:
        _scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not expected or not hmac.compare_digest(token.strip().encode(), expected.encode()):
            return refusal(errors.Refused("not_found"))
        content = await gate.beside(lambda: metrics.exposition(gate.organisations))
        return Response(content, media_type=metrics.MEDIA_TYPE)

    return exposed


def _description(version: str) -> HTTPRouteHandler:
    described = msgspec.json.encode(openapi.document(version))

    @get("/openapi.json", sync_to_thread=False)
    def description() -> Response[bytes]:
        return Response(described, media_type=JSON)

    return description


def _enrol(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.enrol(p.decode(body, p.EnrolRequest))), JSON


def _hello(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.hello(p.decode(body, p.HelloRequest))), JSON


def _push(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.push(p.decode(body, p.PushRequest))), JSON


def _pull(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode_pull(session.pull(p.decode(body, p.PullRequest))), _NDJSON


def _verify(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.verify(p.decode(body, p.VerifyRequest))), JSON


def _files(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.files(p.decode(body, FilesRequest))), JSON


def _file(session: Session, body: bytes) -> tuple[bytes, str]:
    return p.encode(session.file(p.decode(body, FileRequest))), JSON


_CALLS: dict[str, Call] = {
    "devices": _enrol,
    "sync/hello": _hello,
    "sync/push": _push,
    "sync/pull": _pull,
    "sync/verify": _verify,
    "sync/files": _files,
    "sync/file": _file,
}
_STANDING_BY = {"sync/file"}
