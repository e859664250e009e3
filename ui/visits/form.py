"""The sheet of a visit report: outcome, template, text, the template's questions, what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QPlainTextEdit, QWidget

from app import formats
from app.entity import field
from app.i18n import translate as _
from app.visits.reporting import Sheet
from app.visits.templates import Question, Template
from ui.attachments.incoming import holds_something, of_mime
from ui.theme import theme
from ui.visits.next_action import NextAction
from ui.widgets import Card, ChipGroup, IconLabel, Label, Line, add, clear, hbox, panel, vbox

KIND = "visit_report"
TYPED_WHEN = "typed_when"
"""The key under which a draft keeps the words typed for the day."""


class _Text(QPlainTextEdit):
    """As low as the window asks: it takes what room is left, and the rest stays in sight.

    Pictures and files that are pasted or dropped here are for the report's photos.
    """

    brought = Signal(list)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return holds_something(source) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        items = of_mime(source)
        if items:
            self.brought.emit(items)
        else:
            super().insertFromMimeData(source)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumHeight())


class ReportForm(Card):
    """Fills in a report; `changed` comes at each keystroke and touch."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__(gap=9)
        outcome = field(KIND, "outcome")
        self.outcome = ChipGroup(
            [(value, outcome.choice_label(value)) for value, _label in outcome.choices],
            name=_("Outcome"),
            none_allowed=True,
        )
        self.outcome.chosen.connect(lambda _value: self.changed.emit())
        self._templates: dict[str, Template] = {}
        self.types: ChipGroup | None = None
        self._types_slot = panel(hbox(gap=0))
        self.text = _Text()
        self.text.setAccessibleName(_("Report"))
        self.text.setPlaceholderText(_("What was said, what was seen"))
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(theme.px(96))
        label = Label(_("Report"), "cap")
        label.setBuddy(self.text)
        self._state_icon = IconLabel("check", "ok", 16)
        self._state = Label("", "muted")
        self._answers = vbox(gap=8)
        self._fields: dict[str, ChipGroup | QLineEdit] = {}
        self._given: dict[str, Any] = {}
        self._questions_line = Line()
        self.next = NextAction()
        self._silent = False
        self._values: dict[str, Any] = {}
        heads = hbox(
            vbox(Label(_("Outcome"), "cap"), self.outcome, gap=6),
            vbox(Label(_("Template"), "cap"), self._types_slot, gap=6),
            None,
            gap=32,
        )
        for item in (heads, label, (self.text, 1), hbox(None, self._state_icon, self._state, gap=6)):
            add(self.column, item)
        self.column.addWidget(self._questions_line)
        self.column.addLayout(self._answers)
        self.column.addWidget(Line())
        self.column.addWidget(self.next)
        self.text.textChanged.connect(self._tell)
        self.next.changed.connect(self._tell)
        self.say_kept(None)

    # Showing

    def clear_text(self) -> None:
        """Make room for another report: that is nothing which anybody typed."""
        self._silent = True
        self.text.clear()
        self._silent = False

    def show_sheet(self, sheet: Sheet, keep_text: str = "") -> None:
        """Show a report; `keep_text` was typed while it was being read and comes after it."""
        self._silent = True
        self._values = dict(sheet.values)
        self._given = dict(sheet.values.get("answers") or {})
        self._show_types(sheet)
        self.outcome.set_value(sheet.values.get("outcome"))
        self._show_text(sheet.values.get("summary") or "", keep_text)
        self.next.show_values(sheet.values, sheet.values.get(TYPED_WHEN))
        self._show_questions(str(sheet.values.get("type") or ""))
        self.say_kept(sheet.kept_at)
        self._silent = False

    def _show_text(self, text: str, typed: str) -> None:
        whole = f"{text}\n{typed}" if text and typed else text or typed
        if whole != self.text.toPlainText():
            self.text.setPlainText(whole)
            self.text.moveCursor(self.text.textCursor().MoveOperation.End)

    def _show_types(self, sheet: Sheet) -> None:
        kinds = field(KIND, "type")
        self._templates = {template.type: template for template in sheet.templates}
        choices = [
            (value, kinds.choice_label(value))
            for value, _label in kinds.choices
            if value in self._templates or value == sheet.values.get("type")
        ]
        layout = self._types_slot.layout()
        assert layout is not None
        clear(layout)
        self.types = ChipGroup(choices, sheet.values.get("type"), _("Template"))
        self.types.chosen.connect(self._on_type)
        layout.addWidget(self.types)

    def _on_type(self, value: object) -> None:
        self._given = self.answers()
        self._show_questions(str(value))
        self._tell()

    def _show_questions(self, kind: str) -> None:
        clear(self._answers)
        self._fields = {}
        template = self._templates.get(kind)
        questions = template.questions if template else ()
        self._questions_line.setVisible(bool(questions))
        for question in questions:
            answer = self._answer(question)
            self._fields[question.key] = answer
            words = Label(question.label)
            words.setFixedWidth(theme.px(186))
            words.setWordWrap(True)
            words.setBuddy(answer)
            self._answers.addLayout(hbox(words, (answer, 1), gap=12))

    def _answer(self, question: Question) -> ChipGroup | QLineEdit:
        given = self._given.get(question.key)
        if question.choices:
            chips = ChipGroup(question.choices, given, question.label, none_allowed=True)
            chips.chosen.connect(lambda _value: self._tell())
            return chips
        line = QLineEdit("" if given is None else str(given))
        line.setAccessibleName(question.label)
        line.setProperty("number", question.kind == "number")
        line.setMaximumWidth(theme.px(120 if question.kind == "number" else 420))
        line.textEdited.connect(lambda _text: self._tell())
        return line

    # Reading

    def answers(self) -> dict[str, Any]:
        """The answers, those to other templates' questions included while the form is open."""
        found = dict(self._given)
        for key, answer in self._fields.items():
            found[key] = answer.value if isinstance(answer, ChipGroup) else _typed(answer)
        return {key: value for key, value in found.items() if value not in (None, "")}

    def values(self) -> dict[str, Any]:
        """The whole report as it stands."""
        kind = self.types.value if self.types is not None else None
        template = self._templates.get(str(kind))
        asked = {question.key for question in template.questions} if template else set()
        before = self._values.get("answers") or {}
        # An answer that no template of ours asks for came from elsewhere, and stays.
        ours = {question.key for other in self._templates.values() for question in other.questions}
        answers = {k: v for k, v in self.answers().items() if k in asked or (k in before and k not in ours)}
        return {
            **self._values,
            "type": kind,
            "template": template.id if template else self._values.get("template"),
            "template_version": template.version if template else self._values.get("template_version"),
            "outcome": self.outcome.value,
            "summary": self.text.toPlainText().strip() or None,
            "answers": answers or None,
            **self.next.values(),
        }

    def draft(self) -> dict[str, Any]:
        """The report as it stands, with words that cannot be read as a day yet."""
        return {**self.values(), "answers": self.answers() or None, TYPED_WHEN: self.next.typed_when}

    # Saying

    def say_kept(self, at: datetime | None) -> None:
        """Tell when the draft was kept."""
        self._state.setText(_("Draft saved {time}", time=formats.format_time(at)) if at else "")
        self._state_icon.setVisible(at is not None)

    def show_problems(self, problems: dict[str, str]) -> None:
        """Show what is wrong and go there."""
        self.next.say(problems)
        if "next_action" in problems or "next_action_date" in problems:
            self.next.focus_problem(problems)

    def focus_name(self) -> str | None:
        """The name of the field that has the focus."""
        return next((name for name, widget in self._places().items() if _has_focus(widget)), None)

    def focus_on(self, name: str | None) -> None:
        """Go to a field by its name, to the text without one."""
        place = self._places().get(name or "summary", self.text)
        place.setFocus(Qt.FocusReason.OtherFocusReason)

    def _places(self) -> dict[str, QWidget]:
        answers = {f"answers.{key}": widget for key, widget in self._fields.items()}
        return {
            "summary": self.text,
            "next_action": self.next.action,
            "next_action_date": self.next.when,
            "outcome": self.outcome,
            **answers,
        }

    def _tell(self) -> None:
        if not self._silent:
            self.changed.emit()


def _has_focus(widget: QWidget) -> bool:
    focus = widget.window().focusWidget()
    return focus is not None and (focus is widget or widget.isAncestorOf(focus))


def _typed(line: QLineEdit) -> Any:
    text = line.text().strip()
    if line.property("number") and text.isdecimal():
        return int(text)
    return text
