"""How a quote's state and name read, in lists and titles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes.composing import full_number

STATUS_LABELS: dict[str, tuple[str, str]] = {
    "draft": (m_("Draft"), "flat"),
    "to_approve": (m_("To approve"), "warn"),
    "issued": (m_("Issued"), "info"),
    "sent": (m_("Sent"), "info"),
    "accepted": (m_("Accepted"), "ok"),
    "refused": (m_("Refused"), "bad"),
    "expired": (m_("Expired"), "warn"),
    "superseded": (m_("Superseded"), "flat"),
    "replaced": (m_("Contract replaced"), "flat"),
}
"""Status: label and tone of its pill."""

FILTERS = (
    ("all", m_("All")),
    ("draft", m_("Draft")),
    ("issued", m_("Issued")),
    ("sent", m_("Sent")),
    ("accepted", m_("Accepted")),
    ("refused", m_("Refused")),
    ("expired", m_("Expired")),
)


def status_label(status: str | None) -> str:
    """The status in the current language; one that only a newer release knows stands for itself."""
    return _(STATUS_LABELS.get(status or "draft", (str(status), ""))[0])


def status_tone(status: str | None) -> str:
    """The tone of the status's pill."""
    return STATUS_LABELS.get(status or "draft", ("", "flat"))[1]


def quote_title(quote: Mapping[str, Any]) -> str:
    """« Devis D26-K7-00042 », or « Nouveau devis » before it has a number."""
    number = full_number(quote)
    return _("Quote {number}", number=number) if number else _("Draft quote")


def decision_words(status: str | None, day: str, note: str) -> str:
    """« Accepté le 12 mars : … », where the customer decided."""
    words = {
        "accepted": _("Accepted on {day}.", day=day),
        "refused": _("Refused on {day}.", day=day),
    }.get(status or "", "")
    return f"{words} {note}".strip() if words else ""
