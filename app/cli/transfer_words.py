"""Words that take records in from files and out to files: import, export."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.cli.output import Output
from app.cli.profile_words import opened
from app.errors import Invalid
from app.features import sync_schema
from app.i18n import language
from app.i18n import translate as _


def import_records(options: argparse.Namespace, output: Output) -> None:
    """Take in a file; says what was new, changed, unchanged and refused, with the lines."""
    from app.transfer.importing import import_file

    sync_schema()
    mapping = _mapping(options.map) if options.map else None
    with opened(options) as workspace, output.progress(_("Import")) as advance:
        report = import_file(
            workspace, options.kind, Path(options.file), mapping, dry_run=options.dry_run, progress=advance
        )
    output.result(report.as_json(), report.lines())


def export_records(options: argparse.Namespace, output: Output) -> None:
    """Write all records of a kind to a file."""
    from app.transfer.exporting import export_file

    sync_schema()
    with opened(options) as workspace:
        count = export_file(workspace, options.kind, Path(options.output), language())
    output.result({"file": options.output, "rows": count}, options.output)


def _mapping(file: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8-sig"))
    except ValueError as problem:
        raise Invalid({file: _("This is no JSON: {problem}.", problem=problem)}) from None
    if not isinstance(found, dict):
        raise Invalid({file: _("A mapping is an object that names a field for each column.")})
    return found
