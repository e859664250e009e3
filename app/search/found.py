"""The kinds of record that are found, in order of weight: of two equally good hits the first one's comes first."""

from __future__ import annotations

from app.i18n import mark as _

KINDS = {
    "account": _("Account"),
    "contact": _("Contact"),
    "quote": _("Quote"),
    "opportunity": _("Opportunity"),
    "product": _("Product"),
    "visit_report": _("Visit report"),
}
"""Each with its label: that of its entity, which is not loaded for a search."""

WEIGHT = {kind: rank for rank, kind in enumerate(KINDS)}
PER_KIND = 1 << 40
"""Row numbers of the index that each kind has for itself, one kind's after the other's."""
