"""The catalogue: finding a price and adding the product to the open quote."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from app import attachments, records
from tests.app.attachments.pictures import photo_file
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand, desk, hand, shop  # noqa: F401  (fixtures)
from ui.catalogue.page import CataloguePage
from ui.catalogue.product_sheet import Picture
from ui.table import RowRole


def catalogue(hand: Hand) -> CataloguePage:  # noqa: F811
    hand.window.go("catalogue")
    hand.settle()
    page = hand.window.page
    assert isinstance(page, CataloguePage)
    return page


def test_a_few_letters_find_a_product(hand: Hand) -> None:  # noqa: F811
    page = catalogue(hand)
    assert page.products.rows.rowCount() == 6
    page.search.setFocus()
    hand.type("tapis")
    hand.wait_for(lambda: page.products.rows.rowCount() == 2)
    hand.key(Qt.Key.Key_Escape)
    hand.wait_for(lambda: page.products.rows.rowCount() == 6)


def test_a_family_narrows_the_list(hand: Hand) -> None:  # noqa: F811
    page = catalogue(hand)
    page.families.choose("Tapis", tell=True)
    hand.wait_for(lambda: page.products.rows.rowCount() == 2)


def test_the_sheet_lists_the_quantity_steps_of_the_quotes_customer(hand: Hand, shop: Shop) -> None:  # noqa: F811
    hand.window.go("quotes", shop.quote("dsi 600"))
    hand.settle()
    page = catalogue(hand)
    assert page.products.with_customer
    hand.window.go("catalogue", shop.products["BOB-450"])
    hand.settle()
    texts = " ".join(label.text() for label in page.sheet.findChildren(type(page.count)))
    assert "Boulangerie Morel" in texts
    assert "41,30" in texts and "39,58" in texts and "37,86" in texts


def test_a_product_joins_the_open_quote_without_leaving(hand: Hand, shop: Shop) -> None:  # noqa: F811
    hand.window.go("quotes", shop.quote("dsi 600"))
    hand.settle()
    editor = hand.page.editor
    page = catalogue(hand)
    hand.window.go("catalogue", shop.products["SAV-5"])
    hand.settle()
    assert page.sheet.add_button.isEnabled()
    hand.click(page.sheet.add_button)
    hand.settle()
    assert editor.draft.sheet is not None
    assert [line["sku"] for line in editor.draft.sheet.lines] == ["DSI-600", "SAV-5"]
    assert hand.window.page is page


def test_without_an_open_quote_the_button_rests_and_says_why(hand: Hand) -> None:  # noqa: F811
    page = catalogue(hand)
    assert not page.sheet.add_button.isEnabled()
    assert page.sheet.why_not.text()


def test_a_product_with_a_picture_shows_it_in_the_list_and_on_its_sheet(
    hand: Hand,  # noqa: F811
    shop: Shop,  # noqa: F811
    tmp_path: Path,
) -> None:
    product = shop.products["SAV-5"]
    id = attachments.attach(shop.workspace, "product", product, photo_file(tmp_path))
    with shop.workspace.transaction() as session:
        records.save(session, "product", product, {"image": id})
    page = catalogue(hand)
    hand.window.go("catalogue", product)
    hand.settle()
    rows = page.products.rows
    row = rows.index(rows.row_of(product), 0).data(RowRole)
    other = rows.index(rows.row_of(shop.products["DSI-600"]), 0).data(RowRole)
    assert (row["picture"].width(), other["picture"]) == (72, None)
    (picture,) = page.sheet.findChildren(Picture)
    drawn = picture.grab().toImage()
    middle = drawn.width() // 2 - drawn.height() // 2
    assert drawn.pixelColor(middle + 6, 12).red() > 180 > 90 > drawn.pixelColor(middle + 6, 12).green()
