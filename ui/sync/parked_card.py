"""What the server did not accept: why in plain words, corrected in place and sent again, or taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QSizePolicy, QWidget

from app.conflicts import correcting
from app.conflicts.correcting import Waiting
from app.errors import UserError
from app.i18n import translate as _
from app.sync_view import spoken_at
from ui import errors
from ui.sync.parked_fields import ParkedFields
from ui.sync.places import can_open, open_place
from ui.sync.rows import OpenableRow
from ui.widgets import Button, Card, Label, Line, Pill, clear, hbox, panel, vbox

if TYPE_CHECKING:
    from ui.page import Shell
    from ui.sync.running import Runner


class ParkedRow(OpenableRow):
    """One action: open, its fields can be written anew."""

    def __init__(self, card: ParkedCard, waiting: Waiting) -> None:
        text = waiting.reason
        if waiting.author:
            text = _("{name}: {reason}", name=waiting.author, reason=waiting.reason)
        super().__init__(
            "triangle-alert", "warn", waiting.title, waiting.decided or text, spoken_at(waiting.at), wrap=True
        )
        self._card, self.waiting = card, waiting
        self.fields = ParkedFields(waiting.wanted, locked=bool(waiting.decided))
        self._problem = Label("", "bad", wrap=True)
        self._problem.hide()
        self.retry = Button(_("Send again"), "secondary", "refresh-cw", self.send)
        self.back = Button(_("Take back"), "ghost", "undo-2", self.take_back)
        self.back.setToolTip(_("The record then shows the server's version again."))
        self.fill(*self._body())

    def _body(self) -> list[QWidget]:
        buttons = hbox(gap=8)
        if not self.waiting.decided:
            for button in (self.retry, self.back):
                buttons.addWidget(button)
        place = self.waiting.place
        if place is not None and can_open(self._card.shell, place):
            look = Button(_("Open the record"), "ghost", "external-link")
            look.clicked.connect(lambda: open_place(self._card.shell, place))
            buttons.addWidget(look)
        buttons.addStretch(1)
        return [self.fields, self._problem, panel(buttons)]

    def send(self) -> None:
        """Send it again, with what was corrected."""
        values: dict[str, Any] = {}
        for wanted, editor in self.fields.editors:
            try:
                value = editor.parsed()
            except ValueError as problem:
                self._refuse(str(problem))
                editor.set_error(True)
                editor.setFocus()
                return
            if value != wanted.value:
                values[wanted.name] = value
        self._work(lambda session: correcting.send_again(session, self.waiting, values), True)

    def take_back(self) -> None:
        """Take it back with the next sync."""
        self._work(lambda session: correcting.take_back(session, self.waiting), False)

    def _work(self, work: Any, send: bool) -> None:
        self._problem.hide()
        self._card.shell.tasks.write(
            self, work, then=lambda _done: self._card.decided(send), failed=self._on_failure
        )

    def _on_failure(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self._refuse(str(error))
        else:
            errors.report(error, self)

    def _refuse(self, sentence: str) -> None:
        self._problem.setText(sentence)
        self._problem.show()


class ParkedCard(Card):
    """This laptop's own, and for a manager those of the team; hidden while there are none."""

    def __init__(self, shell: Shell, runner: Runner) -> None:
        super().__init__(gap=6)
        self.shell, self._runner = shell, runner
        self._count = Pill("0", "warn")
        self._rows = vbox(gap=0)
        self.column.addWidget(panel(hbox(Label(_("Not accepted"), "h3"), self._count, None)))
        safe = Label(
            _("Nothing is lost: it is kept here and at the server until you decide."), "sub", wrap=True
        )
        self.column.addWidget(safe)
        self.column.addLayout(self._rows)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.rows: list[ParkedRow] = []
        self._shown: tuple[Waiting, ...] | None = None
        self._open: set[str] = set()
        self.hide()

    def show_waiting(self, waiting: tuple[Waiting, ...]) -> None:
        """Show them; what is being written stays where nothing changed."""
        if waiting == self._shown:
            return
        self._shown = waiting
        self._open = {row.waiting.id for row in self.rows if row.is_open}
        clear(self._rows)
        self.rows = [ParkedRow(self, one) for one in waiting]
        for at, row in enumerate(self.rows):
            if at:
                self._rows.addWidget(Line())
            row.set_open(row.waiting.id in self._open)
            self._rows.addWidget(row)
        self._count.set(str(len(waiting)), "warn")
        self.setVisible(bool(waiting))

    def decided(self, send: bool) -> None:
        """Something was decided: it leaves with the next sync, which begins now where it is to be sent."""
        self._runner.look()
        self.shell.tasks.read(self, correcting.find_waiting, then=self.show_waiting)
        if send:
            self._runner.start()
        else:
            self.shell.toast(_("It is taken back with the next sync."))
