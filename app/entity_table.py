"""The table of all entities for the documentation: where each travels, and how each field merges."""

from __future__ import annotations

from collections.abc import Iterator

from app.entity import Travel, entity, fields, kinds
from app.features import sync_schema
from app.fields import Field
from sync.schema import ScopeRule

_HEAD = """# Entities

Made by `python -m app.entity_table docs/entities.md` from the declarations; a test keeps it fresh.

Every record also has `id`, `rev`, `scope`, `deleted_at`, `created_at`, `created_by`, `updated_at`, `updated_by`,
and the fields `owner` (link to user, review) and `custom` (own fields, each key merged by itself, review).
Policies: **review** the later edit stands, the other value becomes a conflict · **text** merged line by line ·
**union** merged as a set · **with its document** a quote and its lines never merge, they fork.
Fields in one (group) travel and clash together.
"""


def lines() -> Iterator[str]:
    """The page, line by line."""
    sync_schema()
    yield _HEAD
    for kind in sorted(kinds()):
        travel = entity(kind).travel
        yield f"## {kind}\n"
        yield f"{(entity(kind).__doc__ or '').strip()}\n"
        yield f"- Scope: {'; else '.join(_scope(rule) for rule in travel.scope)}"
        yield f"- Parent: {_parent(travel)}"
        yield f"- Written by: {_writers(travel)}\n"
        yield "| field | kind | policy | |"
        yield "|---|---|---|---|"
        for field in fields(kind).values():
            if field.name not in ("owner", "custom"):
                yield f"| {field.name} | {_kind(field)} | {_policy(field, travel)} | {_notes(field)} |"
        yield ""


def _scope(rule: ScopeRule) -> str:
    if rule.fixed == "record":
        return "that of the record that it is about (`office` for company records)"
    if rule.fixed:
        return f"`{rule.fixed}`"
    if rule.field:
        return f"`{rule.prefix}:` of {rule.field}"
    return f"that of its {rule.parent}"


def _parent(travel: Travel) -> str:
    return f"{travel.aggregate} (one whole with it)" if travel.aggregate else travel.parent or "none"


def _writers(travel: Travel) -> str:
    return {"all": "everyone who reads it", "office": "office and administrators", "nobody": "the server"}[
        travel.writers
    ]


def _kind(field: Field) -> str:
    if field.link:
        return f"link to {field.link}"
    if field.ids_of:
        return f"{field.kind} with {field.ids_of} ids"
    if field.choices:
        return f"{field.kind}: {', '.join(value for value, _label in field.choices)}"
    return f"{field.kind} of {field.unit} ids" if field.kind == "tags" and field.unit else field.kind


def _policy(field: Field, travel: Travel) -> str:
    if travel.aggregate or travel.frozen_when:
        return "with its document"
    policy = "each key: review" if field.kind == "json" and field.unit == "key" else field.policy
    return f"{policy} ({field.group})" if field.group else policy


def _notes(field: Field) -> str:
    notes = [word for word, holds in (("required", field.required), ("searched", field.search)) if holds]
    return ", ".join(notes)


if __name__ == "__main__":
    import sys
    from pathlib import Path

    Path(sys.argv[1]).write_text("\n".join(lines()), encoding="utf-8")
