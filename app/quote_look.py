"""The look of the company's quotes: read and kept, key by key, for whoever may change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import company, records
from app.errors import Invalid
from app.i18n import translate as _
from app.quotes.style import QuoteStyle, read_style
from app.seller import find_company
from app.workspace import Workspace


def style_of(session: Session) -> QuoteStyle | None:
    """The company's choices, where whoever works here may change them; else None."""
    known = company.writable(session)
    return None if known is None else read_style(known.get("quote_style"))


def keep(workspace: Workspace, changes: Mapping[str, Any]) -> None:
    """Write some keys of the look, None for the program's own; the others stay as they are. Raises NotAllowed."""
    if not changes:
        return
    with company.writing(workspace) as session:
        known = find_company(session)
        if not known:
            raise Invalid({"quote_style": _("Write the company's name first.")})
        style = {**(known.get("quote_style") or {}), **changes}
        kept = {name: value for name, value in style.items() if value is not None}
        records.save(session, "organisation", known["id"], {"quote_style": kept}, loaded=known)


def keep_style(workspace: Workspace, chosen: QuoteStyle, seen: QuoteStyle) -> None:
    """Keep what was chosen otherwise than was `seen`: new quotes are printed with it. Raises NotAllowed."""
    values, shown = chosen.to_dict(), seen.to_dict()
    names = values.keys() | shown.keys()
    keep(workspace, {name: values.get(name) for name in names if values.get(name) != shown.get(name)})
