"""Who may change the look of the company's quotes, and keeping what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import alone, records
from app.errors import NotAllowed
from app.i18n import translate as _
from app.quotes import paper
from app.quotes.style import QuoteStyle, read_style
from app.workspace import Workspace
from sync import state

WRITERS = ("office", "admin")


def style_of(session: Session) -> QuoteStyle | None:
    """The company's choices, where whoever works here may change them; else None."""
    if not (alone.is_ours(session) or may_write(session)):
        return None
    return read_style(paper.organisation_of(session).get("quote_style"))


def keep_style(workspace: Workspace, values: Mapping[str, Any]) -> None:
    """Keep the choices: new quotes are printed with them. Raises NotAllowed."""
    with workspace.read() as session:
        mine, writer = alone.is_ours(session), may_write(session)
    if mine:
        alone.keep_company(workspace, {"quote_style": dict(values)})
        return
    if not writer:
        raise NotAllowed(_("Only the office changes the look of quotes."))
    with workspace.transaction() as session:
        company = paper.organisation_of(session)
        records.save(session, "organisation", company["id"], {"quote_style": dict(values)}, loaded=company)


def may_write(session: Session) -> bool:
    """Whether whoever works here writes the company on its server."""
    user = records.known(session, "user", state.user(session.connection()))
    return bool(paper.organisation_of(session)) and user.get("role") in WRITERS
