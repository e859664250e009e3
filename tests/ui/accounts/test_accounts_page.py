"""Accounts: found while typing, understood at once, edited without losing a letter."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest

from app import drafts, records
from app.i18n import set_language
from tests.ui.accounts.elsewhere import base_of_name, write_elsewhere

CTRL = Qt.KeyboardModifier.ControlModifier


def open_morel(desk):
    return desk.go("accounts", desk.company.morel)


class Opened(QObject):
    """Takes the addresses that the desktop would open."""

    def __init__(self):
        super().__init__()
        self.urls = []

    @Slot(QUrl)
    def take(self, url):
        self.urls.append(url.toString())


def test_any_account_opens_by_palette_with_three_letters(desk):
    desk.go("today")
    desk.window.open_palette()
    desk.settle()
    palette = desk.window.findChildren(QObject, "popup")
    assert palette, "the palette is open"
    desk.type("gar")
    desk.settle()
    QTest.qWait(200)
    desk.settle()
    desk.key(Qt.Key.Key_Return)
    assert (desk.window.route.page, desk.window.route.record) == ("accounts", desk.company.garage)


def test_typing_filters_and_escape_shows_all_again(desk):
    page = desk.go("accounts")
    page.accounts.search.setFocus()
    desk.type("moré")
    page.accounts.search.searched.emit("moré")
    desk.settle()
    assert list(page.accounts.list.rows.ids) == [desk.company.morel]
    desk.key(Qt.Key.Key_Escape)
    assert page.accounts.list.rows.rowCount() == 2


def test_chips_narrow_the_list_and_nothing_found_offers_to_clear(desk):
    page = desk.go("accounts")
    desk.click(page.accounts.chips.buttons()[2])
    assert list(page.accounts.list.rows.ids) == [desk.company.garage]
    page.accounts.search.setText("zzz")
    page.accounts.reload()
    desk.settle()
    assert page.accounts._empty.currentWidget() is page.accounts.not_found
    desk.click(page.accounts.not_found.button)
    assert page.accounts.list.rows.rowCount() == 2


@pytest.mark.parametrize(
    ("language", "visit"), [("fr", "Visite prévue à 14:30"), ("en", "Visit planned at 14:30")]
)
def test_the_record_tells_figures_people_and_history(desk, language, visit):
    set_language(language)
    page = open_morel(desk)
    record = page.record
    assert record._name.text() == "Boulangerie Morel"
    assert record.revenue.value.text() in ("3\u202f000\u00a0€", "€3,000")
    titles = [entry.title for entry in record.timeline.entries]
    assert visit in titles
    assert ("Novembre 2026" if language == "fr" else "November 2026") in titles


def test_the_chips_of_the_history_show_one_kind(desk):
    page = open_morel(desk)
    desk.click(page.record.groups.buttons()[2])
    kinds = {entry.event.kind for entry in page.record.timeline.entries if entry.event}
    assert kinds == {"quote"}


def test_a_note_is_kept_with_enter_and_shown(desk):
    page = open_morel(desk)
    page.record.note.setFocus()
    desk.type("Préfère le matin")
    desk.key(Qt.Key.Key_Return)
    with desk.workspace.read() as session:
        assert "21/11/2026 : Préfère le matin" in records.get(session, "account", desk.company.morel)["notes"]
    assert "Préfère le matin" in [entry.detail for entry in page.record.timeline.entries]


def test_a_report_is_one_touch_from_the_account(desk):
    page = open_morel(desk)
    desk.touches = 0
    desk.click(page.record.report_button)
    assert desk.touches == 1
    assert (desk.window.route.page, desk.page.form.text.hasFocus()) == ("report", True)


def test_calling_and_the_way_there_go_through_the_system(desk):
    page = open_morel(desk)
    opened = Opened()
    for scheme in ("tel", "https"):
        QDesktopServices.setUrlHandler(scheme, opened, "take")
    desk.click(page.record.call_button)
    desk.click(page.record.route_button)
    for scheme in ("tel", "https"):
        QDesktopServices.unsetUrlHandler(scheme)
    assert opened.urls[0] == "tel:+33612345678"
    assert "12%20rue%20de%20Marseille" in opened.urls[1] or "12 rue de Marseille" in opened.urls[1]


def test_an_account_is_edited_saved_and_shown(desk):
    page = open_morel(desk)
    page.edit()
    desk.settle()
    page.editor.form.editor("name").line.setText("Morel et Filles")
    desk.key(Qt.Key.Key_Return, CTRL)
    assert page.record._name.text() == "Morel et Filles"
    assert page.showing and page.record.isVisible()


def test_a_wrong_siret_is_said_beside_its_field_and_saves_nothing(desk):
    page = open_morel(desk)
    page.edit()
    desk.settle()
    siret = page.editor.form.editor("siret").line
    siret.setText("8123456760001")
    page.editor.save()
    desk.settle()
    assert "14" in page.editor.form.problem("siret")
    assert page.right.currentWidget() is page.editor
    assert desk.find("account", name="Boulangerie Morel")[0]["siret"] == "81234567600017"


def test_what_is_typed_in_a_form_survives_leaving_it(desk):
    page = open_morel(desk)
    page.edit()
    desk.settle()
    line = page.editor.form.editor("name").line
    line.setFocus()
    line.selectAll()
    desk.type("Morel à finir")
    desk.go("today")
    page = open_morel(desk)
    page.edit()
    desk.settle()
    assert page.editor.form.editor("name").line.text() == "Morel à finir"
    desk.click(page.editor.discard_button)
    with desk.workspace.read() as session:
        assert drafts.find_all(session, "account") == []


def test_a_pull_under_an_open_form_keeps_what_is_typed_and_shows_the_rest(desk):
    page = open_morel(desk)
    page.edit()
    desk.settle()
    line = page.editor.form.editor("name").line
    line.setFocus()
    line.selectAll()
    desk.type("Morel et Filles")
    write_elsewhere(desk, "account", desk.company.morel, name="Du bureau", segment="Boulangerie")
    assert line.text() == "Morel et Filles"
    assert page.editor.form.editor("segment").line.text() == "Boulangerie"
    page.editor.save()
    desk.settle()
    assert base_of_name(desk) == "Boulangerie Morel"


def test_a_new_account_appears_in_the_list_with_its_address(desk):
    page = desk.go("accounts")
    page.new_record()
    desk.settle()
    page.editor.form.editor("name").line.setText("Pâtisserie Zoé")
    page.editor.site_form.editor("town").line.setText("Lyon")
    page.editor.save()
    desk.settle()
    assert page.accounts.list.rows.rowCount() == 3
    assert page.record._where.text() == "Lyon"


def test_a_deleted_account_comes_back_with_undo(desk):
    page = open_morel(desk)
    # The one without issued quotes: those that have some are kept.
    desk.window.go("accounts", desk.company.garage)
    desk.settle()
    page.delete()
    desk.settle()
    assert page.right.currentWidget() is page._nothing
    assert list(page.accounts.list.rows.ids) == [desk.company.morel]
    desk.click(desk.window._toast.button)
    assert page.record._name.text() == "Garage Lefèvre"
    assert page.accounts.list.rows.rowCount() == 2


def test_a_contact_is_added_to_the_account_shown(desk):
    page = open_morel(desk)
    page.record.contact_wanted.emit(None)
    desk.settle()
    page.editor.form.editor("last_name").line.setText("Benali")
    page.editor.save()
    desk.settle()
    assert [person.name for person in page.record.card.people] == ["Sylvie Morel", "Benali"]


def test_an_open_conflict_is_told_and_the_record_stays_editable(desk):
    with desk.workspace.transaction() as session:
        values = {"record_kind": "account", "record": desk.company.morel, "field": "phone", "state": "open"}
        records.add(session, "conflict", values)
    page = open_morel(desk)
    assert page.record._conflict.isVisible()
    assert page.record._conflict.text() == "1 conflit"


def test_a_narrow_window_shows_the_contacts_as_a_tab(desk):
    desk.window.resize(1100, 680)
    page = open_morel(desk)
    assert page.record.body.side.isHidden()
    desk.click(page.record.body.tabs.buttons()[1])
    assert page.record.body.side.isVisible()
    assert page.record._history.isHidden()


def test_enter_struck_before_the_palette_has_answered_opens_what_was_typed(desk):
    desk.go("accounts", desk.company.morel)
    desk.window.open_palette()
    desk.type("gar")
    QTest.keyClick(desk.focus, Qt.Key.Key_Return)
    desk.settle()
    assert (desk.window.route.page, desk.window.route.record) == ("accounts", desk.company.garage)


def test_enter_struck_before_the_filter_has_answered_chooses_what_was_typed(desk):
    page = desk.go("accounts", desk.company.morel)
    page.accounts.search.setFocus()
    desk.type("gar")
    QTest.keyClick(page.accounts.search, Qt.Key.Key_Return)
    desk.settle()
    assert page.record.card.account["id"] == desk.company.garage
    assert page.accounts.list.hasFocus()
