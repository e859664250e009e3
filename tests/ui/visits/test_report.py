"""The report: one touch from Today, a draft from the first letter, saved with what comes next."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import drafts, records
from app.i18n import set_language
from app.workspace import Changes
from sync import capture

CTRL = Qt.KeyboardModifier.ControlModifier


def draft_of(desk):
    with desk.workspace.read() as session:
        found = drafts.find_all(session, "visit_report")
    return found[0] if found else None


def open_report(desk):
    return desk.go("report", None, appointment=desk.company.visit)


def test_one_key_leads_from_today_to_the_first_letter_of_the_report(desk):
    desk.go("today")
    desk.touches = 0
    desk.key(Qt.Key.Key_Space)
    assert desk.touches == 1
    desk.type("Bon accueil")
    assert desk.page.form.text.toPlainText() == "Bon accueil"


def test_a_report_is_finished_with_six_touches_besides_its_text(desk):
    page = open_report(desk)
    desk.type("Bon accueil")
    desk.touches = 0
    desk.click(page.form.outcome.buttons()[0])
    desk.click(page.form.next.chips.buttons()[1])
    desk.type("Rappeler avec tarif palier")
    assert desk.touches <= 6
    desk.key(Qt.Key.Key_Return, CTRL)
    (report,) = desk.find("visit_report", appointment=desk.company.visit)
    assert (report["summary"], report["outcome"]) == ("Bon accueil", "positive")
    (task,) = desk.find("task", subject="Rappeler avec tarif palier")
    assert task["due"] == date(2026, 11, 28)


def test_words_typed_while_the_sheet_is_read_are_kept(desk):
    desk.window.go("report", None, appointment=desk.company.visit)
    desk.page.form.text.setFocus()
    desk.type("Vite")
    desk.settle()
    assert desk.page.form.text.toPlainText() == "Vite"


def test_looking_into_a_new_report_leaves_no_draft_behind(desk):
    open_report(desk)
    assert not desk.page.autosave.waiting
    desk.go("today")
    assert draft_of(desk) is None


def test_typing_keeps_a_draft_after_a_pause_and_says_so(desk, qtbot):
    page = open_report(desk)
    pause = page.autosave._pause
    assert pause.interval() == 400
    # A busy machine types slowly: the pause shall not be over before the words are.
    pause.setInterval(60_000)
    desk.type("Bon accueil")
    assert draft_of(desk) is None
    with qtbot.waitSignal(page.autosave.kept, timeout=20_000):
        pause.setInterval(1)
    found = draft_of(desk)
    assert (found.values["summary"], found.focus) == ("Bon accueil", "summary")
    assert "Brouillon enregistré" in page.form._state.text()


def test_leaving_a_field_keeps_the_draft_at_once(desk):
    page = open_report(desk)
    desk.type("Bon accueil")
    page.form.next.action.setFocus()
    desk.settle()
    assert draft_of(desk).values["summary"] == "Bon accueil"


def test_leaving_the_page_keeps_the_draft_and_today_offers_it(desk):
    open_report(desk)
    desk.type("Bon accueil")
    today = desk.go("today")
    (row,) = today.rows
    assert row.button.text() == "Continuer"
    desk.click(row.button)
    assert desk.page.form.text.toPlainText() == "Bon accueil"


def test_a_report_without_a_next_action_is_not_saved_and_says_why(desk):
    page = open_report(desk)
    desk.type("Bon accueil")
    desk.key(Qt.Key.Key_Return, CTRL)
    assert desk.find("visit_report", appointment=desk.company.visit) == []
    assert page.form.next._problem.text().startswith("Indiquez la prochaine action")
    assert page.form.next.action.hasFocus()
    desk.click(page.form.next.chips.buttons()[3])
    desk.key(Qt.Key.Key_Return, CTRL)
    (report,) = desk.find("visit_report", appointment=desk.company.visit)
    assert report["no_next_action"] is True


@pytest.mark.parametrize(
    ("language", "typed", "said"),
    [
        ("fr", "lundi 10h", "lundi 23 novembre à 10:00"),
        ("en", "monday 10am", "Monday 23 November at 10:00"),
    ],
)
def test_a_day_in_words_is_echoed_in_full(desk, language, typed, said):
    set_language(language)
    desk.window.rebuild()
    page = open_report(desk)
    page.form.next.when.setFocus()
    desk.type(typed)
    assert page.form.next._echo.text() == said


def test_questions_are_answered_with_touches_and_kept(desk):
    page = open_report(desk)
    competitor, grade = page.form._fields["competitor"], page.form._fields["grade"]
    desk.click(competitor.buttons()[0])
    desk.click(grade.buttons()[3])
    desk.click(page.form.next.chips.buttons()[3])
    desk.key(Qt.Key.Key_Return, CTRL)
    (report,) = desk.find("visit_report", appointment=desk.company.visit)
    assert report["answers"] == {"competitor": "yes", "grade": 4}


def test_saving_goes_back_and_undo_makes_a_draft_again(desk):
    desk.go("today")
    desk.key(Qt.Key.Key_Space)
    desk.type("Bon accueil")
    desk.click(desk.page.form.next.chips.buttons()[3])
    desk.key(Qt.Key.Key_Return, CTRL)
    assert desk.window.route.page == "today"
    assert desk.page.rows[0].visit.done
    desk.click(desk.window._toast.button)
    assert desk.find("visit_report", appointment=desk.company.visit) == []
    assert draft_of(desk).values["summary"] == "Bon accueil"


def test_undoing_a_report_without_an_appointment_shows_its_words_again(desk):
    desk.go("report", account=desk.company.morel)
    desk.type("De passage")
    desk.click(desk.page.form.next.chips.buttons()[3])
    desk.key(Qt.Key.Key_Return, CTRL)
    saved = len(desk.find("visit_report"))
    desk.window.undoing.undo()
    desk.settle()
    assert len(desk.find("visit_report")) == saved - 1
    assert desk.page.form.text.toPlainText() == "De passage"


def test_a_pull_under_an_open_report_keeps_what_is_typed(desk):
    page = open_report(desk)
    desk.type("Bon accueil")
    with desk.workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql("UPDATE contact SET last_name = 'Morel-Petit'")
    desk.workspace.emit(Changes(frozenset({"contact", "appointment"}), frozenset(), "sync"))
    desk.settle()
    assert page.form.text.toPlainText() == "Bon accueil"
    assert [tick.accessibleName() for tick in page.people._ticks.values()] == [
        "Sylvie Morel-Petit\u00a0: présence"
    ]


def test_without_an_account_one_is_chosen_first(desk):
    page = desk.go("report")
    page.chooser.search.setFocus()
    desk.type("lefe")
    page.chooser.search.searched.emit("lefe")
    desk.settle()
    desk.key(Qt.Key.Key_Return)
    assert desk.page._sheet.name == "Garage Lefèvre"
    assert desk.page.form.text.hasFocus()


def test_a_saved_report_opens_with_its_words(desk):
    (report,) = desk.find("visit_report")
    page = desk.go("report", report["id"])
    assert page.form.text.toPlainText() == "Bon accueil."
    page.form.text.setPlainText("Très bon accueil.")
    page.save()
    desk.settle()
    with desk.workspace.read() as session:
        assert records.get(session, "visit_report", report["id"])["summary"] == "Très bon accueil."


def test_an_impatient_second_ctrl_enter_makes_no_second_task(desk):
    page = desk.go("report", None, account=desk.company.garage)
    desk.type("Vu le patron.")
    page.form.next.action.setFocus()
    desk.type("Porter le catalogue")
    page.form.next.chips.buttons()[1].click()
    page.save()
    page.save()
    desk.settle()
    assert len(desk.find("task", subject="Porter le catalogue")) == 1
    assert len(desk.find("visit_report", summary="Vu le patron.")) == 1


def test_another_language_in_the_middle_of_a_sentence_loses_none_of_it(desk):
    page = desk.go("report", None, account=desk.company.garage)
    desk.type("Le patron veut un dev")
    page.form.next.when.setFocus()
    desk.type("lundi 10")
    desk.window.set_language("en")
    desk.settle()
    assert desk.page is not page
    assert desk.page.form.text.toPlainText() == "Le patron veut un dev"
    assert desk.page.form.next.when.text() == "lundi 10"


def test_enter_struck_before_the_list_has_answered_opens_the_account_that_was_typed(desk):
    page = desk.go("report")
    desk.settle()
    page.chooser.search.setFocus()
    desk.type("garage")
    QTest.keyClick(page.chooser.search, Qt.Key.Key_Return)
    desk.settle()
    assert page._sheet is not None
    assert page._sheet.account == desk.company.garage
