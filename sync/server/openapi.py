"""The published description of the endpoints, made from the messages themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from sync import protocol as p
from sync.blob_messages import BlobState
from sync.file_messages import FileAnswer, FileRequest, FilesAnswer, FilesRequest
from sync.server.openapi_blobs import blob_calls

Part = dict[str, Any]

_JSON, _BYTES, _NDJSON = "application/json", "application/octet-stream", "application/x-ndjson"


@dataclass(frozen=True)
class _Call:
    summary: str
    request: type[msgspec.Struct]
    answer: type[msgspec.Struct] | None
    """None: lines, see `_LINES`."""
    security: tuple[str, ...] = ("device",)
    refusals: tuple[int, ...] = ()


_CALLS = {
    "devices": _Call(
        "Enrol a laptop, by e-mail and password or by the token of a device.",
        p.EnrolRequest,
        p.EnrolAnswer,
        ("", "device"),
    ),
    "sync/hello": _Call("Where server and device stand.", p.HelloRequest, p.Hello),
    "sync/push": _Call("Transactions in, one result each.", p.PushRequest, p.PushAnswer, refusals=(409,)),
    "sync/pull": _Call(
        "Rows, tombstones, exits: a line PullHead, lines Rows, lines PullExits, a line PullEnd.",
        p.PullRequest,
        None,
        refusals=(409, 426),
    ),
    "sync/verify": _Call("Find rows that differ.", p.VerifyRequest, p.VerifyAnswer, refusals=(403,)),
    "sync/files": _Call("Which scopes a first load may take as a file.", FilesRequest, FilesAnswer),
    "sync/file": _Call(
        "The encrypted file of one scope, and its key.", FileRequest, FileAnswer, refusals=(403,)
    ),
}
_LINES = (p.PullHead, p.Rows, p.PullExits, p.PullEnd)

_REFUSALS = {
    400: "A request that makes no sense: `protocol`, or the code of what was not understood.",
    401: "Sign in again: `sign_in_needed`.",
    403: "Not this user's to read: `not_allowed`.",
    404: "No such organisation or path: `not_found`.",
    405: "Another method.",
    409: "A newer run of this laptop's sync has taken over: `superseded`.",
    413: "More bytes than one request may have: `too_big`.",
    415: "An encoding other than zstd and gzip: `unknown_encoding`.",
    426: "Update the program before the next pull: `update_needed`.",
    429: "This caller asked too often, `too_many_requests`: come back after `retry_after` seconds.",
    503: "The server is full, or its database is busy or down, `server_busy`: come back after `retry_after` seconds,"
    " which may be a fraction; the header has whole ones. The body of the request was perhaps not read.",
}
_ALWAYS = (400, 401, 404, 405, 413, 415, 429, 503)
_WAITING = (429, 503)


def document(version: str) -> Part:
    """The OpenAPI document."""
    paths: Part = {f"/{{slug}}/v1/{path}": {"post": _operation(path, call)} for path, call in _CALLS.items()}
    paths["/{slug}/v1/sync/exchange"] = {"post": _exchange()}
    paths["/{slug}/v1/sync/files/{name}"] = {"get": _file_content()}
    paths["/{slug}/v1/blobs/{sha256}"] = blob_calls()
    paths["/healthz"] = {"get": _health()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Terrain sync",
            "version": version,
            "description": "What the messages mean is said in docs/protocol.md. Bodies may be compressed with"
            " zstd or gzip (Content-Encoding); answers are, as Accept-Encoding allows.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": {f"Refused{status}": _refused(status) for status in _REFUSALS},
            "securitySchemes": {"device": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> Part:
    kinds = [kind for call in _CALLS.values() for kind in (call.request, call.answer) if kind is not None]
    _, found = msgspec.json.schema_components(
        [*kinds, *_LINES, p.Op, p.ErrorAnswer, BlobState], ref_template="#/components/schemas/{name}"
    )
    schemas: Part = dict(found)
    # The operations are kept as the bytes that were sent; what they say is an Op all the same.
    schemas["Transaction"]["properties"]["ops"] = {"type": "array", "items": _ref("Op")}
    _simplify(schemas)
    schemas["PullLine"] = {"oneOf": [_ref(kind.__name__) for kind in _LINES]}
    return schemas


def _simplify(part: Any) -> None:
    """Say of an array with places how long it is and what its places hold: readers differ about `prefixItems`."""
    if isinstance(part, list):
        for one in part:
            _simplify(one)
    elif isinstance(part, dict):
        if places := part.pop("prefixItems", None):
            kinds = [place for number, place in enumerate(places) if place not in places[:number]]
            part["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
            part["minItems"] = part["maxItems"] = len(places)
        for one in part.values():
            _simplify(one)


def _ref(name: str, kind: str = "schemas") -> Part:
    return {"$ref": f"#/components/{kind}/{name}"}


def _slug() -> Part:
    schema = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$"}
    return {
        "name": "slug", "in": "path", "required": True, "schema": schema,
        "description": "The organisation.",
    }  # fmt: skip


def _operation(path: str, call: _Call) -> Part:
    if call.answer is None:
        lines = {"type": "string", "description": "Lines of JSON, each a PullLine."}
        content: Part = {_NDJSON: {"schema": lines, "x-line-schema": _ref("PullLine")}}
    else:
        content = {_JSON: {"schema": _ref(call.answer.__name__)}}
    return {
        "operationId": path.replace("/", "_"),
        "summary": call.summary,
        "security": [{name: []} if name else {} for name in call.security],
        "parameters": [_slug()],
        "requestBody": {"required": True, "content": {_JSON: {"schema": _ref(call.request.__name__)}}},
        "responses": {"200": {"description": "Done.", "content": content}} | refusals(*call.refusals),
    }


def refusals(*more: int) -> Part:
    """The answers that are no success: those of every call, and `more`."""
    return {str(status): _ref(f"Refused{status}", "responses") for status in sorted({*_ALWAYS, *more})}


def _refused(status: int) -> Part:
    answer: Part = {"description": _REFUSALS[status]}
    answer["content"] = {_JSON: {"schema": _ref("ErrorAnswer")}}
    if status in _WAITING:
        schema = {"type": "integer", "minimum": 1}
        answer["headers"] = {"Retry-After": {"required": True, "schema": schema, "description": "Seconds."}}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    return answer


def _exchange() -> Part:
    content = {_BYTES: {"schema": {"type": "string", "format": "binary"}}}
    return {
        "operationId": "sync_exchange",
        "summary": "A laptop's file, brought by somebody else; the answer is the file to bring back.",
        "security": [{}],
        "parameters": [_slug()],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "The answer's file.", "content": content}} | refusals(403),
    }


def _file_content() -> Part:
    def text(name: str, place: str, required: bool) -> Part:
        return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}

    content = {_BYTES: {"schema": {"type": "string", "format": "binary"}}}
    return {
        "operationId": "sync_file_content",
        "summary": "The bytes of a scope's file, whole or from the range that is asked for on.",
        "security": [{"device": []}],
        "parameters": [_slug(), text("name", "path", True), text("Range", "header", False)],
        "responses": {
            "200": {"description": "All bytes.", "content": content},
            "206": {"description": "The range.", "content": content},
            "416": {"description": "Nothing lies there."},
        }
        | refusals(403),
    }


def _health() -> Part:
    healthy = {"type": "object", "required": ["ok"], "properties": {"ok": {"const": True}}}
    return {
        "operationId": "healthz",
        "summary": "Whether the server and its database answer.",
        "security": [],
        "responses": {
            "200": {"description": "Yes.", "content": {_JSON: {"schema": healthy}}},
            "503": _ref("Refused503", "responses"),
        },
    }
