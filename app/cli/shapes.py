"""How records and typed values look on the command line: `FIELD=VALUE` in, JSON and lines out."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.entity import fields
from app.errors import Invalid
from app.fields import Field
from app.i18n import translate as _
from app.kinds import KINDS

SYSTEM = ("id", "rev", "scope")
TRACES = ("created_at", "created_by", "updated_at", "updated_by")
_MOMENT = Field("", "timestamp", "")


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """`FIELD=VALUE` words as a dict; raises Invalid for a word without `=` and for a field given twice."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise Invalid({text: _("Write FIELD=VALUE; FIELD= alone empties the field.")})
        if name in found:
            raise Invalid({name: _("This field is given twice.")})
        found[name] = value
    return found


def as_json(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record keyed by field names; amounts and rates are strings, dates ISO 8601, times UTC with Z."""
    declared = fields(kind).values()
    return {
        **{name: record[name] for name in SYSTEM},
        **{field.name: json_value(field, record[field.name]) for field in declared},
        **{name: _trace(record[name]) for name in TRACES},
    }


def json_value(field: Field, value: Any) -> Any:
    """One value in machine-readable form."""
    return None if value is None else KINDS[field.kind].to_json(value, field)


def display(field: Field, value: Any) -> str:
    """One value for people, on one line."""
    return " ⏎ ".join(KINDS[field.kind].display(value, field).splitlines())


def listed(kind: str) -> list[Field]:
    """The fields that a list of this kind shows; the first few where none is declared for lists."""
    declared = list(fields(kind).values())
    return [field for field in declared if field.listed] or declared[:4]


def add_pairs(parser: argparse.ArgumentParser, nargs: str = "+") -> None:
    """The `FIELD=VALUE` arguments of a word."""
    parser.add_argument("values", nargs=nargs, metavar=_("FIELD=VALUE"))


def _trace(value: Any) -> Any:
    return KINDS["timestamp"].to_json(value, _MOMENT) if isinstance(value, datetime) else value
