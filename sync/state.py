"""Where the sync of this laptop stands: names and values in one table."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from sync import driver
from sync.protocol import Hello


def get(connection: Connection, name: str) -> Any:
    """The value kept under `name`, None where there is none."""
    found = driver.read(connection, "SELECT value FROM sync_state WHERE name = ?", (name,))
    return found[0][0] if found else None


def user(connection: Connection) -> str | None:
    """The id of whoever works on this laptop; None before it is enrolled."""
    found = get(connection, "user")
    return None if found is None else str(found)


def put(connection: Connection, name: str, value: str | int | None) -> None:
    """Keep a value."""
    driver.write(
        connection,
        "INSERT INTO sync_state (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def keep_hello(connection: Connection, hello: Hello) -> None:
    """Keep what the server says of this device."""
    kept = _kept(connection)
    for name, value in {**_said(hello), "server_time": hello.server_time}.items():
        if kept.get(name) != value:
            put(connection, name, value)


def is_news(connection: Connection, hello: Hello) -> bool:
    """Whether the server says more than the time that it did not say at the end of the last run."""
    kept = _kept(connection)
    return any(kept.get(name) != value for name, value in {**_said(hello), "head": hello.head}.items())


def _kept(connection: Connection) -> dict[str, Any]:
    return dict(driver.read(connection, "SELECT name, value FROM sync_state"))


def _said(hello: Hello) -> dict[str, str]:
    return {
        "epoch": hello.epoch,
        "user": hello.user,
        "role": hello.role,
        "series": hello.series,
        "organisation": hello.organisation,
        "scopes": json.dumps(sorted(hello.scopes)),
        "exchange_key": hello.exchange_key,
        "exchange_room": str(hello.exchange_room),
        "lives": json.dumps(hello.lives),
    }
