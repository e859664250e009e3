"""The window: sidebar, header, the pages by route, bars and toasts, shortcuts, responsive rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from app.i18n import language, set_language
from app.i18n import translate as _
from ui import errors
from ui.commands import Command, Commands, Found, key_names
from ui.header import Header, SyncChip
from ui.history import History, Route
from ui.key_bindings import KeyBindings
from ui.midnight import Midnight
from ui.monitors import on_a_screen
from ui.page import Page, Shell
from ui.pages import Registration, existing
from ui.panes import walk
from ui.place import place_of
from ui.preferences import Preferences
from ui.shell_commands import own_commands
from ui.sidebar import Sidebar
from ui.tasks import Tasks
from ui.theme import Mode, theme
from ui.widgets.layout import hbox, vbox
from ui.widgets.notices import InfoBar, Toast

if TYPE_CHECKING:
    from ui.customer_mode import CustomerMode
    from ui.undoing import Undoing

NARROW_BELOW = 1240
PLACE_KEPT_AFTER_MS = 500
MINIMUM = QSize(1100, 680)
Search = Callable[[Any, str], list[Found]]


class MainWindow(QMainWindow):
    """The shell around the screens. Works without a workspace until `attach` brings one."""

    _committed = Signal(object)
    closed = Signal()

    def __init__(
        self, tasks: Tasks, preferences: Preferences, pages: list[Registration] | None = None
    ) -> None:
        super().__init__()
        self.tasks, self.preferences = tasks, preferences
        self.shell = Shell(self, tasks, None, theme)
        self.commands = Commands()
        self._keys = KeyBindings(self, self.commands)
        self.search: Search | None = None
        self.on_sync: Callable[[], object] | None = None
        self.before_close: Callable[[], bool] | None = None
        """Whether something is still to be done: then the window hides, and who said so closes it soon."""
        self.undoing: Undoing | None = None
        self.customer_mode: CustomerMode | None = None
        self.registered = pages if pages is not None else existing()
        self._by_key = {page.key: page for page in self.registered}
        self._pages: dict[str, Page] = {}
        self._history = History()
        self._chip = SyncChip("local")
        self._conflicts = 0
        self._user = ("", "")
        self._page_commands: list[str] = []
        self._toast: Toast | None = None
        self._bars: list[InfoBar] = []
        self._moved = QTimer(self, singleShot=True, interval=PLACE_KEPT_AFTER_MS)
        self._moved.timeout.connect(self._keep_place)
        self._mode_before: Mode = "system"
        self.midnight = Midnight(self)
        self.midnight.passed.connect(self._begin_the_day)
        self.setWindowTitle("Terrain")
        self.setMinimumSize(MINIMUM)
        self._committed.connect(self._on_committed, Qt.ConnectionType.QueuedConnection)
        self.commands.add(*own_commands(self))
        self._build()

    # Building

    def _build(self) -> None:
        """Make sidebar, header and an empty stack in the current language and text size."""
        self.sidebar = Sidebar(self.registered, self.number_of)
        self.sidebar.chosen.connect(lambda key: self.go(key))
        self.header = Header()
        self.header.back.connect(self.back)
        self.header.forward.connect(self.forward)
        self.header.search.connect(self.open_palette)
        self.header.sync.connect(lambda: self.go("sync"))
        self.header.menu.aboutToShow.connect(self._fill_new_menu)
        self.stack = QStackedWidget()
        self.bars = vbox(gap=8, margins=(24, 12, 24, 0))
        self._bar_area = QWidget()
        self._bar_area.setLayout(self.bars)
        self._bar_area.hide()
        right = vbox(self.header, self._bar_area, (self.stack, 1), gap=0)
        self.root = QWidget()
        self.root.setObjectName("root")
        self.root.setLayout(hbox(self.sidebar, (right, 1), gap=0))
        self.setCentralWidget(self.root)
        self.sidebar.set_conflicts(self._conflicts)
        self.sidebar.set_user(*self._user)
        self.header.set_sync(self._chip)
        self._fill_new_menu()
        self._keys.renew()
        self._arrange()

    def rebuild(self) -> None:
        """Make everything anew where we are, after language or text size changed."""
        route = self._history.current
        for page in self._pages.values():
            page.leave()
        self._pages.clear()
        self._bars.clear()
        self._build()
        if route is not None:
            self._show(route)

    def attach(self, workspace: Any) -> None:
        """Give the pages their file; from now on its changes refresh them."""
        self.tasks.workspace = workspace
        self.shell = Shell(self, self.tasks, workspace, theme)
        workspace.subscribe(self._committed.emit)

    def number_of(self, key: str) -> int | None:
        """The digit that goes to a page, or None."""
        numbered = [page.key for page in self.registered if page.place in ("top", "middle")]
        return numbered.index(key) + 1 if key in numbered and numbered.index(key) < 9 else None

    # Routes

    @property
    def route(self) -> Route | None:
        """Where we are."""
        return self._history.current

    @property
    def page(self) -> Page | None:
        """The page shown."""
        shown = self.stack.currentWidget()
        return shown if isinstance(shown, Page) else None

    def has_page(self, key: str) -> bool:
        """Whether there is such a screen in this program."""
        return key in self._by_key

    def go(self, key: str, record: str | None = None, **options: object) -> None:
        """Show a page, on a record or not, and remember the step."""
        if not self.has_page(key) or not self._may_leave():
            return
        route = Route(key, record, tuple(options.items()))
        self._history.visit(route)
        self._show(route)

    def replace_route(self, key: str, record: str | None = None, **options: object) -> None:
        """Rename the current step of the history without opening anything."""
        self._history.replace(Route(key, record, tuple(options.items())))
        self._after_route()

    def back(self) -> None:
        """One step back."""
        if self._may_leave() and (route := self._history.back()):
            self._show(route)

    def forward(self) -> None:
        """One step forward."""
        if self._may_leave() and (route := self._history.forward()):
            self._show(route)

    def _may_leave(self) -> bool:
        return self.page is None or self.page.may_leave()

    def _show(self, route: Route) -> None:
        before = self.page
        page = self._page_for(route.page)
        if page is None:
            return
        if before is not None and before is not page:
            before.leave()
        self.stack.setCurrentWidget(page)
        page.open(route.record, **dict(route.options))
        self._use_commands_of(page)
        self._apply_hide_below()
        self._after_route()
        if (focus := page.primary_focus()) is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _page_for(self, key: str) -> Page | None:
        if key not in self._pages:
            try:
                page = self._by_key[key].load()(self.shell)
            except Exception as error:  # one broken screen must not take the others with it
                errors.report(error, self)
                return None
            page.key = key  # type: ignore[misc]
            # A stack is as wide as its widest page unless the pages give up their wishes.
            page.setMinimumSize(0, 0)
            page.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            self.stack.addWidget(page)
            self._pages[key] = page
        return self._pages[key]

    def _after_route(self) -> None:
        route, page = self.route, self.page
        self.sidebar.show_current(_shown_under(route.page) if route else None)
        self.header.set_history(self._history.can_go_back, self._history.can_go_forward)
        self._moved.start()
        if self.customer_mode is not None:
            self.customer_mode.arrange()
        title = page.title() if page else ""
        self.setWindowTitle(f"{title} · Terrain" if title else "Terrain")

    def _on_committed(self, changes: Any) -> None:
        for page in self._pages.values():
            try:
                page.refresh(changes)
            except Exception as error:
                errors.report(error, self)

    def _begin_the_day(self) -> None:
        """Relative dates tick over."""
        for page in self._pages.values():
            page.new_day()
            for view in page.findChildren(QAbstractItemView):
                view.viewport().update()

    # States shown in the shell

    def set_sync_state(self, chip: SyncChip) -> None:
        """Show the state of the sync in the header."""
        self._chip = chip
        self.header.set_sync(chip)

    def set_conflicts(self, count: int) -> None:
        """Show how many records wait for a decision."""
        self._conflicts = count
        self.sidebar.set_conflicts(count)

    def set_user(self, name: str, place: str = "") -> None:
        """Show who works here."""
        self._user = (name, place)
        self.sidebar.set_user(name, place)

    def toast(self, text: str, action: str = "", on_action: Callable[[], object] | None = None) -> Toast:
        """Show a toast at the bottom; a newer one takes the place of the older."""
        if self._toast is not None:
            self._toast.dismiss()
        keys = {_("Undo"): "Ctrl+Z", _("Redo"): "Ctrl+Y"}.get(action, "")
        key = " ".join(key_names(keys, language() == "fr")) if keys else ""
        toast = Toast(self.root, text, action, on_action, key)
        toast.gone.connect(self._forget_toast)
        self._toast = toast
        toast.appear()
        self._place_toast()
        return toast

    def _forget_toast(self) -> None:
        self._toast = None

    def show_info(
        self, text: str, tone: str = "info", action: str = "", on_action: Callable[[], object] | None = None
    ) -> InfoBar:
        """Show a bar under the header; the same text is not shown twice."""
        for bar in self._bars:
            if bar.text == text:
                return bar
        bar = InfoBar(text, tone, action, on_action)
        bar.closed.connect(lambda: self._forget_bar(bar))
        self._bars.append(bar)
        self.bars.addWidget(bar)
        self._bar_area.show()
        return bar

    def _forget_bar(self, bar: InfoBar) -> None:
        if bar in self._bars:
            self._bars.remove(bar)
        self._bar_area.setVisible(bool(self._bars))

    # Look and language

    def set_language(self, code: str) -> None:
        """Speak another language at once."""
        set_language(code)
        self.preferences.language = code
        self.rebuild()

    def set_theme(self, mode: Any, scale: int | None = None) -> None:
        """Wear another theme or text size at once."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        rescaled = scale is not None and scale != theme.scale
        theme.apply(app, mode, scale or theme.scale)
        self.preferences.theme, self.preferences.scale = theme.mode, theme.scale
        if rescaled:
            self.rebuild()

    def toggle_contrast(self) -> None:
        """Into the theme for sunlight with one key, and back to the one worn before."""
        if theme.mode == "contrast":
            self.set_theme(self._mode_before)
        else:
            self._mode_before = theme.mode
            self.set_theme("contrast")

    # Commands and keys

    def add_commands(self, *commands: Command) -> None:
        """Add commands that always exist (the composition root's: new quote, sync, undo)."""
        self.commands.add(*commands)
        self._keys.renew()
        self._fill_new_menu()

    def _use_commands_of(self, page: Page) -> None:
        self.commands.remove(self._page_commands)
        own = page.commands()
        self._page_commands = [command.key for command in own]
        self.commands.add(*own)
        self._keys.renew()
        self._fill_new_menu()

    def _fill_new_menu(self) -> None:
        self.header.set_new([command for command in self.commands.all() if command.new])

    def open_palette(self) -> None:
        """Open search and actions over the window."""
        from ui.palette import Palette

        Palette(self).open()

    def open_shortcuts(self) -> None:
        """Open the sheet of keyboard shortcuts."""
        from ui.shortcuts import ShortcutsSheet

        ShortcutsSheet(self).open()

    def sync_now(self) -> None:
        """Synchronise, where there is a server."""
        if self.on_sync is not None:
            self.on_sync()

    def focus_filter(self) -> None:
        """Go to the page's filter."""
        if self.page and (field := self.page.filter_field()):
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def walk_panes(self, step: int) -> None:
        """Go to the next pane, or with -1 to the one before."""
        own = self.page.panes() if self.page else []
        walk([self.sidebar.focus_target(), self.header.search_button, *own], step)

    # Size

    def _arrange(self) -> None:
        self.sidebar.set_narrow(self.width() < NARROW_BELOW * theme.scale / 100)
        self._apply_hide_below()
        self._place_toast()

    def _apply_hide_below(self) -> None:
        for widget in self.root.findChildren(QWidget):
            limit = widget.property("hide_below")
            if limit:
                shown = self.width() >= limit * theme.scale / 100
                if shown == widget.isHidden():
                    widget.setVisible(shown)

    def _place_toast(self) -> None:
        if self._toast is not None:
            self._toast.adjustSize()
            root, side = self.root, self.sidebar.width()
            left = side + (root.width() - side - self._toast.width()) // 2
            self._toast.move(left, root.height() - self._toast.height() - 18)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._arrange()

    def closeEvent(self, event: QCloseEvent) -> None:
        if (page := self.page) is not None:
            page.leave()
        if self.isVisible():
            self._keep_place()
            self.preferences.remember_window(bytes(self.saveGeometry().data()))
        if self.before_close is not None and self.before_close():
            self.hide()
            event.ignore()
            return
        self.preferences.end()
        self.closed.emit()
        super().closeEvent(event)

    def _keep_place(self) -> None:
        if (place := place_of(self)) is not None:
            self.preferences.remember_place(place)

    def restore(self) -> None:
        """Take the size and place of the last time, on a screen that exists."""
        screen = QGuiApplication.primaryScreen().availableGeometry()
        if not self.preferences.geometry or not self.restoreGeometry(self.preferences.geometry):
            self.resize(min(1366, screen.width()), min(820, screen.height()))
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        if not self.isMaximized() and (there := on_a_screen(self.frameGeometry(), screens)):
            self.move(there)


def _shown_under(key: str) -> str:
    """The sidebar entry to mark for a page that has none: a visit report belongs to Today."""
    return {"report": "today"}.get(key, key)
