"""Today: everything opens, a tick can be taken back, nothing moves under the pointer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app import formats, records
from app.i18n import set_language
from tests.app.small_company import NOW, TODAY, at
from ui.widgets import Pill


def test_the_next_visit_has_the_primary_button_and_the_focus(desk):
    page = desk.go("today")
    (row,) = page.rows
    assert row.button.property("kind") == "primary"
    assert row.button.hasFocus()
    assert "Dans 25\u00a0min" in [label.text() for label in row.findChildren(QLabel)]


@pytest.mark.parametrize(("language", "hello"), [("fr", "Bonjour Claire"), ("en", "Hello Claire")])
def test_the_day_is_said_in_both_languages(desk, language, hello):
    set_language(language)
    page = desk.go("today")
    assert page._hello.text() == hello
    said = page._date.text()
    assert said.startswith("Samedi 21 novembre" if language == "fr" else "Saturday 21 November")


def test_a_ticked_task_stays_in_its_place_and_undo_reopens_it(desk):
    page = desk.go("today")
    before = [row.task.subject for row in page.tasks.rows]
    desk.click(page.tasks.rows[0].tick)
    assert [row.task.subject for row in page.tasks.rows] == before
    (task,) = desk.find("task", subject="Rappeler M. Girard")
    assert task["status"] == "done"
    assert "Rappeler M. Girard" in desk.window._toast.text
    desk.click(desk.window._toast.button)
    (task,) = desk.find("task", subject="Rappeler M. Girard")
    assert task["status"] == "open" and task["done_at"] is None


def test_two_touches_tick_a_task_and_plan_the_next(desk):
    page = desk.go("today")
    desk.touches = 0
    desk.click(page.tasks.rows[0].tick)
    desk.click(page.tasks.rows[0].chips["week"])
    assert desk.touches == 2
    planned = desk.find("task", subject="Rappeler M. Girard", status="open")
    assert [task["due"] for task in planned] == [TODAY + timedelta(7)]


def test_a_new_task_is_written_with_a_day_in_words(desk):
    page = desk.go("today")
    desk.click(page.new_task)
    desk.type("Commander des échantillons")
    due = page.tasks.new.form.editor("due").line
    due.setFocus()
    due.selectAll()
    desk.type("lundi")
    desk.key(Qt.Key.Key_Return)
    (task,) = desk.find("task", subject="Commander des échantillons")
    assert task["due"] == date(2026, 11, 23)
    assert page.tasks.new.isHidden()


def test_a_task_without_subject_is_refused_beside_its_field(desk):
    page = desk.go("today")
    desk.click(page.new_task)
    desk.key(Qt.Key.Key_Return)
    assert page.tasks.new.form.problem("subject") == "Ce champ est obligatoire."
    desk.key(Qt.Key.Key_Escape)
    assert page.tasks.new.isHidden()
    assert page.new_task.hasFocus()


def test_a_visit_opens_its_account(desk):
    page = desk.go("today")
    page.rows[0].setFocus()
    desk.key(Qt.Key.Key_Return)
    assert (desk.window.route.page, desk.window.route.record) == ("accounts", desk.company.morel)


def test_a_sync_does_not_move_rows_while_somebody_writes_a_task(desk):
    page = desk.go("today")
    page.open_new_task()
    desk.type("Commander")
    with desk.workspace.transaction(origin="sync") as session:
        records.add(session, "task", {"subject": "Du bureau", "due": TODAY - timedelta(9), "status": "open"})
    desk.settle()
    assert "Du bureau" not in [row.task.subject for row in page.tasks.rows]
    assert page._news.isVisible()
    assert page.tasks.new.form.editor("subject").line.text() == "Commander"
    desk.click(page._news)
    assert "Du bureau" in [row.task.subject for row in page.tasks.rows]
    assert page._news.isHidden()


def test_a_day_without_visits_says_so_calmly(desk):
    with desk.workspace.transaction() as session:
        records.delete(session, "appointment", desk.company.visit)
    page = desk.go("today")
    assert page.rows == []
    assert any(label.text().startswith("Pas de visite") for label in page.findChildren(QLabel))
    assert page.primary_focus() is page.new_report


def test_a_report_that_waits_for_the_server_is_marked(desk):
    with desk.workspace.transaction() as session:
        records.add(
            session, "visit_report",
            {"appointment": desk.company.visit, "account": desk.company.morel, "type": "customer_visit",
             "start": at(14, 30), "no_next_action": True},
        )  # fmt: skip
    with desk.workspace.exclusive() as connection:
        connection.exec_driver_sql("INSERT INTO sync_state (name, value) VALUES ('server', 'https://x')")
    page = desk.go("today")
    assert page.rows[0].visit.report_unsent
    assert page.rows[0].button.text() == "Voir"


def test_a_task_says_for_whom_it_is(desk):
    page = desk.go("today")
    row = next(row for row in page.tasks.rows if row.task.name)
    assert row.task.name in [label.text() for label in row.findChildren(QLabel)]


def test_the_minutes_go_on_after_an_undo_that_had_nothing_to_undo(desk, monkeypatch):
    page = desk.go("today")
    said = {row.visit.id: [pill.text() for pill in row.findChildren(Pill)] for row in page.rows}
    desk.window.commands.run("undo")
    desk.settle()
    monkeypatch.setattr(formats, "now", lambda: NOW + timedelta(minutes=10))
    assert page._clock.isActive()
    page._clock.timeout.emit()
    desk.settle()
    assert {row.visit.id: [pill.text() for pill in row.findChildren(Pill)] for row in page.rows} != said
