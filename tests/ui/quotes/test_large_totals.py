"""Large amounts under the lines: whole, and within their card."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.i18n import set_language
from app.quotes import adding, editing
from tests.ui.quotes.conftest import Hand
from tests.ui.test_screens import clipped
from ui.quotes.lines_model import COLUMNS
from ui.theme import theme
from ui.widgets import painting

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def test_totals_of_nine_digits_stand_whole_within_the_card(hand: Hand, opened: Callable[..., str]) -> None:
    opened("dsi 600 x 900000", "tap 60 x 900000")
    editor = hand.page.editor
    sheet = editor.draft.sheet
    assert sheet is not None
    unknown = {**sheet.lines[1], "cost": None}
    editor.draft.act(lambda before: dataclasses.replace(before, lines=(before.lines[0], unknown)))
    editor.totals.discount.setFocus()
    hand.type("11,11 %")
    hand.key(Qt.Key.Key_Return)
    hand.settle(200)
    card = editor.lines_card
    shown = [each for each in editor.totals.amounts.values() if each.isVisible()]
    assert len(shown) >= 4
    assert len(editor.totals.amounts["ttc"].text()) >= len("100 000 000,00 €")
    for amount in (*shown, editor.totals.discount):
        assert amount.mapTo(card, amount.rect().topRight()).x() <= card.width() - 12, amount.text()
    for amount in shown:
        assert amount.fontMetrics().horizontalAdvance(amount.text()) <= amount.width(), amount.text()
    earned = editor.margin.amount
    assert earned.text().endswith("connus")
    assert earned.heightForWidth(earned.width()) <= earned.height()
    right = earned.mapTo(card, earned.rect().topRight()).x()
    assert right < editor.extras.mapTo(card, editor.extras.rect().topLeft()).x()


def test_a_window_is_made_narrower_and_wider_around_short_figures(
    hand: Hand, opened: Callable[..., str]
) -> None:
    opened("dsi 600")
    for width in (1100, 1366, 1180, 1100):
        hand.window.resize(width, 680)
        hand.settle(60)
        table = hand.page.editor.table
        assert sum(table.columnWidth(at) for at in range(7)) <= table.viewport().width()


@pytest.mark.parametrize("width", [1366, 1100])
def test_figures_of_eight_digits_stand_whole_in_their_cells(
    hand: Hand, opened: Callable[..., str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.window.resize(width, 768)
    opened("dsi 600 x 12345678", "bob 450 x 2")
    editor = hand.page.editor
    for name, text in (("unit_price", "79,123456"), ("discount_percent", "1234567,89 €")):
        step = partial(editing.set_cell, at=0, name=name, text=text)
        assert not editor.draft.act(step)
    hand.settle(200)
    model, drawn = editor.table.lines, set()
    cut = painting._fitting

    def noted(text: str, *more: Any) -> str:
        drawn.add(cut(text, *more))
        return cut(text, *more)

    monkeypatch.setattr(painting, "_fitting", noted)
    editor.table.grab()
    cells = [model.index(0, at).data() for at, column in enumerate(COLUMNS) if column.figures]
    assert cells[-1].endswith("€") and len(cells[-1]) == len("975 000 000,00 €")
    assert not set(cells) - drawn


def test_the_words_of_a_section_go_on_through_the_empty_cells(
    hand: Hand, opened: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.window.resize(1200, 768)
    opened("dsi 600")
    editor, words = hand.page.editor, "Sanitaires du rez-de-chaussée et des deux étages"
    assert not editor.draft.act(lambda sheet: adding.add_section(sheet, words))
    hand.settle(200)
    drawn: list[str] = []
    cut = painting._fitting
    monkeypatch.setattr(painting, "_fitting", lambda *told: drawn.append(cut(*told)) or drawn[-1])
    editor.table.grab()
    assert words in drawn
    assert not any(text.endswith("…") for text in drawn)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_with_the_largest_letters_in_a_low_window_no_word_of_a_full_quote_is_cut(
    hand: Hand, opened: Callable[..., str], dressed: QApplication, language: str
) -> None:
    set_language(language)
    theme.apply(dressed, "light", 150)
    hand.window.resize(1100, 700)
    opened("bob 450 x 24", "tap 90 x 120", "sav 5 x 1250")
    editor = hand.page.editor
    sheet = editor.draft.sheet
    assert sheet is not None
    unknown = {**sheet.lines[1], "cost": None}
    editor.draft.act(
        lambda before: dataclasses.replace(before, lines=(before.lines[0], unknown, before.lines[2]))
    )
    hand.settle(200)
    assert editor.points_button.isVisible()
    assert not clipped(editor)
    title = editor.title
    assert title.fontMetrics().horizontalAdvance(title.text()) <= title.width(), "what it is stands whole"
    assert editor.narrow_print.accessibleName() == editor.narrow_print.toolTip() != ""
