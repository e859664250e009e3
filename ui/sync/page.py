"""The sync page: where things stand, what is to send, what was not accepted, and past runs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLayout, QWidget

from app.conflicts.correcting import Waiting, find_waiting
from app.i18n import grouped, language
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.sync_view import (
    SHOWN_ACTIONS,
    Action,
    Board,
    Change,
    Run,
    board,
    diagnostic,
    duration,
    explain,
    find_changes,
    spoken_at,
)
from ui.commands import key_names
from ui.page import Page, Shell, page_layout
from ui.sync.away_card import AwayCard
from ui.sync.by_file_button import ByFileButton
from ui.sync.parked_card import ParkedCard
from ui.sync.places import can_open, open_place
from ui.sync.rows import KIND_ICONS, OpenableRow, changed_text, fact_grid, record_facts, rows_panel
from ui.sync.running import Runner, ended_text, runner_of
from ui.sync.running_card import AloneCard, RunningCard, held_bar, paused_bar, problem_bar
from ui.theme import theme
from ui.widgets import Button, Card, ElidingLabel, Keycap, Label, Pill, Scroll, clear, hbox, panel, vbox

SHOWN_CHANGES = 60
_HEADING = 34
_CARDS_HEIGHT = 380
_FEW = 3
"""Rows for which a card has room at least."""
_CLOCK_MS = 5_000
_SOON_S = 10.0
_RUN_LOOK = {"done": ("circle-check", "text2"), "interrupted": ("pause", "text3")}


class SyncPage(Page):
    """Works without a network and without a server; what it shows comes from the file."""

    key = "sync"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        runner = runner_of(shell.window)
        assert runner is not None, "the sync page needs the runner of `ui.sync.running.connect`"
        self.runner: Runner = runner
        self._board: Board | None = None
        self._most_actions = SHOWN_ACTIONS
        self._open: set[str] = set()
        self._subtitle = ElidingLabel("", "sub")
        self.start = Button(_("Synchronise"), "primary", "refresh-cw", self.runner.start)
        self._key = Keycap(" ".join(key_names("F9", language() == "fr")))
        self.server = Button(_("Server…"), "ghost", "server", self.connect_server)
        self.by_file = ByFileButton(shell)
        self.running = RunningCard(self.runner)
        self.alone = AloneCard(self.connect_server)
        self._problem = vbox(gap=0)
        self._to_send, self._history = Card(gap=6), Card(gap=6)
        self.parked, self.away = ParkedCard(shell, self.runner), AwayCard(shell)
        self._fill_cards()
        self._left = vbox((self._to_send, 1), (self.away, 1), gap=16)
        cards = _Lists(hbox((self._left, 1), (self._history, 1), gap=16))
        # What needs an answer may be long: then the page scrolls, and the lists keep their height.
        body = Scroll(panel(vbox(self.parked, (cards, 1), gap=16)))
        actions: list[QWidget] = [self.by_file, self.server, self.start, self._key]
        self.setLayout(
            page_layout(_("Synchronisation"), self._subtitle, actions, self.running, self.alone,
                        self._problem, (body, 1))
        )  # fmt: skip
        self.alone.hide()
        self.running.hide()
        self.away.shown.connect(self._share_height)
        self.runner.changed.connect(self._on_runner)
        self.runner.ended.connect(self._on_ended)
        if self.runner.automatic is not None:
            self.runner.automatic.changed.connect(self._on_runner)
        # “next in 4 min” grows shorter while one looks.
        self._clock = QTimer(self)
        self._clock.setInterval(_CLOCK_MS)
        self._clock.timeout.connect(self._show_standing)

    def _fill_cards(self) -> None:
        self._count = Pill("0", "warn")
        self._actions, self._runs = vbox(gap=0), vbox(gap=0)
        copy = Button(_("Copy the diagnostic"), "ghost", "copy", self.copy_diagnostic)
        copy.setToolTip(_("Versions, counts and codes, without names or values."))
        for card, heading, rows in (
            (self._to_send, hbox(Label(_("To send"), "h3"), self._count, None), self._actions),
            (self._history, hbox(Label(_("History"), "h3"), None, copy), self._runs),
        ):
            head = panel(heading)
            head.setMinimumHeight(theme.px(_HEADING))
            card.column.addWidget(head)
            card.column.addWidget(Scroll(panel(rows)), 1)

    # What the shell asks

    def title(self) -> str:
        return _("Synchronisation")

    def primary_focus(self) -> QWidget:
        return self.alone.button if self.alone.isVisible() else self.start

    def open(self, record_id: str | None = None, **options: object) -> None:
        self.reload()
        self._on_runner()
        self._clock.start()

    def leave(self) -> None:
        self._clock.stop()

    def refresh(self, changes: Any) -> None:
        # Rows do not vanish under the pointer one by one while a run sends them: its end shows them all.
        if self.isVisible() and not self.runner.running:
            self.reload()

    def reload(self) -> None:
        """Read again what the page shows."""
        most = self._most_actions
        self.shell.tasks.read(self, lambda session: _read(session, most), then=self._show_all)
        self.away.reload()

    def _show_all(self, found: tuple[Board, tuple[Waiting, ...]]) -> None:
        self._show(found[0])
        self.parked.show_waiting(found[1])

    def connect_server(self) -> None:
        """Open the dialog that connects this laptop, or signs it in again."""
        from ui.sync.enrol_dialog import EnrolDialog

        dialog = EnrolDialog(self.shell.workspace.folder, self.shell.tasks, self.window())
        dialog.connected.connect(self._on_connected)
        dialog.open()

    def copy_diagnostic(self) -> None:
        """Put facts for support on the clipboard."""
        self.shell.tasks.read(self, diagnostic, then=self._copied)

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.shell.toast(_("Diagnostic copied. It holds no personal data."))

    # What happens

    def _on_connected(self) -> None:
        self.runner.overview = None
        self.shell.tasks.read(self, board, then=self._sync_first)

    def _sync_first(self, found: Board) -> None:
        self.runner.overview = found.overview
        self._show(found)
        self.runner.start()

    def _on_runner(self) -> None:
        self._hand_focus_over()
        self.start.setEnabled(not self.runner.running)
        self.running.show_state()
        self._show_standing()
        clear(self._problem)
        automatic = self.runner.automatic
        if self.runner.running:
            return
        if self.runner.paused:
            self._problem.addWidget(paused_bar(self.runner.resume))
        elif automatic is not None and automatic.held:
            self._problem.addWidget(held_bar(self.runner.start))
        elif self.runner.problem:
            bar = problem_bar(
                self.runner.problem, self.runner.problem_code, self.connect_server, self.runner.start
            )
            self._problem.addWidget(bar)

    def _hand_focus_over(self) -> None:
        """The focus goes from the button that disappears to the one that takes its place."""
        if self.runner.running and self.start.hasFocus():
            self.running.show()
            self.running.pause.setFocus()
        elif not self.runner.running and self.running.pause.hasFocus():
            self.start.setEnabled(True)
            self.start.setFocus()

    def _on_ended(self, report: dict[str, Any] | None) -> None:
        self.reload()
        if report is not None and self.isVisible() and self.runner.asked:
            self.shell.toast(ended_text(report))

    # Showing

    def _show(self, found: Board) -> None:
        self._board = found
        alone = found.overview.alone
        self.alone.setVisible(alone)
        for widget in (self.start, self._key, self.server, self.by_file):
            widget.setVisible(not alone)
        self._show_standing()
        self._share_height()
        count = found.overview.to_send
        self._count.set(grouped(count), "warn" if count and not alone else "flat")
        self._count.setVisible(count > 0)
        # Alone, nothing leaves: these cards then have something to say only where something waits for a server.
        self._to_send.setVisible(not alone or count > 0)
        self._history.setVisible(not alone or bool(found.runs))
        self._put(self._actions, self._action_rows(found), _("Everything has been sent."))
        self._put(self._runs, [self._run_row(run) for run in found.runs], _("No sync yet."))

    def _show_standing(self) -> None:
        if self._board is not None:
            self._subtitle.setText(
                "  ·  ".join(part for part in (_standing(self._board), self._next()) if part)
            )

    def _next(self) -> str:
        """When the next sync comes by itself."""
        automatic = self.runner.automatic
        wait = automatic.next_in if automatic is not None and not self.runner.running else None
        if wait is None:
            return ""
        if wait < _SOON_S:
            return _("next one in a moment")
        return _("next one in {time}", time=duration(wait))

    def _share_height(self) -> None:
        """The two cards at the left are as high as what they hold asks, within twice each other."""
        waiting, new = (
            max(_FEW, n) for n in (len(self._board.actions if self._board else ()), len(self.away.news))
        )
        self._left.setStretchFactor(self._to_send, min(waiting, 2 * new))
        self._left.setStretchFactor(self.away, min(new, 2 * waiting))

    def _put(self, place: Any, rows: list[QWidget], empty: str) -> None:
        clear(place)
        place.addWidget(rows_panel(rows, empty))
        place.addStretch(1)

    def _action_rows(self, found: Board) -> list[QWidget]:
        rows: list[QWidget] = [self._action_row(action) for action in found.actions]
        files = found.overview.files
        more = found.overview.to_send - files - len(found.actions)
        if files:
            rows.append(Label(_n("{n} file or photo", "{n} files and photos", files), "muted"))
        if more > 0:
            words = _n("and {n} more action", "and {n} more actions", more)
            rows.append(panel(hbox(Button(words, "link", on_click=self._show_more_actions), None)))
        return rows

    def _show_more_actions(self) -> None:
        self._most_actions += SHOWN_ACTIONS
        self.reload()

    def _action_row(self, action: Action) -> QWidget:
        icon = KIND_ICONS.get(action.kind, "pencil")
        row = OpenableRow(icon, "text2", action.title, action.details, spoken_at(action.at))
        self._let_open(row, action)
        return row

    def _let_open(self, row: OpenableRow, action: Action) -> None:
        row.opened.connect(lambda on: self._on_opened(row, action, on))
        if action.id in self._open:
            row.set_open(True)
            self._read_changes(row, action)

    def _on_opened(self, row: OpenableRow, action: Action, on: bool) -> None:
        (self._open.add if on else self._open.discard)(action.id)
        if on:
            self._read_changes(row, action)

    def _read_changes(self, row: OpenableRow, action: Action) -> None:
        self.shell.tasks.read(
            row, lambda session: find_changes(session, action.id),
            then=lambda changes: self._show_changes(row, action, changes),
        )  # fmt: skip

    def _show_changes(self, row: OpenableRow, action: Action, changes: list[Change]) -> None:
        facts = [
            (one.record, one.field, changed_text(one.before, one.after)) for one in changes[:SHOWN_CHANGES]
        ]
        widgets: list[QWidget] = record_facts(facts) or [Label(_("Nothing to show."), "muted")]
        if len(changes) > SHOWN_CHANGES:
            rest = len(changes) - SHOWN_CHANGES
            widgets.append(Label(_n("and {n} more field", "and {n} more fields", rest), "muted"))
        place = action.place
        if place is not None and can_open(self.shell, place):
            look = Button(_("Open the record"), "ghost", "external-link")
            look.clicked.connect(lambda: open_place(self.shell, place))
            widgets.append(panel(hbox(look, None)))
        row.fill(*widgets)

    def _run_row(self, run: Run) -> QWidget:
        icon, tone = _RUN_LOOK.get(run.outcome, ("circle-x", "text2"))
        row = OpenableRow(icon, tone, run.title, run.text, spoken_at(run.at))
        facts = [
            (_("Started"), spoken_at(run.at, True)),
            (_("Duration"), duration(run.seconds)),
            (_("Sent"), grouped(run.pushed)),
            (_("Received"), grouped(run.pulled)),
            (_("Removed"), grouped(run.removed)),
            (_("Conflicts"), grouped(run.conflicts)),
            (_("Not accepted"), grouped(run.parked)),
        ]
        key = f"run {run.id}"
        why = [Label(explain(run.code), "sub", wrap=True)] if run.code else []
        row.fill(*why, fact_grid(facts if run.outcome == "done" else facts[:2]))
        row.set_open(key in self._open)
        row.opened.connect(lambda on: (self._open.add if on else self._open.discard)(key))
        return row


class _Lists(QWidget):
    """The cards of lists: as high as the page leaves them, never low; each list scrolls in its own card."""

    def __init__(self, layout: QLayout) -> None:
        super().__init__()
        self.setLayout(layout)
        self.setMinimumHeight(theme.px(_CARDS_HEIGHT))

    def hasHeightForWidth(self) -> bool:
        return False  # the page would be made as high as everything in the lists

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumHeight())


def _read(session: Any, most_actions: int) -> tuple[Board, tuple[Waiting, ...]]:
    return board(session, most_actions), find_waiting(session)


def _standing(found: Board) -> str:
    overview = found.overview
    if overview.alone:
        return _("No server  ·  everything stays on this computer")
    host = (overview.server or "").partition("://")[2]
    if overview.last_sync is None:
        return _("{server}  ·  never synchronised yet", server=host)
    when = spoken_at(overview.last_sync, True)
    return _("{server}  ·  last success {when}", server=host, when=when)
