"""The words that bring records in from a file and take them out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.cli.output import Output
from app.cli.profile_words import opened
from app.errors import Invalid, NotFound
from app.i18n import language
from app.i18n import translate as _


def import_records(options: argparse.Namespace, output: Output) -> None:
    """Import a file; with `--json` the whole report."""
    from app.transfer.importing import import_file

    file = _readable(options.file)
    mapping = _mapping(options.map) if options.map else None
    with opened(options) as workspace, output.progress(file.name) as advance:
        report = import_file(workspace, options.kind, file, mapping, options.dry_run, advance)
    output.result(report.as_json(), report.lines())


def export_records(options: argparse.Namespace, output: Output) -> None:
    """Export all records of a kind."""
    from app.transfer.exporting import export_file

    file = Path(options.output)
    with opened(options) as workspace:
        count = export_file(workspace, options.kind, file, language())
    output.result({"kind": options.kind, "file": str(file), "count": count}, [f"{file}: {count}"])


def _readable(name: str) -> Path:
    file = Path(name)
    if not file.is_file():
        raise NotFound(_("There is no file “{file}”.", file=file))
    return file


def _mapping(name: str) -> dict[str, Any]:
    try:
        found = json.loads(_readable(name).read_text(encoding="utf-8-sig"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Invalid({"--map": _("“{file}” is not a JSON object of headings and fields.", file=name)})
    return found
