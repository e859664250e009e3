"""What a sync brings while somebody works: rows never move under the pointer, they wait behind a chip."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt

from app.quotes import editing
from tests.sync.office import RHONE, Laptop
from ui.pages import Registration


def new_quote(laptop: Laptop, account: str) -> str:
    with laptop.workspace.transaction("Quote") as session:
        return editing.new_quote(session, account)


def test_a_quote_that_a_sync_brings_waits_until_it_is_wanted(claire: Laptop, rey: Laptop, desk_of: Any):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    new_quote(claire, account)
    claire.sync()
    rey.sync()
    desk = desk_of(claire.workspace)
    desk.window._by_key["quotes"] = Registration("quotes", "ui.quotes.page:QuotesPage", "Quotes", "file-text")
    page = desk.go("quotes")
    rows = page.list.list.rows
    assert rows.rowCount() == 1
    page.list.list.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    for _each in range(2):
        new_quote(rey, account)
    rey.sync()
    claire.sync()
    desk.settle()
    assert rows.rowCount() == 1
    assert page.list._news.isVisible() and page.list._news.text() == "2 nouveautés"
    page.list._news.click()
    desk.settle()
    assert rows.rowCount() == 3 and not page.list._news.isVisible()


def test_where_nobody_points_the_list_is_fresh_at_once(claire: Laptop, rey: Laptop, desk_of: Any):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    claire.sync()
    rey.sync()
    desk = desk_of(claire.workspace)
    desk.window._by_key["quotes"] = Registration("quotes", "ui.quotes.page:QuotesPage", "Quotes", "file-text")
    page = desk.go("quotes")
    new_quote(rey, account)
    rey.sync()
    claire.sync()
    desk.settle()
    assert page.list.list.rows.rowCount() == 1
