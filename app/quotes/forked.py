"""A sheet that lay open while its quote became two: what is typed into it belongs to the version that it shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from sqlalchemy.orm import Session

from app import records
from app.quotes.sheet import Sheet
from sync import forks


def follow(session: Session, sheet: Sheet) -> Sheet:
    """The sheet under the ids that its version has now."""
    connection, id = session.connection(), follow_id(session, sheet)
    if id == sheet.id:
        return sheet
    lines = tuple(
        {
            **line,
            "id": forks.follow(connection, "quote_line", line["id"], line.get("rev") or 0),
            "quote": id,
        }
        for line in sheet.lines
    )
    return dataclasses.replace(sheet, quote={**sheet.quote, "id": id}, lines=lines)


def follow_id(session: Session, sheet: Sheet) -> str:
    """The id that the sheet's version has now."""
    return forks.follow(session.connection(), "quote", sheet.id, sheet.quote["rev"] or 0)


def follow_texts(session: Session, quote_id: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Texts of open cells, kept as `line/column`, under the ids that the quote's lines have now."""
    here = {line["id"] for line in records.find_rows(session, "quote_line", {"quote": quote_id})}
    moved = {old: new for kind, old, new in forks.carried_out(session.connection()) if kind == "quote_line"}
    found = {}
    for name, text in texts.items():
        line, slash, column = name.partition("/")
        while slash and line not in here and line in moved:
            line = moved[line]
        found[f"{line}{slash}{column}"] = text
    return found


def keep_base(session: Session, sheet: Sheet) -> None:
    """Tell the sync which state of the whole quote the person had in view: what others did since forks it."""
    seen = max(part.get("rev") or 0 for part in (sheet.quote, *sheet.lines))
    if seen:
        records.bases(session)["quote", sheet.id, "rev"] = seen
