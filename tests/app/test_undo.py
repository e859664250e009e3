"""Undo: whatever was done, taking it back restores what was there, unless somebody has gone on with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app import drafts, records, undo
from app.errors import NotAllowed
from app.quotes import editing
from app.today import complete_task, plan_again
from app.visits import reporting
from app.workspace import Workspace
from tests.app.small_company import NOW, TODAY, Cast, fill

PASSING = {"updated_at", "updated_by", "rev"}


@pytest.fixture
def company(workspace: Workspace) -> Cast:
    return fill(workspace)


def snapshot(workspace: Workspace) -> dict[tuple[str, str], dict[str, Any]]:
    """Every live record but for who changed it last."""
    found = {}
    with workspace.read() as session:
        for kind in workspace.schema.tables:
            for row in records.find_rows(session, kind):
                found[kind, row["id"]] = {name: row[name] for name in row if name not in PASSING}
    return found


def act(workspace: Workspace, work: Callable[[Any], Any], label: str = "something") -> Any:
    with workspace.transaction(label, undoable=True) as session:
        return work(session)


def take_back(workspace: Workspace, step: int | None = None) -> undo.Outcome | None:
    with workspace.transaction("Undo", "undo") as session:
        return undo.take_back(session, step)


def do_again(workspace: Workspace) -> undo.Outcome | None:
    with workspace.transaction("Redo", "undo") as session:
        return undo.do_again(session)


def delete_an_account(session: Any, company: Cast) -> None:
    records.delete(session, "account", company.garage)


def move_a_contact(session: Any, company: Cast) -> None:
    records.save(session, "contact", company.sylvie, {"account": company.garage})


def convert_a_prospect(session: Any, company: Cast) -> None:
    records.save(session, "account", company.garage, {"type": "customer", "potential": "B"})
    records.add(session, "opportunity", {"account": company.garage, "name": "Distributeurs"})


def save_a_report(session: Any, company: Cast) -> None:
    sheet = reporting.open_sheet(session, NOW, appointment=company.visit)
    given = {"outcome": "positive", "summary": "Bien", "next_action": "Rappeler",
             "next_action_date": TODAY + timedelta(days=2)}  # fmt: skip
    reporting.save(session, sheet.id, {**sheet.values, **given}, sheet.loaded)


def tick_a_task(session: Any, company: Cast) -> None:
    complete_task(session, company.late)


def plan_a_task_again(session: Any, company: Cast) -> None:
    plan_again(session, company.late, date(2026, 12, 1))


def start_a_quote(session: Any, company: Cast) -> None:
    editing.new_quote(session, company.morel)


def fill_own_fields(session: Any, company: Cast) -> None:
    records.add(session, "custom_field", {"record_kind": "account", "name": "four", "label_text": "Four",
                                          "field_kind": "text"})  # fmt: skip
    records.save(session, "account", company.morel, {"custom.four": "à bois", "credit_limit": Decimal("900")})


ACTIONS = (
    delete_an_account, move_a_contact, convert_a_prospect, save_a_report, tick_a_task, plan_a_task_again,
    start_a_quote, fill_own_fields,
)  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
def test_taking_an_action_back_restores_what_was_there_and_doing_it_again_what_it_wrote(
    workspace: Workspace, company: Cast, action: Callable[[Any, Cast], None]
):
    before = snapshot(workspace)
    act(workspace, lambda session: action(session, company))
    after = snapshot(workspace)
    assert after != before
    outcome = take_back(workspace)
    assert outcome is not None and outcome.kept == []
    assert snapshot(workspace) == before
    outcome = do_again(workspace)
    assert outcome is not None and outcome.kept == []
    assert snapshot(workspace) == after


def test_actions_are_taken_back_from_the_last_to_the_first(workspace: Workspace, company: Cast):
    shots = []
    for action in (tick_a_task, move_a_contact, delete_an_account):
        shots.append(snapshot(workspace))
        act(workspace, lambda session, action=action: action(session, company))
    for shot in reversed(shots):
        take_back(workspace)
        assert snapshot(workspace) == shot
    assert take_back(workspace) is None


def test_a_field_that_has_changed_since_stays_and_is_counted(workspace: Workspace, company: Cast):
    act(
        workspace,
        lambda s: records.save(s, "account", company.morel, {"phone": "+33478111111", "naf": "10.71C"}),
    )
    with workspace.transaction() as session:
        records.save(session, "account", company.morel, {"phone": "+33478222222"})
    outcome = take_back(workspace)
    assert outcome is not None
    assert outcome.kept == [("account", company.morel, "phone")]
    with workspace.read() as session:
        account = records.get(session, "account", company.morel)
    assert (account["phone"], account["naf"]) == ("+33478222222", None)


def test_a_new_record_with_which_somebody_has_gone_on_stays(workspace: Workspace, company: Cast):
    id = act(workspace, lambda s: records.add(s, "account", {"name": "Neuf"}))
    with workspace.transaction() as session:
        records.add(session, "contact", {"account": id, "last_name": "Petit"})
    outcome = take_back(workspace)
    assert outcome is not None and (outcome.moved, outcome.kept) == (0, [("account", id, None)])


def test_a_record_does_not_come_back_under_a_deleted_one(workspace: Workspace, company: Cast):
    with workspace.transaction() as session:
        contact = records.add(session, "contact", {"account": company.garage, "last_name": "Petit"})
    act(workspace, lambda s: records.delete(s, "contact", contact))
    with workspace.transaction() as session:
        records.delete(session, "account", company.garage)
    outcome = take_back(workspace)
    assert outcome is not None and outcome.kept == [("contact", contact, None)]


def test_what_is_done_after_undo_cannot_be_followed_by_redo(workspace: Workspace, company: Cast):
    act(workspace, lambda session: tick_a_task(session, company))
    take_back(workspace)
    act(workspace, lambda session: move_a_contact(session, company))
    assert do_again(workspace) is None


def test_issuing_a_quote_cannot_be_taken_back_nor_what_stood_in_it_before(
    workspace: Workspace, company: Cast
):
    draft = act(workspace, lambda s: editing.new_quote(s, company.morel))
    act(workspace, lambda s: records.save(s, "quote", draft, {"subject": "Autre objet"}))
    issued = act(workspace, lambda s: records.save(s, "quote", draft, {"status": "issued"}))
    assert issued
    with pytest.raises(NotAllowed):
        take_back(workspace)
    with workspace.read() as session:
        assert records.get(session, "quote", draft)["subject"] == "Autre objet"


def test_an_answer_to_an_issued_quote_can_be_taken_back(workspace: Workspace, company: Cast):
    act(workspace, lambda s: records.save(s, "quote", company.quote, {"status": "accepted"}))
    take_back(workspace)
    with workspace.read() as session:
        assert records.get(session, "quote", company.quote)["status"] == "sent"


def test_the_text_of_a_report_taken_back_is_a_draft_again(workspace: Workspace, company: Cast):
    act(workspace, lambda session: save_a_report(session, company))
    take_back(workspace)
    with workspace.read() as session:
        kept = drafts.find_all(session, "visit_report")
    assert [draft.values["summary"] for draft in kept] == ["Bien"]
    do_again(workspace)
    with workspace.read() as session:
        assert drafts.find_all(session, "visit_report") == []


def test_undo_travels_like_any_other_transaction(workspace: Workspace, company: Cast):
    act(workspace, lambda session: move_a_contact(session, company))
    take_back(workspace)
    with workspace.read() as session:
        labels = (
            session.connection().exec_driver_sql("SELECT label FROM sync_transaction ORDER BY n").scalars()
        )
        assert list(labels)[-2:] == ["something", "Undo"]


def test_actions_on_a_record_that_leaves_the_laptop_are_forgotten(workspace: Workspace, company: Cast):
    act(workspace, lambda s: records.save(s, "account", company.morel, {"phone": "+33478111111"}), "Morel")
    act(workspace, lambda s: records.save(s, "account", company.garage, {"phone": "+33478222222"}), "Garage")
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("DELETE FROM account WHERE id = ?", (company.garage,))
        left = connection.exec_driver_sql("SELECT label FROM undo_step").scalars().all()
        ids = connection.exec_driver_sql("SELECT DISTINCT id FROM undo_change").scalars().all()
    assert (left, ids) == (["Morel"], [company.morel])


def test_the_memory_has_an_end(workspace: Workspace, company: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(undo, "STEPS_KEPT", 3)
    for n in range(5):
        act(workspace, lambda s, n=n: records.save(s, "account", company.morel, {"notes": f"{n}"}), f"{n}")
    with workspace.read() as session:
        connection = session.connection()
        assert connection.exec_driver_sql("SELECT label FROM undo_step").scalars().all() == ["2", "3", "4"]
        assert connection.exec_driver_sql("SELECT count(*) FROM undo_change").scalar_one() == 3


def test_an_action_too_large_to_be_kept_is_not_offered(
    workspace: Workspace, company: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(undo, "CHANGES_AT_MOST", 3)
    with workspace.transaction("import", undoable=True) as session:
        for name in "abc":
            records.add(session, "account", {"name": name})
    assert session.info["step"] is None
    assert take_back(workspace) is None


def test_an_action_of_the_command_line_is_not_remembered(workspace: Workspace, company: Cast):
    with workspace.transaction("set") as session:
        records.save(session, "account", company.morel, {"naf": "10.71C"})
    assert take_back(workspace) is None
