"""The word for searching, which loads no more of the program than its answer needs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from app import i18n, quick_start
from app.cli.output import Output, table
from app.cli.profile_words import folder_of, opened
from app.i18n import translate as _
from app.search.found import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from app.search import Hit


def find(options: argparse.Namespace, output: Output) -> None:
    """The hits of the desktop's search; with `--json` whole records with their kind, title and subtitle."""
    text = " ".join(options.text)
    found = None if output.json else quick_start.find(folder_of(options), text, options.limit)
    if found is not None:
        if found.language is not None:
            i18n.set_language(found.language)
        output.result(None, _lines(found.hits))
        return
    from app import search

    with opened(options) as workspace, workspace.read() as session:
        hits = search.find(session, text, options.limit)
        output.result([_as_json(session, hit) for hit in hits] if output.json else None, _lines(hits))


def _lines(hits: Iterable[Hit]) -> Iterable[str]:
    return table([(_(KINDS[hit.kind]), hit.title, hit.subtitle, hit.id) for hit in hits])


def _as_json(session: Session, hit: Hit) -> dict[str, Any]:
    from app import records
    from app.cli.shapes import as_json

    record = records.find_rows(session, hit.kind, {"id": hit.id})
    found = as_json(hit.kind, record[0]) if record else {"id": hit.id}
    return {**found, "kind": hit.kind, "title": hit.title, "subtitle": hit.subtitle}
