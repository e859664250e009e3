"""Above a record: what was typed about it in a form and is not saved yet, with the way back into that form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app import formats
from app.accounts.editing import Begun
from app.i18n import mark as m_
from app.i18n import translate as _
from ui.widgets import InfoBar, clear, vbox

_NEW = {
    "contact": m_("Not saved yet: a new contact ({time})"),
    "task": m_("Not saved yet: a new task ({time})"),
}
_CHANGED = m_("Not saved yet: your changes to this record ({time})")


class BegunBars(QWidget):
    """One bar for each form; nothing where nothing was begun."""

    wanted = Signal(str, object)
    """The kind of the form, and the id of its record; None for a new one."""

    def __init__(self) -> None:
        super().__init__()
        self._column = vbox(gap=8, margins=(24, 12, 24, 0))
        self.setLayout(self._column)
        self.bars: list[InfoBar] = []
        self.hide()

    def show_begun(self, found: Sequence[Begun]) -> None:
        """Show these."""
        clear(self._column)
        self.bars = [self._bar(begun) for begun in found]
        for bar in self.bars:
            self._column.addWidget(bar)
        self.setVisible(bool(found))

    def _bar(self, begun: Begun) -> InfoBar:
        here = formats.local(begun.at)
        today = here.date() == formats.now().date()
        time = formats.format_time(begun.at) if today else formats.format_moment(begun.at)
        words = _(_CHANGED if begun.id is not None else _NEW[begun.kind], time=time)
        return InfoBar(
            words, "warn", _("Continue"), lambda: self.wanted.emit(begun.kind, begun.id), closable=False
        )
