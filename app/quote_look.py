"""The look of the company's quotes: read and kept for whoever may change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import company
from app.quotes.style import QuoteStyle, read_style
from app.workspace import Workspace


def style_of(session: Session) -> QuoteStyle | None:
    """The company's choices, where whoever works here may change them; else None."""
    known = company.writable(session)
    return None if known is None else read_style(known.get("quote_style"))


def keep_style(workspace: Workspace, values: Mapping[str, Any]) -> None:
    """Keep the choices: new quotes are printed with them. Raises NotAllowed."""
    company.keep(workspace, {"quote_style": dict(values)})
