"""PDF bytes on paper, on the screen of another program, or in a file; pictures of their pages.

Personal data stays inside the profile: what another program is to open is written to a folder of the
profile that is emptied when the program starts and when it ends.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QRectF, QSize, QSizeF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QPageSize, QPainter
from PySide6.QtPdf import QPdfDocument, QPdfDocumentRenderOptions
from PySide6.QtPrintSupport import QAbstractPrintDialog, QPrintDialog, QPrinter, QPrinterInfo

from app.errors import SystemProblem
from app.file_writing import write_whole
from app.i18n import mark as m_
from app.i18n import translate as _

if TYPE_CHECKING:
    from ui.page import Shell
    from ui.tasks import Token

log = logging.getLogger("terrain.printing")

PRINT_DPI = 300
POINTS_PER_INCH = 72
OPENED_FOLDER = "opened"
PRINTER_SETTING = "onsite_printer"

Say = Callable[..., object]
"""Takes a message that is still to be translated, its tone (empty for what passes), and its values."""


class Pages:
    """A PDF's pages, opened from bytes and used in one thread."""

    def __init__(self, content: bytes) -> None:
        self._data = QByteArray(content)
        self._buffer = QBuffer()
        self._buffer.setData(self._data)
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self.document = QPdfDocument(None)
        self.document.load(self._buffer)
        if self.document.status() != QPdfDocument.Status.Ready:
            raise SystemProblem(_("The PDF cannot be shown."))

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *_error: object) -> None:
        self.document.close()
        self._buffer.close()

    def __len__(self) -> int:
        return self.document.pageCount()

    def size(self, page: int) -> QSizeF:
        """A page's size in points."""
        return self.document.pagePointSize(page)

    def image(self, page: int, width: int) -> QImage:
        """A page on white, `width` pixels wide."""
        size = self.size(page)
        height = round(width * size.height() / size.width())
        drawn = self.document.render(page, QSize(width, height), QPdfDocumentRenderOptions())
        paper = QImage(drawn.size(), QImage.Format.Format_RGB32)
        paper.fill(Qt.GlobalColor.white)
        painter = QPainter(paper)
        painter.drawImage(0, 0, drawn)
        painter.end()
        return paper


def page_images(content: bytes, width: int, most: int, token: Token | None = None) -> list[QImage]:
    """Pictures of up to `most` pages, `width` pixels wide. For a background lane."""
    with Pages(content) as pages:
        found = []
        for page in range(min(len(pages), most)):
            if token is not None:
                token.check()
            found.append(pages.image(page, width))
        return found


def print_pages(content: bytes, printer: QPrinter, token: Token | None = None) -> int:
    """Put the pages on the printer's paper, filling its printable area; returns how many. For a background lane."""
    with Pages(content) as pages:
        first = max(1, printer.fromPage() or 1)
        last = min(len(pages), printer.toPage() or len(pages))
        # The page brings its own margins: without the whole paper they would be added twice.
        printer.setFullPage(True)
        painter = QPainter()
        if not painter.begin(printer):
            raise SystemProblem(_("The printer does not answer. Open the PDF instead."))
        try:
            for number in range(first - 1, last):
                if token is not None:
                    token.check()
                if number >= first:
                    printer.newPage()
                _print_page(painter, printer, pages, number)
        finally:
            painter.end()
        return last - first + 1


def _print_page(painter: QPainter, printer: QPrinter, pages: Pages, number: int) -> None:
    size = pages.size(number)
    width = round(size.width() / POINTS_PER_INCH * PRINT_DPI)
    image = pages.image(number, width)
    paper = QRectF(printer.paperRect(QPrinter.Unit.DevicePixel))
    paper.moveTo(0, 0)
    scale = min(paper.width() / image.width(), paper.height() / image.height())
    drawn = QSizeF(image.width() * scale, image.height() * scale)
    left, top = (paper.width() - drawn.width()) / 2, (paper.height() - drawn.height()) / 2
    painter.drawImage(QRectF(left, top, drawn.width(), drawn.height()), image)


class Printing(QObject):
    """What a page does with PDF bytes. One per page that prints."""

    def __init__(self, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self._shell = shell
        self._printer_name = ""
        shell.tasks.background(self, lambda _token: self._start(), then=self._remember)
        shell.window.closed.connect(self._forget_files)

    def _start(self) -> str:
        empty_folder(self._shell.workspace.folder)
        return str(self._shell.workspace.settings.get(PRINTER_SETTING))

    def _remember(self, name: str) -> None:
        self._printer_name = name

    def _forget_files(self) -> None:
        empty_folder(self._shell.workspace.folder)

    # Paper

    def print(
        self,
        content: bytes,
        name: str,
        on_printed: Callable[[], object] | None = None,
        say: Say | None = None,
    ) -> None:
        """Ask which printer, the last one first, and print; without any printer open the PDF instead.

        What becomes of it is told by `say`, where the window's bars and toasts are not seen.
        """
        say = say or self._say
        self._tell_absent(say)
        printer = self.printer()
        if printer is None:
            say(m_("No printer answers here. The PDF is opened instead; print it when one is there."), "warn")
            self.open(content, name, say)
            return
        printer.setDocName(name)
        dialog = QPrintDialog(printer, self._shell.window)
        dialog.setWindowTitle(_("Print {name}", name=name))
        dialog.setOption(QAbstractPrintDialog.PrintDialogOption.PrintToFile, True)
        dialog.accepted.connect(lambda *_printer: self.print_on(content, name, printer, on_printed, say))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _tell_absent(self, say: Say) -> None:
        names = QPrinterInfo.availablePrinterNames()
        if self._printer_name and self._printer_name not in names and names:
            say(m_("Printer “{name}” is absent."), "", name=self._printer_name)

    def printer(self) -> QPrinter | None:
        """The last on-site printer where it still answers, else the system's default; None without any."""
        names = QPrinterInfo.availablePrinterNames()
        if not names:
            return None
        chosen = self._printer_name if self._printer_name in names else QPrinterInfo.defaultPrinterName()
        printer = QPrinter(QPrinterInfo.printerInfo(chosen or names[0]), QPrinter.PrinterMode.HighResolution)
        printer.setResolution(PRINT_DPI)
        printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        return printer

    def print_on(
        self,
        content: bytes,
        name: str,
        printer: QPrinter,
        on_printed: Callable[[], object] | None = None,
        say: Say | None = None,
    ) -> None:
        """Print on a chosen printer, and remember it for the next time."""
        say = say or self._say
        self._printer_name = printer.printerName()
        settings = self._shell.workspace.settings

        def work(token: Token) -> int:
            count = print_pages(content, printer, token)
            if printer.printerName():
                settings.set(PRINTER_SETTING, printer.printerName())
            return count

        def printed(_pages: int) -> None:
            say(m_("{name} sent to the printer."), "", name=name)
            if on_printed is not None:
                on_printed()

        def failed(error: Exception) -> None:
            log.info("printing failed: %s", error)
            say(m_("The printer did not take {name}. The PDF is opened instead."), "warn", name=name)
            self.open(content, name, say)

        self._shell.tasks.background(self, work, then=printed, failed=failed)

    # Files

    def _say(self, text: str, tone: str, **values: object) -> None:
        if tone:
            self._shell.info(_(text, **values), tone)
        else:
            self._shell.toast(_(text, **values))

    def open(self, content: bytes, name: str, say: Say | None = None) -> None:
        """Show the PDF in the system's own program, from a file inside the profile."""
        otherwise = m_("No program opens PDF files here. Save the PDF instead.")
        self.open_file(content, f"{file_name(name)}.pdf", otherwise, say)

    def open_file(self, content: bytes, name: str, otherwise: str, say: Say | None = None) -> None:
        """Give a file to the system's program for its kind; `otherwise` is said where there is none."""
        say = say or self._say
        folder = self._shell.workspace.folder

        def show(file: Path) -> None:
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))):
                say(otherwise, "warn")

        self._shell.tasks.background(self, lambda _token: write_opened(folder, name, content), then=show)

    def save_as(self, content: bytes, name: str) -> None:
        """Ask where, and write the PDF there."""
        from PySide6.QtWidgets import QFileDialog

        chosen, _filter = QFileDialog.getSaveFileName(
            self._shell.window, _("Save the PDF as"), f"{file_name(name)}.pdf", "PDF (*.pdf)"
        )
        if chosen:
            self.write_to(Path(chosen), content)

    def write_to(self, file: Path, content: bytes) -> None:
        """Write the PDF to a file that the user chose."""
        self._shell.tasks.background(
            self,
            lambda _token: write_whole(file, content),
            then=lambda _file: self._shell.toast(_("PDF saved in {folder}.", folder=file.parent.name)),
            failed=lambda _error: self._shell.info(
                _("The PDF cannot be written to {file}. Choose another folder.", file=file), "bad"
            ),
        )


def write_opened(folder: Path, name: str, content: bytes) -> Path:
    """Write bytes for another program to open; returns the file of that name, inside the profile's folder."""
    private = folder / OPENED_FOLDER
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    return write_whole(private / name, content)


def empty_folder(folder: Path) -> None:
    """Take away what other programs were given to open; what one still holds goes the next time."""
    shutil.rmtree(folder / OPENED_FOLDER, ignore_errors=True)


def file_name(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "-", name).strip(" .-") or "devis"


__all__ = [
    "Pages",
    "Printing",
    "empty_folder",
    "file_name",
    "page_images",
    "print_pages",
    "write_opened",
]
