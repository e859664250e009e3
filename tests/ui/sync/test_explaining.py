"""The cards that explain a sync: what was new, what was not accepted, two versions of a quote, and files."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from app import attachments, by_file
from app.quotes import editing
from tests.sync.office import RHONE, Laptop, Office
from ui.pages import Registration
from ui.sync.two_quotes import TwoQuotes
from ui.widgets import InfoBar


def said(widget: Any) -> str:
    """Everything that stands on a widget."""
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def button(widget: Any, name: str) -> QPushButton:
    """The visible button of this accessible name, or with this text."""
    found = [
        one
        for one in widget.findChildren(QPushButton)
        if one.isVisible() and name in (one.text(), one.accessibleName())
    ]
    assert len(found) == 1, [one.accessibleName() or one.text() for one in widget.findChildren(QPushButton)]
    return found[0]


@pytest.fixture
def news(claire: Laptop, rey: Laptop) -> str:
    """Rey changed a customer of Claire's, who has synchronised since."""
    id = claire.add("account", name="Boulangerie Morel", payment_terms="30 jours", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.save("account", id, payment_terms="45 jours")
    rey.sync()
    claire.sync()
    return id


def test_news_name_the_record_the_change_and_the_author(claire: Laptop, news: str, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    text = said(page.away)
    assert "Pendant votre absence" in text
    assert "Boulangerie Morel" in text and "Conditions de règlement" in text and "Rey" in text
    button(page.away, "Détail de Boulangerie Morel").click()
    assert "30 jours → 45 jours" in said(page.away)


def test_one_click_opens_the_record_and_it_is_no_news_any_more(claire: Laptop, news: str, desk_of: Any):
    desk = desk_of(claire.workspace)
    desk.window._by_key["accounts"] = Registration(
        "accounts", "ui.accounts.page:AccountsPage", "Accounts", "x"
    )
    page = desk.go("sync")
    button(page.away, "Voir Boulangerie Morel").click()
    desk.settle()
    assert desk.window.route.page == "accounts" and desk.window.route.record == news
    page = desk.go("sync")
    assert page.away.isHidden()


def test_a_customer_whom_somebody_deleted_is_brought_back_with_one_click(
    claire: Laptop, rey: Laptop, news: str, desk_of: Any
):
    rey.delete("account", news)
    rey.sync()
    claire.sync()
    desk = desk_of(claire.workspace)
    desk.window._by_key["accounts"] = Registration(
        "accounts", "ui.accounts.page:AccountsPage", "Accounts", "x"
    )
    page = desk.go("sync")
    assert "Supprimé" in said(page.away)
    button(page.away, "Rétablir Boulangerie Morel").click()
    desk.settle()
    assert desk.window.route.page == "accounts" and desk.window.route.record == news
    claire.sync()
    rey.sync()
    assert rey.sql("SELECT deleted_at FROM account WHERE id = ?", news) == [(None,)]


def test_all_news_are_put_away_at_once_and_nothing_is_left_to_send(
    claire: Laptop, news: str, desk_of: Any, qtbot: Any
):
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    qtbot.mouseClick(page.away._seen, Qt.MouseButton.LeftButton)
    desk.settle()
    assert page.away.isHidden()
    assert claire.sql("SELECT count(*) FROM sync_transaction WHERE state = 'sealed'") == [(0,)]


def test_news_are_shown_to_the_last_record(
    claire: Laptop, rey: Laptop, desk_of: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ui.sync.away_card._READ", 2)
    ids = [claire.add("account", name=f"Morel {n}", territory=RHONE) for n in range(3)]
    claire.sync(), rey.sync()
    for id in ids:
        rey.save("account", id, payment_terms="45 jours")
    rey.sync(), claire.sync()
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    assert len(page.away.news) == 2
    button(page.away, "et 1 autre fiche").click()
    desk.settle()
    assert {one.title for one in page.away.news} == {"Morel 0", "Morel 1", "Morel 2"}


def test_a_parked_action_is_corrected_in_place_and_sent(
    claire: Laptop, server: str, desk_of: Any, qtbot: Any
):
    from tests.ui.sync.test_sync_page import set_server

    set_server(claire, server)
    claire.add("product", sku="ZZ", label_fr="Un article à moi")
    claire.sync()
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    (row,) = page.parked.rows
    assert "Vous n’avez pas le droit de modifier cette fiche." in said(row)
    row.toggle()
    editors = {wanted.field.name: editor for wanted, editor in row.fields.editors}
    assert editors["label_fr"].target.accessibleName()
    editors["label_fr"].show_value("Un autre article")
    with qtbot.waitSignal(desk.runner.ended, timeout=20_000):
        row.retry.click()
        desk.settle()
    desk.settle()
    claire.sync()
    page.reload()
    desk.settle()
    (row,) = page.parked.rows
    assert {wanted.field.name: wanted.value for wanted in row.waiting.wanted}[
        "label_fr"
    ] == "Un autre article"


def test_a_manager_sees_what_waits_in_the_team(rey: Laptop, claire: Laptop, desk_of: Any):
    claire.add("product", sku="ZZ", label_fr="Un article à moi")
    claire.sync()
    rey.sync()
    desk = desk_of(rey.workspace)
    page = desk.go("sync")
    (row,) = page.parked.rows
    assert "Claire" in said(row) and "Un article à moi" in said(row)
    row.take_back()
    desk.settle()
    (row,) = page.parked.rows
    assert row.waiting.decided
    rey.sync()
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_transaction WHERE state = 'parked'") == [(0,)]


def test_two_versions_of_a_quote_stand_side_by_side(claire: Laptop, rey: Laptop, desk_of: Any):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    with claire.workspace.transaction("Quote") as session:
        quote = editing.new_quote(session, account)
    line = claire.add(
        "quote_line", quote=quote, position=0, description="Distributeur", quantity="6",
        unit_price="89", vat_rate="20",
    )  # fmt: skip
    claire.sync()
    rey.sync()
    rey.save("quote_line", line, quantity="8")
    rey.sync()
    claire.save("quote_line", line, quantity="10")
    claire.sync()
    claire.sync()
    desk = desk_of(claire.workspace)
    desk.window.go("conflicts", quote)
    desk.settle()
    sides = desk.window.page.findChild(TwoQuotes)
    text = said(sides)
    assert "8  × 89,00" in text and "10  × 89,00" in text
    assert "votre version" in text and "Rey" in text


def test_a_file_is_written_and_its_answer_read_from_the_page(
    claire: Laptop, office: Office, desk_of: Any, tmp_path: Any
):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    page.by_file.write(tmp_path / "request")
    desk.settle()
    assert "1 action" in desk.window._toast.text
    by_file.exchange(office.folder / "server", tmp_path / "request", tmp_path / "answer")
    page.by_file.read(tmp_path / "answer")
    desk.settle()
    assert desk.window._toast.text.startswith("Synchronisé")
    page.by_file.read(tmp_path / "answer")
    desk.settle()
    bars = [bar.text for bar in desk.window.findChildren(InfoBar)]
    assert "Cette réponse a déjà été prise en compte. Rien n’a été modifié." in bars


def test_the_page_says_which_attachments_travel_by_file_and_which_stay(
    claire: Laptop, office: Office, desk_of: Any, tmp_path: Any
):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    (tmp_path / "plan.bin").write_bytes(b"\0\1" * 50_000)
    attachments.attach(claire.workspace, "account", account, tmp_path / "plan.bin")
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    page.by_file.write(tmp_path / "request")
    desk.settle()
    assert "1 pièce jointe voyage avec." in desk.window._toast.text
    with claire.workspace.exclusive() as connection:
        # A server of before takes none.
        connection.exec_driver_sql("UPDATE sync_state SET value = '0' WHERE name = 'exchange_room'")
    page.by_file.write(tmp_path / "without")
    desk.settle()
    bars = [bar.text for bar in desk.window.findChildren(InfoBar)]
    assert any(text.startswith("1 pièce jointe reste à envoyer") for text in bars), bars
    by_file.exchange(office.folder / "server", tmp_path / "request", tmp_path / "answer")
    page.by_file.read(tmp_path / "answer")
    desk.settle()
    assert "1 pièce jointe est arrivée au serveur." in desk.window._toast.text


def test_every_control_of_the_sync_page_has_a_name(claire: Laptop, news: str, desk_of: Any):
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    nameless = [
        one
        for one in page.findChildren(QPushButton)
        if one.isVisible() and not (one.accessibleName() or one.text() or one.toolTip())
    ]
    assert nameless == []
