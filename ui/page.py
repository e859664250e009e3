"""What a screen is to the shell, with an example for whoever writes one.

A screen is a class `Page` in `ui/<feature>/page.py`, named in `ui/pages.py`:

    from app.accounts import listing                      # queries live in app, never here
    from app.i18n import translate as _
    from ui.page import Page, Shell
    from ui.table import ListRow, RecordList
    from ui.widgets import Button, Label, Line, hbox, panel, vbox

    class AccountsPage(Page):
        key = "accounts"

        def __init__(self, shell: Shell) -> None:
            super().__init__(shell)
            self.list = RecordList(shell.tasks, _("List of accounts"), load=listing.rows, row=as_row)
            self.list.opened.connect(lambda id: shell.go("accounts", id))
            self.record = AccountRecord(shell)
            self.setLayout(hbox(panel(vbox(Label(_("Accounts"), "h1"), self.list), 372),
                                Line(upright=True), (self.record, 1), gap=0))

        def title(self) -> str:
            return _("Accounts")

        def open(self, record_id: str | None = None, **options: object) -> None:
            if record_id is None:
                self.list.show_ids(listing.ids)           # runs in a reading lane
            else:
                self.shell.tasks.read(self, lambda s: accounts.card(s, record_id), then=self.record.show_card)

        def refresh(self, changes: Changes) -> None:      # after each commit: ours, undone or synced
            if "account" in changes.kinds:
                self.list.reload()

        def primary_focus(self) -> QWidget:
            return self.list

Texts are made in `__init__` and `open`: when language or text size change the window builds the
page anew and opens the same route. Colours need nothing. Widths go through `theme.px`. For a title
with buttons, `page_layout(title, subtitle, [buttons], body…)` gives the common frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import translate as _
from ui.commands import Command
from ui.pointing import show_menu
from ui.widgets.labels import ElidingLabel
from ui.widgets.layout import Item, hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.tasks import Tasks
    from ui.theme import Theme
    from ui.window import MainWindow


@dataclass(frozen=True, slots=True)
class Shell:
    """What a page is given: the window around it, the door off the Qt thread, the open file, the look."""

    window: MainWindow
    tasks: Tasks
    workspace: Any
    theme: Theme

    def go(self, key: str, record: str | None = None, **options: object) -> None:
        """Show another page, or another record of this one; it becomes a step of the history."""
        self.window.go(key, record, **options)

    def replace(self, key: str, record: str | None = None, **options: object) -> None:
        """Say where we are without a new step and without opening: after “new” became a record."""
        self.window.replace_route(key, record, **options)

    def toast(self, text: str, action: str = "", on_action: Callable[[], object] | None = None) -> None:
        """One sentence and at most one action (“Undo”), for 8 s."""
        self.window.toast(text, action, on_action)

    def done(self, text: str) -> None:
        """Say that a write was done, with the way back: to be called from its `then`."""
        step, undoing = self.tasks.step, self.window.undoing
        if step is None or undoing is None:
            self.window.toast(text)
        else:
            self.window.toast(text, _("Undo"), lambda: undoing.undo(step))

    def info(self, text: str, tone: str = "info", action: str = "", on_action: Any = None) -> None:
        """A bar under the header for a lasting state; tones info, ok, warn, bad, vio."""
        self.window.show_info(text, tone, action, on_action)


class Page(QWidget):
    """A screen: built on first visit, opened on a record or without one, told of every change."""

    key: ClassVar[str] = ""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.setObjectName("page")

    def title(self) -> str:
        """The name of what is shown, for the window's title and the history."""
        return ""

    def open(self, record_id: str | None = None, **options: object) -> None:
        """Show the record, or the page itself. Called at each visit, also by back and forward."""

    def refresh(self, changes: Any) -> None:
        """Something was committed: `changes.kinds`, `changes.ids`, `changes.origin`."""

    def primary_focus(self) -> QWidget | None:
        """The widget that takes the focus when the page is shown."""
        return None

    def filter_field(self) -> QWidget | None:
        """The field that Ctrl+F goes to."""
        return None

    def panes(self) -> list[QWidget]:
        """The widgets that F6 walks through besides sidebar and header."""
        focus = self.primary_focus()
        return [focus] if focus is not None else []

    def commands(self) -> list[Command]:
        """Actions that exist while this page is shown (palette, shortcuts)."""
        return []

    def show_to_customer(self, on: bool) -> bool:
        """Hide notes, margins and other customers, or show them again; False where nothing would be left."""
        return not on

    def new_day(self) -> None:
        """Midnight has passed, perhaps in sleep: read anew what depends on the day."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The right button offers what the palette offers here."""
        show_menu(self, event.pos())

    def may_leave(self) -> bool:
        """Whether one may go elsewhere; False, with the reason said, while something typed cannot be taken."""
        return True

    def leave(self) -> None:
        """Another page takes the place: save drafts now."""


def page_layout(
    title: str | QWidget,
    subtitle: str | QWidget,
    actions: Sequence[QWidget],
    *body: Item,
    margins: tuple[int, int, int, int] = (24, 18, 24, 18),
) -> QVBoxLayout:
    """The common frame: title and subtitle at the left, buttons at the right, the body below."""
    words = vbox(gap=2)
    words.addWidget(title if isinstance(title, QWidget) else ElidingLabel(title, "h1"))
    if isinstance(subtitle, QWidget):
        words.addWidget(subtitle)
    elif subtitle:
        words.addWidget(ElidingLabel(subtitle, "sub"))
    return vbox(hbox((words, 1), *actions), *body, gap=16, margins=margins)
