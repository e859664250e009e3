"""What stands half typed in a form or a field of an account is lost to nothing: no pull, no click, no hurry."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app import records
from tests.ui.accounts.elsewhere import base_of_name, write_elsewhere

CTRL = Qt.KeyboardModifier.ControlModifier


def begin_edit(desk, id=None):
    page = desk.go("accounts", id or desk.company.morel)
    page.edit()
    desk.settle()
    QTest.qWait(10)
    return page


def begin_contact(desk):
    """A new contact of Morel, of whom one name is typed."""
    page = desk.go("accounts", desk.company.morel)
    page.edit_contact(None)
    desk.settle()
    page.editor.form.editor("last_name").line.setFocus()
    desk.type("Petit")
    return page


def stored(desk, id=None):
    with desk.workspace.read() as session:
        return records.get(session, "account", id or desk.company.morel)


def test_a_draft_taken_up_again_does_not_take_back_what_a_colleague_changed_meanwhile(desk):
    page = begin_edit(desk)
    page.editor.form.editor("website").line.setFocus()
    desk.type("morel.example")
    page.editor.close_form()
    desk.settle()
    write_elsewhere(desk, "account", desk.company.morel, naf="1071C")
    begin_edit(desk)
    assert page.editor.form.editor("naf").line.text() == "1071C", "the field nobody typed in is up to date"
    page.editor.save()
    desk.settle()
    assert stored(desk)["naf"] == "1071C"
    assert "morel.example" in stored(desk)["website"]


def test_an_impatient_second_ctrl_enter_makes_no_second_account(desk):
    page = desk.go("accounts")
    page.new_record()
    desk.settle()
    page.editor.form.editor("name").line.setFocus()
    desk.type("Fromagerie Jura")
    page.editor.save()
    page.editor.save()
    desk.settle()
    assert len(desk.find("account", name="Fromagerie Jura")) == 1


def test_a_half_written_note_waits_on_its_account(desk):
    page = desk.go("accounts", desk.company.morel)
    page.record.note.setFocus()
    desk.type("rappeler avant jeu")
    desk.go("accounts", desk.company.garage)
    assert page.record.note.text() == ""
    desk.go("accounts", desk.company.morel)
    assert page.record.note.text() == "rappeler avant jeu"


def test_a_form_is_there_again_when_one_comes_back_to_the_screen(desk):
    page = begin_edit(desk)
    page.editor.form.editor("website").line.setFocus()
    desk.type("morel.example")
    desk.go("today")
    desk.window.back()
    desk.settle()
    assert page.editing
    assert page.editor.form.editor("website").line.text() == "morel.example"


def test_a_change_of_language_leaves_the_form_open(desk):
    begin_edit(desk).editor.form.editor("website").line.setFocus()
    desk.type("morel.example")
    desk.window.set_language("en")
    desk.settle()
    page = desk.page
    assert page.editing
    assert page.editor.form.editor("website").line.text() == "morel.example"


def test_a_contact_begun_for_one_account_is_not_offered_under_another(desk):
    page = begin_contact(desk)
    page.editor.close_form()
    desk.settle()
    desk.go("accounts", desk.company.garage)
    page.edit_contact(None)
    desk.settle()
    assert page.editor.form.editor("last_name").line.text() == ""
    assert page.editor.form.editor("account").typed() == desk.company.garage


def test_a_record_says_that_changes_to_it_wait_in_a_draft_and_leads_there(desk):
    page = begin_edit(desk)
    page.editor.form.editor("website").line.setFocus()
    desk.type("morel.example")
    desk.go("accounts", desk.company.garage)
    assert page.begun.bars == []
    desk.go("accounts", desk.company.morel)
    (bar,) = page.begun.bars
    assert "pas encore" in bar.text.lower()
    desk.click(bar.findChild(QPushButton))
    assert page.editor.form.editor("website").line.text() == "morel.example"
    page.editor.save()
    desk.settle()
    assert page.begun.bars == []


def test_a_new_contact_that_was_left_is_told_on_its_account(desk):
    page = begin_contact(desk)
    desk.key(Qt.Key.Key_Escape)
    assert not page.editing
    (bar,) = page.begun.bars
    desk.click(bar.findChild(QPushButton))
    assert page.editor.form.editor("last_name").line.text() == "Petit"


def test_looking_into_a_form_leaves_nothing_to_go_on_with(desk):
    page = begin_edit(desk)
    desk.key(Qt.Key.Key_Escape)
    assert (page.editing, page.begun.bars) == (False, [])


@pytest.mark.parametrize(
    ("field", "half"), [("phone", "+3"), ("siret", "123 4"), ("credit_limit", "12,x"), ("email", "a@")]
)
def test_half_a_value_is_there_again_as_it_was_typed(desk, field, half):
    page = begin_edit(desk)
    line = page.editor.form.editor(field).line
    line.setFocus()
    line.selectAll()
    desk.type(half)
    desk.key(Qt.Key.Key_Escape)
    begin_edit(desk)
    assert page.editor.form.editor(field).line.text() == half
    page.editor.save()
    desk.settle()
    assert page.editing and page.editor.form.problem(field)


def test_the_draft_keeps_what_its_author_saw_as_the_base_of_the_merge(desk):
    page = begin_edit(desk)
    line = page.editor.form.editor("name").line
    line.setFocus()
    line.selectAll()
    desk.type("Morel et Filles")
    desk.key(Qt.Key.Key_Escape)
    write_elsewhere(desk, "account", desk.company.morel, name="Du bureau")
    begin_edit(desk)
    assert page.editor.form.editor("name").line.text() == "Morel et Filles"
    page.editor.save()
    desk.settle()
    assert base_of_name(desk) == "Boulangerie Morel"


def test_a_note_is_not_emptied_by_escape_and_survives_another_language(desk):
    page = desk.go("accounts", desk.company.morel)
    page.record.note.setFocus()
    desk.type("rappeler")
    desk.key(Qt.Key.Key_Escape)
    desk.window.set_language("en")
    desk.settle()
    note = desk.page.record.note
    assert note.text() == "rappeler"
    note.setFocus()
    desk.key(Qt.Key.Key_Return)
    desk.go("accounts", desk.company.garage)
    desk.go("accounts", desk.company.morel)
    assert note.text() == ""
    assert "rappeler" in stored(desk)["notes"]


def test_after_a_save_undo_comes_back_to_the_record_and_not_to_its_form(desk):
    page = begin_edit(desk)
    line = page.editor.form.editor("name").line
    line.setFocus()
    line.selectAll()
    desk.type("Morel et Filles")
    page.editor.save()
    desk.settle()
    desk.go("today")
    desk.window.commands.run("undo")
    desk.settle()
    assert desk.window.route.record == desk.company.morel
    assert not desk.page.editing
    assert stored(desk)["name"] == "Boulangerie Morel"


def test_a_record_deleted_elsewhere_under_its_form_refuses_the_save_and_keeps_what_was_typed(desk):
    page = begin_edit(desk, desk.company.garage)
    line = page.editor.form.editor("name").line
    line.setFocus()
    line.selectAll()
    desk.type("Garage neuf")
    write_elsewhere(desk, "account", desk.company.garage, deleted_at="2026-11-21T10:00:00.000Z")
    page.editor.save()
    desk.settle()
    assert page.editing
    assert line.text() == "Garage neuf"


def test_a_name_for_which_no_record_was_chosen_yet_is_kept_and_found_again(desk):
    page = begin_edit(desk)
    parent = page.editor.form.editor("parent").line
    parent.setFocus()
    desk.type("Garage Du")
    page.editor.close_form()
    desk.settle()
    begin_edit(desk)
    assert page.editor.form.editor("parent").line.text() == "Garage Du"
    page.editor.save()
    desk.settle()
    assert page.editor.form.problem("parent") == "Choisissez une fiche de la liste."
    assert stored(desk)["parent"] is None


def test_a_chosen_record_is_named_when_its_draft_is_taken_up_again(desk):
    page = begin_edit(desk)
    editor = page.editor.form.editor("parent")
    editor.line.textEdited.emit(
        "garage"
    )  # without the focus, or a list would open, which this platform has not
    desk.settle()
    editor._completer.activated.emit(next(iter(editor._offers)))
    chosen = editor.line.text()
    page.editor.close_form()
    desk.settle()
    begin_edit(desk)
    assert page.editor.form.editor("parent").line.text() == chosen != ""
    page.editor.save()
    desk.settle()
    assert stored(desk)["parent"] == desk.company.garage
