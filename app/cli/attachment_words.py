"""Words for files and photos of records: attach, attachment."""

from __future__ import annotations

import argparse
from pathlib import Path

from app import attachments, records
from app.cli.output import Output
from app.cli.profile_words import opened
from app.features import sync_schema


def attach(options: argparse.Namespace, output: Output) -> None:
    """Add a file to a record; prints the attachment's id."""
    sync_schema()
    file = Path(options.file)
    with opened(options) as workspace:
        id = attachments.attach(workspace, options.kind, options.id, file, options.caption)
        with workspace.read() as session:
            row = records.get(session, "attachment", id)
    shown = ("id", "name", "media_type", "size", "sha256", "width", "height")
    output.result({name: row[name] for name in shown}, id)


def attachment(options: argparse.Namespace, output: Output) -> None:
    """Write an attachment's bytes to a file; those that are not here are fetched first."""
    from app import fetching

    sync_schema()
    target = Path(options.output)
    with opened(options) as workspace:
        size = fetching.save_as(workspace, options.id, target)
    output.result({"id": options.id, "file": str(target), "bytes": size}, str(target))
