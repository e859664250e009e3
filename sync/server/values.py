"""Whether a value that a device sent fits its column."""

from __future__ import annotations

import msgspec

from sync.merge import Value
from sync.schema import INTEGERS, SYSTEM_COLUMNS, SyncTable

_DEEPEST = 50
"""Of what is nested in a value: deeper than anybody writes, and far from where a program gives up."""


def split_name(synced: SyncTable, name: str) -> tuple[str | None, str | None]:
    """`custom.key` -> ("custom", "key"); ("name", None) for a column; (None, None) for an unknown field."""
    if name in synced.fields:
        return name, None
    column, _, key = name.partition(".")
    if key and column in synced.fields and synced.fields[column].by_key:
        return column, key
    return None, None


def fits(synced: SyncTable, name: str, base: Value, new: Value) -> bool:
    """Whether a change of a field may be kept, and every laptop can show what it leaves.

    Of the base nothing is asked but that a column can hold it: whoever mends a value that nobody can show names it as
    the one that he found.
    """
    return (
        _can_be_kept(synced, name, base)
        and _can_be_kept(synced, name, new)
        and _can_be_shown(synced, name, new)
    )


def _can_be_kept(synced: SyncTable, name: str, value: Value) -> bool:
    """Unknown fields are kept in `extra` as they are; a column that is no field is the server's to write."""
    is_servers = name in SYSTEM_COLUMNS or name in synced.servers_columns()
    if is_servers or (isinstance(value, str) and "\0" in value):
        return False
    if value is None:
        return True
    column, _key = split_name(synced, name)
    if column is None:
        return True
    storage = synced.fields[column].storage
    if storage == "integer":
        return isinstance(value, int) and value in INTEGERS
    if not isinstance(value, str):
        return False
    return _is_json(value) if storage == "json" else True


def _can_be_shown(synced: SyncTable, name: str, value: Value) -> bool:
    """A day that is none, once stored, would break each list that it is in."""
    field = synced.fields.get(name)
    return field is None or field.can_be_shown(value)


def _is_json(text: str) -> bool:
    """Whether every program can read it: neither NaN nor half a character is in it, and nothing without end."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return False
    return _is_sound(found, _DEEPEST)


def _is_sound(value: object, deepest: int) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return deepest > 0 and all(_is_sound(part, deepest - 1) for part in parts)
