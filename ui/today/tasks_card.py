"""What is to do: tick it, plan the next in one more touch, or write a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from app import drafts, formats, records
from app.accounts.editing import find_links
from app.entity import fields
from app.errors import Invalid
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.today import ToDo, complete_task, plan_again, reopen_task
from app.visits.reporting import ahead
from ui import errors
from ui.form import KeptForm, RecordForm
from ui.form.link_editor import LinkEditor
from ui.page import Shell
from ui.widgets import Button, Card, ElidingLabel, IconLabel, Label, Pill, clear, hbox, vbox
from ui.words import due_pill

SHOWN = 5
LATE_SHOWN = 2


class NewTask(QWidget):
    """The small form of a new task; Enter saves, Esc closes and loses nothing: it is a draft until it is saved."""

    done = Signal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        declared = fields("task")
        self.form = RecordForm(
            [declared[name] for name in ("subject", "account", "due")],
            tasks=shell.tasks,
            find_links=find_links,
        )
        self.kept = KeptForm(shell.tasks, self, {"": self.form}, "task", drafts.TODAY)
        self._saving = False
        save = Button(_("Add task"), "secondary", "check", self.save)
        cancel = Button(_("Cancel"), "ghost", on_click=self._cancel)
        self.setLayout(vbox(self.form, hbox(None, cancel, save), gap=10, margins=(0, 4, 0, 8)))

    def start(self) -> None:
        """The form as it was left, else an empty one, due today."""
        self._set_saving(False)
        self.form.set_values({"due": formats.now().date()})
        self.form.focus_first()
        self.kept.take_up(self._go_on)

    def _go_on(self, begun: drafts.Draft | None) -> None:
        """Name the account of the draft, and go to the field in which it stopped."""
        if begun is None:
            return
        account = begun.values.get("account")
        if isinstance(account, str):
            self._shell.tasks.read(
                self,
                lambda session: records.known(session, "account", account),
                then=lambda row: self._name_account(account, str(row.get("name") or "")),
            )
        if begun.focus in begun.values and self.form.focused_name() == "subject":
            self.form.editor(str(begun.focus)).target.setFocus()

    def _name_account(self, id: str, name: str) -> None:
        editor = self.form.editor("account")
        if isinstance(editor, LinkEditor) and editor.typed() == id:
            editor.show_title(name)

    def focus_target(self) -> QWidget:
        """The field that the keyboard belongs in."""
        return self.form.editor(self.form.focused_name() or "subject").target

    def _set_saving(self, saving: bool) -> None:
        self._saving = saving
        self.form.set_read_only(saving)

    def _cancel(self) -> None:
        """This task is not wanted."""
        self.kept.forget()
        self.done.emit()

    def save(self) -> None:
        """Keep the task, or show what is missing. A second Enter while it is kept makes no second one."""
        if self._saving:
            return
        try:
            values = self.form.values()
        except Invalid:
            return
        self.kept.autosave.stop()
        self._set_saving(True)

        def add(session: Any) -> None:
            records.add(session, "task", {**values, "status": "open", "priority": "normal"})
            self.kept.discard(session)

        self._shell.tasks.write(
            self,
            add,
            then=lambda _id: self._saved(str(values["subject"])),
            failed=self._failed,
            label=_("New task"),
        )

    def _saved(self, subject: str) -> None:
        self.done.emit()
        self._shell.done(_("Task “{subject}” added", subject=subject))

    def _failed(self, error: Exception) -> None:
        self._set_saving(False)
        self.kept.autosave.touch()
        if isinstance(error, Invalid):
            self.form.show_problems(error.problems)
        else:
            errors.report(error, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.kept.flush()
            self.done.emit()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.save()
            return
        super().keyPressEvent(event)


class TaskRow(QWidget):
    """A task with its tick; once ticked it offers to plan the next."""

    ticked = Signal(object, bool)
    planned = Signal(object, str)
    account_wanted = Signal(str)

    def __init__(self, task: ToDo, today: date, done: bool) -> None:
        super().__init__()
        self.task = task
        self.tick = QCheckBox()
        self.tick.setChecked(done)
        self.tick.setAccessibleName(_("Done: {subject}", subject=task.subject))
        self.tick.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.tick.clicked.connect(lambda on: self.ticked.emit(self.task, on))
        subject = ElidingLabel(task.subject)
        subject.setAccessibleDescription(task.name)
        words = vbox(subject, gap=0)
        if task.name:
            words.addWidget(ElidingLabel(task.name, "muted"))
        row = hbox(self.tick, (words, 1), gap=4)
        if task.unsent:
            cloud = IconLabel("cloud-upload", "warn")
            cloud.setToolTip(_("To send"))
            cloud.setAccessibleName(_("To send"))
            row.addWidget(cloud)
        text, tone = due_pill(task.due, today)
        if text and not done:
            row.addWidget(Pill(text, tone))
        if task.account is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.tick.setAccessibleDescription(_("Enter opens {name}", name=task.name))
        self.chips: dict[str, Button] = {}
        column = vbox(row, gap=2, margins=(0, 4, 0, 4) if task.name else (0, 0, 0, 0))
        if done:
            self._offer_next(column)
        self.setLayout(column)

    def _offer_next(self, column: Any) -> None:
        offers = (("tomorrow", _("Tomorrow")), ("week", _("In 1 week")), ("month", _("In 1 month")))
        line = hbox(Label(_("Again:"), "muted"), gap=6, margins=(26, 0, 0, 4))
        for key, words in offers:
            chip = Button(words, "chip", on_click=self._planner(key))
            chip.setAccessibleName(_("Plan “{subject}” again: {when}", subject=self.task.subject, when=words))
            self.chips[key] = chip
            line.addWidget(chip)
        line.addStretch(1)
        column.addLayout(line)

    def _planner(self, key: str) -> Any:
        return lambda: self.planned.emit(self.task, key)

    def _want_account(self) -> None:
        if self.task.account is not None:
            self.account_wanted.emit(self.task.account)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self._want_account()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tick.hasFocus():
            self._want_account()
            return
        super().keyPressEvent(event)


class TasksCard(Card):
    """The tasks that are late or near, those just ticked still in their place."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(gap=0, margins=(16, 12, 12, 12))
        self._shell = shell
        self._tasks: tuple[ToDo, ...] = ()
        self._done: dict[str, dict[str, Any]] = {}
        self._all = self._looked = False
        self._count = Pill("0")
        self.new = NewTask(shell)
        self.new.hide()
        self.new.done.connect(self.close_new)
        self._opener: QWidget | None = None
        self._list = vbox(gap=0)
        self._more = Button("", "link", on_click=self._show_all)
        self._calm = Label(_("Nothing to do. The day is yours."), "sub")
        for item in (hbox(Label(_("To do"), "h3"), self._count, None), 4, self.new, self._list, self._more):
            if isinstance(item, int):
                self.column.addSpacing(item)
            elif isinstance(item, QWidget):
                self.column.addWidget(item)
            else:
                self.column.addLayout(item)
        self.column.addWidget(self._calm)
        self.rows: list[TaskRow] = []

    def open_new(self, opener: QWidget | None = None) -> None:
        """Show the form of a new task and go into it; one that is open is gone on with."""
        self._opener = opener
        if self.new.isVisible():
            self.new.form.focus_first()
            return
        self.new.show()
        self.new.start()

    def close_new(self) -> None:
        """Take the form away; the focus goes back to what opened it."""
        self.new.hide()
        if self._opener is not None:
            self._opener.setFocus(Qt.FocusReason.OtherFocusReason)

    def start(self) -> None:
        """The page is visited anew: what was ticked before goes, a task that was begun is shown again."""
        self._done.clear()
        self._all = False
        if not self._looked:
            self._looked = True
            self._shell.tasks.read_in_order(
                self, lambda session: drafts.find(session, "task", drafts.TODAY), then=self._show_begun
            )

    def _show_begun(self, begun: drafts.Draft | None) -> None:
        if begun is not None and self.new.isHidden():
            focus = self.window().focusWidget()
            self.open_new(focus)
            if focus is not None:
                focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_tasks(self, tasks: Sequence[ToDo]) -> None:
        """Show the tasks; ticked ones stay where they were until the next visit."""
        merged = list(tasks)
        here = {task.id for task in merged}
        for id in here:  # open again: undone here, or elsewhere
            self._done.pop(id, None)
        for at, task in enumerate(self._tasks):
            if task.id in self._done and task.id not in here:
                merged.insert(min(at, len(merged)), task)
        self._tasks = tuple(merged)
        self._render()

    def _render(self) -> None:
        today = formats.now().date()
        focused = next((row.task.id for row in self.rows if row.tick.hasFocus()), None)
        clear(self._list)
        shown = self._tasks if self._all else _nearest(self._tasks, today)
        self.rows = []
        for task in shown:
            row = TaskRow(task, today, task.id in self._done)
            row.ticked.connect(self._on_tick)
            row.planned.connect(self._plan)
            row.account_wanted.connect(lambda account: self._shell.go("accounts", account))
            self._list.addWidget(row)
            self.rows.append(row)
            if task.id == focused:
                row.tick.setFocus(Qt.FocusReason.OtherFocusReason)
        open_tasks = sum(1 for task in self._tasks if task.id not in self._done)
        hidden = len(self._tasks) - len(shown)
        self._count.set(str(open_tasks))
        self._count.setVisible(open_tasks > 0)
        self._more.setVisible(hidden > 0)
        self._more.setText(_n("{n} more", "{n} more", hidden) if hidden else "")
        self._calm.setVisible(not self._tasks)

    def _show_all(self) -> None:
        self._all = True
        self._render()

    def _on_tick(self, task: ToDo, on: bool) -> None:
        if on:
            self._shell.tasks.write(
                self,
                lambda session: complete_task(session, task.id),
                then=lambda before: self._completed(task, before),
                label=_("Task done"),
            )
        elif task.id in self._done:
            self._reopen(task)

    def _completed(self, task: ToDo, before: dict[str, Any]) -> None:
        self._done[task.id] = before
        self._render()
        self._shell.done(_("“{subject}” done", subject=task.subject))

    def _reopen(self, task: ToDo) -> None:
        before = self._done.pop(task.id, None)
        if before is not None:
            self._shell.tasks.write(
                self,
                lambda session: reopen_task(session, before),
                then=lambda _n: self._render(),
                label=_("Task to do again"),
            )

    def _plan(self, task: ToDo, key: str) -> None:
        due = ahead(key, formats.now().date())
        self._shell.tasks.write(
            self,
            lambda session: plan_again(session, task.id, due),
            then=lambda _id: self._planned(task, due),
            label=_("New task"),
        )

    def _planned(self, task: ToDo, due: date) -> None:
        self._done.pop(task.id, None)
        self._tasks = tuple(other for other in self._tasks if other.id != task.id)
        self._render()
        when = formats.relative_days(due, formats.now().date())
        self._shell.done(_("“{subject}” planned again: {when}", subject=task.subject, when=when))


def _nearest(tasks: Sequence[ToDo], today: date) -> list[ToDo]:
    """A few late ones, then those of today and tomorrow: the day's work is not hidden below old debts."""
    late = [task for task in tasks if task.due is not None and task.due < today]
    rest = [task for task in tasks if task.due is None or task.due >= today]
    first = late[-LATE_SHOWN:] if len(rest) >= SHOWN - LATE_SHOWN else late[-(SHOWN - len(rest)) :]
    return (first + rest)[:SHOWN]
