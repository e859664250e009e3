"""With text of 150 % in the smallest window nothing of an account covers anything else."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QPushButton

from ui.theme import theme
from ui.widgets import Card


@pytest.fixture
def large(desk):
    desk.window.resize(1100, 680)
    theme.apply(QApplication.instance(), "light", 150)
    desk.window.rebuild()
    return desk


@pytest.mark.parametrize("form", [False, True])
def test_list_and_record_stand_beside_each_other(large, form):
    page = large.go("accounts", large.company.morel)
    if form:
        page.edit()
        large.settle()
        page.editor.form.editor("name").line.setFocus()
        large.type("x")
        page.editor.autosave.flush()
        large.settle()
    assert page.panel.geometry().right() < page.right.geometry().left()
    shown = page.editor if form else page.record
    for button in shown.findChildren(QPushButton):
        if button.isVisible():
            corner = button.mapTo(page, QPoint(button.width(), 0))
            assert corner.x() <= page.width(), button.accessibleName()
            assert button.width() >= button.minimumSizeHint().width(), button.accessibleName()


def test_the_history_keeps_its_height_below_a_begun_form(large):
    page = large.go("accounts", large.company.morel)
    page.edit()
    large.settle()
    page.editor.form.editor("name").line.setFocus()
    large.type("x")
    page.editor.close_form()
    large.settle()
    assert page.begun.bars
    history = next(card for card in page.record.findChildren(Card) if page.record.timeline in card.children())
    assert history.height() >= history.minimumSizeHint().height()
    assert page.record.note.geometry().bottom() < page.record.timeline.geometry().bottom()


def test_the_first_letter_moves_no_field(desk):
    page = desk.go("accounts", desk.company.morel)
    page.edit()
    desk.settle()
    line = page.editor.form.editor("phone").line
    before = line.mapTo(page, QPoint(0, 0))
    page.editor.form.editor("name").line.setFocus()
    desk.type("x")
    page.editor.autosave.flush()
    desk.settle()
    assert page.editor.discard_button.isVisible()
    assert line.mapTo(page, QPoint(0, 0)) == before
