"""A report or a task is begun from any screen with its keys."""

from __future__ import annotations

from ui.today.commands import connect


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
