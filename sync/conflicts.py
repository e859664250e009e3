"""The row that keeps a value that did not win: its columns, its id, its candidates."""

from __future__ import annotations

import hashlib
import json
from typing import NotRequired, TypedDict
from uuid import UUID, uuid5

from sync.merge import Value, canonical

COLUMNS = (
    "record_kind",
    "record",
    "field",
    "base",
    "candidates",
    "state",
    "resolution",
    "resolved_by",
    "resolved_at",
)
"""What the table that `SyncSchema.conflict` names must have, beside the system columns.

`record_kind`, `record`, `field` name what clashed; a field captured by key is `custom.key`, and the
clash of a deletion has the field `deleted_at`. `base` is the JSON text of the value before.
`candidates` is a JSON array of `Candidate`. `state` is `open` or `resolved`; `resolution` is the
JSON text of the value decided on.
"""

DECISION = frozenset({"state", "resolution", "resolved_by", "resolved_at"})
"""What a person writes of a conflict; the rest is the server's."""
DELETION = "deleted_at"
FORK = "id"
"""The field of a conflict of whole documents: each candidate's value is the id of the other version."""
MARK = "candidates."
"""How the server's memory of when a version came to its conflict begins: no edit of anybody's."""
_NAMESPACE = UUID("7a6f0f52-51b5-4d2f-9c0b-2f1d7a3c1f10")


class Over(TypedDict):
    """Who wrote what stood over a version when it did not win, and when; `value` is the mark of that value."""

    user: str
    at: str
    value: str


class Candidate(TypedDict):
    """One version that did not win. `group` gives all values where fields belong together."""

    value: Value
    user: str
    device: str
    at: str
    group: dict[str, Value]
    over: NotRequired[Over]


def conflict_id(table: str, id: str, field: str) -> str:
    """The id of the one conflict that this field of this record can have."""
    return str(uuid5(_NAMESPACE, f"{table}\0{id}\0{field}"))


def candidates_of(text: Value) -> list[Candidate]:
    """The candidates of a stored conflict; none where the text is damaged."""
    try:
        found = json.loads(text) if isinstance(text, str) else []
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def base_of(text: Value) -> Value:
    """The value before, as a conflict holds it; none where the text is damaged."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if isinstance(found, str | int) else None


def with_candidate(text: Value, added: Candidate, replaced: Candidate | None = None) -> str:
    """The stored candidates with one more, and without the version that its author had before him and `replaced`.

    What somebody wrote without having seen his own earlier version on top stays: nobody decided about it yet. So it
    is with two laptops of one person, with two copies of one file, and with two forks of one document.
    """
    gone = [one for one in (added, replaced) if one is not None]
    kept = [one for one in candidates_of(text) if not any(_is_same(one, other) for other in gone)]
    return canonical([*kept, added])


def mark_of(candidate: Candidate) -> str:
    """The name under which the server remembers when this version came to its conflict."""
    return f"{MARK}{_digest(canonical(candidate))}"


def value_mark(value: Value) -> str:
    """By which a value is known again without being told."""
    return _digest(canonical(value))[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_same(one: Candidate, other: Candidate) -> bool:
    names = ("user", "device", "value", "group")
    return all((one.get(name) or None) == (other.get(name) or None) for name in names)
