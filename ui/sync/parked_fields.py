"""What a parked action was to write, record by record, ready to be written otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.conflicts.correcting import Wanted
from app.conflicts.parked import AsSent
from app.i18n import translate as _
from ui.form.editors import Editor
from ui.form.record_form import EDITORS
from ui.theme import theme
from ui.widgets import Button, ElidingLabel, Label, hbox, panel, vbox

_NOT_TYPED = ("json", "tags", "choices", "coordinates", "timestamp")
_CHOSEN = ("yes_no", "choice")
_AT_FIRST, _MORE = 8, 40
"""Fields that are shown at once, and with each click: an import may have written thousands."""
_LABEL_WIDTH, _FIELDS_WIDTH = 180, 640


class ParkedFields(QWidget):
    """Names at the left, values at the right, under the name of their record where there are several."""

    def __init__(self, wanted: Sequence[Wanted], locked: bool) -> None:
        super().__init__()
        self._wanted, self._locked, self._shown = wanted, locked, 0
        self._several = len({(one.kind, one.id) for one in wanted}) > 1
        self.editors: list[tuple[Wanted, Editor]] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, theme.px(_LABEL_WIDTH))
        self._grid.setColumnStretch(1, 1)
        self.more = Button("", "ghost", "chevron-down", self._show_more)
        self.setLayout(vbox(panel(self._grid), panel(hbox(self.more, None)), gap=6))
        self.setMaximumWidth(theme.px(_FIELDS_WIDTH))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._add(_AT_FIRST)
        self.setVisible(bool(wanted))

    def _show_more(self) -> None:
        """More of them, after those that are shown; the keyboard goes on with the first new one."""
        before = len(self.editors)
        self._add(_MORE)
        if len(self.editors) > before:
            self.editors[before][1].target.setFocus()

    def _add(self, count: int) -> None:
        for at in range(self._shown, min(self._shown + count, len(self._wanted))):
            self._add_one(at)
            self._shown = at + 1
        left = len(self._wanted) - self._shown
        self.more.setText(_("Show more ({n} left)", n=left))
        self.more.setVisible(left > 0)

    def _add_one(self, at: int) -> None:
        wanted, row = self._wanted[at], self._grid.rowCount()
        before = self._wanted[at - 1] if at else None
        if self._several and (before is None or (before.kind, before.id) != (wanted.kind, wanted.id)):
            self._grid.addWidget(ElidingLabel(wanted.record, "cap"), row, 0, 1, 2)
            row += 1
        label = Label(wanted.field.label, "muted")
        self._grid.addWidget(label, row, 0)
        if self._is_fixed(wanted):
            self._grid.addWidget(ElidingLabel(wanted.text), row, 1)
            return
        editor = EDITORS[wanted.field.kind](wanted.field)
        show = editor.show_typed if isinstance(wanted.value, AsSent) else editor.show_value
        show(wanted.value)
        label.setBuddy(editor.target)
        name = f"{wanted.record}, {wanted.field.label}" if self._several else wanted.field.label
        editor.target.setAccessibleName(name)
        self._grid.addWidget(editor, row, 1)
        if self.editors:
            QWidget.setTabOrder(self.editors[-1][1].target, editor.target)
        self.editors.append((wanted, editor))

    def _is_fixed(self, wanted: Wanted) -> bool:
        kind = wanted.field.kind
        is_no_choice = kind in _CHOSEN and isinstance(wanted.value, AsSent)
        return bool(
            self._locked or wanted.field.link or kind not in EDITORS or kind in _NOT_TYPED or is_no_choice
        )
