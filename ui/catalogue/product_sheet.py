"""One product: picture, prices by quantity, what replaces it, and the button that adds it to the open quote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app import formats
from app.catalogue import browsing
from app.catalogue.browsing import ProductSheet
from app.i18n import translate as _
from ui.attachments import incoming
from ui.catalogue.pictures import draw_picture
from ui.catalogue.product_list import money
from ui.theme import theme
from ui.widgets import Button, Card, Label, Line, Pill, Scroll, clear, hbox, panel, vbox

PICTURE_HEIGHT = 160


class Picture(QWidget):
    """A product's picture, or a drawn stand-in; another one may be dropped onto it."""

    dropped = Signal(object)
    """A file (Path) or a picture (QImage)."""

    def __init__(self, takes: bool = False) -> None:
        super().__init__()
        self.setAcceptDrops(takes)
        self._family = ""
        self._image: QImage | None = None
        self.setFixedHeight(theme.px(PICTURE_HEIGHT))

    def show_product(self, product: dict[str, Any], image: QImage | None = None) -> None:
        """Show this product."""
        self._family, self._image = str(product["family"] or ""), image
        self.setAccessibleName(_("Picture of {product}", product=browsing.label(product)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        draw_picture(QPainter(self), rect, self._image, self._family, 10)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if incoming.holds_something(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        items = incoming.of_mime(event.mimeData())
        if len(items) == 1:
            event.acceptProposedAction()
            self.dropped.emit(items[0])


class ProductCard(Card):
    """The sheet at the right of the catalogue."""

    add_wanted = Signal(str)
    product_wanted = Signal(str)
    picture_given = Signal(object)
    """A file (Path) or a picture (QImage) for the product that is shown."""

    def __init__(self) -> None:
        super().__init__(gap=8, margins=(14, 14, 14, 14))
        self.product: str | None = None
        self.takes_pictures = False
        self.discreet = False
        self.reasons: list[Label] = []
        """Why each price is what it is; not for a customer's eyes."""
        self._body: QVBoxLayout = vbox(gap=8, margins=(0, 0, 6, 0))
        self.scroll = Scroll(self._body)
        self.add_button = Button(_("Add to the open quote"), "primary", "plus", self._add)
        self.why_not = Label("", "muted", wrap=True)
        self.column.addWidget(self.scroll, 1)
        self.column.addWidget(self.why_not)
        self.column.addWidget(self.add_button)

    def set_quote(self, name: str) -> None:
        """Which quote the button adds to; empty: none is open."""
        self.add_button.setEnabled(bool(name) and self.product is not None)
        self.why_not.setText(
            _("Adds to: {quote}", quote=name) if name else _("Open a draft quote to add products to it.")
        )

    def set_discreet(self, on: bool) -> None:
        """Hide why prices are what they are, or show it again."""
        self.discreet = on
        for reason in self.reasons:
            reason.setVisible(not on)

    def show_sheet(self, sheet: ProductSheet, for_customer: str, image: QImage | None = None) -> None:
        """Show a product, with the prices of a customer when one is named."""
        product = sheet.product
        self.product = product["id"]
        clear(self._body)
        self.picture = Picture(self.takes_pictures)
        self.picture.show_product(product, image)
        self.picture.dropped.connect(self.picture_given)
        self._body.addWidget(self.picture)
        if self.takes_pictures:
            words = _("Another picture…") if image else _("Add a picture…")
            self._body.addLayout(hbox(Button(words, "link", "image-plus", self._choose_picture), None))
        self._body.addWidget(Label(browsing.label(product), "h2", wrap=True))
        detail = " · ".join(str(part) for part in (product["sku"], product["family"]) if part)
        pill: list[QWidget] = [Pill(_("Obsolete"), "warn")] if product["status"] == "obsolete" else []
        self._body.addLayout(hbox((Label(detail, "sub"), 1), *pill))
        self._body.addWidget(Line())
        self._add_facts(product)
        self._body.addWidget(Line())
        self._add_prices(sheet, for_customer)
        if sheet.substitutes:
            self._add_substitutes(sheet)
        if product["description"]:
            self._body.addWidget(Line())
            self._body.addWidget(Label(product["description"], "sub", wrap=True))
        self._body.addStretch(1)

    def _add_facts(self, product: dict[str, Any]) -> None:
        vat = product["vat_rate"]
        facts = (
            (_("List price excl. VAT"), money(product["list_price"])),
            (_("Sold by"), browsing.unit_name(product["unit"], product["pack"])),
            (_("VAT"), formats.format_percentage(vat) if vat is not None else ""),
            (
                _("Eco-participation"),
                money(product["eco_participation"]) if product["eco_participation"] else "",
            ),
            (_("Barcode"), product["ean"] or ""),
        )
        for title, value in facts:
            if value:
                self._body.addLayout(hbox(Label(title, "sub"), None, Label(value)))

    def _add_prices(self, sheet: ProductSheet, for_customer: str) -> None:
        title = _("Prices for {customer}", customer=for_customer) if for_customer else _("Prices by quantity")
        self._body.addWidget(Label(title, "h3", wrap=True))
        self.reasons = []
        for price in sheet.breaks:
            least = formats.format_number(price.min_quantity)
            amount = Label(money(price.unit_price), "h3")
            amount.setFont(theme.font(14, 600, True))
            reason = Label(price.explanation, "muted", wrap=True)
            self.reasons.append(reason)
            self._body.addLayout(hbox((vbox(Label(_("from {n}", n=least)), reason, gap=0), 1), amount))
        if self.discreet:
            self.set_discreet(True)

    def _add_substitutes(self, sheet: ProductSheet) -> None:
        self._body.addWidget(Line())
        self._body.addWidget(Label(_("Replaced by"), "h3"))
        for product in sheet.substitutes:
            go = Button(browsing.label(product), "link", "arrow-right")
            go.clicked.connect(lambda _on, id=product["id"]: self.product_wanted.emit(id))
            self._body.addWidget(panel(hbox(go, None)))

    def _choose_picture(self) -> None:
        patterns = "*.jpg *.jpeg *.png *.webp"
        chosen, _filter = QFileDialog.getOpenFileName(
            self, _("Picture of the product"), "", _("Pictures ({patterns})", patterns=patterns)
        )
        if chosen:
            self.picture_given.emit(Path(chosen))

    def _add(self) -> None:
        if self.product is not None:
            self.add_wanted.emit(self.product)
