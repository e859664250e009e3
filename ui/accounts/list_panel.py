"""A long list beside its records: filtered while typing, by chips, in its orders, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from app import formats
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.lists import LISTS
from ui.page import Shell
from ui.table import ListRow, ListSearch, RecordList
from ui.theme import theme
from ui.widgets import Button, ChipGroup, EmptyState, Label, hbox, vbox

LIST_WIDTH = 372


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list shows, in words already translated, and where it comes from (`app.accounts`)."""

    kind: str
    title: str
    name: str
    icon: str
    filter: str
    filter_many: str
    """With a place `{n}` for their number."""
    new: str
    none_yet: tuple[str, str]
    none_found: str
    find_ids: Callable[[Any, str, str, str], Sequence[str]]
    first_rows: Callable[[Any, str, str], Sequence[Any]]
    rows: Callable[[Any, list[Any]], Sequence[Any]]
    count: Callable[[Any], int]
    as_row: Callable[[Any], ListRow]


class RecordsPanel(QWidget):
    """`chosen` tells the record; `new_wanted` asks for the form of a new one."""

    chosen = Signal(object)
    opened = Signal(object)
    new_wanted = Signal()

    def __init__(self, shell: Shell, listed: Listed) -> None:
        super().__init__()
        self._shell, self._listed, self.title = shell, listed, listed.title
        self._count: int | None = None
        self._shown = False
        self.sort = "name"
        self.list = RecordList(shell.tasks, listed.name, listed.rows, listed.as_row)
        self.search = ListSearch(listed.filter, listed.filter, self.list)
        self.search.searched.connect(lambda _text: self.reload())
        self.search.entered.connect(self._on_enter)
        declared = LISTS[listed.kind]
        self.chips = ChipGroup(
            [(name, _(declared.labels[name])) for name in declared.filters], "all", _("Show")
        )
        self.chips.chosen.connect(lambda _value: self.reload())
        self.list.chosen.connect(self.chosen.emit)
        self.list.opened.connect(self.opened.emit)
        self.list.rows.loaded.connect(self._on_loaded)
        self.sort_button = Button("", "ghost", "arrow-up-down", tip=_("Sort"))
        self.sort_button.setMenu(self._sort_menu())
        if len(declared.sorts) == 1:
            self.sort_button.hide()
        self.new_button = Button("", "ghost", "plus", self.new_wanted.emit, tip=listed.new)
        self._news = Button(_("Show what is new"), "chip", "refresh-cw", self.reload)
        self._news.hide()
        self._empty = QStackedWidget()
        self._empty.addWidget(self.list)
        self._empty.addWidget(EmptyState(listed.icon, *listed.none_yet, listed.new, self.new_wanted.emit))
        self.not_found = EmptyState("search", listed.none_found, "", _("Clear the filter"), self.clear_filter)
        self._empty.addWidget(self.not_found)
        head = vbox(
            hbox(Label(listed.title, "h1"), None, self.sort_button, self.new_button),
            self.search,
            self.chips,
            self._news,
            gap=10,
            margins=(16, 18, 16, 0),
        )
        self.setLayout(vbox(head, (self._empty, 1), gap=8))
        # Half as fast as the text: the record needs the room.
        self.setFixedWidth((LIST_WIDTH + theme.px(LIST_WIDTH)) // 2)

    def _sort_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        declared = LISTS[self._listed.kind]
        for name in declared.sorts:
            action = menu.addAction(_(declared.labels[name]))
            action.setCheckable(True)
            action.setChecked(name == self.sort)
            action.triggered.connect(lambda _on=False, name=name: self._sort_by(name))
            group.addAction(action)
        return menu

    # Filling

    def _on_enter(self) -> None:
        """Into the list, on its first record where none is chosen."""
        if self.list.current_id is None:
            self.list.choose_first()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def reload(self) -> None:
        """Read the list anew for what is typed and chosen."""
        self.search.ask()
        self._news.hide()
        listed = self._listed
        chosen, sort, typed = str(self.chips.value), self.sort, self.search.text()

        def ids(session: Any) -> Any:
            return listed.find_ids(session, chosen, sort, typed)

        def first(session: Any) -> Any:
            return listed.first_rows(session, chosen, sort)

        self.list.show_ids(ids, None if typed.strip() else first)
        self._shell.tasks.read(self, self._listed.count, then=self._show_count)

    def refresh(self, origin: str) -> None:
        """Something changed. Rows keep their places; what a sync adds waits for a word."""
        if origin == "sync":
            self.list.rows.refresh_rows()
            self._shell.tasks.read(self, self._listed.count, then=self._compare_count)
        else:
            self.list.rows.refresh_rows()
            self._shell.tasks.read(self, self._listed.count, then=self._reload_if_other)

    def _compare_count(self, count: int) -> None:
        if self._count is not None and count != self._count:
            self._news.setText(
                _n("{n} change to show", "{n} changes to show", max(1, abs(count - self._count)))
            )
            self._news.show()

    def _reload_if_other(self, count: int) -> None:
        if count != self._count:
            self.reload()

    def _show_count(self, count: int) -> None:
        self._count = count
        number = formats.format_number(count)
        self.search.setPlaceholderText(
            self._listed.filter_many.format(n=number) if count > 1 else self._listed.filter
        )

    def _on_loaded(self) -> None:
        self._show_loaded()
        self.search.answer()

    def _show_loaded(self) -> None:
        if self.list.rows.rowCount():
            self._empty.setCurrentIndex(0)
            if self.list.current_id is None and not self._shown and self.search.text().strip() == "":
                self.list.choose_first()
            self._shown = True
            self._reveal()
        elif self.search.text().strip() or self.chips.value != "all":
            self._empty.setCurrentIndex(2)
        else:
            self._empty.setCurrentIndex(1)

    def choose(self, id: str) -> None:
        """Choose an account without telling it, now or when it arrives, and bring it into sight."""
        self.list.choose(id)
        self._reveal()

    def _reveal(self) -> None:
        # After the view has laid its rows out: before, it does not know where they are.
        QTimer.singleShot(0, self, self._scroll_to_current)

    def _scroll_to_current(self) -> None:
        index = self.list.currentIndex()
        if index.isValid() and not self.list.viewport().rect().contains(self.list.visualRect(index)):
            self.list.scrollTo(index, self.list.ScrollHint.PositionAtCenter)

    def clear_filter(self) -> None:
        """Show all accounts again."""
        self.search.clear()
        self.chips.set_value("all")
        self.reload()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _sort_by(self, name: str) -> None:
        self.sort = name
        self.reload()
