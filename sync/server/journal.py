"""One line for each request, without personal data: which organisation, device and call, how long, how much."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_CALLS = ("devices", "sync", "blobs")
"""The first words below `/v1/` that may be named in a line: a path can hold anything."""


@dataclass
class Entry:
    """What is known of a request, noted where it becomes known."""

    call: str = ""
    organisation: str = ""
    device: str = ""
    status: int = 0
    code: str = ""
    seconds: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0


_present: ContextVar[Entry | None] = ContextVar("entry", default=None)


def note(**known: str) -> None:
    """Add to the entry of the present request, wherever it is being worked on."""
    entry = _present.get()
    if entry is not None:
        for name, value in known.items():
            setattr(entry, name, value)


class Journal:
    """ASGI around the application: measures each request, logs it, and hands the entry on."""

    def __init__(self, application: Application, finished: Callable[[Entry], Awaitable[None]]) -> None:
        self._application, self._finished = application, finished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        entry = Entry(call_of(str(scope["path"])))
        _present.set(entry)
        started = time.perf_counter()

        async def count_in() -> Message:
            message = await receive()
            entry.bytes_in += len(message.get("body", b""))
            return message

        async def count_out(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = int(message["status"])
            entry.bytes_out += len(message.get("body", b""))
            await send(message)

        try:
            await self._application(scope, count_in, count_out)
        finally:
            entry.seconds = time.perf_counter() - started
            _write(entry, str(scope["method"]))
        await self._finished(entry)


def call_of(path: str) -> str:
    """The name of the call without what is particular to it: `sync/push`, `blobs`, `healthz`."""
    parts = path.strip("/").split("/")
    if len(parts) == 1 and parts[0] in ("healthz", "metrics", "openapi.json"):
        return parts[0]
    if len(parts) < 3 or parts[1] != "v1" or parts[2] not in _CALLS:
        return "unknown"
    known = parts[2] == "sync" and len(parts) > 3 and parts[3].isalpha() and len(parts[3]) < 20
    return f"sync/{parts[3]}" if known else parts[2]


def _write(entry: Entry, method: str) -> None:
    facts = {
        "organisation": entry.organisation, "device": entry.device, "call": entry.call, "method": method,
        "status": entry.status, "code": entry.code, "seconds": round(entry.seconds, 4),
        "bytes_in": entry.bytes_in, "bytes_out": entry.bytes_out,
    }  # fmt: skip
    quiet = entry.call in ("healthz", "metrics") and entry.status < 400
    level = logging.DEBUG if quiet else logging.INFO
    log.log(level, "request", extra={"facts": {name: value for name, value in facts.items() if value != ""}})
