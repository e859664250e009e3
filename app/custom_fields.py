"""Fields that the company adds to a kind of record: declared by records, validated like all others."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fields import Field
from app.i18n import translate as _
from app.kinds import KINDS
from app.people.model import CustomField


def declared(session: Session, kind: str) -> dict[str, Field]:
    """The own fields of a kind by name, in their order."""
    rows = session.execute(
        select(
            CustomField.name,
            CustomField.label_text,
            CustomField.field_kind,
            CustomField.mandatory,
            CustomField.choices,
        )
        .where(CustomField.record_kind == kind, CustomField.deleted_at.is_(None))
        .order_by(CustomField.position, CustomField.id)
    )
    return {
        name: Field(name, field_kind, label or name, required=bool(mandatory), choices=_pairs(choices))
        for name, label, field_kind, mandatory, choices in rows
        if field_kind in KINDS
    }


def validate(session: Session, kind: str, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values as they are kept in `custom` (JSON), and one sentence per field that cannot be kept."""
    known = declared(session, kind)
    kept: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            problems[f"custom.{name}"] = _("There is no such field.")
            continue
        try:
            parsed = KINDS[field.kind].parse(value, field)
        except ValueError as problem:
            problems[f"custom.{name}"] = str(problem)
            continue
        kept[name] = None if parsed is None else KINDS[field.kind].to_json(parsed, field)
    return kept, problems


def to_stored(value: Any) -> str:
    """The canonical JSON text of one key, as the capture triggers write it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _pairs(choices: Any) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(c), str(c)) if not isinstance(c, list) else (str(c[0]), str(c[1])) for c in choices or []
    )
