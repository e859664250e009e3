"""Deciding what two people wrote: two actions a field, nothing lost, and a way back."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QButtonGroup, QLineEdit, QPlainTextEdit

from app import drafts
from app.conflicts import review
from tests.sync.office import RHONE, Laptop
from ui.sync.version_card import VersionCard
from ui.theme import theme
from ui.widgets import Toast


def both_write(claire: Laptop, rey: Laptop, id: str, hers: dict[str, str], his: dict[str, str]) -> None:
    """Both change the same account, and know of each other's work: his came first."""
    claire.sync()
    rey.sync()
    claire.save("account", id, **hers)
    rey.save("account", id, **his)
    for laptop in (rey, claire, rey):
        laptop.sync()


@pytest.fixture
def account(claire: Laptop, rey: Laptop) -> str:
    """A customer of whom both changed the telephone and the text: the office came first, Claire lost."""
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE, phone="04 78 61 22 00")
    both_write(
        claire,
        rey,
        id,
        {"phone": "04 78 61 22 10", "payment_terms": "30 jours fin de mois"},
        {"phone": "04 78 61 22 19", "payment_terms": "45 jours"},
    )
    return id


def card(page: Any, field: str, text: str) -> QAbstractButton:
    row = next(row for row in page.rows if row.question.field.name == field)
    return next(card for card in row.cards if card.text() == text)


def test_a_conflict_field_is_resolved_in_two_actions(account: str, claire: Laptop, desk_of: Any, qtbot: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    qtbot.mouseClick(card(page, "phone", "04 78 61 22 10"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.confirm, Qt.MouseButton.LeftButton)
    desk.settle()
    assert claire.get("account", account)["phone"] == "+33478612210"
    assert {row["state"] for row in claire.rows("conflict")} == {"resolved"}


def test_the_keyboard_settles_too(account: str, claire: Laptop, desk_of: Any, qtbot: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    page.all_mine.click()
    qtbot.keyClick(desk.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.settle()
    row = claire.get("account", account)
    assert (row["phone"], row["payment_terms"]) == ("+33478612210", "30 jours fin de mois")


def test_the_page_says_who_wrote_what(account: str, claire: Laptop, desk_of: Any):
    page = desk_of(claire.workspace).go("conflicts")
    versions = {row.question.field.name: row.question.versions for row in page.rows}["phone"]
    assert [(v.text, v.mine, v.stands, v.by) for v in versions] == [
        ("04 78 61 22 10", True, False, "Claire"),
        ("04 78 61 22 19", False, True, "Rey"),
    ]
    assert versions[1].office and versions[0].at and versions[1].at
    assert page.rows[0].question.before or page.rows[1].question.before


def test_who_wrote_another_field_since_is_not_taken_for_the_author(claire: Laptop, rey: Laptop, desk_of: Any):
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE, phone="04 78 61 22 00")
    hers = {"phone": "04 78 61 22 10", "payment_terms": "30 jours"}
    both_write(claire, rey, id, hers, {"phone": "04 78 61 22 19"})
    assert claire.get("account", id)["updated_by"] == claire.user, "the terms were hers alone"
    page = desk_of(claire.workspace).go("conflicts")
    (row,) = page.rows
    assert [(v.text, v.mine, v.by) for v in row.question.versions] == [
        ("04 78 61 22 10", True, "Claire"),
        ("04 78 61 22 19", False, "Rey"),
    ]


def test_a_quote_that_exists_twice_has_versions_and_no_field_to_choose(
    claire: Laptop, rey: Laptop, desk_of: Any
):
    account = claire.add("account", name="Menuiserie Petit", territory=RHONE)
    quote = claire.add("quote", account=account, subject="Portes", status="draft")
    claire.sync(), rey.sync()
    claire.save("quote", quote, subject="Portes chêne")
    rey.save("quote", quote, subject="Portes pin")
    rey.sync(), claire.sync()
    page = desk_of(claire.workspace).go("conflicts")
    assert page._facts.text() == "Devis  ·  2 versions"


def test_the_value_that_stands_is_chosen_at_first(account: str, claire: Laptop, desk_of: Any):
    page = desk_of(claire.workspace).go("conflicts")
    assert card(page, "phone", "04 78 61 22 19").isChecked()
    assert not card(page, "phone", "04 78 61 22 10").isChecked()


def test_the_badge_counts_records_and_empties(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    assert desk.window._conflicts == 1
    page = desk.go("conflicts")
    page.settle()
    desk.settle()
    desk.runner.look()
    desk.settle()
    assert desk.window._conflicts == 0
    assert page._stack.currentIndex() == 2


def test_a_decision_is_taken_back_from_the_toast(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    page.all_mine.click()
    page.settle()
    desk.settle()
    toast = desk.window.findChildren(Toast)[-1]
    assert toast.text == "«\u00a0Boulangerie Morel\u00a0»\u00a0: 2 champs réglés."
    toast.button.click()
    desk.settle()
    row = claire.get("account", account)
    assert (row["phone"], row["payment_terms"]) == ("+33478612219", "45 jours")
    assert {conflict["state"] for conflict in claire.rows("conflict")} == {"open"}
    assert len(page.rows) == 2


def test_taking_back_leaves_what_was_changed_since(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    page.all_mine.click()
    page.settle()
    desk.settle()
    claire.save("account", account, phone="04 78 61 22 55")
    desk.window.undoing.undo()
    desk.settle()
    row = claire.get("account", account)
    assert (row["phone"], row["payment_terms"]) == ("+33478612255", "45 jours")


def test_a_decision_reaches_the_others(account: str, claire: Laptop, rey: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    page.all_mine.click()
    page.settle()
    desk.settle()
    claire.sync()
    rey.sync()
    assert rey.get("account", account)["payment_terms"] == "30 jours fin de mois"
    assert [row for row in rey.rows("conflict") if row["state"] == "open"] == []


def test_something_else_can_be_written(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    row = next(row for row in page.rows if row.question.field.name == "payment_terms")
    row.write_other()
    row.editor.findChild(QLineEdit).setText("60 jours")
    page.settle()
    desk.settle()
    assert claire.get("account", account)["payment_terms"] == "60 jours"


def test_a_value_that_cannot_be_kept_is_told_beside_its_field(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    row = next(row for row in page.rows if row.question.field.name == "phone")
    row.write_other()
    row.editor.findChild(QLineEdit).setText("abc")
    page.settle()
    desk.settle()
    assert not row._problem.isHidden() and row._problem.text()
    assert claire.get("account", account)["phone"] == "+33478612219"


def test_two_texts_are_kept_one_after_the_other(claire: Laptop, rey: Laptop, desk_of: Any):
    id = claire.add("account", name="Girard", territory=RHONE, notes="Fermé le lundi.")
    both_write(claire, rey, id, {"notes": "Passer par la cour."}, {"notes": "Fermé lundi et mardi matin."})
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    row = page.rows[0]
    row.keep_both()
    written = row.editor.findChild(QPlainTextEdit).toPlainText()
    assert "Passer par la cour." in written and "Fermé lundi et mardi matin." in written
    page.settle()
    desk.settle()
    assert "Passer par la cour." in claire.get("account", id)["notes"]


@pytest.fixture
def moved(claire: Laptop, rey: Laptop) -> str:
    """A site whose address both changed."""
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    id = claire.add("site", account=account, name="Four", line1="1 rue A", postcode="69001", town="Lyon")
    claire.sync(), rey.sync()
    claire.save("site", id, line1="9 quai B", postcode="38200", town="Vienne")
    rey.save("site", id, line1="2 cours C", postcode="69100", town="Villeurbanne")
    for laptop in (rey, claire, rey):
        laptop.sync()
    return id


def test_an_address_is_shown_and_taken_whole(moved: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    (row,) = page.rows
    assert row.question.field.label == "Adresse"
    assert [card.text().replace("\u00a0", " ").splitlines() for card in row.cards] == [
        ["Adresse : 9 quai B", "Code postal : 38200", "Commune : Vienne"],
        ["Adresse : 2 cours C", "Code postal : 69100", "Commune : Villeurbanne"],
    ]
    row.cards[0].click()
    page.settle()
    desk.settle()
    site = claire.get("site", moved)
    assert (site["line1"], site["postcode"], site["town"]) == ("9 quai B", "38200", "Vienne")


def test_another_address_is_written_field_by_field(moved: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    (row,) = page.rows
    row.cards[0].click()
    row.write_other()
    editors = row.editor.editors
    assert editors["town"].line.text() == "Vienne"
    editors["line1"].line.clear()
    QTest.keyClicks(editors["line1"].line, "9 bis quai B")
    desk.go("settings")
    page = desk.go("conflicts")
    page.settle()
    desk.settle()
    site = claire.get("site", moved)
    assert (site["line1"], site["postcode"], site["town"]) == ("9 bis quai B", "38200", "Vienne")
    assert {row["state"] for row in claire.rows("conflict")} == {"resolved"}


def test_a_sync_behind_the_page_keeps_what_was_chosen(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    card(page, "phone", "04 78 61 22 10").click()
    claire.save("account", account, website="morel.fr")
    desk.settle()
    assert card(page, "phone", "04 78 61 22 10").isChecked()


def test_every_choice_has_a_name(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    focusable = [
        widget
        for widget in page.findChildren(QAbstractButton)
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert focusable and all(widget.accessibleName() for widget in focusable)
    assert (
        card(page, "phone", "04 78 61 22 10").accessibleName() == "Téléphone, votre version: 04 78 61 22 10"
    )
    assert QApplication.focusWidget() is None or QApplication.focusWidget().window() is desk.window


def test_where_one_record_is_left_no_button_speaks_of_a_next_one(account: str, claire: Laptop, desk_of: Any):
    page = desk_of(claire.workspace).go("conflicts")
    assert page.confirm.text() == "Valider" and page.later.isHidden()
    assert page._by_themselves.isVisible() == (page._merged.text()[0] != "0")


def test_an_empty_version_does_not_slant_the_words_of_other_cards(dressed: QApplication):
    group = QButtonGroup()
    blank = VersionCard("", "Téléphone", False, group)
    blank.resize(200, 40)
    blank.grab()
    assert not theme.font(14, 400).italic()


def test_a_long_text_says_that_there_is_more_and_a_long_word_is_broken_and_not_cut(dressed: QApplication):
    group = QButtonGroup()
    short, long, word = (
        VersionCard(text, "notes", False, group)
        for text in ("Une ligne", "\n".join(f"Ligne {n}" for n in range(30)), "Boulangerie" * 5)
    )
    for card in (short, long, word):
        card.resize(200, 40)
        card.grab()
    assert (short.is_cut, long.is_cut, word.is_cut) == (False, True, False)
    assert word.minimumHeight() > short.minimumHeight()
    assert long.minimumHeight() > word.minimumHeight()
    assert long.toolTip().endswith("Ligne 29")


def write_other(page: Any, field: str, text: str) -> QLineEdit:
    row = next(row for row in page.rows if row.question.field.name == field)
    row.write_other()
    line: QLineEdit = row.editor.line
    line.clear()
    QTest.keyClicks(line, text)
    return line


def typed_in(page: Any, field: str) -> str:
    row = next(row for row in page.rows if row.question.field.name == field)
    return row.editor.line.text() if row.editor is not None else ""


@pytest.fixture
def two(account: str, claire: Laptop, rey: Laptop) -> tuple[str, str]:
    """Two customers with conflicts."""
    other = claire.add("account", name="Garage Lefèvre", territory=RHONE, phone="04 78 00 00 00")
    both_write(claire, rey, other, {"phone": "04 78 00 00 01"}, {"phone": "04 78 00 00 02"})
    return account, other


def test_what_is_written_for_one_record_waits_while_another_is_looked_at(
    two: tuple[str, str], claire: Laptop, desk_of: Any
):
    page = desk_of(claire.workspace).go("conflicts")
    assert set(page._found) == set(two)
    page.list.choose(two[0], tell=True)
    write_other(page, "payment_terms", "60 jours")
    card(page, "phone", "04 78 61 22 10").click()
    page.skip()
    page.skip()
    assert typed_in(page, "payment_terms") == "60 jours"
    assert card(page, "phone", "04 78 61 22 10").isChecked()


def test_what_is_written_and_chosen_survives_another_language(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    write_other(page, "payment_terms", "60 jours")
    card(page, "phone", "04 78 61 22 10").click()
    desk.window.set_language("en")
    desk.settle()
    again = desk.window.page
    assert again is not page
    assert typed_in(again, "payment_terms") == "60 jours"
    assert card(again, "phone", "04 78 61 22 10").isChecked()
    again.settle()
    desk.settle()
    assert claire.get("account", account)["payment_terms"] == "60 jours"
    with claire.workspace.read() as session:
        assert drafts.find_all(session, "conflict") == []


def test_a_conflict_settled_elsewhere_hands_back_what_was_being_written(
    account: str, claire: Laptop, rey: Laptop, desk_of: Any
):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    write_other(page, "payment_terms", "60 jours")
    card(page, "phone", "04 78 61 22 10").click()
    rey.sync()
    terms = next(row["id"] for row in rey.rows("conflict") if row["field"] == "payment_terms")
    with rey.workspace.transaction() as session:
        review.decide(session, {terms: ("payment_terms", "theirs")})
    rey.sync()
    claire.sync()
    desk.settle()
    assert [row.question.field.name for row in page.rows] == ["phone"]
    assert card(page, "phone", "04 78 61 22 10").isChecked(), "what was chosen for the other field stays"
    assert any("60 jours" in bar.text for bar in desk.window._bars)


def test_confirming_twice_in_a_hurry_settles_once(account: str, claire: Laptop, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("conflicts")
    page.settle()
    page.settle()
    desk.settle()
    assert page._problem.isHidden()
    assert desk.window._bars == []
