"""The conflicts page: records that two people changed, and each field to decide, one click each."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QStackedWidget, QWidget

from app import drafts
from app.conflicts import review
from app.conflicts.review import Disputed, Question, Version
from app.errors import UserError
from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from ui.commands import Command
from ui.page import Page, Shell, page_layout
from ui.sync.begun_decisions import KIND as BEGUN
from ui.sync.begun_decisions import BegunDecisions, Choices
from ui.sync.question_row import QuestionRow, column_heading, field_width
from ui.sync.two_quotes import TwoQuotes
from ui.table import ListRow, RecordList
from ui.theme import theme
from ui.widgets import (
    Button,
    Card,
    ElidingLabel,
    EmptyState,
    Label,
    Line,
    Scroll,
    clear,
    hbox,
    panel,
    vbox,
)

_LIST_WIDTH = 264
_PAGES = {"account": "accounts", "contact": "contacts", "opportunity": "opportunities", "quote": "quotes",
          "product": "catalogue", "visit_report": "report"}  # fmt: skip


class ConflictsPage(Page):
    """Left the records, right the fields of one. Nothing here needs a network."""

    key = "conflicts"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._found: dict[str, Disputed] = {}
        self._shown: Disputed | None = None
        self.rows: list[QuestionRow] = []
        self.begun = BegunDecisions(shell.tasks, self)
        self.begun.orphaned.connect(self._tell_orphan)
        self._subtitle = ElidingLabel("", "sub")
        self.list = RecordList(shell.tasks, _("Records to check"), row=_as_row)
        self.list.chosen.connect(self._on_chosen)
        self._merged = Label("", "sub", wrap=True)
        self._stack = QStackedWidget()
        self._stack.addWidget(QWidget())
        self._stack.addWidget(panel(hbox(self._left(), (self._right(), 1), gap=16)))
        self._stack.addWidget(self._empty())
        self.setLayout(page_layout(_("Conflicts"), self._subtitle, [], (self._stack, 1)))

    def _left(self) -> QWidget:
        words = vbox(Label(_("Settled by themselves"), "h3"), self._merged, gap=2, margins=(6, 2, 6, 2))
        self._by_themselves = panel(vbox(Line(), words, gap=8))
        card = Card(hbox(Label(_("To check"), "h3"), margins=(6, 0, 0, 0)), (self.list, 1), self._by_themselves,
                    gap=8, margins=(4, 14, 4, 12))  # fmt: skip
        # Half as fast as the text: the fields need the room.
        card.setFixedWidth((_LIST_WIDTH + theme.px(_LIST_WIDTH)) // 2)
        return card

    def _right(self) -> QWidget:
        self._title = ElidingLabel("", "h2")
        self._facts = ElidingLabel("", "sub")
        self.all_mine = Button(_("All mine"), "secondary", on_click=lambda: self._choose_all(True))
        self.all_theirs = Button(
            _("All of the office"), "secondary", on_click=lambda: self._choose_all(False)
        )
        self.open_record = Button("", "ghost", "external-link", self._go_to_record, tip=_("Open the record"))
        head = hbox(
            (vbox(self._title, self._facts, gap=2), 1), self.open_record, self.all_mine, self.all_theirs
        )
        self._grid_place = vbox(gap=0)
        self._problem = Label("", "bad", wrap=True)
        self._problem.hide()
        self.later = Button(_("Later"), "ghost", on_click=self.skip)
        self.confirm = Button(_("Confirm, next record"), "primary", "check", self.settle)
        safe = Label(_("Nothing is lost: the version set aside stays in the history."), "sub", wrap=True)
        foot = hbox((safe, 1), self.later, self.confirm)
        return Card(head, Line(), (Scroll(panel(self._grid_place)), 1), self._problem, Line(), foot, gap=12)

    def _empty(self) -> QWidget:
        state = EmptyState(
            "circle-check", _("Nothing to check"),
            _("When two people change the same field, both versions are kept and wait here."),
        )  # fmt: skip
        return Card((state, 1))

    # What the shell asks

    def title(self) -> str:
        return _("Conflicts")

    def primary_focus(self) -> QWidget | None:
        if self.rows and self.rows[0].cards:
            return next((c for c in self.rows[0].cards if c.isChecked()), self.rows[0].cards[0])
        return self.list if self._found else None

    def panes(self) -> list[QWidget]:
        return [self.list, self.confirm]

    def open(self, record_id: str | None = None, **options: object) -> None:
        self.reload(record_id)

    def leave(self) -> None:
        self.begun.autosave.flush()

    def refresh(self, changes: Any) -> None:
        if self.isVisible() and ("conflict" in changes.kinds or changes.ids & self._found.keys()):
            self.reload()

    def commands(self) -> list[Command]:
        return [
            Command("conflicts.settle", m_("Confirm, next record"), self.settle, "check", ("Ctrl+Return",),
                    enabled=lambda: bool(self.rows)),
        ]  # fmt: skip

    def reload(self, wanted: str | None = None) -> None:
        """Read again; `wanted` or the record shown stays shown."""

        def read(session: Any) -> tuple[list[Disputed], int, Any]:
            return review.find_disputed(session), review.count_merged(session), self.begun.read(session)

        def show(found: tuple[list[Disputed], int, Any]) -> None:
            self.begun.take(found[2], found[0])
            self._show(found[0], found[1], wanted)

        self.shell.tasks.read_in_order(self, read, then=show)

    # Showing

    def _show(self, found: list[Disputed], merged: int, wanted: str | None) -> None:
        before = list(self._found)
        self._found = {one.id: one for one in found}
        self._merged.setText(
            _n("{n} action merged without a conflict", "{n} actions merged without a conflict", merged)
        )
        self._by_themselves.setVisible(merged > 0)
        self.later.setVisible(len(found) > 1)
        self.confirm.setText(_("Confirm, next record") if len(found) > 1 else _("Confirm"))
        count = _n("{n} record to check.", "{n} records to check.", len(found))
        self._subtitle.setText(
            f"{count} {_('You can go on working on them meanwhile.')}" if found else _("Everybody agrees.")
        )
        self._stack.setCurrentIndex(1 if found else 2)
        self.list.show_rows(found)
        if not found:
            self._shown, self.rows = None, []
            return
        at = wanted or (self._shown.id if self._shown else None)
        if at not in self._found:
            at = _after(before, at, self._found)
        self.list.choose(at)
        self._show_record(self._found[at])

    def _on_chosen(self, id: Any) -> None:
        if id in self._found and (self._shown is None or self._shown.id != id):
            self._show_record(self._found[id])
            self.shell.replace("conflicts", str(id))

    def _show_record(self, record: Disputed) -> None:
        if record == self._shown and self.rows:
            return  # what was chosen so far stays
        self._shown = record
        self._problem.hide()
        self._title.setText(record.title)
        self._facts.setText(f"{record.kind_label}  ·  {_to_choose(record)}")
        self._fill_grid(record)
        asked = _asked(record)
        both_sides = any(v.mine for q in asked for v in q.versions)
        self.all_mine.setVisible(len(asked) > 1 and both_sides)
        self.all_theirs.setVisible(len(asked) > 1 and both_sides)
        office = all(v.office for q in asked for v in q.versions if not v.mine)
        self.all_theirs.setText(_("All of the office") if office else _("All of the other"))
        self.open_record.setVisible(self.shell.window.has_page(_PAGES.get(record.kind, "?")))
        if self.isVisible() and not self.list.hasFocus() and (focus := self.primary_focus()):
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill_grid(self, record: Disputed) -> None:
        clear(self._grid_place)
        for row in self.rows:
            row.deleteLater()
        headings = _headings(record)
        self.rows = [QuestionRow(question, headings is None, self) for question in record.questions]
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, field_width())
        for column in (1, 2):
            grid.setColumnStretch(column, 1)
        at = 0
        if headings is not None:
            for column, text in enumerate((_("Field"), *headings)):
                grid.addWidget(Label(text, "cap", wrap=True), 0, column)
            at = 1
        for row in self.rows:
            at = row.place(grid, at)
        self.begun.put_back(self.rows, record.id)
        body = panel(grid)
        body.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._grid_place.addWidget(body)
        for question in record.questions:
            for other in question.others if record.kind == "quote" else ():
                self._grid_place.addWidget(TwoQuotes(self.shell, record.id, other))
        self._grid_place.addStretch(1)

    # Deciding

    def _choose_all(self, mine: bool) -> None:
        for row in self.rows:
            row.choose(mine)

    def _go_to_record(self) -> None:
        if self._shown is not None:
            self.shell.go(_PAGES[self._shown.kind], self._shown.id)

    def skip(self) -> None:
        """Leave this record for later and show the next one."""
        ids = list(self._found)
        if self._shown is not None and len(ids) > 1:
            following = ids[(ids.index(self._shown.id) + 1) % len(ids)]
            self.list.choose(following)
            self._show_record(self._found[following])

    def settle(self) -> None:
        """Keep what was chosen and show the next record."""
        if self._shown is None or not self.confirm.isEnabled():
            return  # a second Ctrl Enter while the first is on its way
        decisions: dict[str, tuple[str, Any]] = {}
        for row in self.rows:
            try:
                decisions[row.question.id] = (row.question.name, row.decision())
            except ValueError as problem:
                row.show_problem(str(problem))
                return
        record = self._shown
        choices = self.begun.settle(record.id)
        self.confirm.setEnabled(False)

        def decide(session: Any) -> int:
            drafts.discard(session, BEGUN, record.id)
            return review.decide(session, decisions)

        self.shell.tasks.write(
            self, decide,
            then=lambda count: self._settled(record, count),
            failed=lambda error: self._refused(record, choices, error),
            label=_("Conflict settled"),
        )  # fmt: skip

    def _settled(self, record: Disputed, count: int) -> None:
        self.confirm.setEnabled(True)
        ids = list(self._found)
        following = ids[(ids.index(record.id) + 1) % len(ids)] if record.id in ids else None
        self.reload(following if following != record.id else None)
        text = _n(
            "“{title}”: {n} field settled.", "“{title}”: {n} fields settled.", count, title=record.title
        )
        self.shell.done(text)

    def _tell_orphan(self, text: str) -> None:
        """Somebody else settled the field while another value was being written: the words can be taken along."""
        told = _("Somebody else settled this conflict meanwhile. You had written: {text}", text=text)
        self.shell.info(told, "warn", _("Copy"), lambda: QGuiApplication.clipboard().setText(text))

    def _refused(self, record: Disputed, choices: Choices, error: Exception) -> None:
        from ui import errors

        self.begun.restore(record.id, choices)
        self.confirm.setEnabled(True)
        if isinstance(error, UserError):
            self._problem.setText(str(error))
            self._problem.show()
        else:
            errors.report(error, self)


def _headings(record: Disputed) -> tuple[str, str] | None:
    """The headings of the two columns, when each has one author for all fields; else authors stand with the values."""
    asked = [question.versions for question in _asked(record)]
    if not asked or any(len(versions) != 2 for versions in asked):
        return None
    columns = list(zip(*asked, strict=True))
    if any(len({(v.by, _minute(v)) for v in column}) > 1 for column in columns):
        return None
    left, right = (column[0] for column in columns)
    return column_heading(left), column_heading(right)


def _minute(version: Version) -> str:
    return f"{version.at:%Y%m%d%H%M}" if version.at else ""


def _after(before: list[str], gone: str | None, found: dict[str, Disputed]) -> str:
    """The record that follows one that is no longer there."""
    start = before.index(gone) if gone in before else 0
    return next((id for id in [*before[start:], *before] if id in found), next(iter(found)))


def _as_row(record: Disputed) -> ListRow:
    count = _n("{n} field", "{n} fields", len(_asked(record)))
    return ListRow(record.title, f"{record.kind_label}, {count if _asked(record) else _versions(record)}")


def _to_choose(record: Disputed) -> str:
    asked = len(_asked(record))
    return _n("{n} field to choose", "{n} fields to choose", asked) if asked else _versions(record)


def _asked(record: Disputed) -> list[Question]:
    """The questions that have an answer: of a document that exists twice there is nothing to choose."""
    return [question for question in record.questions if not question.others]


def _versions(record: Disputed) -> str:
    others = sum(len(question.others) for question in record.questions)
    return _n("{n} version", "{n} versions", others + 1)
