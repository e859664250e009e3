"""The first screen of the day: the next report one key away, what is to do, what waits."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from app import formats
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.today import Overview, Visit, overview
from ui.page import Page, Shell, page_layout
from ui.sync.away_card import KINDS as AWAY_KINDS
from ui.sync.away_card import AwayCard
from ui.theme import theme
from ui.today.side import NoticeCards, QuotesCard
from ui.today.tasks_card import TasksCard
from ui.today.visits import VisitRow
from ui.widgets import (
    Beside,
    Button,
    ElidingLabel,
    EmptyState,
    Label,
    Scroll,
    clear,
    hbox,
    panel,
    vbox,
)
from ui.words import long_day

SIDE_WIDTH = 396
SIDE_FROM = 980
MINUTE_MS = 60_000
SHOWN_KINDS = frozenset(
    {"appointment", "visit_report", "task", "quote", "account", "site", "conflict", "user"}
)


class TodayPage(Page):
    """Visits, tasks, quotes to follow up, conflicts."""

    key = "today"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._shown: Overview | None = None
        self._waiting: Overview | None = None
        self._writing = False
        """Whether a task was asked for: the keyboard is in its form then."""
        self._hello = ElidingLabel(_("Today"), "h1")
        self._date = ElidingLabel(long_day(formats.now().date()), "sub")
        self.new_task = Button(_("New task"), "secondary", "circle-check-big", self.open_new_task)
        self.new_report = Button(_("Visit report"), "secondary", "clipboard-pen", self.open_report)
        self._news = Button(_("Show what is new"), "secondary", "refresh-cw", self._apply_news)
        self._news.hide()
        self._progress = Label("", "muted")
        self._visits = vbox(gap=10)
        self.rows: list[VisitRow] = []
        visits = vbox(self._head(), self._visits, None, gap=10)
        self.notices = NoticeCards(shell)
        self.tasks = TasksCard(shell)
        self.tasks.new.done.connect(self._stop_writing)
        self.quotes = QuotesCard(shell)
        # Last, so that what a sync brings moves nothing above it.
        self.away = AwayCard(shell, most=3)
        side = vbox(self.notices, self.tasks, self.quotes, self.away, None, gap=14)
        self.body = Beside(
            Scroll(panel(vbox((visits, 1), margins=(0, 0, 8, 0)))),
            Scroll(side),
            (_("Visits"), _("To do and quotes")),
            SIDE_WIDTH,
            SIDE_FROM,
            gap=16,
        )
        actions: list[QWidget] = [self._news, self.new_task, self.new_report]
        self.setLayout(
            page_layout(self._hello, self._date, actions, (self.body, 1), margins=(24, 18, 24, 18))
        )
        # Relative words (“in 25 min”) and the day itself move on by themselves, also after sleep.
        self._clock = QTimer(self)
        self._clock.setInterval(MINUTE_MS)
        self._clock.timeout.connect(self._on_minute)

    def _head(self) -> QWidget:
        """As high as a button, so that the first visit stands where it did with one."""
        head = panel(hbox(Label(_("Visits"), "h2"), self._progress, None, gap=10))
        head.setMinimumHeight(theme.px(34))
        return head

    # The page

    def title(self) -> str:
        return _("Today")

    def open(self, record_id: str | None = None, **options: object) -> None:
        self.tasks.start()
        self._waiting = None
        self._reload()
        self._clock.start()
        if options.get("new") == "task":
            self.open_new_task()

    def leave(self) -> None:
        self.tasks.new.kept.flush()

    def _on_minute(self) -> None:
        # Undo keeps what is typed as leaving does, and one stays here: the clock goes on.
        if self.isVisible():
            self._reload()

    def primary_focus(self) -> QWidget:
        if self._writing and self.tasks.new.isVisible():
            return self.tasks.new.focus_target()
        nearest = next((row.button for row in self.rows if row.button.property("kind") == "primary"), None)
        return nearest or self.new_report

    def panes(self) -> list[QWidget]:
        return [self.primary_focus(), self.new_task]

    def refresh(self, changes: Any) -> None:
        if changes.origin == "sync" and changes.kinds & AWAY_KINDS and self.isVisible():
            self.away.reload()
        if changes.kinds & SHOWN_KINDS and self.isVisible():
            self._reload(careful=changes.origin == "sync")

    def _reload(self, careful: bool = False) -> None:
        if self.shell.workspace is None:
            return
        self.shell.tasks.read_in_order(
            self,
            lambda session: overview(session, formats.now()),
            then=lambda found: self._take(found, careful),
        )

    def _take(self, found: Overview, careful: bool) -> None:
        """Show the day. What a sync brings does not move rows under the pointer: it waits for a word."""
        moved = self._shown is not None and _places(found) != _places(self._shown)
        if careful and moved and (self.underMouse() or self._typing()):
            self._waiting = found
            new = _rows(found) - _rows(self._shown) if self._shown is not None else set()
            self._news.setText(_n("{n} change to show", "{n} changes to show", max(1, len(new))))
            self._news.show()
            return
        self._show(found)

    def _typing(self) -> bool:
        return self.tasks.new.isVisible()

    def _apply_news(self) -> None:
        if self._waiting is not None:
            self._show(self._waiting)

    def _show(self, day: Overview) -> None:
        had_focus = self._focused_row()
        first = self._shown is None
        same = self._shown is not None and self._shown.visits == day.visits
        self._shown, self._waiting = day, None
        self._news.hide()
        self._hello.setText(_("Hello {name}", name=day.first_name) if day.first_name else _("Today"))
        self._date.setText("  ·  ".join(part for part in (long_day(day.day), _counts(day)) if part))
        done = sum(1 for visit in day.visits if visit.done)
        self._progress.setText(
            _("{done} of {all} done", done=done, all=len(day.visits)) if day.visits else ""
        )
        # A visit that is the same but for the clock is painted anew too: its pill counts the minutes.
        self._show_visits(day)
        self.notices.show_notices(day.conflicts, day.unfinished)
        self.tasks.show_tasks(day.tasks)
        self.quotes.show_quotes(day.quotes)
        self.away.reload()
        if had_focus is not None:
            self._focus_row(*had_focus)
        elif first or not same:
            self._focus_first()

    def _show_visits(self, day: Overview) -> None:
        clear(self._visits)
        self.rows = []
        next_visit = day.next_visit
        now = formats.now()
        for visit in day.visits:
            row = VisitRow(visit, visit is next_visit, now)
            row.account_wanted.connect(lambda account: self.shell.go("accounts", account))
            row.report_wanted.connect(self._open_report_of)
            self.rows.append(row)
            self._visits.addWidget(row)
        if not day.visits:
            self._visits.addWidget(self._no_visit())
        elif next_visit is None:
            self._visits.addWidget(Label(_("The day's visits are done."), "sub"))

    def _no_visit(self) -> EmptyState:
        if not self.shell.window.has_page("agenda"):
            return EmptyState("calendar", _("No visit today"), _("Planned visits appear here."))
        return EmptyState(
            "calendar",
            _("No visit today"),
            _("Visits planned in the agenda appear here."),
            _("Open the agenda"),
            lambda: self.shell.go("agenda"),
        )

    # Focus

    def _focused_row(self) -> tuple[str, bool] | None:
        for row in self.rows:
            if row.button.hasFocus() or row.hasFocus():
                return row.visit.id, row.button.hasFocus()
        return None

    def _focus_row(self, id: str, on_button: bool) -> None:
        for row in self.rows:
            if row.visit.id == id:
                (row.button if on_button else row).setFocus(Qt.FocusReason.OtherFocusReason)

    def _focus_first(self) -> None:
        focus = self.window().focusWidget()
        if self.isVisible() and (focus is None or focus is self.new_report or not self.isAncestorOf(focus)):
            self.primary_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    # Acting

    def _stop_writing(self) -> None:
        self._writing = False

    def open_new_task(self) -> None:
        """Open the small form of a task."""
        self._writing = True
        self.body.show_side()
        self.tasks.open_new(self.new_task)

    def open_report(self) -> None:
        """The report of the next visit, else of an account to choose."""
        visit = self._shown.next_visit if self._shown else None
        if visit is not None:
            self._open_report_of(visit)
        else:
            self.shell.go("report")

    def _open_report_of(self, visit: Visit) -> None:
        if visit.report is not None:
            self.shell.go("report", visit.report)
        else:
            self.shell.go("report", None, appointment=visit.id)


def _counts(day: Overview) -> str:
    """What there is, without what there is not."""
    visits, tasks, quotes = len(day.visits), len(day.tasks), len(day.quotes)
    counted = (
        (visits, _n("{n} visit", "{n} visits", visits)),
        (tasks, _n("{n} task", "{n} tasks", tasks)),
        (quotes, _n("{n} quote to follow up", "{n} quotes to follow up", quotes)),
    )
    return ", ".join(words for count, words in counted if count)


def _places(day: Overview) -> tuple[object, ...]:
    """Which rows there are and in which order."""
    return (
        tuple(visit.id for visit in day.visits),
        tuple(task.id for task in day.tasks),
        tuple(quote.id for quote in day.quotes[:3]),
        bool(day.conflicts),
    )


def _rows(day: Overview) -> set[str]:
    """All rows of the day, wherever they stand."""
    return {one.id for one in (*day.visits, *day.tasks, *day.quotes)}
