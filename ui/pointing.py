"""What the right button and Ctrl C do on every screen: the page's own actions, and a row as one clean line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMenu, QTableView, QWidget

from app.i18n import language
from app.i18n import mark as m_
from app.i18n import translate as _
from ui.commands import Command, key_names
from ui.theme import theme

if TYPE_CHECKING:
    from ui.page import Page
    from ui.window import MainWindow


def line_of(view: QAbstractItemView) -> str:
    """The current row of a list or table as one line of text; the cells of a table are apart by tabs."""
    index = view.currentIndex()
    if not index.isValid():
        return ""
    model = view.model()
    columns = view.horizontalHeader().count() if isinstance(view, QTableView) else 1
    if columns > 1:
        cells = [model.index(index.row(), column).data() for column in range(columns)]
        return "\t".join(str(cell or "") for cell in cells)
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole) or index.data()
    return " ".join(str(spoken or "").split())


def copy_line(view: QAbstractItemView) -> None:
    """Put the current row on the clipboard."""
    QGuiApplication.clipboard().setText(line_of(view))


def menu_of(page: Page, where: QWidget | None) -> QMenu:
    """The menu of the right button: the row, then what the palette offers on this page."""
    menu = QMenu(page)
    view = _view_around(where)
    if view is not None and line_of(view):
        menu.addAction(theme.icon("copy"), _("Copy the line")).triggered.connect(
            lambda _on=False: copy_line(view)
        )
    for command in page.commands():
        if command.enabled() and command.in_palette:
            if menu.actions() and len(menu.actions()) == 1 and view is not None:
                menu.addSeparator()
            _add(menu, command)
    return menu


def _add(menu: QMenu, command: Command) -> None:
    text = command.text
    if command.shortcuts:
        text += "\t" + "+".join(key_names(command.shortcuts[0], language() == "fr"))
    menu.addAction(theme.icon(command.icon), text).triggered.connect(lambda _on=False: command.run())


def show_menu(page: Page, at: QPoint) -> None:
    """Open the menu at a point of the page."""
    menu = menu_of(page, page.childAt(at))
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if menu.actions():
        menu.popup(page.mapToGlobal(at))


def _view_around(widget: QWidget | None) -> QAbstractItemView | None:
    while widget is not None:
        if isinstance(widget, QAbstractItemView):
            return widget
        widget = widget.parentWidget()
    return None


def connect(window: MainWindow) -> None:
    """Let Ctrl C copy the current row of the list that has the keyboard."""

    def view() -> QAbstractItemView | None:
        focus = QApplication.focusWidget()
        plain = isinstance(focus, QAbstractItemView) and not getattr(focus, "copies_itself", False)
        return focus if plain else None  # type: ignore[return-value]

    def copy() -> None:
        if (focused := view()) is not None:
            copy_line(focused)

    window.add_commands(
        Command("copy", m_("Copy the line"), copy, "copy", ("Ctrl+C",), group=m_("General"), in_palette=False,
                enabled=lambda: view() is not None)
    )  # fmt: skip
