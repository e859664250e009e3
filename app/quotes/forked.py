"""A sheet that lay open while its quote became two: what is typed into it belongs to the version that it shows."""

from __future__ import annotations

import dataclasses

from sqlalchemy.orm import Session

from app import records
from app.quotes.sheet import Sheet
from sync import forks


def follow(session: Session, sheet: Sheet) -> Sheet:
    """The sheet under the ids that its version has now."""
    connection = session.connection()
    id = forks.follow(connection, "quote", sheet.id, sheet.quote["rev"] or 0)
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


def keep_base(session: Session, sheet: Sheet) -> None:
    """Tell the sync which state of the whole quote the person had in view: what others did since forks it."""
    seen = max(part.get("rev") or 0 for part in (sheet.quote, *sheet.lines))
    if seen:
        records.bases(session)["quote", sheet.id, "rev"] = seen
