"""What can be done with a line, and which lines can be added: the menus of the table and of the entry field."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app import formats
from app.catalogue import browsing
from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import adding
from app.quotes.product_line import replacements
from app.quotes.sheet import Sheet, move_line, remove_line
from ui.widgets import literal

if TYPE_CHECKING:
    from ui.quotes.entry import EntryField
    from ui.quotes.lines_table import LinesTable

ADDED = (
    ("#", m_("Section: # Title")),
    ("+", m_("Free text line: + Label x 2 @ 150")),
    ('"', m_('Comment: " Text')),
    ("=", m_("Subtotal: =")),
    ("---", m_("Page break: ---")),
)
"""A typed sign, and how the menu names what it adds."""


def added_menu(entry: EntryField) -> QMenu:
    """The lines that are no product; choosing one writes its sign, so that the keys are learned."""
    menu = QMenu(entry)
    for sign, label in ADDED:
        menu.addAction(_(label)).triggered.connect(lambda _on=False, typed=sign: entry.begin(typed))
    return menu


def line_menu(table: LinesTable, row: int) -> QMenu:
    """What can be done with the line of this row."""
    menu, line = QMenu(table), table.lines.lines[row]

    def add(text: str, change: Callable[[Sheet], Sheet], to: int, checked: bool | None = None) -> None:
        action = menu.addAction(text)
        if checked is not None:
            action.setCheckable(True)
            action.setChecked(checked)
        action.triggered.connect(lambda _on=False: table.change(change, to))

    for action in replacement_actions(table, row, menu):
        menu.addAction(action)
    if not menu.isEmpty():
        menu.addSeparator()
    if line["kind"] in (None, "item") and line["choice_kind"] != "eco":
        for role, label in adding.ROLES:
            add(_(label), lambda sheet, role=role: adding.set_role(sheet, row, role), row,  # type: ignore[misc]
                (line["choice_kind"] or "item") == role)  # fmt: skip
        if line["choice_kind"] == "alternate":
            add(_("Begin another group"), lambda sheet: adding.start_group(sheet, row), row)
        if line["choice_kind"] in ("option", "alternate"):
            add(_("Chosen") + "\t" + _("Space"), lambda sheet: adding.choose(sheet, row), row,
                bool(line["selected"]))  # fmt: skip
        menu.addSeparator()
        add(_("Global discount applies"), lambda sheet: adding.toggle_discountable(sheet, row), row,
            line["discountable"] is not False)  # fmt: skip
        menu.addSeparator()
    copy = menu.addAction(_("Duplicate the line") + "\tCtrl+D")
    copy.triggered.connect(lambda _on=False: table.duplicate(row))
    add(_("Move up") + "\tAlt+↑", lambda sheet: move_line(sheet, row, -1), row - 1)
    add(_("Move down") + "\tAlt+↓", lambda sheet: move_line(sheet, row, 1), row + 1)
    add(_("Remove the line") + "\t" + _("Del"), lambda sheet: remove_line(sheet, row), row)
    return menu


def replacement_actions(table: LinesTable, row: int, menu: QMenu) -> list[QAction]:
    """To put on the line what replaces its obsolete product, one action for each."""
    sheet, actions = table.sheet, []
    for product, price in replacements(sheet, row) if sheet is not None else ():
        amount = formats.format_money(price.unit_price, sheet.quote["currency"] or "EUR")
        action = QAction(
            literal(_("Replace by “{label}”, {price}", label=browsing.label(product), price=amount)), menu
        )
        action.triggered.connect(lambda _on=False, product=product: table.put(product, row))
        actions.append(action)
    return actions
