"""The photo of a paper signed by hand: dropped on any quote it goes to its own, and is looked at again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app import attachments
from app.quotes import issuing
from tests.app.quotes.test_signing import photo_of
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from tests.ui.quotes.test_next_steps import answer, stored, take
from ui.attachments.viewer import Viewer
from ui.quotes.asking import Asking

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def issued(shop: Shop, *entries: str) -> str:
    quote = shop.quote(*entries)
    with shop.workspace.transaction() as session:
        issuing.issue(session, quote)
    return quote


def show(hand: Hand, quote: str) -> None:
    hand.window.go("quotes", quote)
    hand.settle()


def drop(target: QWidget, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    left, none, copies = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(9, 9), copies, data, left, none))
    QApplication.sendEvent(target, QDropEvent(QPointF(9, 9), copies, data, left, none))


def dropped(hand: Hand, shop: Shop, paper_of: str, folder: Path) -> Any:
    file = folder / "papier.jpg"
    file.write_bytes(photo_of(shop.workspace, paper_of))
    drop(hand.page.editor, file)
    decisions = hand.page.editor.decisions
    hand.wait_for(lambda: isinstance(decisions.dialog, Asking) or hand.page.editor.problem.isVisible(), 30)
    return decisions.dialog


def words(dialog: Any) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel))


def test_a_dropped_photo_accepts_the_quote_and_is_looked_at_again(
    hand: Hand, shop: Shop, tmp_path: Path
) -> None:
    quote = issued(shop, "dsi 600 x 6")
    show(hand, quote)
    dialog = dropped(hand, shop, quote, tmp_path)
    assert stored(shop, quote)["number"] in words(dialog) and "Boulangerie Morel" in words(dialog)
    answer(hand, dialog, signer="Sylvie Morel")
    hand.wait_for(lambda: stored(shop, quote)["status"] == "accepted")
    take(hand, "Ouvrir le papier signé")
    viewer = hand.page.editor.decisions.dialog
    assert isinstance(viewer, Viewer)
    hand.wait_for(lambda: viewer.picture.shown)
    viewer.close()


def test_the_paper_of_another_quote_goes_there_and_opens_it(hand: Hand, shop: Shop, tmp_path: Path) -> None:
    mine, other = issued(shop, "dsi 600 x 6"), issued(shop, "tap 90")
    show(hand, mine)
    dialog = dropped(hand, shop, other, tmp_path)
    assert "devis ouvert" in words(dialog) and dialog.ok.text() == "Joindre et ouvrir"
    answer(hand, dialog, signer="Sylvie Morel")
    hand.wait_for(lambda: stored(shop, other)["status"] == "accepted")
    hand.settle()
    sheet = hand.page.editor.draft.sheet
    assert stored(shop, mine)["status"] == "issued" and sheet is not None and sheet.id == other


def test_the_paper_of_a_superseded_version_is_refused(hand: Hand, shop: Shop, tmp_path: Path) -> None:
    first = issued(shop, "dsi 600 x 6")
    with shop.workspace.transaction() as session:
        second = issuing.revise(session, first)
        issuing.issue(session, second)
    show(hand, second)
    dropped(hand, shop, first, tmp_path)
    assert hand.page.editor.problem.isVisible() and not isinstance(hand.page.editor.decisions.dialog, Asking)
    with shop.workspace.read() as session:
        assert not attachments.find(session, "quote", first) + attachments.find(session, "quote", second)
