"""On which screen a record is seen: its own, or that of what it hangs under."""

from __future__ import annotations

from sqlalchemy import Connection

from app.entity import fields
from app.errors import NotFound

SHOWN = ("account", "quote", "visit_report", "product")
"""Kinds with a screen of their own."""
_ABOVE = ("quote", "account", "merged_into")
_DEEPEST = 4

Place = tuple[str, str]
"""(kind, id) of a record with a screen."""


def place_of(connection: Connection, kind: str, id: str) -> Place | None:
    """The record whose screen shows this one; None where there is none on this laptop."""
    return _climb(connection, kind, id, with_deleted=False)


def place_of_deleted(connection: Connection, kind: str, id: str) -> Place | None:
    """The record on whose screen this deleted one is missed: what it hung under, or an account itself."""
    return _climb(connection, kind, id, with_deleted=True)


def _climb(connection: Connection, kind: str, id: str, with_deleted: bool) -> Place | None:
    for _level in range(_DEEPEST):
        found = _row_and_above(connection, kind, id)
        if found is None:
            return None
        is_deleted, above = found
        if is_deleted and not with_deleted:
            return None
        if kind in SHOWN and not (is_deleted and above):
            return kind, id
        if above is None:
            return None
        kind, id = above
    return None


def _row_and_above(connection: Connection, kind: str, id: str) -> tuple[bool, Place | None] | None:
    """Whether the record is deleted, and what it hangs under; None where it is not here."""
    try:
        declared = fields(kind)
    except NotFound:
        return None
    links = [name for name in _ABOVE if name in declared and declared[name].link]
    target = "record_kind" in declared and "record" in declared
    columns = ["deleted_at", *links, *(("record_kind", "record") if target else ())]
    names = ", ".join(f'"{name}"' for name in columns)
    row = connection.exec_driver_sql(f'SELECT {names} FROM "{kind}" WHERE id = ?', (id,)).first()
    if row is None:
        return None
    values = dict(zip(columns, row, strict=True))
    if target and values["record_kind"] and values["record"]:
        return values["deleted_at"] is not None, (values["record_kind"], values["record"])
    above = next((name for name in links if values[name]), None)
    place = (str(declared[above].link), values[above]) if above else None
    return values["deleted_at"] is not None, place
