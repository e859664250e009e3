"""A quote that two people type in: what one removed stays removed, what the other changed stays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import records
from app.quotes import editing
from app.quotes.sheet import move_line
from tests.shop import Shop

D = Decimal


def remove_elsewhere(shop: Shop, line: str) -> None:
    with shop.workspace.transaction(origin="sync") as session:
        records.delete(session, "quote_line", line)


def test_a_line_that_another_removed_stays_removed_and_out_of_the_total(shop: Shop) -> None:
    quote = shop.quote("dsi 600 x 6", "bob 450", "for-01")
    seen = shop.read(quote)
    remove_elsewhere(shop, seen.lines[1]["id"])
    # It moves up, which says nothing about it.
    stored = shop.save(seen, move_line(editing.set_cell(seen, 0, "quantity", "7"), 2, -1))
    assert [line["sku"] for line in shop.read(quote).lines] == ["DSI-600", "FOR-01"]
    assert [line["id"] for line in stored.lines] == [line["id"] for line in shop.read(quote).lines]
    assert shop.read(quote).quote["total_ht"] == D(89) * 7 + D(150)


def test_a_line_that_another_removed_comes_back_where_it_was_changed_here(shop: Shop) -> None:
    quote = shop.quote("dsi 600 x 6", "bob 450")
    seen = shop.read(quote)
    remove_elsewhere(shop, seen.lines[1]["id"])
    shop.save(seen, editing.set_cell(seen, 1, "quantity", "3"))
    assert [line["quantity"] for line in shop.read(quote).lines] == [D(6), D(3)]


@pytest.mark.parametrize("cell", ["quantity", "unit_price"])
@pytest.mark.parametrize("text", ["", "  "])
def test_an_emptied_figure_is_refused_and_not_guessed(shop: Shop, cell: str, text: str) -> None:
    sheet = shop.sheet("dsi 600 x 6")
    with pytest.raises(ValueError, match=r"."):
        editing.set_cell(sheet, 0, cell, text)
