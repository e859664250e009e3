"""F8, before the screen is turned: notes, margins and other customers' names go out of sight, on every screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

from app.i18n import mark as m_
from app.i18n import translate as _
from ui.commands import Command
from ui.widgets import EmptyState, vbox

if TYPE_CHECKING:
    from ui.window import MainWindow

SETTING = "customer_mode"


class _Cover(QWidget):
    """Stands before a screen that is not for a customer's eyes."""

    def __init__(self, mode: CustomerMode, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.state = EmptyState(
            "eye-off",
            _("Customer mode"),
            _("This screen shows notes or other customers. They come back when you leave the mode (F8)."),
            _("Leave customer mode"),
            mode.toggle,
        )
        self.setLayout(vbox(None, self.state, None))


class CustomerMode(QObject):
    """One window's mode; it is kept for the next start, so that nothing shows by accident."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._cover: _Cover | None = None
        self.on = False
        window.add_commands(
            Command("customer", m_("Customer mode: hide notes, margins and other customers"), self.toggle,
                    "eye-off", ("F8",), group=m_("General"))
        )  # fmt: skip
        settings = window.shell.workspace.settings
        window.tasks.background(self, lambda _token: bool(settings.get(SETTING)), then=self.set)

    def toggle(self) -> None:
        """Into the mode, or out of it."""
        on = not self.on
        self.set(on)
        settings = self._window.shell.workspace.settings
        self._window.tasks.background(self, lambda _token: settings.set(SETTING, on))

    def set(self, on: bool) -> None:
        """Be in the mode or not."""
        self.on = on
        self.arrange()

    def arrange(self) -> None:
        """Show of the present page what may be shown; called at each change of page and language."""
        window, page = self._window, self._window.page
        window.header.show_customer_mode(self.on, self.toggle)
        fit = page is None or page.show_to_customer(self.on) or not self.on
        if self._cover is not None:
            window.stack.removeEventFilter(self)
            self._cover.deleteLater()
            self._cover.hide()
            self._cover = None
        if not fit:
            self._cover = _Cover(self, window.stack)
            window.stack.installEventFilter(self)
            self._cover.resize(window.stack.size())
            self._cover.show()
            self._cover.raise_()
            if (leave := self._cover.state.button) is not None:
                leave.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._cover is not None and event.type() == QEvent.Type.Resize:
            self._cover.resize(self._window.stack.size())
        return False


def connect(window: MainWindow) -> None:
    """Give the window its mode."""
    window.customer_mode = CustomerMode(window)
