"""The demonstration's records in their stored form, as the server loads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.entity import entity, fields
from app.fields import Field
from app.kinds import KINDS

_MOMENT = Field("", "timestamp", "")


def stored(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(kind, values by column) with Python values turned into stored ones."""
    codecs = {}
    for kind, values in rows:
        if kind not in codecs:
            codecs[kind] = _codec(kind)
        codec = codecs[kind]
        yield kind, {name: codec[name](value) for name, value in values.items() if value is not None}


def _codec(kind: str) -> dict[str, Any]:
    declared = fields(kind)
    codec: dict[str, Any] = {}
    for column in entity(kind).__table__.columns:
        field = declared.get(column.name)
        if field is not None:
            codec[column.name] = lambda value, f=field, k=KINDS[field.kind]: k.to_stored(value, f)
        elif column.name.endswith("_at"):
            codec[column.name] = lambda value: KINDS["timestamp"].to_stored(value, _MOMENT)
        else:
            codec[column.name] = lambda value: value
    return codec
