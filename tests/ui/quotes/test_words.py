"""How a quote's state reads."""

from __future__ import annotations

from ui.quotes.words import STATUS_LABELS, status_label, status_tone


def test_a_status_of_a_newer_release_stands_for_itself() -> None:
    assert status_label("archived") == "archived"
    assert status_tone("archived") in {tone for _label, tone in STATUS_LABELS.values()}


def test_a_quote_without_a_status_is_a_draft() -> None:
    assert (status_label(None), status_tone(None)) == (status_label("draft"), status_tone("draft"))
