"""A quote that two people type in: what one removed stays removed, what the other changed stays."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app import records
from app.quotes import editing
from app.quotes.sheet import Sheet, move_line
from tests.shop import Shop, open_shop

D = Decimal


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    found = open_shop(tmp_path / "profile")
    yield found
    found.workspace.close()


def read(shop: Shop, quote: str) -> Sheet:
    with shop.workspace.read() as session:
        return editing.open_sheet(session, quote)


def save(shop: Shop, before: Sheet, after: Sheet) -> Sheet:
    with shop.workspace.transaction() as session:
        return editing.save(session, before, after)


def remove_elsewhere(shop: Shop, line: str) -> None:
    with shop.workspace.transaction(origin="sync") as session:
        records.delete(session, "quote_line", line)


def test_a_line_that_another_removed_stays_removed_and_out_of_the_total(shop: Shop) -> None:
    quote = shop.quote("dsi 600 x 6", "bob 450", "for-01")
    seen = read(shop, quote)
    remove_elsewhere(shop, seen.lines[1]["id"])
    # It moves up, which says nothing about it.
    stored = save(shop, seen, move_line(editing.set_cell(seen, 0, "quantity", "7"), 2, -1))
    assert [line["sku"] for line in read(shop, quote).lines] == ["DSI-600", "FOR-01"]
    assert [line["id"] for line in stored.lines] == [line["id"] for line in read(shop, quote).lines]
    assert read(shop, quote).quote["total_ht"] == D(89) * 7 + D(150)


def test_a_line_that_another_removed_comes_back_where_it_was_changed_here(shop: Shop) -> None:
    quote = shop.quote("dsi 600 x 6", "bob 450")
    seen = read(shop, quote)
    remove_elsewhere(shop, seen.lines[1]["id"])
    save(shop, seen, editing.set_cell(seen, 1, "quantity", "3"))
    assert [line["quantity"] for line in read(shop, quote).lines] == [D(6), D(3)]


@pytest.mark.parametrize("cell", ["quantity", "unit_price"])
@pytest.mark.parametrize("text", ["", "  "])
def test_an_emptied_figure_is_refused_and_not_guessed(shop: Shop, cell: str, text: str) -> None:
    sheet = read(shop, shop.quote("dsi 600 x 6"))
    with pytest.raises(ValueError, match=r"."):
        editing.set_cell(sheet, 0, cell, text)
