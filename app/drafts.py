"""What a form holds and nobody saved yet: kept in the laptop's file at each pause of typing, never sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from app.local import drafts

NEW = "new"
"""The id of the draft of a record that has none yet."""
TODAY = "today"
"""The id of the draft of the task that is begun on the first screen."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An unsaved form: what stands in it, what it was loaded with, and where the person was typing."""

    kind: str
    id: str
    values: dict[str, Any]
    loaded: dict[str, Any] | None
    focus: str | None
    at: datetime


def keep(
    session: Session,
    kind: str,
    id: str,
    values: Mapping[str, Any],
    loaded: Mapping[str, Any] | None = None,
    focus: str | None = None,
    at: datetime | None = None,
) -> datetime:
    """Keep a form in place of what was kept for it before; the moment of it."""
    moment = at or datetime.now(UTC)
    row = {
        "values": _encoded(values),
        "loaded": None if loaded is None else _encoded(loaded),
        "focus": focus,
        "at": moment.astimezone(UTC).isoformat(),
    }
    statement = insert(drafts).values(kind=kind, id=id, **row)
    session.execute(statement.on_conflict_do_update(index_elements=["kind", "id"], set_=row))
    return moment


def after_undo(id: str) -> str:
    """The id of the draft that a creation taken back leaves: another than the record's, which is used up."""
    return str(uuid5(NAMESPACE_OID, id))


def find(session: Session, kind: str, id: str) -> Draft | None:
    """The draft of one form, or None."""
    row = session.execute(select(drafts).where(drafts.c.kind == kind, drafts.c.id == id)).first()
    return None if row is None else _draft(row)


def find_all(session: Session, kind: str) -> list[Draft]:
    """All drafts of a kind, the latest first."""
    rows = session.execute(select(drafts).where(drafts.c.kind == kind).order_by(drafts.c.at.desc()))
    return [_draft(row) for row in rows]


def find_latest(session: Session, since: datetime) -> Draft | None:
    """The form that was typed in last, if that was not before `since`."""
    row = session.execute(select(drafts).order_by(drafts.c.at.desc()).limit(1)).first()
    found = None if row is None else _draft(row)
    return found if found is not None and found.at >= since else None


def discard(session: Session, kind: str, id: str) -> None:
    """Forget a draft: it was saved, or is not wanted."""
    session.execute(delete(drafts).where(drafts.c.kind == kind, drafts.c.id == id))


def _draft(row: Any) -> Draft:
    kind, id, values, loaded, focus, at = row
    kept = None if loaded is None else _decoded(loaded)
    return Draft(kind, id, _decoded(values), kept, focus, datetime.fromisoformat(at))


# JSON knows no days, moments and exact numbers: each travels as an object of one key.
_READERS: dict[str, Any] = {
    "$decimal": Decimal,
    "$date": date.fromisoformat,
    "$moment": datetime.fromisoformat,
}


def _encoded(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), default=_tagged, ensure_ascii=False)


def _tagged(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be kept in a draft")


def _decoded(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text, object_hook=_untagged)
    return found


def _untagged(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name in _READERS:
            return _READERS[name](inner)
    return value
