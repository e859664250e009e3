"""The two versions of a quote side by side, line by line, each with the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import side_by_side
from app.quotes.side_by_side import Row, Side
from app.sync_view import spoken_at
from ui.widgets import Button, ElidingLabel, Label, Line, Pill, clear, hbox, panel, vbox

if TYPE_CHECKING:
    from ui.page import Shell

_TONES = {"changed": "warn", "added": "info", "removed": "info"}


class TwoQuotes(QWidget):
    """Reads both when it is made; a draft that nobody wants any more can be deleted, which can be undone."""

    def __init__(self, shell: Shell, left: str, right: str) -> None:
        super().__init__()
        self._shell, self._ids = shell, (left, right)
        self._place = vbox(gap=10)
        self.setLayout(self._place)
        self.shown: side_by_side.TwoQuotes | None = None
        shell.tasks.read(
            self,
            lambda session: side_by_side.compare(session, left, right),
            then=self._show,
            failed=self._failed,
        )

    def _failed(self, error: Exception) -> None:
        self._place.addWidget(Label(str(error), "sub", wrap=True))

    def _show(self, found: side_by_side.TwoQuotes) -> None:
        self.shown = found
        clear(self._place)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(7)
        for column, stretch in enumerate((3, 4, 4)):
            grid.setColumnStretch(column, stretch)
        for column, side in enumerate((found.left, found.right), start=1):
            grid.addWidget(self._head(side), 0, column, Qt.AlignmentFlag.AlignTop)
        at = self._rows(grid, [*found.lines, *found.facts], 1)
        if at == 1:
            grid.addWidget(Label(_("Both versions say the same."), "sub"), 1, 0, 1, 3)
        self._place.addWidget(panel(grid))
        self._place.addStretch(1)

    def _rows(self, grid: QGridLayout, rows: list[Row], at: int) -> int:
        for row in rows:
            grid.addWidget(Line(), at, 0, 1, 3)
            grid.addWidget(ElidingLabel(row.label, "h3" if row.state != "same" else "body"), at + 1, 0)
            for column, text in enumerate((row.left, row.right), start=1):
                grid.addWidget(self._cell(row, text, column), at + 1, column)
            at += 2
        return at

    def _cell(self, row: Row, text: str, column: int) -> QWidget:
        own = text != "" or row.state in ("same", "changed")
        if not own or row.state == "same":
            return ElidingLabel(text if own else "–", "muted")
        pill = Pill(_("changed") if row.state == "changed" else _("only here"), _TONES[row.state])
        return panel(hbox((Label(text or "–", wrap=True), 1), pill))

    def _head(self, side: Side) -> QWidget:
        name = side.number or _("Draft")
        who = _("your version") if side.mine else side.by or _("the other version")
        when = f"  ·  {spoken_at(side.at, True)}" if side.at else ""
        look = Button(
            _("Open this version"), "secondary", "external-link", lambda: self._shell.go("quotes", side.id)
        )
        look.setAccessibleName(_("Open {title}", title=f"{name}, {who}"))
        buttons = hbox(look, gap=6)
        if side.draft:
            delete = Button("", "ghost", "trash-2", lambda: self._delete(side), tip=_("Delete this version"))
            buttons.addWidget(delete)
        buttons.addStretch(1)
        words = vbox(
            ElidingLabel(f"{name}  ·  {side.total}", "h3"), ElidingLabel(f"{who}{when}", "muted"), gap=1
        )
        return panel(vbox(words, buttons, gap=6))

    def _delete(self, side: Side) -> None:
        self._shell.tasks.write(
            self, lambda session: _delete(session, side.id), then=lambda _none: self._deleted(),
            label=m_("Version deleted"),
        )  # fmt: skip

    def _deleted(self) -> None:
        self._shell.done(_("Version deleted."))


def _delete(session: Any, id: str) -> None:
    from app import records

    records.delete(session, "quote", id)
