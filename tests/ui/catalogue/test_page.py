"""The catalogue: finding a price and adding the product to the open quote."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from app import attachments, records
from app.catalogue import browsing
from sync import state
from tests.app.attachments.pictures import photo_file
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand, desk, hand, shop  # noqa: F401  (fixtures)
from ui.catalogue.page import CataloguePage
from ui.catalogue.product_sheet import Picture
from ui.table import RowRole
from ui.widgets import Button, InfoBar


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


def test_customer_mode_tells_prices_and_not_why_they_are(hand: Hand, shop: Shop) -> None:  # noqa: F811
    hand.window.go("quotes", shop.quote("dsi 600"))
    hand.settle()
    page = catalogue(hand)
    hand.window.go("catalogue", shop.products["BOB-450"])
    hand.settle()
    assert page.sheet.reasons and all(reason.isVisible() for reason in page.sheet.reasons)
    hand.window.customer_mode.set(True)
    assert not any(reason.isVisible() for reason in page.sheet.reasons)
    hand.window.go("catalogue", shop.products["TAP-90"])
    hand.settle()
    assert page.sheet.reasons and not any(reason.isVisible() for reason in page.sheet.reasons)
    hand.window.customer_mode.set(False)
    assert all(reason.isVisible() for reason in page.sheet.reasons)


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


def give(picture: Picture, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    left, none, copies = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    QApplication.sendEvent(picture, QDragEnterEvent(QPoint(9, 9), copies, data, left, none))
    QApplication.sendEvent(picture, QDropEvent(QPointF(9, 9), copies, data, left, none))


def test_a_photo_dropped_on_the_sheet_is_the_product_s_picture_on_the_next_quote(
    hand: Hand,  # noqa: F811
    shop: Shop,  # noqa: F811
    tmp_path: Path,
) -> None:
    from app.quotes import paper

    product = shop.products["SAV-5"]
    page = catalogue(hand)
    hand.window.go("catalogue", product)
    hand.settle()
    give(page.sheet.picture, photo_file(tmp_path))

    def image() -> str | None:
        with shop.workspace.read() as session:
            return records.get(session, "product", product)["image"]

    hand.wait_for(lambda: image() is not None)
    hand.settle()
    quote = shop.quote("sav 5")
    with shop.workspace.read() as session:
        (line,) = paper.document(session, quote).lines
    assert line.picture


@pytest.mark.parametrize("name", ["notes.txt", "notes.png"])
def test_a_file_that_is_no_picture_is_refused_with_a_sentence(
    hand: Hand,  # noqa: F811
    shop: Shop,  # noqa: F811
    tmp_path: Path,
    name: str,
) -> None:
    page = catalogue(hand)
    hand.window.go("catalogue", shop.products["SAV-5"])
    hand.settle()
    (tmp_path / name).write_text("words")
    give(page.sheet.picture, tmp_path / name)
    hand.settle()
    assert any("n’est pas une image" in bar.text for bar in hand.window.findChildren(InfoBar))


def test_a_rep_with_a_server_is_offered_no_other_picture(hand: Hand, shop: Shop) -> None:  # noqa: F811
    with shop.workspace.transaction() as session:
        me = records.add(session, "user", {"name": "Claire", "role": "rep"})
        state.put(session.connection(), "user", me)
        state.put(session.connection(), "server", "https://office.example")
    page = catalogue(hand)
    hand.window.go("catalogue", shop.products["SAV-5"])
    hand.settle()
    assert not page.sheet.picture.acceptDrops()


def test_a_product_names_what_replaces_it_but_nothing_that_is_hidden(hand: Hand, shop: Shop) -> None:  # noqa: F811
    with shop.workspace.transaction() as session:
        other = [shop.products[sku] for sku in ("TAP-90", "DSI-600")]
        records.save(
            session, "product", shop.products["BOB-450"], {"substitutes": other, "status": "obsolete"}
        )
        records.save(session, "product", shop.products["DSI-600"], {"status": "hidden"})
    page = catalogue(hand)
    hand.window.go("catalogue", shop.products["BOB-450"])
    hand.settle()
    with shop.workspace.read() as session:
        shown = browsing.open_product(session, shop.products["BOB-450"]).substitutes
    assert [product["id"] for product in shown] == [shop.products["TAP-90"]]
    (go,) = [
        button for button in page.sheet.findChildren(Button) if button.text() == browsing.label(shown[0])
    ]
    hand.click(go)
    hand.wait_for(lambda: page.sheet.product == shop.products["TAP-90"])
