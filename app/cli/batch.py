"""`terrain batch`: many changes from a file of JSON lines, each line one transaction.

A line is a list of operations `{"op": "add"|"set"|"delete"|"restore", "kind": …, "id": …, "fields": {…}}`,
or one such object. `id` may be given to `add`, so that later lines, and links, can name the record. A line
is kept whole or not at all; the first line that cannot be kept ends the run with its number, and the
lines before it stay. Running a file again is safe: an `add` whose id stands with the same values, a `set`
that changes nothing and the deletion of what is deleted are passed over; `--from LINE` goes on in the middle.
A `set` of `merged_into` merges an account into another.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import records
from app.cli.output import Output
from app.cli.profile_words import opened
from app.cli.record_words import set_or_merge
from app.entity import entity
from app.errors import UserError
from app.features import sync_schema
from app.i18n import translate as _
from app.quotes import drafting

OPERATIONS = ("add", "set", "delete", "restore")


class BadLine(UserError):
    """A line that cannot be kept; the sentence starts with its number."""


def run(options: argparse.Namespace, output: Output) -> int:
    """Carry out a file; prints `[{"transaction": line, "ids": […]}]`, also of what stands before a refusal."""
    sync_schema()
    done: list[dict[str, Any]] = []
    refusal: BadLine | None = None
    lines = _lines(options.file)
    with opened(options) as workspace, output.progress(_("Batch")) as advance:
        for number, text in enumerate(lines, start=1):
            advance(number, len(lines))
            if number < options.first_line or not text.strip():
                continue
            try:
                operations = list(_operations(text))
                with workspace.transaction("batch") as session:
                    quotes: list[str | None] = []
                    ids = [_carry_out(session, operation, quotes) for operation in operations]
                    drafting.restate(session, quotes)
            except (UserError, ValueError) as problem:
                refusal = BadLine(_("Line {number}: {problem}", number=number, problem=problem))
                break
            done.append({"transaction": number, "ids": ids})
    output.result(done, [id for each in done for id in each["ids"]])
    if refusal is not None:
        output.refuse(str(refusal))
        return 1
    return 0


def _lines(file: str) -> list[str]:
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    return text.split("\n")


def _operations(text: str) -> Iterator[dict[str, Any]]:
    try:
        found = json.loads(text)
    except ValueError as problem:
        raise ValueError(_("This is no JSON: {problem}.", problem=problem)) from None
    for operation in found if isinstance(found, list) else [found]:
        if not isinstance(operation, dict) or operation.get("op") not in OPERATIONS:
            raise ValueError(_("“op” must be one of {operations}.", operations=", ".join(OPERATIONS)))
        if not isinstance(operation.get("kind"), str):
            raise ValueError(_("“kind” is missing."))
        if operation["op"] != "add" and not operation.get("id"):
            raise ValueError(_("“id” is missing."))
        if not isinstance(operation.setdefault("fields", {}), dict):
            raise ValueError(_("“fields” must be an object."))
        yield operation


def _carry_out(session: Session, operation: dict[str, Any], quotes: list[str | None]) -> str:
    """The id of the record; `quotes` takes those whose totals may move."""
    kind, id, values = operation["kind"], operation.get("id"), operation["fields"]
    entity(kind)
    if id is not None:
        quotes.append(drafting.quote_of(session, kind, str(id)))
    id = _done(session, operation["op"], kind, id, values)
    quotes.append(drafting.quote_of(session, kind, id))
    return id


def _done(session: Session, op: str, kind: str, id: str | None, values: dict[str, Any]) -> str:
    match op:
        case "add":
            if id is not None and _stands(session, kind, id, values):
                return str(id)
            return records.add(session, kind, drafting.begun(kind, values), id)
        case "set":
            set_or_merge(session, kind, str(id), values)
        case "delete":
            if not _is_deleted(session, kind, str(id)):
                records.delete(session, kind, str(id))
        case "restore":
            records.restore(session, kind, str(id))
    return str(id)


def _stands(session: Session, kind: str, id: str, values: dict[str, Any]) -> bool:
    """Whether the record is there with exactly these values; then a replayed `add` is passed over."""
    found = records.find_rows(session, kind, {"id": id})
    if not found:
        return False
    clean = records.validate(session, kind, values)
    own = clean.pop("custom", None) or {}
    kept = found[0]["custom"] or {}
    return all(found[0][name] == value for name, value in clean.items()) and all(
        kept.get(name) == value for name, value in own.items()
    )


def _is_deleted(session: Session, kind: str, id: str) -> bool:
    table = entity(kind).__table__
    row = session.execute(select(table.c.deleted_at).where(table.c.id == id)).first()
    return row is not None and row[0] is not None
