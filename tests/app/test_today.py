"""The day: what is shown first, what is left for later, and what a tick does."""

from datetime import timedelta

from app import drafts, records
from app.today import complete_task, overview, plan_again, reopen_task
from tests.app.small_company import NOW, TODAY, at, fill


def test_the_day_greets_by_first_name_and_lists_its_visits(workspace):
    company = fill(workspace)
    with workspace.read() as session:
        day = overview(session, NOW)
    assert day.first_name == "Claire"
    assert [(v.id, v.name, v.town, v.minutes, v.done) for v in day.visits] == [
        (company.visit, "Boulangerie Morel", "Lyon", 45, False)
    ]
    assert day.next_visit is day.visits[0]


def test_tasks_of_next_month_and_done_ones_are_left_away(workspace):
    company = fill(workspace)
    with workspace.transaction() as session:
        before = complete_task(session, company.late)
    with workspace.read() as session:
        assert [task.subject for task in overview(session, NOW).tasks] == ["Envoyer fiche technique"]
    with workspace.transaction() as session:
        reopen_task(session, before)
    with workspace.read() as session:
        assert next(t.subject for t in overview(session, NOW).tasks) == "Rappeler M. Girard"


def test_a_task_planned_again_keeps_its_account(workspace):
    company = fill(workspace)
    with workspace.transaction() as session:
        complete_task(session, company.late)
        again = plan_again(session, company.late, TODAY + timedelta(1))
    with workspace.read() as session:
        task = records.get(session, "task", again)
    assert (task["subject"], task["account"], task["status"]) == (
        "Rappeler M. Girard",
        company.garage,
        "open",
    )


def test_quotes_that_expire_soon_are_followed_up_and_decided_ones_are_not(workspace):
    company = fill(workspace)
    with workspace.read() as session:
        assert [quote.id for quote in overview(session, NOW).quotes] == [company.quote]


def test_anothers_visit_is_not_mine(workspace):
    fill(workspace)
    with workspace.transaction() as session:
        other = records.add(session, "user", {"name": "Karim"})
        values = {"kind": "visit", "start": at(10), "owner": other, "state": "planned"}
        records.add(session, "appointment", values)
        records.add(session, "appointment", {**values, "start": at(11), "subject": "À deux",
                                             "attendees": [session.info["user"]]})  # fmt: skip
    with workspace.read() as session:
        assert [visit.name for visit in overview(session, NOW).visits] == ["À deux", "Boulangerie Morel"]


def test_a_begun_report_is_offered_and_marks_its_visit(workspace):
    company = fill(workspace)
    with workspace.transaction() as session:
        drafts.keep(session, "visit_report", "r1", {"account": company.morel, "appointment": company.visit})
    with workspace.read() as session:
        day = overview(session, NOW)
    assert [(draft.id, draft.name) for draft in day.unfinished] == [("r1", "Boulangerie Morel")]
    assert day.visits[0].draft == "r1"


def test_open_conflicts_are_counted_by_record(workspace):
    fill(workspace)
    with workspace.transaction() as session:
        for field in ("name", "phone"):
            records.add(
                session,
                "conflict",
                {"record_kind": "account", "record": "x", "field": field, "state": "open"},
            )
    with workspace.read() as session:
        assert overview(session, NOW).conflicts == 1
