"""A report or a task is begun from any screen with its keys."""

from __future__ import annotations

from datetime import timedelta

from app import formats
from tests.app.small_company import NOW
from ui.today.commands import connect
from ui.widgets import Button, EmptyState


def test_a_new_report_is_about_what_the_screen_shows(desk):
    connect(desk.window)
    desk.go("accounts", desk.company.morel)
    desk.window.commands.run("new.report")
    desk.settle()
    assert desk.page._sheet.name == "Boulangerie Morel"


def test_a_new_task_begins_on_today_from_a_screen_that_has_none(desk):
    connect(desk.window)
    desk.go("report")
    desk.window.commands.run("new.task")
    desk.settle()
    assert desk.window.route.page == "today"
    assert desk.page.tasks.new.isVisible()


def test_a_new_quote_is_for_the_account_that_the_screen_shows(desk, monkeypatch):
    page = desk.go("accounts", desk.company.morel)
    asked = []
    monkeypatch.setattr(
        type(desk.window), "go", lambda _window, *what, **options: asked.append((what, options))
    )
    page.open_quote()
    assert asked == [(("quotes", None), {"account": desk.company.morel})]


def test_a_laptop_without_an_agenda_offers_no_button_that_leads_nowhere(desk, monkeypatch):
    monkeypatch.setattr(formats, "now", lambda: NOW + timedelta(days=400))
    page = desk.go("today")
    (empty,) = page.findChildren(EmptyState)
    assert not [button for button in empty.findChildren(Button) if button.isVisible()]
    assert page._date.text().count("·") <= 1
