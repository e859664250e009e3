"""What is typed in the settings and not saved stays when the language or the text size is changed there."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtTest import QTest

from app import company
from app.seller import find_company
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.settings.company import CompanyForm
from ui.settings.quote_mail import QuoteMail


def shown(hand: Hand, kind: type[Any]) -> Any:
    hand.window.go("settings")
    hand.settle()
    hand.wait_for(lambda: hand.window.page.findChild(kind) is not None)  # type: ignore[union-attr]
    hand.settle()
    return hand.window.page.findChild(kind)  # type: ignore[union-attr]


@pytest.mark.parametrize("change", ["language", "text size"])
def test_a_half_written_company_survives_a_change_of_look(hand: Hand, shop: Shop, change: str) -> None:
    form = shown(hand, CompanyForm)
    town, siret = form.form.editor("town").line, form.form.editor("siret").line
    for line, text in ((town, "Vienne"), (siret, "123 4")):
        line.selectAll()
        QTest.keyClicks(line, text)
    if change == "language":
        hand.window.set_language("en")
    else:
        hand.window.set_theme("dark", 150)
    company.keep(shop.workspace, {"phone": "0472000000"})
    again = shown(hand, CompanyForm)
    assert again is not form
    assert again.form.editor("town").typed() == "Vienne"
    assert again.form.editor("siret").typed() == "123 4"
    assert "72 00" in again.form.editor("phone").typed(), "what came from elsewhere is shown"
    again.form.editor("siret").line.clear()
    again.save()
    hand.settle()
    with shop.workspace.read() as session:
        kept = find_company(session)
    assert kept["town"] == "Vienne"
    assert "72" in kept["phone"]


def test_half_written_words_of_the_e_mail_survive_another_language(hand: Hand, shop: Shop) -> None:
    words = shown(hand, QuoteMail)
    line = words.forms["en"].editor("subject").line
    line.selectAll()
    QTest.keyClicks(line, "Your offer")
    hand.window.set_language("en")
    again = shown(hand, QuoteMail)
    assert again.forms["en"].editor("subject").typed() == "Your offer"
    again.save()
    hand.settle()
    hand.window.set_language("fr")
    assert shown(hand, QuoteMail).forms["en"].editor("subject").typed() == "Your offer"
