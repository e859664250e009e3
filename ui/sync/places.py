"""From a record named on a sync screen to the screen that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.whereabouts import Place
    from ui.page import Shell

PAGES = {"account": "accounts", "quote": "quotes", "visit_report": "report", "product": "catalogue"}


def can_open(shell: Shell, place: Place | None) -> bool:
    """Whether this program has a screen for it."""
    return place is not None and shell.window.has_page(PAGES.get(place[0], "?"))


def open_place(shell: Shell, place: Place) -> None:
    """Show the record."""
    if can_open(shell, place):
        shell.go(PAGES[place[0]], place[1])
