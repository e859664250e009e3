"""The contacts on screen: found by a few letters, called by one button, edited and deleted with a way back."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication

from app import records
from tests.ui.desk import SCREENS, Desk, desk, furnished, profile, template, workspace
from ui.widgets import Button

__all__ = ["desk", "furnished", "profile", "template", "workspace"]
assert "contacts" in SCREENS


def test_a_contact_shows_how_to_reach_them_and_what_happened_together(desk: Desk):
    page = desk.go("contacts", desk.company.sylvie)
    record = page.record
    assert record._name.text() == "Sylvie Morel"
    assert record._what.text() == "Gérante  ·  Boulangerie Morel"
    assert [entry.title for entry in record.timeline.entries if entry.event] == ["Visite prévue à 14:30"]


def test_one_button_calls(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    called: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: called.append(url.toString()))
    page = desk.go("contacts", desk.company.sylvie)
    desk.click(page.record.call_button)
    assert called == ["tel:+33612345678"]
    assert not page.record.write_button.isEnabled()


def test_a_number_is_copied(desk: Desk):
    page = desk.go("contacts", desk.company.sylvie)
    copy = next(b for b in page.record.findChildren(Button) if b.accessibleName() == "Copier\u00a0: Mobile")
    desk.click(copy)
    assert QGuiApplication.clipboard().text() == "06 12 34 56 78"


def test_letters_find_a_contact_and_the_list_names_the_account(desk: Desk):
    page = desk.go("contacts")
    page.panel.search.setFocus()
    desk.type("sylv")
    page.panel.reload()
    desk.settle()
    assert list(page.panel.list.rows.ids) == [desk.company.sylvie]
    desk.key(Qt.Key.Key_Return)
    page.panel.list.setFocus()
    desk.key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "Boulangerie Morel" in QGuiApplication.clipboard().text()


def test_who_has_left_is_listed_apart(desk: Desk):
    with desk.workspace.transaction() as session:
        records.save(session, "contact", desk.company.sylvie, {"left_on": "2026-10-01"})
    page = desk.go("contacts")
    assert desk.company.sylvie not in list(page.panel.list.rows.ids)
    page.panel.chips.set_value("left")
    page.panel.reload()
    desk.settle()
    assert list(page.panel.list.rows.ids) == [desk.company.sylvie]


def test_a_colleague_is_added_to_the_same_account(desk: Desk):
    page = desk.go("contacts", desk.company.sylvie)
    desk.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    page.editor.form.editor("last_name").line.setFocus()
    desk.type("Petit")
    desk.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    found: list[dict[str, Any]] = desk.find("contact", last_name="Petit")
    assert [row["account"] for row in found] == [desk.company.morel]
    assert page.record.card.name == "Petit"
    assert [name for _id, name, _job in page.record.card.colleagues] == ["Sylvie Morel"]


def test_a_deleted_contact_comes_back_with_control_z(desk: Desk):
    page = desk.go("contacts", desk.company.sylvie)
    page.delete()
    desk.settle()
    assert desk.find("contact") == []
    desk.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.record.card.name == "Sylvie Morel"
