"""The right button, Ctrl C, pasting, midnight and sunlight: what holds on every screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app import formats
from app.fields import Field
from tests.app.small_company import NOW
from tests.ui.desk import Desk, desk, furnished, profile, template, workspace
from ui.form.editors import LineEditor
from ui.pointing import menu_of
from ui.theme import theme

__all__ = ["desk", "furnished", "profile", "template", "workspace"]
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.mark.parametrize("page", ["today", "accounts", "contacts", "report"])
def test_the_right_button_offers_what_the_palette_offers_on_the_page(desk: Desk, page: str):
    shown = desk.go(page)
    offered = [action.text().partition("\t")[0] for action in menu_of(shown, None).actions()]
    assert offered == [c.text for c in shown.commands() if c.enabled() and c.in_palette]


def test_a_row_is_copied_as_one_clean_line_by_key_and_by_menu(desk: Desk):
    page = desk.go("accounts", desk.company.morel)
    view = page.accounts.list
    view.setFocus()
    desk.key(Qt.Key.Key_C, CTRL)
    line = QGuiApplication.clipboard().text()
    assert line.startswith("Boulangerie Morel, Lyon")
    assert "\n" not in line
    QGuiApplication.clipboard().clear()
    menu = menu_of(page, view.viewport())
    assert menu.actions()[0].text() == "Copier la ligne"
    menu.actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == line


def test_a_line_of_the_history_is_copied_too(desk: Desk):
    page = desk.go("accounts", desk.company.morel)
    timeline = page.record.timeline
    timeline.setFocus()
    at = next(row for row, entry in enumerate(timeline.entries) if entry.event is not None)
    timeline.setCurrentIndex(timeline.model().index(at, 0))
    desk.key(Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == " ".join(timeline.entries[at].spoken.split())


@pytest.mark.parametrize(
    ("kind", "pasted", "kept"),
    [
        ("siret", " 812 345 676 00017 ", "81234567600017"),
        ("siret", "812.345.676-00017", "81234567600017"),
        ("siret", "812\u00a0345\u202f676 00017\n", "81234567600017"),
        ("phone", "04.78.00.00.01", "+33478000001"),
        ("email", " Claire.Dubois@exemple.fr ", "Claire.Dubois@exemple.fr"),
    ],
)
def test_what_is_pasted_is_understood(dressed: Any, qtbot: Any, kind: str, pasted: str, kept: str):
    editor = LineEditor(Field("field", kind, "Field"))
    qtbot.addWidget(editor)
    QGuiApplication.clipboard().setText(pasted)
    editor.line.paste()
    assert editor.parsed() == kept


def test_relative_dates_tick_over_at_midnight_and_after_sleep(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    page = desk.go("accounts", desk.company.morel)
    row = page.accounts.list.rows.row_of(desk.company.morel)
    said = page.accounts.list.rows.index(row).data()
    monkeypatch.setattr(formats, "now", lambda: NOW + timedelta(days=1))
    desk.window.midnight.look()
    desk.settle()
    assert page.accounts.list.rows.index(row).data() != said
    headings = [entry.title for entry in page.record.timeline.entries if entry.event is None]
    assert "Aujourd’hui" not in headings


def test_sunlight_is_one_key_and_the_way_back_the_same(desk: Desk):
    desk.go("today")
    desk.window.set_theme("dark")
    desk.key(Qt.Key.Key_F7)
    assert (theme.mode, theme.dark) == ("contrast", False)
    desk.key(Qt.Key.Key_F7)
    assert theme.mode == "dark"
