"""A quote is begun from any screen, and an empty catalogue says where its products come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt

from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.quotes.account_choice import AccountChoice
from ui.today.commands import connect


def test_a_new_quote_asks_for_whom_where_the_screen_does_not_know(hand: Hand) -> None:
    connect(hand.window)
    hand.window.go("catalogue")
    hand.settle()
    hand.window.commands.run("new.quote")
    hand.settle()
    (question,) = hand.window.findChildren(AccountChoice)
    assert question.isVisible()
    question.reject()
    assert hand.window.route is not None and hand.window.route.page == "quotes"
    hand.window.back()
    hand.settle()
    assert hand.window.route.page == "catalogue"


def test_before_a_customer_nobody_else_is_offered_a_quote(hand: Hand, opened: Callable[..., str]) -> None:
    opened("dsi 600")
    hand.key(Qt.Key.Key_F8)
    hand.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    hand.settle()
    assert not hand.window.findChildren(AccountChoice)
    assert hand.window._toast is not None and "Mode client" in hand.window._toast.text
    hand.key(Qt.Key.Key_F8)
    hand.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    hand.settle()
    (question,) = hand.window.findChildren(AccountChoice)
    question.reject()


def test_an_empty_catalogue_offers_no_filter_to_clear(hand: Hand, shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        from sqlalchemy import text

        session.execute(text("UPDATE product SET deleted_at = '2026-01-01T00:00:00.000Z'"))
    hand.window.go("catalogue")
    hand.settle()
    page: Any = hand.window.page
    assert page._stack.currentIndex() == 2
    page._search("gants")
    hand.settle()
    assert page._stack.currentIndex() == 1
