"""The published description of HEAD, PUT and GET of attachments' bytes."""

from __future__ import annotations

from typing import Any

from sync.blob_messages import PIECE_BYTES

_ANY_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_REFUSED = {
    "description": "Not done; `code` says why. 404 for what is not there and for what the caller may not read.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}},
}


def blob_calls() -> dict[str, Any]:
    """The operations of `/v1/blobs/{sha256}`."""
    asked = _header("Range", "bytes=FIRST- or bytes=FIRST-LAST", False)
    return {
        "get": {
            **_common("blob_get", "The bytes of a file that some row opens to the caller."),
            "parameters": [*_place(), asked],
            "responses": {
                "200": {"description": "All of it.", "content": _ANY_BYTES},
                "206": {"description": "The range; `Content-Range` says of how many.", "content": _ANY_BYTES},
                "416": {"description": "The range begins after the end."},
                "default": _REFUSED,
            },
        },
        "head": {
            **_common("blob_head", "Whether some row opens the file to the caller, and its length."),
            "parameters": _place(),
            "responses": {
                "200": {"description": "`Content-Length` is the length."},
                "default": {"description": "As for GET, without a body."},
            },
        },
        "put": {
            **_common(
                "blob_put",
                f"Some bytes of a file that a row of the caller names, {PIECE_BYTES} at most;"
                " with an empty body and `bytes */SIZE` the question how far the server is.",
            ),
            "parameters": [
                *_place(),
                _header("Content-Range", "bytes FIRST-LAST/SIZE or bytes */SIZE", True),
            ],
            "requestBody": {"required": False, "content": _ANY_BYTES},
            "responses": {
                "200": {
                    "description": "Where to go on, whatever was sent.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BlobState"}}},
                },
                "default": _REFUSED,
            },
        },
    }


def _common(name: str, summary: str) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "security": [{"device": []}]}


def _place() -> list[dict[str, Any]]:
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    return [
        {"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "sha256", "in": "path", "required": True, "schema": digest},
    ]


def _header(name: str, description: str, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }
