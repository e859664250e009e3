"""Undo on screen: from the toast and by key, back at the place, after the field's own."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt

from app import records
from tests.ui.desk import Desk, desk, furnished, profile, template, workspace

__all__ = ["desk", "furnished", "profile", "template", "workspace"]
CTRL = Qt.KeyboardModifier.ControlModifier


def add_accounts(desk: Desk, count: int) -> None:
    with desk.workspace.transaction() as session:
        for n in range(count):
            records.add(session, "account", {"name": f"Zinguerie {n:03}", "type": "prospect"})


def delete_account(desk: Desk, id: str) -> Any:
    page = desk.go("accounts", id)
    page.delete()
    desk.settle()
    return page


def test_control_z_restores_the_account_its_selection_and_the_scroll(desk: Desk):
    add_accounts(desk, 80)
    rows = desk.find("account", name="Zinguerie 060")
    page = desk.go("accounts", rows[0]["id"])
    bar = page.accounts.list.verticalScrollBar()
    bar.setValue(bar.maximum() - 700)
    there = bar.value()
    page.delete()
    desk.settle()
    assert not page.record.isVisible()
    desk.key(Qt.Key.Key_Z, CTRL)
    assert page.record.card.account["name"] == "Zinguerie 060"
    assert page.accounts.list.current_id == rows[0]["id"]
    assert bar.value() == there


def test_undo_goes_back_to_the_screen_where_it_was_done(desk: Desk):
    delete_account(desk, desk.company.garage)
    desk.go("today")
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.window.route.page == "accounts"
    assert desk.window._toast.text == "«\u00a0Suppression de Garage Lefèvre\u00a0»\u00a0: annulé"


def test_redo_does_it_again(desk: Desk):
    delete_account(desk, desk.company.garage)
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.find("account", id=desk.company.garage)
    desk.key(Qt.Key.Key_Y, CTRL)
    assert desk.find("account", id=desk.company.garage) == []
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.find("account", id=desk.company.garage)


def test_what_is_typed_in_a_field_is_undone_first(desk: Desk):
    page = delete_account(desk, desk.company.garage)
    page.accounts.search.setFocus()
    desk.type("mor")
    desk.key(Qt.Key.Key_Z, CTRL)
    assert page.accounts.search.text() == ""
    assert desk.find("account", id=desk.company.garage) == []
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.find("account", id=desk.company.garage)


def test_what_somebody_has_changed_since_is_said(desk: Desk):
    page = desk.go("accounts", desk.company.garage)
    page.shell.tasks.write(
        page,
        lambda s: records.save(s, "account", desk.company.garage, {"phone": "+33478000009"}),
        label="Tel",
    )
    desk.settle()
    with desk.workspace.transaction() as session:
        records.save(session, "account", desk.company.garage, {"phone": "+33478000010"})
    desk.key(Qt.Key.Key_Z, CTRL)
    assert (
        desk.window._toast.text == "«\u00a0Tel\u00a0» ne peut plus être annulé\u00a0: cela a changé depuis."
    )


def test_without_anything_done_undo_says_so(desk: Desk):
    desk.go("today")
    desk.window.undoing.undo()
    desk.settle()
    assert desk.window._toast.text == "Il n’y a rien à annuler."


def test_a_ticked_task_is_open_again_after_undo(desk: Desk):
    page = desk.go("today")
    row = next(row for row in page.tasks.rows if row.task.id == desk.company.late)
    desk.click(row.tick)
    assert desk.find("task", id=desk.company.late)[0]["status"] == "done"
    desk.window.undoing.undo()
    desk.settle()
    assert desk.find("task", id=desk.company.late)[0]["status"] == "open"
    row = next(row for row in page.tasks.rows if row.task.id == desk.company.late)
    assert not row.tick.isChecked()
