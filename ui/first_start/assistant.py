"""The first start: alone, with a server or with the demonstration company, then the recovery passphrase."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QStackedWidget, QWidget

from app.errors import Cancelled, Invalid, KeyMissing, TerrainError
from app.i18n import language
from app.i18n import translate as _
from ui import errors
from ui.first_start.introduction import Introduction
from ui.first_start.parts import ChoiceCard, PassphraseFields, RecoveryStep
from ui.sync.server_form import ServerForm
from ui.tasks import Tasks
from ui.theme import theme
from ui.widgets import Button, IconLabel, Label, ProgressBar, announce, hbox, panel, vbox

Make = Callable[[Any], tuple[Any, str] | None]
"""In a worker: the workspace and its recovery passphrase, None when it was stopped."""
_DEMO_RECORDS = 30_000
"""About how many records the demonstration has, for the bar."""


class Assistant(QDialog):
    """Three choices; nothing is asked that can wait."""

    finished_with = Signal(object)
    """The open workspace."""

    def __init__(self, folder: Path, tasks: Tasks, window: Any) -> None:
        super().__init__(window)
        self._folder, self._tasks, self._window = folder, tasks, window
        self._make: Make | None = None
        self._workspace: Any = None
        self._needs_passphrase = False
        self._stop = threading.Event()
        self.setWindowTitle("Terrain")
        self.setMinimumSize(theme.px(640), theme.px(520))
        self._build()
        tasks.background(self, lambda _token: _needs_passphrase(), then=self._learn_keyring)

    # Steps

    def _build(self) -> None:
        self.steps = QStackedWidget()
        self.introduction: Introduction | None = None
        self._other = Button(
            "English" if language() == "fr" else "Français", "ghost", "languages", self._switch
        )
        brand = Label("Terrain", "h2")
        head = hbox(IconLabel("compass", "accent", 26), brand, None, self._other, gap=8)
        for step in (self._choices(), self._server_step(), self._passphrase_step(), self._working_step()):
            self.steps.addWidget(step)
        if (old := self.layout()) is not None:
            QWidget().setLayout(old)  # Qt lets go of a layout only with its widget
        self.setLayout(vbox(head, (self.steps, 1), gap=14, margins=(28, 20, 28, 22)))
        self._go(0, self.alone)

    def _choices(self) -> QWidget:
        self.alone = ChoiceCard(
            "hard-drive", _("This laptop alone"),
            _("Everything in one encrypted file on this computer. A server can be connected later."),
            self._introduce,
        )  # fmt: skip
        self.server = ChoiceCard(
            "server", _("Connect to a server"),
            _("Your office gave you an address, an e-mail and a password."),
            lambda: self._go(1, self.form.address),
        )  # fmt: skip
        self.demo = ChoiceCard(
            "sparkles", _("Demonstration company"),
            _("Look around with 1,200 invented customers, their visits and quotes. Nothing leaves this computer."),
            lambda: self._begin(self._make_demo),
        )  # fmt: skip
        self._choice_problem = Label("", "bad", wrap=True)
        self._choice_problem.hide()
        return panel(
            vbox(
                Label(_("Welcome"), "h1"),
                Label(_("Where shall your customers, visits and quotes live?"), "sub", wrap=True),
                4, self.alone, self.server, self.demo, self._choice_problem, None, gap=10,
            )
        )  # fmt: skip

    def _server_step(self) -> QWidget:
        self.form = ServerForm()
        self.form.submitted.connect(self._connect)
        self.connect_button = Button(_("Connect"), "primary", "server", self._connect)
        return panel(
            vbox(Label(_("Connect to a server"), "h1"),
                 Label(_("Once connected, you work without a network; sync when you have one."), "sub", wrap=True),
                 4, self.form, None, hbox(self._back(), None, self.connect_button), gap=10)
        )  # fmt: skip

    def _passphrase_step(self) -> QWidget:
        self.passphrase = PassphraseFields(self._take_passphrase)
        why = _(
            "This computer has no keyring that could keep the key of your file. Choose a passphrase: Terrain asks"
            " for it at each start."
        )
        go_on = Button(_("Continue"), "primary", "check", self._take_passphrase)
        return panel(
            vbox(Label(_("Protect your data"), "h1"), Label(why, "sub", wrap=True), 4, self.passphrase, None,
                 hbox(self._back(), None, go_on), gap=10)
        )  # fmt: skip

    def _working_step(self) -> QWidget:
        self._doing = Label("", "h1")
        self.bar = ProgressBar(name=_("Progress"))
        self._detail = Label("", "sub", wrap=True)
        self.cancel = Button(_("Cancel"), "ghost", on_click=self._stop.set)
        return panel(vbox(None, self._doing, self._detail, self.bar, hbox(None, self.cancel), None, gap=12))

    def _back(self) -> Button:
        return Button(_("Back"), "ghost", "arrow-left", lambda: self._go(0, self.alone))

    def _go(self, step: int, focus: QWidget | None = None) -> None:
        self.steps.setCurrentIndex(step)
        self._other.setVisible(step == 0)
        if focus is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _introduce(self) -> None:
        """Ask for name and company, which quotes carry."""
        introduction = self._make_introduction()
        self._go(self.steps.indexOf(introduction))
        introduction.focus_first()

    def _make_introduction(self) -> Introduction:
        if self.introduction is None:
            self.introduction = Introduction()
            self.introduction.back.connect(lambda: self._go(0, self.alone))
            self.introduction.done.connect(
                lambda person, company: self._begin(_make_alone(self._folder, person, company))
            )
            self.steps.addWidget(self.introduction)
        return self.introduction

    def _switch(self) -> None:
        """Speak the other language; what was typed on a step that was left again stays."""
        server = self.form.values()
        introduced = self.introduction.form.changed_draft() if self.introduction is not None else {}
        self._window.set_language("en" if language() == "fr" else "fr")
        self._build()
        self.form.set_values(*server)
        if introduced:
            self._make_introduction().form.show_draft(introduced, {})

    # Work

    def _learn_keyring(self, needed: bool) -> None:
        self._needs_passphrase = needed

    def _begin(self, make: Make) -> None:
        """Make the profile, after a passphrase where the computer has no keyring."""
        self._make = make
        if self._needs_passphrase:
            self._go(2, self.passphrase.first)
        else:
            self._work()

    def _take_passphrase(self) -> None:
        from app import first_start

        problem = first_start.passphrase_problem(self.passphrase.first.text(), self.passphrase.again.text())
        self.passphrase.show_problem(problem)
        if not problem:
            first_start.use_passphrase(self.passphrase.first.text())
            self._needs_passphrase = False
            self._work()

    def _connect(self) -> None:
        if self.form.complete():
            values = self.form.values()
            self._begin(lambda _token: _connected(self._folder, values))

    def _work(self) -> None:
        make = self._make
        assert make is not None
        demo = make == self._make_demo
        self._stop.clear()
        self._doing.setText(_("Inventing the company…") if demo else _("Preparing your file…"))
        self._detail.setText(_("1,200 customers with their contacts, visits and quotes.") if demo else "")
        self.bar.set_share(0.02)
        self.bar.setVisible(demo)
        self.cancel.setVisible(demo)
        self._choice_problem.hide()
        self._go(3)
        announce(self, self._doing.text())
        self._tasks.background(self, make, then=self._made, failed=self._failed, progress=self._advance)

    def _make_demo(self, token: Any) -> tuple[Any, str] | None:
        """In a worker."""
        from app import first_start

        def advance(done: int, of: int) -> None:
            if self._stop.is_set() or token.cancelled:
                raise Cancelled
            token.progress(min(0.95, done / (of or _DEMO_RECORDS)))

        try:
            return first_start.make_demo(self._folder, advance)
        except Cancelled:
            return None

    def _advance(self, share: float, _text: str) -> None:
        self.bar.set_share(share)

    def _made(self, made: tuple[Any, str] | None) -> None:
        if made is None:
            self._go(0, self.demo)
            return
        self._workspace, recovery = made
        if not recovery:
            self._finish()
            return
        self.recovery = RecoveryStep(recovery, self._finish)
        self.steps.addWidget(self.recovery)
        self.steps.setCurrentWidget(self.recovery)
        self.recovery.words.setFocus()

    def _failed(self, error: Exception) -> None:
        code = getattr(error, "code", "")
        if code:
            self._go(1)
            self.form.show_failure(code, str(error))
        elif isinstance(error, Invalid) and self.introduction is not None:
            self._go(self.steps.indexOf(self.introduction))
            self.introduction.show_problems(error.problems)
        elif isinstance(error, KeyMissing):
            self._go(2, self.passphrase.first)
        elif isinstance(error, TerrainError):
            self._go(0, self.alone)
            self._choice_problem.setText(str(error))
            self._choice_problem.show()
        else:
            self._go(0, self.alone)
            errors.report(error, self)

    def _finish(self) -> None:
        workspace, self._workspace = self._workspace, None
        self.accept()
        self.finished_with.emit(workspace)

    def reject(self) -> None:
        """Esc or the close button: nothing while work is under way; a file that was made is used."""
        if self._workspace is not None:
            return
        if self.steps.currentIndex() == 3:
            self._stop.set()
            return
        if self.steps.currentIndex() > 0:
            self._go(0, self.alone)
            return
        super().reject()


def _needs_passphrase() -> bool:
    from app import first_start

    return first_start.needs_passphrase()


def _make_alone(folder: Path, person: str, company: dict[str, Any]) -> Make:
    def make(_token: Any) -> tuple[Any, str]:
        from app import first_start

        return first_start.make_alone(folder, person, company)

    return make


def _connected(folder: Path, values: tuple[str, str, str, str]) -> tuple[Any, str]:
    from app import first_start

    return first_start.connect(folder, *values)
