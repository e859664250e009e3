"""The look of quotes is chosen in the settings, beside the page that it makes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from app import company, quote_look, records
from app.quotes import mailing
from app.quotes.style import read_style
from app.seller import find_company
from sync import state
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.settings.company import CompanyForm
from ui.settings.quote_look import QuoteLook
from ui.settings.quote_mail import QuoteMail


def test_a_choice_shows_at_once_and_is_kept(hand: Hand, shop: Shop) -> None:
    hand.window.go("settings")
    hand.settle()
    look = hand.window.findChild(QuoteLook)
    assert look is not None
    hand.wait_for(lambda: bool(look.content))
    before = look.content
    look.form.editor("density").show_value("compact")
    look.form.editor("accent").show_value("#0A6B43")
    look.draw()
    hand.wait_for(lambda: look.content != before)
    look.save()
    hand.settle()
    with shop.workspace.read() as session:
        kept = read_style(find_company(session)["quote_style"])
    assert (kept.density, kept.accent) == ("compact", "#0A6B43")


def test_the_preview_is_in_sight_where_the_choices_are_made(hand: Hand) -> None:
    hand.window.resize(1100, 680)
    hand.window.go("settings")
    hand.settle()
    look = hand.window.findChild(QuoteLook)
    assert look is not None
    hand.settle(50)
    form, view = look.form.geometry(), look.view.geometry()
    assert view.top() == form.top() and view.left() > form.right() and view.width() > form.width()


def test_logo_and_terms_are_dropped_and_shown_in_the_preview(hand: Hand, shop: Shop, tmp_path: Path) -> None:
    from tests.app.test_company import logo, terms

    hand.window.go("settings")
    hand.settle()
    look = hand.window.findChild(QuoteLook)
    assert look is not None
    hand.wait_for(lambda: bool(look.content))
    rows = {row.name: row for row in look.files}
    assert rows["logo"].file.text() == "Aucun pour l’instant" and not rows["logo"].remove_button.isVisible()
    for name, file in (("logo", logo(tmp_path)), ("terms_file", terms(tmp_path))):
        before = look.content
        drop(rows[name], file)
        hand.wait_for(lambda before=before: look.content != before)
    hand.settle()
    assert rows["terms_file"].file.text() == "cgv.pdf" and not rows["logo"].picture.pixmap().isNull()
    before = look.content
    hand.click(rows["logo"].remove_button)
    hand.wait_for(lambda: look.content != before)
    with shop.workspace.read() as session:
        assert find_company(session)["logo"] is None


def test_a_file_that_is_no_picture_is_told_beside_its_place(hand: Hand, tmp_path: Path) -> None:
    hand.window.go("settings")
    hand.settle()
    look = hand.window.findChild(QuoteLook)
    assert look is not None
    (tmp_path / "logo.png").write_text("no picture")
    look.files[0].take(tmp_path / "logo.png")
    hand.wait_for(lambda: bool(look.files[0].problem.text()))
    assert "PNG" in look.files[0].problem.text()


def drop(row: QWidget, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    row.dropEvent(event)
    assert event.isAccepted()


def test_who_may_not_write_the_company_is_offered_no_look(hand: Hand, shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        me = records.add(session, "user", {"name": "Claire", "role": "rep"})
        state.put(session.connection(), "user", me)
        state.put(session.connection(), "server", "https://office.example")
        assert company.writable(session) is None and quote_look.style_of(session) is None
        records.save(session, "user", me, {"role": "office"})
        assert company.writable(session) and quote_look.style_of(session) is not None


def test_the_office_fills_in_the_company_on_a_laptop_with_a_server(hand: Hand, shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        me = records.add(session, "user", {"name": "Julie", "role": "office"})
        state.put(session.connection(), "user", me)
        state.put(session.connection(), "server", "https://office.example")
    hand.window.go("settings")
    hand.wait_for(lambda: hand.window.findChild(CompanyForm) is not None)
    form = hand.window.findChild(CompanyForm)
    assert form is not None
    form.form.editor("rcs_town").show_value("Lyon")
    form.save()
    hand.settle()
    with shop.workspace.read() as session:
        assert find_company(session)["rcs_town"] == "Lyon"
        sent = session.connection().exec_driver_sql(
            "SELECT field FROM sync_entry WHERE kind = 'organisation' AND field = 'rcs_town'"
        )
        assert sent.all(), "it goes to the server"


def test_the_words_of_the_e_mail_are_the_company_s_own_and_can_be_emptied_again(
    hand: Hand, shop: Shop
) -> None:
    def kept() -> object:
        with shop.workspace.read() as session:
            return mailing.read_words(session)

    hand.window.go("settings")
    hand.wait_for(lambda: hand.window.findChild(QuoteMail) is not None)
    words = hand.window.findChild(QuoteMail)
    assert words is not None
    editor = words.forms["fr"].editor("subject")
    assert editor.typed() == mailing.TEMPLATES["fr"]["subject"], "the program's own words are shown"
    editor.show_value("{company} : devis {number}")
    words.save()
    hand.wait_for(lambda: kept() == {"fr": {"subject": "{company} : devis {number}"}})
    editor.show_value("")
    words.save()
    hand.wait_for(lambda: kept() == {})
    hand.settle()
    assert editor.typed() == mailing.TEMPLATES["fr"]["subject"]


def open_mail_words(hand: Hand) -> QuoteMail:
    hand.window.go("settings")
    hand.wait_for(lambda: hand.window.findChild(QuoteMail) is not None)
    hand.settle()
    words = hand.window.findChild(QuoteMail)
    assert words is not None
    return words


def test_a_name_that_nothing_fills_in_is_told_and_the_words_stay(hand: Hand, shop: Shop) -> None:
    words = open_mail_words(hand)
    for typed, said in (("Devis {nom}", "{nom}"), ("Devis { neuf", "accolade")):
        words.forms["fr"].editor("body").show_value(typed)
        words.save()
        hand.settle()
        assert said in words.forms["fr"].problem("body")
        assert words.forms["fr"].editor("body").typed() == typed
    with shop.workspace.read() as session:
        assert mailing.read_words(session) == {}
    words.forms["fr"].editor("body").show_value("Devis {number}")
    words.save()
    hand.settle()
    assert words.forms["fr"].problem("body") == ""
    with shop.workspace.read() as session:
        assert mailing.read_words(session) == {"fr": {"body": "Devis {number}"}}


def test_what_another_wrote_while_a_form_was_open_is_not_overwritten(hand: Hand, shop: Shop) -> None:
    words = open_mail_words(hand)
    look = hand.window.findChild(QuoteLook)
    form = hand.window.findChild(CompanyForm)
    assert look is not None and form is not None
    quote_look.keep(shop.workspace, {"mail_fr_subject": "Le devis {number}", "density": "compact"})
    company.keep(shop.workspace, {"phone": "0472000000"})
    words.forms["fr"].editor("body").show_value("Bonjour")
    words.save()
    look.form.editor("accent").show_value("#0A6B43")
    look.save()
    form.form.editor("town").show_value("Vienne")
    form.save()
    hand.settle()
    with shop.workspace.read() as session:
        kept = find_company(session)
        style = read_style(kept["quote_style"])
        assert mailing.read_words(session) == {"fr": {"subject": "Le devis {number}", "body": "Bonjour"}}
    assert (style.density, style.accent) == ("compact", "#0A6B43")
    assert (kept["phone"], kept["town"]) == ("+33472000000", "Vienne")


def test_what_is_typed_while_the_words_are_saved_stays(hand: Hand, shop: Shop) -> None:
    words = open_mail_words(hand)
    subject, body = (words.forms["fr"].editor(name) for name in ("subject", "body"))
    subject.show_value("Devis {number}")
    words.save()
    subject.show_value("Notre offre {number}")
    body.show_value("Bonjour")
    hand.settle()
    assert (subject.typed(), body.typed()) == ("Notre offre {number}", "Bonjour")
    words.save()
    hand.settle()
    with shop.workspace.read() as session:
        kept = mailing.read_words(session)
    assert kept == {"fr": {"subject": "Notre offre {number}", "body": "Bonjour"}}


def test_what_is_typed_in_the_settings_stays_when_one_comes_back_to_them(hand: Hand, shop: Shop) -> None:
    words = open_mail_words(hand)
    form = hand.window.findChild(CompanyForm)
    assert form is not None
    words.forms["en"].editor("subject").show_value("Your offer {number}")
    form.form.editor("town").show_value("Vienne")
    company.keep(shop.workspace, {"phone": "0472000000"})
    hand.window.go("quotes")
    hand.settle()
    open_mail_words(hand)
    assert words.forms["en"].editor("subject").typed() == "Your offer {number}"
    assert form.form.editor("town").typed() == "Vienne"
    assert "72 00" in form.form.editor("phone").typed(), "what came from elsewhere is shown"


def test_the_settings_say_what_of_the_terms_was_left_out(hand: Hand, tmp_path: Path) -> None:
    from tests.app.quotes.test_annexed import terms, with_names

    hand.window.go("settings")
    hand.settle()
    look = hand.window.findChild(QuoteLook)
    assert look is not None
    (tmp_path / "cgv.pdf").write_bytes(terms(with_names))
    row = {row.name: row for row in look.files}["terms_file"]
    drop(row, tmp_path / "cgv.pdf")
    hand.wait_for(lambda: row.file.text() == "cgv.pdf")
    hand.settle()
    assert "scripts" in hand.window._toast.text
