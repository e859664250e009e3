"""The published description of the endpoints, made from the messages themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from sync import protocol as p
from sync.blob_messages import BlobState
from sync.file_messages import FileAnswer, FileRequest, FilesAnswer, FilesRequest
from sync.server.openapi_blobs import blob_calls

_MESSAGES: dict[str, tuple[str, type[msgspec.Struct], type[msgspec.Struct]]] = {
    "devices": ("Enrol a laptop.", p.EnrolRequest, p.EnrolAnswer),
    "sync/hello": ("Where server and device stand.", p.HelloRequest, p.Hello),
    "sync/push": ("Transactions in, one result each.", p.PushRequest, p.PushAnswer),
    "sync/pull": (
        "Rows, tombstones, exits. NDJSON: a line with t=head, then t=rows and t=exits, then t=end.",
        p.PullRequest,
        p.PullPage,
    ),
    "sync/verify": ("Find rows that differ.", p.VerifyRequest, p.VerifyAnswer),
    "sync/files": ("Which scopes a first load may take as a file.", FilesRequest, FilesAnswer),
    "sync/file": ("The encrypted file of one scope, and its key.", FileRequest, FileAnswer),
}


def document(version: str) -> dict[str, Any]:
    """The OpenAPI document."""
    kinds = [kind for _, *pair in _MESSAGES.values() for kind in pair]
    _, components = msgspec.json.schema_components(
        [*kinds, p.Op, p.ErrorAnswer, BlobState], ref_template="#/components/schemas/{name}"
    )
    paths = {f"/{{slug}}/v1/{path}": {"post": _operation(path, *what)} for path, what in _MESSAGES.items()}
    paths["/{slug}/v1/sync/files/{name}"] = {"get": _file_content()}
    paths["/{slug}/v1/blobs/{sha256}"] = blob_calls()
    paths["/healthz"] = {"get": {"summary": "Alive.", "responses": {"200": {"description": "Yes."}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Terrain sync", "version": version},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"device": {"type": "http", "scheme": "bearer"}},
        },
    }


def _file_content() -> dict[str, Any]:
    def text(name: str, place: str, required: bool) -> dict[str, Any]:
        return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}

    refused = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "operationId": "sync_file_content",
        "summary": "The bytes of a scope's file, whole or from the range that is asked for on.",
        "security": [{"device": []}],
        "parameters": [
            text("slug", "path", True),
            text("name", "path", True),
            text("Range", "header", False),
        ],
        "responses": {
            "200": {"description": "All bytes.", "content": content},
            "206": {"description": "The range.", "content": content},
            "416": {"description": "Nothing lies there."},
            "default": {"description": "Not done; `code` says why.", "content": refused},
        },
    }


def _operation(
    path: str, summary: str, request: type[msgspec.Struct], answer: type[msgspec.Struct]
) -> dict[str, Any]:
    def body(kind: type[msgspec.Struct], media: str = "application/json") -> dict[str, Any]:
        return {media: {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}

    media = "application/x-ndjson" if path == "sync/pull" else "application/json"
    return {
        "operationId": path.replace("/", "_"),
        "summary": summary,
        "security": [{"device": []}] if path != "devices" else [{}, {"device": []}],
        "parameters": [{"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"required": True, "content": body(request)},
        "responses": {
            "200": {"description": "Done.", "content": body(answer, media)},
            "default": {"description": "Not done; `code` says why.", "content": body(p.ErrorAnswer)},
        },
    }
