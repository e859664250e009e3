"""The bars above a quote: what is so about it and cannot be overlooked, each with the way on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.i18n import translate as _
from app.quotes.notices import Notice
from ui.widgets import InfoBar, clear, vbox


class NoticeBars(QWidget):
    """Takes no room while there is nothing to say."""

    wanted = Signal(str)
    """The other version of the quote is to be shown."""

    def __init__(self) -> None:
        super().__init__()
        self.notices: list[Notice] = []
        self._discreet = False
        self._column = vbox(gap=8)
        self.setLayout(self._column)
        self.hide()

    def show_notices(self, notices: list[Notice]) -> None:
        """Show these; the same ones stay as they are, without flicker."""
        if notices == self.notices:
            return
        self.notices = notices
        clear(self._column)
        for each in notices:
            self._column.addWidget(self._bar(each))
        self.setVisible(bool(notices) and not self._discreet)

    def _bar(self, notice: Notice) -> InfoBar:
        if not notice.version:
            return InfoBar(notice.text, notice.tone, closable=False)
        return InfoBar(
            notice.text,
            notice.tone,
            _("Open the other version"),
            lambda: self.wanted.emit(notice.version),
            closable=False,
        )

    def set_customer_mode(self, on: bool) -> None:
        """None of it is for the customer's eyes."""
        self._discreet = on
        self.setVisible(bool(self.notices) and not on)
