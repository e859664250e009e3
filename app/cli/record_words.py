"""Words for records: fields, list, show, add, set, delete, find."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import custom_fields, records
from app.cli.output import Output, table
from app.cli.profile_words import folder_of, opened
from app.cli.shapes import SYSTEM, as_json, display, listed, pairs
from app.entity import entity, kinds
from app.entity import fields as declared_fields
from app.errors import Invalid
from app.features import sync_schema
from app.fields import Field
from app.i18n import translate as _
from app.kinds import KINDS
from app.quotes import drafting
from app.workspace import Workspace


def fields(options: argparse.Namespace, output: Output) -> None:
    """The kinds, or one kind's fields; works without a profile, which only adds the company's own fields."""
    sync_schema()
    if options.kind is None:
        found = [{"kind": kind, "label": _(entity(kind).label)} for kind in kinds()]
        output.result(found, table([(each["kind"], each["label"]) for each in found]))
        return
    declared = {**declared_fields(options.kind)}
    declared.pop("custom")
    for name, field in _own_fields(options).items():
        declared[f"custom.{name}"] = field
    shapes = [_field_json(name, field) for name, field in declared.items()]
    rows = [
        (s["name"], s["label"], s["kind"], _("required") if s["required"] else "", s["policy"], _hint(s))
        for s in shapes
    ]
    output.result(shapes, table(rows))


def list_records(options: argparse.Namespace, output: Output) -> None:
    """The records whose fields equal every `--where`."""
    sync_schema()
    where, own = _conditions(options.kind, pairs(options.where))
    with opened(options) as workspace, workspace.read() as session:
        found = records.find_rows(session, options.kind, where, limit=None if own else options.limit)
        if own:
            found = [record for record in found if _has_own(record, own)][: options.limit]
        shown = listed(options.kind)
        rows = [[r["id"], *(display(field, r[field.name]) for field in shown)] for r in found]
        output.result(
            [as_json(options.kind, record) for record in found] if output.json else None,
            table(rows, ["id", *(field.label for field in shown)]) if found else [],
        )


def show(options: argparse.Namespace, output: Output) -> None:
    """One record with all its fields."""
    sync_schema()
    with opened(options) as workspace, workspace.read() as session:
        record = records.get(session, options.kind, options.id)
        lines = [(name, "" if record[name] is None else str(record[name])) for name in SYSTEM]
        lines += [
            (f.name, display(f, record[f.name]))
            for f in declared_fields(options.kind).values()
            if record[f.name] not in (None, "", [], {})
        ]
        output.result(as_json(options.kind, record), table(lines))


def add(options: argparse.Namespace, output: Output) -> None:
    """A new record; prints its id. `id=` gives the id."""
    sync_schema()
    values = pairs(options.values)
    id = values.pop("id", None)
    with opened(options) as workspace, workspace.transaction("add") as session:
        new = records.add(session, options.kind, drafting.begun(options.kind, values), id or None)
        drafting.restate(session, [drafting.quote_of(session, options.kind, new)])
        doubts = _doubts(session, options.kind, new, values)
    _tell(doubts, output)
    output.result({"id": new} | _as_json_too(doubts), new)


def set_fields(options: argparse.Namespace, output: Output) -> None:
    """Change fields of one record in one transaction."""
    sync_schema()
    values = pairs(options.values)
    with opened(options) as workspace, workspace.transaction("set") as session:
        changed = set_or_merge(session, options.kind, options.id, values)
        drafting.restate(session, [drafting.quote_of(session, options.kind, options.id)])
        doubts = _doubts(session, options.kind, options.id, values)
    _tell(doubts, output)
    output.result({"id": options.id, "changed": changed} | _as_json_too(doubts), [])


def set_or_merge(session: Session, kind: str, id: str, values: dict[str, Any]) -> bool:
    """Save fields; `merged_into=OTHER` of an account merges it, and an empty one has it stand for itself again."""
    from app.accounts import merging

    if kind == "account" and "merged_into" in values:
        if len(values) > 1:
            raise Invalid({"merged_into": _("Merge alone, without other fields.")})
        if values["merged_into"]:
            merging.merge(session, id, str(values["merged_into"]))
        else:
            merging.unmerge(session, id)
        return True
    return records.save(session, kind, id, values)


def delete(options: argparse.Namespace, output: Output) -> None:
    """Delete a record with what hangs under it."""
    sync_schema()
    with opened(options) as workspace, workspace.transaction("delete") as session:
        quote = drafting.quote_of(session, options.kind, options.id)
        records.delete(session, options.kind, options.id)
        drafting.restate(session, [quote])
    output.result({"id": options.id}, [])


def _doubts(session: Session, kind: str, id: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What was kept but may be wrong, by field, as a form says it beside the field."""
    kept, declared = records.known(session, kind, id), declared_fields(kind)
    found = [
        (name, KINDS[declared[name].kind].warning(kept[name], declared[name]))
        for name in values
        if name in declared and kept.get(name) is not None
    ]
    return {name: sentence for name, sentence in found if sentence}


def _tell(doubts: Mapping[str, str], output: Output) -> None:
    for name, doubt in doubts.items():
        output.say(f"{name}: {doubt}")


def _as_json_too(doubts: Mapping[str, str]) -> dict[str, Any]:
    """A script hears of doubts in the answer."""
    return {"warnings": dict(doubts)} if doubts else {}


def _conditions(kind: str, texts: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The parsed conditions on columns, and those on the company's own fields as they were typed."""
    declared = declared_fields(kind)
    where: dict[str, Any] = {}
    own: dict[str, str] = {}
    for name, text in texts.items():
        if name.startswith("custom."):
            own[name[7:]] = text
        elif name in SYSTEM:
            where[name] = text or None
        elif name in declared:
            try:
                where[name] = KINDS[declared[name].kind].parse(text, declared[name])
            except ValueError as problem:
                raise Invalid({name: str(problem)}) from None
        else:
            raise Invalid({name: _("There is no such field.")})
    return where, own


def _has_own(record: records.Record, own: dict[str, str]) -> bool:
    kept = record["custom"] or {}
    return all(_plain(kept.get(name)) == text.casefold() for name, text in own.items())


def _plain(value: Any) -> str:
    return "" if value is None else str(value).casefold()


def _own_fields(options: argparse.Namespace) -> dict[str, Field]:
    if not Workspace.exists(folder_of(options)):
        return {}
    with opened(options) as workspace, workspace.read() as session:
        return custom_fields.declared(session, options.kind)


def _field_json(name: str, field: Field) -> dict[str, Any]:
    return {
        "name": name,
        "label": field.label,
        "kind": field.kind,
        "required": field.required,
        "policy": field.policy,
        "choices": [value for value, _label in field.choices],
        "link": field.link,
        "computed": field.computed,
    }


def _hint(shape: dict[str, Any]) -> str:
    return f"→ {shape['link']}" if shape["link"] else " | ".join(shape["choices"])
