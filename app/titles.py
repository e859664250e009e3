"""How a record, a field and a value are named to a person: on the sync page, in conflicts, in messages."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from app.entity import entity, fields
from app.errors import NotFound
from app.fields import Field
from app.i18n import mark
from app.i18n import translate as _
from app.kinds import KINDS

DELETION = "deleted_at"
_NAMING = ("name", "subject", "label_fr", "label", "description", "last_name", "number", "line1", "field")
_ABOVE = ("account", "quote", "opportunity", "visit_report", "price_list", "pipeline")
_DELETED = Field(DELETION, "timestamp", mark("Deletion"))


def kind_label(kind: str) -> str:
    """The kind's name, “Visit report”; an unknown kind stands for itself."""
    try:
        return _(entity(kind).label)
    except NotFound:
        return kind


def title_of(connection: Connection, kind: str, id: str) -> str:
    """The record's own name, or that of what it hangs under; empty where this laptop knows neither."""
    found = connection.exec_driver_sql(
        "SELECT title FROM search_row WHERE kind = ? AND id = ?", (kind, id)
    ).scalar()
    if found:
        return str(found)
    try:
        declared = fields(kind)
    except NotFound:
        return ""
    if "record_kind" in declared and "record" in declared:
        return _title_of_target(connection, kind, id)
    own = [f'"{name}"' for name in _NAMING if name in declared]
    above = [name for name in _ABOVE if name in declared]
    wanted = [f"coalesce({', '.join([*own, 'NULL', 'NULL'])})", *(f'"{name}"' for name in above)]
    row = connection.exec_driver_sql(f'SELECT {", ".join(wanted)} FROM "{kind}" WHERE id = ?', (id,)).first()
    if row is None:
        return ""
    if row[0]:
        return str(row[0])
    pairs = [(fields(kind)[name].link, value) for name, value in zip(above, row[1:], strict=True) if value]
    return next((title_of(connection, link, value) for link, value in pairs if link), "")


def _title_of_target(connection: Connection, kind: str, id: str) -> str:
    row = connection.exec_driver_sql(f'SELECT record_kind, record FROM "{kind}" WHERE id = ?', (id,)).first()
    return title_of(connection, row[0], row[1]) if row and row[0] and row[0] != kind else ""


def field_of(connection: Connection, kind: str, name: str) -> Field:
    """The field that an entry or a conflict names; own fields and keys of a structure included."""
    if name == DELETION:
        return _DELETED
    parent, dot, key = name.partition(".")
    if parent == "custom" and dot:
        label = connection.exec_driver_sql(
            "SELECT label_text FROM custom_field WHERE record_kind = ? AND name = ?", (kind, key)
        ).scalar()
        return Field(name, "json", str(label or key))
    declared = fields(kind).get(parent)
    if declared is None:
        return Field(name, "json", name)
    return Field(name, "json", f"{declared.label} · {key}") if dot else declared


def shown_stored(connection: Connection, field: Field, stored: Any) -> str:
    """A value in the form that the file keeps, as a person reads it."""
    if stored is None:
        return ""
    try:
        return shown(connection, field, KINDS[field.kind].from_stored(stored, field))
    except (ValueError, TypeError):
        return str(stored)


def shown(connection: Connection, field: Field, value: Any) -> str:
    """A Python value as a person reads it; links by the title of their record. Empty for no value."""
    if value is None or value == "":
        return ""
    if field.link:
        return title_of(connection, field.link, str(value)) or _("not on this laptop")
    if field.kind == "tags" and field.unit and isinstance(value, list):
        return ", ".join(title_of(connection, field.unit, str(id)) or "?" for id in value)
    if field.kind == "json":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return KINDS[field.kind].display(value, field)
