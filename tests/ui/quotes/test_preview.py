"""The printed page beside the quote, on paper and in files."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QPageSize
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QPushButton

from app import records
from app.quotes import issuing, notices, paper
from app.quotes.pdf import render
from tests.app.quotes import samples
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui import printing
from ui.printing import OPENED_FOLDER, Pages, page_images, print_pages
from ui.quotes.preview import FullPreview
from ui.widgets import InfoBar
from ui.window import MainWindow

Opened = Callable[..., str]


@pytest.fixture
def printed_pdf(shop: Shop, dressed: Any) -> bytes:
    quote = shop.quote("dsi 600 x 6")
    with shop.workspace.read() as session:
        return paper.pdf(session, quote)


@pytest.fixture
def printer(tmp_path: Path, dressed: Any) -> QPrinter:
    """A printer that writes a PDF."""
    found = QPrinter(QPrinter.PrinterMode.HighResolution)
    found.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    found.setOutputFileName(str(tmp_path / "printed.pdf"))
    found.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    found.setResolution(printing.PRINT_DPI)
    return found


def test_the_page_is_drawn_beside_the_quote(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 6")
    hand.wait_for(lambda: hand.page.editor.preview.view.pages.count >= 1)


def test_a_page_drawn_otherwise_than_it_was_issued_says_so_above_the_quote(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    quote = opened("dsi 600")
    editor = hand.page.editor
    with shop.workspace.transaction() as session:
        issuing.issue(session, quote)
    hand.wait_for(lambda: editor.draft.locked and bool(editor.preview.content))
    assert editor.notices.notices == []
    with shop.workspace.transaction() as session:
        records.save(session, "quote", quote, {"pdf_hash": "1234567890ab" + "0" * 52})
    editor.desk.draw()
    hand.wait_for(lambda: ["1234567890ab" in each.text for each in editor.notices.notices] == [True])
    said: list[list[notices.Notice]] = []
    editor.desk.noticed.connect(said.append)
    editor.desk.draw()
    hand.wait_for(lambda: len(said) == 2)
    assert [len(each) for each in said] == [1, 1], "it stands while the page is drawn again"


def test_the_page_follows_the_typing_after_a_pause(hand: Hand, opened: Opened) -> None:
    opened("dsi 600 x 6")
    hand.wait_for(lambda: bool(hand.page.editor.preview.content))
    before = hand.page.editor.preview.content
    hand.page.editor.table.choose(0)
    hand.type("7")
    hand.key(Qt.Key.Key_Return)
    hand.wait_for(lambda: hand.page.editor.preview.content != before)
    text = PdfReader(io.BytesIO(hand.page.editor.preview.content)).pages[0].extract_text()
    assert "623,00" in text.replace("\u202f", "")
    assert "Brouillon".lower() in text.lower()


def test_pages_become_pictures(printed_pdf: bytes) -> None:
    images = page_images(printed_pdf, 600, 3)
    assert images and images[0].width() == 600 and abs(images[0].height() - 849) < 3
    with Pages(printed_pdf) as pages:
        assert len(pages) == len(PdfReader(io.BytesIO(printed_pdf)).pages)


def test_every_page_of_a_long_quote_can_be_read(hand: Hand) -> None:
    content = render(samples.full(900))
    window = FullPreview(hand.window, hand.window.tasks, content)
    window.open()
    hand.wait_for(lambda: window.view.pages.count > 0)
    assert window.view.pages.count == len(PdfReader(io.BytesIO(content)).pages) > 40
    window.close()


def test_all_pages_reach_the_paper(printed_pdf: bytes, printer: QPrinter, tmp_path: Path) -> None:
    count = print_pages(printed_pdf, printer)
    printed = PdfReader(tmp_path / "printed.pdf")
    assert count == len(printed.pages) == len(PdfReader(io.BytesIO(printed_pdf)).pages)
    box = printed.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)


def test_print_takes_two_presses(
    hand: Hand, opened: Opened, printer: QPrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("dsi 600 x 6")
    shown: list[QPrintDialog] = []
    # The system's dialog cannot be driven offscreen: opening it is seen, pressing its button is `accept`.
    monkeypatch.setattr(QPrintDialog, "open", lambda dialog, *_slot: shown.append(dialog))
    monkeypatch.setattr(hand.page.editor.printing, "printer", lambda: printer)
    hand.presses = 0
    hand.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    hand.settle()
    assert len(shown) == 1
    hand.presses += 1
    shown[0].accepted.emit(printer)
    hand.settle()
    assert hand.presses == 2
    assert (tmp_path / "printed.pdf").stat().st_size > 10_000


def test_without_a_printer_the_pdf_opens_from_inside_the_profile(
    hand: Hand, opened: Opened, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("dsi 600 x 6")
    urls: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(urls.append(url)) or True)
    monkeypatch.setattr(hand.page.editor.printing, "printer", lambda: None)
    hand.click(hand.page.editor.print_button)
    hand.settle()
    assert len(urls) == 1
    file = Path(urls[0].toLocalFile())
    assert file.parent == shop.workspace.folder / OPENED_FOLDER
    assert file.read_bytes().startswith(b"%PDF")


def test_opened_files_are_gone_when_the_window_closes(
    desk: MainWindow, hand: Hand, opened: Opened, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("dsi 600 x 6")
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: True)
    hand.page.editor.desk.open_pdf()
    hand.settle()
    assert list((shop.workspace.folder / OPENED_FOLDER).iterdir())
    desk.close()
    assert not (shop.workspace.folder / OPENED_FOLDER).exists()


def test_the_pdf_is_written_where_the_user_says(hand: Hand, opened: Opened, tmp_path: Path) -> None:
    opened("dsi 600 x 6")
    hand.wait_for(lambda: bool(hand.page.editor.preview.content))
    hand.page.editor.printing.write_to(tmp_path / "devis.pdf", hand.page.editor.preview.content)
    hand.settle()
    assert (tmp_path / "devis.pdf").read_bytes() == hand.page.editor.preview.content


def test_a_name_fits_every_file_system() -> None:
    assert printing.file_name('Devis D26/K7: "R2"') == "Devis D26-K7- -R2"


def test_the_quote_leaves_as_a_draft_in_the_mail_program(
    hand: Hand, opened: Opened, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = opened("dsi 600 x 6")
    urls: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(urls.append(url)) or True)
    hand.page.editor.decisions.mail()
    hand.settle()
    assert urls == [] and hand.page.editor.problem.isVisible(), "a draft has no number yet"
    hand.page.editor.decisions.issue()
    hand.settle()
    hand.page.editor.decisions.mail()
    hand.settle()
    (file,) = [Path(url.toLocalFile()) for url in urls]
    assert file.suffix == ".eml" and file.parent == shop.workspace.folder / OPENED_FOLDER
    assert b"X-Unsent: 1" in file.read_bytes() and b"application/pdf" in file.read_bytes()
    (bar,) = [bar for bar in hand.window.findChildren(InfoBar) if "messagerie" in bar.text]
    hand.click(bar.findChildren(QPushButton)[0])
    hand.settle()
    with shop.workspace.read() as session:
        assert records.get(session, "quote", quote)["status"] == "sent"


def test_bars_above_the_quote_name_the_list_past_its_day_and_lead_to_the_other_version(
    hand: Hand, opened: Opened, shop: Shop
) -> None:
    other = shop.quote("tap 90")
    quote = opened("dsi 600 x 6")
    above = hand.page.editor.notices
    assert not above.isVisible()
    with shop.workspace.transaction() as session:
        account = records.get(session, "account", shop.account)
        records.save(session, "price_list", account["price_list"], {"valid_to": date(2026, 1, 31)})
        told = {"record_kind": "quote", "record": quote, "field": "id", "candidates": [{"value": other}]}
        records.add(session, "conflict", {**told, "state": "open"})
    hand.page.editor.desk.draw()
    hand.wait_for(lambda: len(above.notices) == 2)
    assert above.isVisible() and [each.tone for each in above.notices] == ["vio", "warn"]
    hand.page.editor.show_customer_mode(True)
    assert not above.isVisible()
    hand.page.editor.show_customer_mode(False)
    (button,) = above.findChildren(QPushButton)
    hand.click(button)
    hand.settle()
    sheet = hand.page.editor.draft.sheet
    assert sheet is not None and sheet.id == other
