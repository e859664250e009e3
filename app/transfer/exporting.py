"""Exporting records as CSV that spreadsheets open as it is meant, and that imports back to the same values."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from app.entity import entity, fields
from app.fields import Field
from app.file_writing import whole
from app.i18n import translate_in
from app.kinds import KINDS
from app.money import plain
from app.transfer.mapping import LINK_KEYS
from app.workspace import Workspace

_COMPUTED = re.compile(r"[=+\-@\t\r]")
_Names = dict[str | None, dict[str, str]]
"""How a file names the records of each linked kind, by id."""

_HARMLESS = re.compile(r"[+-]?\d+(?:[.,]\d+)?|\+\d[\d ]*")


def export_file(workspace: Workspace, kind: str, file: Path, language: str = "fr") -> int:
    """Write all records of a kind to `file`; how many. Headings and decimal mark are those of `language`.

    UTF-8 with a mark, so that Excel sees the accents; links by their outside code or name. A cell that a
    spreadsheet would compute gets an apostrophe before it, which import takes away again. The file is put
    in place whole or not at all.
    """
    columns = [field for field in fields(kind).values() if field.name != "custom"]
    count = 0
    with (
        workspace.read() as session,
        whole(file) as partial,
        partial.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        connection = session.connection()
        names: _Names = {field.link: _names(connection, field.link) for field in columns if field.link}
        names |= {f.unit: _names(connection, f.unit) for f in columns if f.kind == "tags" and f.unit}
        writer = csv.writer(stream, delimiter=";" if language == "fr" else ",")
        writer.writerow([guarded(heading) for heading in headings(columns, language)])
        listed = ", ".join(f'"{field.name}"' for field in columns)
        for row in connection.exec_driver_sql(
            f'SELECT {listed} FROM "{kind}" WHERE deleted_at IS NULL ORDER BY id'
        ):
            writer.writerow(
                [guarded(_cell(f, v, names, language)) for f, v in zip(columns, row, strict=True)]
            )
            count += 1
    return count


def headings(columns: list[Field], language: str) -> list[str]:
    """The labels in a language; where two fields share one, the field's name."""
    labels = [translate_in(language, field.source_label) for field in columns]
    return [
        label if labels.count(label) == 1 else field.name
        for label, field in zip(labels, columns, strict=True)
    ]


def guarded(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would take for a formula."""
    if _COMPUTED.match(cell) and not _HARMLESS.fullmatch(cell):
        return "'" + cell
    # A text that begins like a guarded one would lose its own apostrophe on import.
    return "'" + cell if re.match(r"'+[=+\-@\t\r]", cell) else cell


def _cell(field: Field, stored: Any, names: _Names, language: str) -> str:
    if stored is None:
        return ""
    if field.link:
        return str(names[field.link].get(stored, stored))
    kind = KINDS[field.kind]
    value = kind.from_stored(stored, field)
    if field.kind == "tags" and field.unit:
        return "; ".join(names[field.unit].get(id, id) for id in value)
    if field.kind in ("money", "decimal", "percentage"):
        text = str(plain(value, least=2 if field.kind == "money" else 0))
        return text.replace(".", ",") if language == "fr" else text
    if field.kind == "choice":
        return translate_in(language, dict(field.choices).get(value, value))
    if field.kind == "choices":
        return "; ".join(translate_in(language, dict(field.choices).get(one, one)) for one in value)
    if field.kind in ("json", "date", "timestamp", "duration", "integer", "phone"):
        return str(stored)
    return str(kind.display(value, field, language))


def _names(connection: Any, kind: str) -> dict[str, str]:
    """How a file names the records of a kind: by the first of their keys that they have."""
    entity(kind)
    keys = LINK_KEYS.get(kind) or (("name",) if "name" in fields(kind) else ())
    if not keys:
        return {}
    listed = ", ".join(f'"{key}"' for key in keys)
    rows = connection.exec_driver_sql(
        f'SELECT id, coalesce({listed}, id) FROM "{kind}" WHERE deleted_at IS NULL'
    )
    return {row[0]: str(row[1]) for row in rows}
