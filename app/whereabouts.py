"""On which screen a record is seen: its own, or that of what it hangs under."""

from __future__ import annotations

from sqlalchemy import Connection

from app.entity import fields
from app.errors import NotFound

SHOWN = ("account", "quote", "visit_report", "product")
"""Kinds with a screen of their own."""
_ABOVE = ("quote", "account")
_DEEPEST = 4

Place = tuple[str, str]
"""(kind, id) of a record with a screen."""


def place_of(connection: Connection, kind: str, id: str) -> Place | None:
    """The record whose screen shows this one; None where there is none on this laptop."""
    for _level in range(_DEEPEST):
        try:
            declared = fields(kind)
        except NotFound:
            return None
        links = [name for name in _ABOVE if name in declared and declared[name].link]
        target = "record_kind" in declared and "record" in declared
        columns = ["id", *links, *(("record_kind", "record") if target else ())]
        names = ", ".join(f'"{name}"' for name in columns)
        row = connection.exec_driver_sql(
            f'SELECT {names} FROM "{kind}" WHERE id = ? AND deleted_at IS NULL', (id,)
        ).first()
        if row is None:
            return None
        if kind in SHOWN:
            return kind, id
        values = dict(zip(columns, row, strict=True))
        if target and values["record_kind"] and values["record"]:
            kind, id = values["record_kind"], values["record"]
            continue
        above = next((name for name in links if values[name]), None)
        if above is None:
            return None
        kind, id = str(declared[above].link), values[above]
    return None
