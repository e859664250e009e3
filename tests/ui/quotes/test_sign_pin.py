"""The way out of the customer's screen, where the settings ask for a PIN."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import screen_pin
from app.errors import Invalid
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from tests.ui.quotes.test_sign import screen, sign, status
from ui.quotes.sign import SignScreen
from ui.settings.sign_pin import SignPin

__all__ = ["screen"]


@pytest.fixture
def pin(shop: Shop) -> str:
    """The PIN that leaving asks for."""
    screen_pin.keep(shop.workspace, "4711")
    return "4711"


def test_leaving_asks_for_the_pin_that_the_settings_want(
    hand: Hand, shop: Shop, pin: str, screen: SignScreen
) -> None:
    for leave in (lambda: hand.click(screen.back), lambda: QTest.keyClick(screen, Qt.Key.Key_Escape)):
        leave()
        hand.settle(20)
        assert screen.isVisible() and screen.gate.isVisible() and hand.focus is screen.gate.field
        hand.type("1234")
        hand.key(Qt.Key.Key_Return)
        hand.settle(20)
        assert screen.isVisible() and screen.gate.problem.text() and screen.gate.field.text() == ""
        hand.key(Qt.Key.Key_Escape)
        hand.settle(20)
        assert screen.isVisible() and not screen.gate.isVisible(), "back to the signature"
    hand.click(screen.back)
    hand.type(pin)
    with qt_gone(screen):
        hand.key(Qt.Key.Key_Return)
        hand.settle(50)
    assert status(shop, screen.quote_id) == "issued"


def test_the_pin_is_asked_for_after_the_signature_too(
    hand: Hand, shop: Shop, pin: str, screen: SignScreen
) -> None:
    sign(hand, screen)
    assert status(shop, screen.quote_id) == "accepted"
    assert screen.isVisible() and screen.gate.isVisible() and not screen.confirm.isEnabled()
    screen.gate.field.setFocus()
    hand.type(pin)
    with qt_gone(screen):
        hand.key(Qt.Key.Key_Return)
        hand.settle(50)


@contextmanager
def qt_gone(screen: SignScreen) -> Iterator[None]:
    """The screen goes meanwhile."""
    gone: list[bool] = []
    screen.destroyed.connect(lambda *_: gone.append(True))
    yield
    assert gone


@pytest.mark.parametrize("typed", ["123", "12a4", "1234567890123", "١٢٣٤"])
def test_a_pin_is_four_to_twelve_digits(shop: Shop, typed: str) -> None:
    with pytest.raises(Invalid):
        screen_pin.keep(shop.workspace, typed)
    assert not screen_pin.is_set(shop.workspace) and screen_pin.fits(shop.workspace, "")


def test_the_pin_is_set_and_taken_away_in_the_settings(hand: Hand, shop: Shop) -> None:
    hand.window.go("settings")
    hand.settle()
    row = hand.window.page.findChild(SignPin)
    row.field.setFocus()
    for typed, stays in (("12", False), ("4711", True)):
        row.field.setText(typed)
        hand.click(row.button)
        hand.settle(20)
        assert screen_pin.is_set(shop.workspace) is stays and row.problem.isHidden() is stays
    assert screen_pin.fits(shop.workspace, "4711") and not screen_pin.fits(shop.workspace, "4712")
    hand.click(row.none)
    hand.settle(20)
    assert not screen_pin.is_set(shop.workspace)
