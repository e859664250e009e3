"""A task that is being written on the first screen is lost neither to Esc, nor to haste, nor to another language."""

from __future__ import annotations

from PySide6.QtCore import Qt


def begin(desk, subject="Rappeler la boul"):
    page = desk.go("today")
    desk.click(page.new_task)
    desk.type(subject)
    return page


def test_escape_loses_no_letter_of_a_task(desk):
    page = begin(desk)
    desk.key(Qt.Key.Key_Escape)
    assert page.tasks.new.isHidden()
    desk.click(page.new_task)
    assert page.tasks.new.form.editor("subject").line.text() == "Rappeler la boul"


def test_asking_for_a_new_task_twice_goes_on_with_the_one_begun(desk):
    page = begin(desk)
    desk.window.commands.run("new.task")
    desk.settle()
    desk.type("angerie")
    assert page.tasks.new.form.editor("subject").line.text().startswith("Rappeler la boul")


def test_another_language_leaves_the_begun_task_open(desk):
    begin(desk)
    desk.window.set_language("en")
    desk.settle()
    assert desk.page.tasks.new.isVisible()
    assert desk.page.tasks.new.form.editor("subject").line.text() == "Rappeler la boul"


def test_enter_struck_twice_makes_one_task_and_leaves_no_draft(desk):
    page = begin(desk, "Porter la facture")
    page.tasks.new.save()
    page.tasks.new.save()
    desk.settle()
    assert len(desk.find("task", subject="Porter la facture")) == 1
    desk.click(page.new_task)
    assert page.tasks.new.form.editor("subject").line.text() == ""


def test_a_cancelled_task_is_not_offered_again(desk):
    page = begin(desk)
    page.tasks.new._cancel()
    desk.settle()
    desk.click(page.new_task)
    assert page.tasks.new.form.editor("subject").line.text() == ""
