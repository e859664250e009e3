"""A report from its first letter to the task that follows."""

from datetime import date, datetime

import pytest

from app import drafts, formats, records, undo
from app.errors import Invalid, NotFound
from app.visits import reporting
from tests.app.small_company import NOW, PARIS, fill


@pytest.fixture(autouse=True)
def in_paris():
    formats.set_zone("Europe/Paris")
    yield
    formats.set_zone(None)


def sheet_of(workspace, **which):
    with workspace.read() as session:
        return reporting.open_sheet(session, NOW, **which)


def written(sheet, **values):
    given = {"summary": "Bon accueil", "next_action": "Rappeler", "next_action_date": date(2026, 11, 23)}
    return {**sheet.values, **given, **values}


def save(workspace, sheet, values):
    with workspace.transaction() as session:
        return reporting.save(session, sheet.id, values, sheet.loaded)


def test_a_sheet_opens_with_what_the_appointment_knows(workspace):
    company = fill(workspace)
    sheet = sheet_of(workspace, appointment=company.visit)
    assert (sheet.account, sheet.exists, sheet.values["type"]) == (company.morel, False, "customer_visit")
    assert sheet.values["contacts_met"] == [company.sylvie]
    assert sheet.reminder.last_action == "Proposer tarif palier"
    assert [quote.number for quote in sheet.reminder.quotes] == ["D26-1"]


def test_saving_writes_report_task_and_end_of_the_visit_in_one_transaction(workspace):
    company = fill(workspace)
    sheet = sheet_of(workspace, appointment=company.visit)
    told = []
    workspace.subscribe(told.append)
    when = datetime(2026, 11, 23, 10, tzinfo=PARIS)
    saved = save(workspace, sheet, written(sheet, next_action_date=when))
    with workspace.read() as session:
        task = records.get(session, "task", saved)
        assert records.get(session, "appointment", company.visit)["state"] == "done"
        assert records.get(session, "visit_report", sheet.id)["next_action"] == "Rappeler"
    assert (task["due"], task["due_time"]) == (date(2026, 11, 23), when)
    assert len(told) == 1 and told[0].kinds == {"visit_report", "task", "appointment"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"next_action": "", "next_action_date": None}, "next_action"),
        ({"next_action": "Rappeler", "next_action_date": None}, "next_action_date"),
    ],
)
def test_a_report_says_what_comes_next_or_that_nothing_does(workspace, values, field):
    company = fill(workspace)
    sheet = sheet_of(workspace, appointment=company.visit)
    with pytest.raises(Invalid) as refused:
        save(workspace, sheet, written(sheet, **values))
    assert list(refused.value.problems) == [field]
    saved = save(workspace, sheet, written(sheet, **values, no_next_action=True))
    assert saved is None


def test_a_draft_is_found_by_its_appointment_and_goes_with_the_save(workspace):
    company = fill(workspace)
    sheet = sheet_of(workspace, appointment=company.visit)
    with workspace.transaction() as session:
        reporting.keep_draft(session, sheet.id, written(sheet), sheet.loaded, "next_action")
    again = sheet_of(workspace, appointment=company.visit)
    assert (again.id, again.values["summary"], again.focus) == (sheet.id, "Bon accueil", "next_action")
    save(workspace, again, again.values)
    with workspace.read() as session:
        assert drafts.find_all(session, "visit_report") == []


def test_undoing_a_save_makes_the_report_a_draft_again(workspace):
    company = fill(workspace)
    sheet = sheet_of(workspace, appointment=company.visit)
    with workspace.transaction("report", undoable=True) as session:
        saved = reporting.save(session, sheet.id, written(sheet), sheet.loaded)
    with workspace.transaction() as session:
        undo.take_back(session)
    with workspace.read() as session:
        assert records.get(session, "appointment", company.visit)["state"] == "planned"
        with pytest.raises(NotFound):
            records.get(session, "task", saved)
    again = sheet_of(workspace, appointment=company.visit)
    assert (again.exists, again.values["summary"]) == (False, "Bon accueil")
    save(workspace, again, written(again))


def test_moving_the_next_action_of_a_saved_report_moves_its_task(workspace):
    company = fill(workspace)
    sheet = sheet_of(workspace, appointment=company.visit)
    first = save(workspace, sheet, written(sheet))
    again = sheet_of(workspace, report=sheet.id)
    assert again.exists
    second = save(workspace, again, {**again.values, "next_action_date": date(2026, 11, 30)})
    assert second == first
    with workspace.read() as session:
        assert records.get(session, "task", first)["due"] == date(2026, 11, 30)


def test_a_report_that_is_nowhere_is_not_found(workspace):
    with pytest.raises(NotFound):
        sheet_of(workspace, report="01890000-0000-7000-8000-000000000000")


def test_questions_speak_the_language_of_the_screen(workspace):
    from app.i18n import set_language

    fill(workspace)
    set_language("en")
    with workspace.read() as session:
        (template,) = reporting.templates(session)
    assert template.questions[0].label == "Competitor present?"
    assert template.questions[1].choices == ((1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5"))
