"""Ids of records inside structured data, such as a contact's further accounts: found, and led to others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sync.merge import Value, canonical


def ids_in(stored: Value) -> set[str]:
    """All that may be an id in a stored structure."""
    try:
        return set(_texts(json.loads(stored))) if isinstance(stored, str) else set()
    except (ValueError, RecursionError):
        return set()


def led(stored: Value, leading: Callable[[str], str]) -> Value:
    """The stored structure with other ids; the very same where none changes."""
    if all(leading(id) == id for id in ids_in(stored)):
        return stored
    return canonical(led_within(json.loads(str(stored)), leading))


def led_within(value: Any, leading: Callable[[str], str]) -> Any:
    """A structure with other ids; what stands twice in a list by that stands there once."""
    match value:
        case str():
            return leading(value)
        case dict():
            return {key: led_within(one, leading) for key, one in value.items()}
        case list():
            changed = [led_within(one, leading) for one in value]
            return value if changed == value else list({canonical(one): one for one in changed}.values())
        case _:
            return value


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict() | list():
            for one in value.values() if isinstance(value, dict) else value:
                yield from _texts(one)
