"""The list of accounts: filtered while typing, by chips, in three orders, however many there are."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup, QKeyEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from app import formats
from app.accounts import card
from app.entity import field
from app.i18n import translate as _
from app.lists import LISTS
from ui.page import Shell
from ui.table import ListRow, RecordList
from ui.theme import theme
from ui.widgets import Button, ChipGroup, EmptyState, Label, SearchField, hbox, vbox
from ui.words import amount

LIST_WIDTH = 372


class _Filter(SearchField):
    """Arrow keys and Enter go to the list below."""

    below: RecordList

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.below.keyPressEvent(event)
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.below.current_id is None:
                self.below.choose_first()
            self.below.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        super().keyPressEvent(event)


class AccountList(QWidget):
    """`chosen` tells the account; `new_wanted` asks for the form of a new one."""

    chosen = Signal(object)
    opened = Signal(object)
    new_wanted = Signal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._count: int | None = None
        self._shown = False
        self.sort = "name"
        self.search = _Filter(_("Filter the accounts"), _("Filter the accounts"))
        self.list = RecordList(shell.tasks, _("List of accounts"), card.rows, _as_row)
        self.search.below = self.list
        self.search.searched.connect(lambda _text: self.reload())
        labels = LISTS["account"].labels
        self.chips = ChipGroup(
            [(name, _(labels[name])) for name in LISTS["account"].filters], "all", _("Show")
        )
        self.chips.chosen.connect(lambda _value: self.reload())
        self.list.chosen.connect(self.chosen.emit)
        self.list.opened.connect(self.opened.emit)
        self.list.rows.loaded.connect(self._on_loaded)
        self.sort_button = Button("", "ghost", "arrow-up-down", tip=_("Sort"))
        self.sort_button.setMenu(self._sort_menu())
        self.new_button = Button("", "ghost", "plus", self.new_wanted.emit, tip=_("New account"))
        self._news = Button(_("Show what is new"), "chip", "refresh-cw", self.reload)
        self._news.hide()
        self._empty = QStackedWidget()
        self._empty.addWidget(self.list)
        self._empty.addWidget(self._none_yet())
        self._empty.addWidget(self._none_found())
        head = vbox(
            hbox(Label(_("Accounts"), "h1"), None, self.sort_button, self.new_button),
            self.search,
            self.chips,
            self._news,
            gap=10,
            margins=(16, 18, 16, 0),
        )
        self.setLayout(vbox(head, (self._empty, 1), gap=8))
        self.setFixedWidth(theme.px(LIST_WIDTH))

    def _sort_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        labels = LISTS["account"].labels
        for name in LISTS["account"].sorts:
            action = menu.addAction(_(labels[name]))
            action.setCheckable(True)
            action.setChecked(name == self.sort)
            action.triggered.connect(lambda _on=False, name=name: self._sort_by(name))
            group.addAction(action)
        return menu

    def _none_yet(self) -> QWidget:
        return EmptyState(
            "building-2",
            _("No account yet"),
            _("Customers and prospects appear here. Write the first, or import a file."),
            _("New account"),
            self.new_wanted.emit,
        )

    def _none_found(self) -> QWidget:
        self._not_found = EmptyState(
            "search", _("No account matches"), "", _("Clear the filter"), self.clear_filter
        )
        return self._not_found

    # Filling

    def reload(self) -> None:
        """Read the list anew for what is typed and chosen."""
        self._news.hide()
        chosen, sort, typed = str(self.chips.value), self.sort, self.search.text()

        def ids(session: Any) -> Any:
            return card.find_ids(session, chosen, sort, typed)

        def first(session: Any) -> Any:
            return card.first_rows(session, chosen, sort)

        self.list.show_ids(ids, None if typed.strip() else first)
        self._shell.tasks.read(self, card.count, then=self._show_count)

    def refresh(self, origin: str) -> None:
        """Something changed. Rows keep their places; what a sync adds waits for a word."""
        if origin == "sync":
            self.list.rows.refresh_rows()
            self._shell.tasks.read(self, card.count, then=self._compare_count)
        else:
            self.list.rows.refresh_rows()
            self._shell.tasks.read(self, card.count, then=self._reload_if_other)

    def _compare_count(self, count: int) -> None:
        if self._count is not None and count != self._count:
            self._news.show()

    def _reload_if_other(self, count: int) -> None:
        if count != self._count:
            self.reload()

    def _show_count(self, count: int) -> None:
        self._count = count
        number = formats.format_number(count)
        self.search.setPlaceholderText(
            _("Filter {n} accounts", n=number) if count > 1 else _("Filter the accounts")
        )

    def _on_loaded(self) -> None:
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


def _as_row(row: card.Row) -> ListRow:
    today = formats.now().date()
    types = field("account", "type")
    customer = row.type == "customer" or row.revenue
    top = amount(row.revenue) if customer else types.choice_label(row.type) if row.type else ""
    last = formats.relative_days(row.last_visit, today) if row.last_visit else _("never")
    return ListRow(
        row.name,
        "  ·  ".join(part for part in (row.town, row.potential) if part),
        top,
        last,
        tone="bad" if row.due and row.last_visit else "",
        pending=row.unsent,
        top_tone="" if customer else "text3",
    )
