"""Customer mode: whoever looks at the turned screen sees nothing that is not for him."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QLabel, QPlainTextEdit

from tests.ui.desk import Desk, desk, furnished, profile, template, workspace
from ui.palette import Palette

__all__ = ["desk", "furnished", "profile", "template", "workspace"]
SECRETS = ("Garage Lefèvre", "Fermé le lundi.", "Bon accueil.", "Rappeler M. Girard")


def in_sight(desk: Desk) -> str:
    """Every text that can be read on the screen."""
    root = desk.window.root
    cover = desk.window.customer_mode._cover
    found = []
    for label in root.findChildren(QLabel):
        hidden_behind = (
            cover is not None and desk.window.stack.isAncestorOf(label) and not cover.isAncestorOf(label)
        )
        if label.isVisible() and not hidden_behind:
            found.append(label.text())
    if cover is None:
        for view in root.findChildren(QAbstractItemView):
            if view.isVisible():
                model = view.model()
                found += [str(model.index(row, 0).data() or "") for row in range(model.rowCount())]
        found += [text.toPlainText() for text in root.findChildren(QPlainTextEdit) if text.isVisible()]
    return "\n".join(found)


@pytest.mark.parametrize(
    ("page", "record", "stays"),
    [
        ("today", None, ""),
        ("accounts", "morel", "Boulangerie Morel"),
        ("contacts", "sylvie", "Sylvie Morel"),
        ("report", None, ""),
    ],
)
def test_f8_hides_notes_and_other_customers_on_every_screen(desk: Desk, page: str, record: str, stays: str):
    desk.go(page, getattr(desk.company, record) if record else None)
    if page in ("today", "accounts"):
        assert any(secret in in_sight(desk) for secret in SECRETS)
    desk.key(Qt.Key.Key_F8)
    said = in_sight(desk)
    assert [secret for secret in SECRETS if secret in said] == []
    assert stays in said
    assert desk.window.header.customer_button.isVisible()
    desk.key(Qt.Key.Key_F8)
    assert not desk.window.header.customer_button.isVisible()
    if page in ("today", "accounts"):
        assert any(secret in in_sight(desk) for secret in SECRETS)


def test_the_palette_names_no_customer_in_customer_mode(desk: Desk):
    desk.go("accounts", desk.company.morel)
    desk.key(Qt.Key.Key_F8)
    desk.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    box = desk.window.findChildren(Palette)[-1]
    desk.type("garage")
    desk.settle()
    assert [entry for entry in box._model.entries if entry.found] == []


def test_the_mode_holds_from_screen_to_screen_until_it_is_left(desk: Desk):
    desk.go("accounts", desk.company.morel)
    desk.key(Qt.Key.Key_F8)
    desk.go("today")
    assert "Rappeler" not in in_sight(desk)
    desk.click(desk.window.customer_mode._cover.state.button)
    assert "Rappeler M. Girard" in in_sight(desk)
