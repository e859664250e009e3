"""Records for the palette and for link fields, found in the search index. For a reading lane."""

from __future__ import annotations

from typing import Any

from app.i18n import mark as m_
from app.i18n import translate as _
from ui.commands import Found

SHOWN = 8
_PLACES = {
    "account": ("accounts", "building-2", m_("Account")),
    "contact": ("contacts", "user", m_("Contact")),
    "opportunity": ("opportunities", "square-kanban", m_("Opportunity")),
    "quote": ("quotes", "file-text", m_("Quote")),
    "product": ("catalogue", "package", m_("Product")),
    "visit_report": ("report", "clipboard-pen", m_("Visit report")),
}
"""Kind of record: the page that shows it, its icon, its name."""


def find_records(session: Any, text: str) -> list[Found]:
    """The best records for what was typed, each with the page that shows it."""
    from app import search

    found = []
    for hit in search.find(session, text, limit=SHOWN, kinds=tuple(_PLACES)):
        page, icon, name = _PLACES[hit.kind]
        detail = " · ".join(part for part in (_(name), hit.subtitle) if part)
        found.append(Found(icon, hit.title, detail, page, hit.id))
    return found


def find_links(session: Any, kind: str, text: str) -> list[tuple[str, str, str]]:
    """(id, title, detail) of the records of one kind: what `RecordForm` asks for."""
    from app import search

    return [
        (hit.id, hit.title, hit.subtitle) for hit in search.find(session, text, limit=SHOWN, kinds=(kind,))
    ]
