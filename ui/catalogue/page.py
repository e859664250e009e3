"""The catalogue: families at the left, products in the middle, one product's sheet at the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QMenu,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app import attachments, formats, product_pictures
from app.catalogue import browsing
from app.errors import Invalid, NotAllowed
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_plural as plural
from ui import errors
from ui.attachments import incoming
from ui.catalogue.pictures import Pictures
from ui.catalogue.product_list import ColumnTitles, ProductList
from ui.catalogue.product_sheet import ProductCard
from ui.commands import Command
from ui.page import Page, Shell, page_layout
from ui.quotes import in_hand
from ui.quotes.words import quote_title
from ui.table import ListRow, RecordList, RowRole
from ui.tasks import Tasks
from ui.theme import theme
from ui.widgets import Beside, Button, Card, EmptyState, Label, SearchField, hbox, panel, vbox
from ui.widgets.painting import RIGHT, draw_row_ground, draw_text

Index = QModelIndex | QPersistentModelIndex
FAMILY_HEIGHT = 36
FAMILIES_WIDTH = 216
SHEET_WIDTH = 316
FAMILIES_FROM, SHEET_FROM = 940, 680


class FamilyDelegate(QStyledItemDelegate):
    """Paints a family and the number of its products."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, state = index.data(RowRole), option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(6, 1, -6, -1)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        draw_row_ground(painter, rect, chosen, hovered, bool(state & QStyle.StateFlag.State_HasFocus))
        inner = rect.adjusted(10, 0, -10, 0)
        if row is not None:
            count = formats.format_number(row["count"])
            draw_text(painter, inner, count, theme.font(13, 400, True), "text3", RIGHT)
            words = inner.adjusted(0, 0, -theme.px(34), 0)
            ink = "accent" if chosen else "text2"
            draw_text(painter, words, row["name"], theme.font(14, 600 if chosen else 400), ink)
        painter.restore()


class FamilyList(RecordList):
    """The families, one line each."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__(tasks, _("Families"), row=_as_family)
        self.setItemDelegate(FamilyDelegate(self))

    def _set_row_height(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme.px(FAMILY_HEIGHT))


class CataloguePage(Page):
    """Finds a product and its price for the customer of the open quote."""

    key = "catalogue"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._family, self._text = "", ""
        self._account: str | None = None
        self._price_list: str | None = None
        self._customer = ""
        self._pictures = Pictures()
        self.search = SearchField(_("Reference, name, barcode or family"), _("Search the catalogue"))
        self.search.setFixedWidth(theme.px(340))
        self.search.searched.connect(self._search)
        self.search.returnPressed.connect(lambda: self.products.setFocus(Qt.FocusReason.ShortcutFocusReason))
        self.families = FamilyList(shell.tasks)
        self.families.chosen.connect(self._choose_family)
        self.products = ProductList(shell.tasks, self._load)
        self.products.chosen.connect(self._show_product)
        self.products.opened.connect(self._add)
        self.products.rows.loaded.connect(self._on_loaded)
        self.titles = ColumnTitles()
        self.sheet = ProductCard()
        self.sheet.add_wanted.connect(self._add)
        self.sheet.product_wanted.connect(lambda id: shell.go("catalogue", id))
        self.sheet.picture_given.connect(self._take_picture)
        self.count = Label("", "sub")
        self._wanted: str | None = None
        self._build()
        shell.tasks.read(self, browsing.families, then=self._show_families)

    def _build(self) -> None:
        none = EmptyState("search", _("No product fits"), "", _("Clear the filter"), self._clear)
        middle = Card(gap=0, margins=(2, 4, 2, 6))
        self._stack = QStackedLayout()
        # First into the card: a stacked layout shows its first widget, without a parent as a window.
        middle.column.addLayout(self._stack)
        self._stack.addWidget(panel(vbox(self.titles, (self.products, 1), gap=0)))
        self._stack.addWidget(none)
        whence = _("Products and prices come from the office with the synchronisation.")
        self._stack.addWidget(EmptyState("package", _("No product yet"), whence))
        left = Card((self.families, 1), gap=0, margins=(0, 6, 0, 6))
        left.setFixedWidth(theme.px(FAMILIES_WIDTH))
        self._left = left
        names = (_("Products"), _("Product sheet"))
        self.body = Beside(middle, self.sheet, names, SHEET_WIDTH, SHEET_FROM)
        self.family_button = Button(_("All families"), "secondary", "list-filter", tip=_("Families"))
        self.family_button.setMenu(QMenu(self))
        self.family_button.hide()
        actions: list[QWidget] = [self.family_button, self.search]
        body = hbox(left, (self.body, 1), gap=14)
        self.setLayout(page_layout(_("Catalogue"), self.count, actions, (body, 1)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the families are a menu."""
        super().resizeEvent(event)
        wide = self.width() >= theme.px(FAMILIES_FROM)
        self._left.setVisible(wide)
        self.family_button.setVisible(not wide)

    def title(self) -> str:
        return _("Catalogue")

    def open(self, record_id: str | None = None, **options: object) -> None:
        editor = in_hand.editor_in(self.shell.window)
        sheet = editor.draft.sheet if editor is not None else None
        account = sheet.quote["account"] if sheet is not None else None
        price_list = sheet.quote["price_list"] if sheet is not None else None
        self._customer = str(sheet.account.get("name") or "") if sheet is not None else ""
        changed = (account, price_list) != (self._account, self._price_list)
        self._account, self._price_list = account, price_list
        self.products.with_customer = self.titles.with_customer = account is not None
        self.titles.update()
        name = f"{quote_title(sheet.quote)}, {self._customer}" if sheet is not None else ""
        self._wanted = record_id
        if changed or not self.products.rows.rowCount():
            self._fill()
        elif record_id is not None:
            self.products.choose(record_id)
        if record_id is not None:
            self._show_product(record_id)
        self.sheet.set_quote(name)
        self._quote_name = name

    def refresh(self, changes: Any) -> None:
        if changes.kinds & {"product", "price_rule", "price_list", "attachment"}:
            self.products.rows.refresh_rows()

    def show_to_customer(self, on: bool) -> bool:
        self.sheet.set_discreet(on)
        return True  # prices without costs, and names of no customer but the quote's

    def primary_focus(self) -> QWidget:
        return self.search

    def filter_field(self) -> QWidget:
        return self.search

    def panes(self) -> list[QWidget]:
        return [self.search, self.families, self.products, self.sheet.add_button]

    def commands(self) -> list[Command]:
        return [
            Command(
                "catalogue.add",
                m_("Add the product to the open quote"),
                lambda: self._add(self.products.current_id),
                "plus",
                ("Ctrl+Return",),
                enabled=lambda: in_hand.editor_in(self.shell.window) is not None,
                group=m_("Catalogue"),
            )
        ]

    # Lists

    def _load(self, session: Any, ids: list[Any]) -> list[dict[str, Any]]:
        return self._pictures.add_to(session, browsing.rows(session, ids, self._account, self._price_list))

    def _fill(self) -> None:
        family, text = self._family, self._text
        self.products.show_ids(lambda session: browsing.find_ids(session, family, text))

    def _on_loaded(self) -> None:
        count = self.products.rows.rowCount()
        self._stack.setCurrentIndex(0 if count else 1 if self._text.strip() or self._family else 2)
        number = formats.format_number(count)
        self.count.setText(plural("{count} product", "{count} products", count, count=number))
        wanted, self._wanted = self._wanted, None
        if wanted is not None and self.products.rows.row_of(wanted) >= 0:
            self.products.choose(wanted)
        elif count:
            self.products.choose_first()

    def _show_families(self, found: list[tuple[str, int]]) -> None:
        every = sum(count for _family, count in found)
        rows = [{"id": "", "name": _("All families"), "count": every}]
        rows += [{"id": family, "name": family, "count": count} for family, count in found]
        self.families.show_rows(rows)
        self.families.choose("")
        menu = self.family_button.menu()
        menu.clear()
        for row in rows:
            action = menu.addAction(row["name"])
            action.triggered.connect(lambda _on=False, id=row["id"]: self.families.choose(id, tell=True))

    def _choose_family(self, family: object) -> None:
        self.family_button.setText(str(family or _("All families")))
        if family != self._family:
            self._family = str(family or "")
            self._fill()

    def _search(self, text: str) -> None:
        self._text = text
        self._fill()

    def _clear(self) -> None:
        self.search.clear()
        self._family, self._text = "", ""
        self.families.choose("")
        self._fill()

    # One product

    def _show_product(self, product: object) -> None:
        if not product:
            return
        id, account, price_list, customer = str(product), self._account, self._price_list, self._customer
        self.shell.tasks.read(
            self,
            lambda session: _open(session, id, account, price_list),
            then=lambda found: self._take_sheet(*found, customer),
        )

    def _take_sheet(
        self, sheet: browsing.ProductSheet, image: QImage | None, writer: bool, customer: str
    ) -> None:
        self.sheet.takes_pictures = writer
        self.sheet.show_sheet(sheet, customer, image)
        self.sheet.set_quote(self._quote_name)

    def _take_picture(self, item: incoming.Item) -> None:
        """Make a file or a picture the product's own."""
        product, folder = self.sheet.product, self.shell.workspace.folder / attachments.FOLDER
        if product is None:
            return

        def keep(prepared: attachments.Prepared) -> None:
            self.shell.tasks.write(
                self,
                lambda session: product_pictures.keep_picture(session, product, prepared),
                then=lambda _id: self._pictured(product),
                failed=self._refused,
                label=m_("Picture of the product"),
            )

        self.shell.tasks.background(
            self,
            lambda _token: incoming.prepare(folder, item, _("Picture")),
            then=keep,
            failed=self._refused,
        )

    def _pictured(self, product: str) -> None:
        self.shell.done(_("The product has its picture. New quotes show it."))
        if self.sheet.product == product:
            self._show_product(product)

    def _refused(self, error: Exception) -> None:
        if isinstance(error, Invalid):
            self.shell.info(next(iter(error.problems.values())), "warn")
        elif isinstance(error, NotAllowed):
            self.shell.info(str(error), "warn")
        else:
            errors.report(error, self)

    def _add(self, product: object) -> None:
        editor = in_hand.editor_in(self.shell.window)
        if editor is None or editor.draft.sheet is None or not product:
            return
        quote = editor.draft.sheet.id
        editor.add_product(str(product))
        self.shell.toast(_("Added to the quote."), _("See the quote"), lambda: self.shell.go("quotes", quote))


def _open(
    session: Any, id: str, account: str | None, price_list: str | None
) -> tuple[browsing.ProductSheet, QImage | None, bool]:
    """The sheet of a product with its picture, where that is here; whether another may be given. Reading lane."""
    sheet = browsing.open_product(session, id, account, price_list)
    data = attachments.picture(session, sheet.product["image"])
    return sheet, QImage.fromData(data) if data else None, product_pictures.may_picture(session)


def _as_family(row: dict[str, Any]) -> ListRow:
    return ListRow(row["name"], right_top=formats.format_number(row["count"]), avatar="")
