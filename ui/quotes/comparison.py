"""Two versions of a quote beside each other, on the screen and on paper."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QDialog, QTextBrowser, QWidget

from app import formats
from app.i18n import translate as _
from app.quotes.side_by_side import Row, Side, TwoQuotes
from ui.printing import PRINT_DPI, Printing
from ui.theme import theme
from ui.widgets import Button, Label, hbox, vbox

PAPER_POINTS = 9.5
_TONES = {"changed": "#FDF0D5", "added": "#E0F4E9", "removed": "#FDE8E6"}
_STATES = {"same": "", "changed": "≠", "added": "+", "removed": "−"}


class ComparisonView(QDialog):
    """Line by line; what differs is marked by a sign and a tint."""

    def __init__(self, parent: QWidget, printing: Printing, found: TwoQuotes) -> None:
        super().__init__(parent)
        self._printing, self._found = printing, found
        self.setWindowTitle(_("Compare two versions"))
        self.page = QTextBrowser()
        self.page.setAccessibleName(_("Compare two versions"))
        # Paper is white whatever the theme: the page is shown as it is printed.
        self.page.document().setDefaultStyleSheet("body { color: #14181F; background: #FFFFFF; }")
        self.page.setStyleSheet("background: #FFFFFF; color: #14181F;")
        self.page.setHtml(as_html(found))
        self.print_button = Button(_("Print"), "secondary", "printer", self.print)
        close = Button(_("Close"), "ghost", "x", self.accept)
        row = hbox(Label(_("Compare two versions"), "h2"), None, self.print_button, close)
        self.setLayout(vbox(row, (self.page, 1), gap=10, margins=(16, 12, 16, 16)))
        self.resize(min(parent.width() - 40, theme.px(980)), parent.height() - 20)

    def print(self) -> None:
        """Print what is shown."""
        name = " – ".join(_side_name(side) for side in (self._found.left, self._found.right))
        self._printing.print(as_pdf(self._found), name)


def as_html(found: TwoQuotes, heading: str = "") -> str:
    """Both versions as one table under a heading: lines first, then the facts that differ."""
    head = "".join(
        f"<th align='right' width='31%'>{escape(_side_name(side))}</th>" for side in (found.left, found.right)
    )
    rows = [*found.lines, *found.facts]
    body = "".join(_row(row) for row in rows)
    total = "".join(
        f"<td align='right'><b>{escape(side.total)}</b></td>" for side in (found.left, found.right)
    )
    return (
        # What stands in `thead` is repeated on each page of paper.
        f"<body>{heading}<p><b>{escape(found.customer)}</b></p><table width='100%' cellpadding='5' cellspacing='0'>"
        f"<thead><tr><th width='4%'></th><th align='left' width='34%'>{escape(_('Line'))}</th>{head}</tr></thead>{body}"
        f"<tr><td></td><td><b>{escape(_('Total incl. VAT'))}</b></td>{total}</tr></table></body>"
    )


def as_pdf(found: TwoQuotes) -> bytes:
    """The table on A4."""
    data, buffer = QByteArray(), QBuffer()
    buffer.setBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(PRINT_DPI)
    # The document leaves two centimetres around itself, and writes the page's number there.
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF())
    )
    document = QTextDocument()
    font = theme.font(10)
    font.setPointSizeF(PAPER_POINTS)  # pixels are those of the screen, a few tenths of a millimetre on paper
    document.setDefaultFont(font)
    title, day = escape(_("Compare two versions")), escape(formats.format_date(formats.now().date()))
    document.setHtml(as_html(found, f"<h2>{title}</h2><p>{day}</p>"))
    document.print_(writer)
    buffer.close()
    return bytes(data.data())


def _side_name(side: Side) -> str:
    if not side.draft:
        return side.number
    return f"{side.number} ({_('Draft')})" if side.number else _("Draft")


def _row(row: Row) -> str:
    tone = _TONES.get(row.state, "")
    colour = f" bgcolor='{tone}'" if tone else ""
    texts = (escape(text).replace("\n", "<br>") for text in (row.left, row.right))
    cells = "".join(f"<td align='right'>{text}</td>" for text in texts)
    return f"<tr{colour}><td>{_STATES.get(row.state, '')}</td><td>{escape(row.label)}</td>{cells}</tr>"
