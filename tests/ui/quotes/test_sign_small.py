"""The customer's screen in a small window, before a consumer at home: all of it is read and reached."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel

from app import records, screen_pin
from app.i18n import set_language
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from tests.ui.quotes.test_sign import Opened, open_signing
from ui.quotes.sign import SignScreen
from ui.theme import theme


@pytest.fixture
def small(hand: Hand, shop: Shop, opened: Opened) -> SignScreen:
    """The screen of a sale at a consumer's home, in the smallest window, with a PIN asked for and a problem told."""
    screen_pin.keep(shop.workspace, "4711")
    hand.window.resize(1100, 680)
    quote = opened("dsi 600")
    with shop.workspace.transaction() as session:
        records.save(session, "account", shop.account, {"customer_kind": "consumer", "phone": "+33612345678"})
        records.save(session, "quote", quote, {"sale_place": "customer"})
    screen = open_signing(hand)
    hand.click(screen.confirm)
    hand.settle(50)
    hand.click(screen.back)
    hand.settle(50)
    assert screen.gate.isVisible() and screen.problem.isVisible()
    return screen


def test_nothing_on_the_screen_covers_anything_else(small: SignScreen) -> None:
    shown = [small.name, small.agreed, small.terms, *small_notices(small), small.pad, small.erase]
    tops = [each.mapTo(small, QPoint(0, 0)).y() for each in shown]
    bottoms = [top + each.height() for top, each in zip(tops, shown, strict=True)]
    assert all(bottom <= top for bottom, top in zip(bottoms, tops[1:], strict=False))
    assert all(each.height() >= each.heightForWidth(each.width()) for each in small_notices(small))
    below = [each.mapTo(small, QPoint(0, 0)).y() for each in (small.problem, small.confirm)]
    assert below[0] + small.problem.height() <= below[1] <= small.height() - small.confirm.height()


def small_notices(screen: SignScreen) -> list[QLabel]:
    words = screen._signing.paper.document.certifications
    return [label for label in screen.findChildren(QLabel) if label.text() in words]


def test_tab_brings_what_it_reaches_into_view(hand: Hand, small: SignScreen) -> None:
    assert small.erase.visibleRegion().isEmpty()
    small.terms.setFocus()
    hand.key(Qt.Key.Key_Tab)
    assert hand.focus is small.erase and small.erase.visibleRegion().boundingRect() == small.erase.rect()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_with_the_largest_letters_all_that_is_signed_is_seen_from_side_to_side(
    hand: Hand, opened: Opened, dressed: QApplication, language: str
) -> None:
    set_language(language)
    theme.apply(dressed, "light", 150)
    hand.window.resize(1100, 700)
    opened("dsi 600 x 6", "tap 90")
    screen = open_signing(hand)
    for part in (screen.name, screen.role, screen.agreed, screen.terms, screen.pad):
        assert part.visibleRegion().boundingRect().width() == part.width()
    assert screen.amounts["ttc"].visibleRegion().boundingRect() == screen.amounts["ttc"].rect()


def test_nobody_confirms_to_have_read_terms_that_the_quote_has_not(
    hand: Hand, shop: Shop, opened: Opened
) -> None:
    opened("dsi 600")
    assert open_signing(hand).terms.text() == "J’ai lu et j’accepte les conditions de ce devis."
    hand.page.editor.decisions.sign_screen.leave()
    with shop.workspace.transaction() as session:
        (company,) = records.find_rows(session, "organisation")
        records.save(session, "organisation", company["id"], {"terms": "Article 1. Objet."})
    opened("tap 90")
    assert open_signing(hand).terms.text() == "J’ai lu et j’accepte les conditions de vente."
