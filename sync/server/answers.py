"""Every answer that is not a success: one body, whatever went wrong, and nothing in it of anybody's data."""

from __future__ import annotations

import logging
import math
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from sync import errors
from sync import protocol as p
from sync.server.journal import note

log = logging.getLogger(__name__)

JSON = "application/json"
_STATUS = {
    "sign_in_needed": 401,
    "update_needed": 426,
    "server_busy": 503,
    "too_many_requests": 429,
    "protocol": 400,
    "too_big": 413,
    "unknown_encoding": 415,
    "not_allowed": 403,
    "not_found": 404,
    "superseded": 409,
    "not_implemented": 501,
}

_LEFT = "client disconnected prematurely"
"""The framework's words for a caller who is gone before all that he announced has come."""


def refusal(problem: errors.SyncError) -> Response[bytes]:
    """The answer to a call that could not be done."""
    wait = problem.retry_after if isinstance(problem, errors.ServerBusy) else 0.0
    headers = {"retry-after": str(math.ceil(wait))} if wait else {}
    if isinstance(problem, errors.SignInNeeded):
        headers["www-authenticate"] = "Bearer"
    answer = p.ErrorAnswer(problem.code, problem.detail, wait)
    return _answer(answer, _STATUS.get(problem.code, 400), headers)


def on_refusal(_request: Request[Any, Any, Any], problem: errors.SyncError) -> Response[bytes]:
    """What a route left to us."""
    return refusal(problem)


def on_http_error(_request: Request[Any, Any, Any], problem: HTTPException) -> Response[bytes]:
    """What the framework refused by itself."""
    if problem.detail == _LEFT:
        # A laptop in a tunnel is no mistake of ours, and nobody is to be woken by it.
        return _answer(p.ErrorAnswer("left"), 400, {})
    codes = {404: "not_found", 405: "not_found", 413: "too_big"}
    code = codes.get(problem.status_code, "protocol" if problem.status_code < 500 else "internal")
    return _answer(p.ErrorAnswer(code), problem.status_code, dict(problem.headers or {}))


def on_bug(_request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """A mistake of ours: logged with its place, told without a word of what it was about."""
    log.error("a request failed", exc_info=problem)
    return _answer(p.ErrorAnswer("internal"), 500, {})


def _answer(answer: p.ErrorAnswer, status: int, headers: dict[str, str]) -> Response[bytes]:
    note(code=answer.code)
    return Response(p.encode(answer), status_code=status, media_type=JSON, headers=headers)
