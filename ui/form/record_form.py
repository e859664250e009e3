"""The form of a record, drawn from its declared fields: labels above, one editor a kind, errors beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.errors import Invalid
from app.fields import Field
from app.i18n import translate as _
from app.kinds import KINDS
from ui.form.editors import (
    ChipsEditor,
    DayEditor,
    Editor,
    LineEditor,
    ManyEditor,
    TextEditor,
    choice_editor,
)
from ui.form.link_editor import FindLinks, LinkEditor
from ui.widgets.labels import Label
from ui.widgets.layout import Line, vbox

if TYPE_CHECKING:
    from ui.tasks import Tasks

EDITORS: dict[str, Callable[[Field], Editor]] = {
    "text": LineEditor,
    "long_text": TextEditor,
    "email": LineEditor,
    "phone": LineEditor,
    "web": LineEditor,
    "postcode": LineEditor,
    "country": LineEditor,
    "siren": LineEditor,
    "siret": LineEditor,
    "vat_number": LineEditor,
    "iban": LineEditor,
    "date": DayEditor,
    "timestamp": DayEditor,
    "duration": LineEditor,
    "integer": LineEditor,
    "decimal": LineEditor,
    "money": LineEditor,
    "percentage": LineEditor,
    "yes_no": ChipsEditor,
    "choice": choice_editor,
    "choices": ManyEditor,
    "tags": LineEditor,
    "link": LinkEditor,
    "coordinates": LineEditor,
    "json": TextEditor,
}
"""A kind without an editor fails a test of the house."""

WIDE_KINDS = frozenset({"long_text", "json", "choices", "tags"})


class _Cell(QWidget):
    """A label, its editor, and below them what is wrong or doubtful; blank space is not kept for it."""

    def __init__(self, field: Field, editor: Editor) -> None:
        super().__init__()
        self.field, self.editor = field, editor
        name = f"{field.label} *" if field.required else field.label
        label = Label(name, "cap")
        label.setBuddy(editor.target)
        self.said = Label("", "bad", wrap=True)
        self.said.hide()
        self.setLayout(vbox(label, editor, self.said, gap=4))

    @property
    def wrong(self) -> bool:
        """Whether an error stands below the field."""
        return not self.said.isHidden() and self.said.property("role") == "bad"

    def say(self, text: str | None, doubtful: bool = False) -> None:
        """Show one sentence beside the field, or nothing."""
        self.said.setText(text or "")
        self.said.set_role("warn" if doubtful else "bad")
        self.said.setVisible(bool(text))
        self.editor.set_error(bool(text) and not doubtful)
        self.editor.target.setAccessibleDescription(text or "")


class RecordForm(QWidget):
    """Edits the values of one record. `changed` comes at each keystroke; drafts and saves are the page's.

    form = RecordForm(fields("contact"), columns=2, tasks=shell.tasks, find_links=search.find_links)
    form.set_values(records.get(…), titles={"account": "Boulangerie Morel"})
    try: values = form.values()
    except Invalid: return          # shown beside the fields, focus on the first
    """

    changed = Signal(str)
    """The name of the field."""
    field_left = Signal(str)

    def __init__(
        self,
        fields: Sequence[Field],
        columns: int = 1,
        tasks: Tasks | None = None,
        find_links: FindLinks | None = None,
    ) -> None:
        super().__init__()
        self.loaded: dict[str, Any] = {}
        """The values that the form was opened with: the base of the merge."""
        self._cells: dict[str, _Cell] = {}
        for field in fields:
            if not field.computed:
                self._cells[field.name] = self._cell(field, tasks, find_links)
        self.setLayout(self._arranged(columns))

    def _cell(self, field: Field, tasks: Tasks | None, find_links: FindLinks | None) -> _Cell:
        editor = EDITORS[field.kind](field)
        if isinstance(editor, LinkEditor) and tasks is not None and find_links is not None:
            editor.connect_to(tasks, find_links)
        cell = _Cell(field, editor)
        editor.changed.connect(lambda: self._on_changed(cell))
        editor.left.connect(lambda: self._on_left(cell))
        return cell

    def _arranged(self, columns: int) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        row, column, group = 0, 0, None
        for cell in self._cells.values():
            wide = cell.field.kind in WIDE_KINDS
            if column and (wide or cell.field.group != group):
                row, column = row + 1, 0
            if cell.field.group != group:
                group = cell.field.group
                if group and row:  # what belongs together stands apart from what comes before
                    grid.addWidget(Line(), row, 0, 1, columns)
                    row += 1
            grid.addWidget(cell, row, column, 1, columns if wide else 1, Qt.AlignmentFlag.AlignTop)
            column = 0 if wide else (column + 1) % columns
            row += 1 if column == 0 else 0
        for at in range(columns):
            grid.setColumnStretch(at, 1)
        grid.setRowStretch(row + 1, 1)
        return grid

    # Values

    def set_values(self, values: Mapping[str, Any], titles: Mapping[str, str] | None = None) -> None:
        """Show a record. `titles` names the records behind links, by field."""
        self.loaded = dict(values)
        for name, cell in self._cells.items():
            cell.editor.show_value(values.get(name))
            cell.say(None)
            if isinstance(cell.editor, LinkEditor) and titles and name in titles:
                cell.editor.show_title(titles[name])

    def update_values(self, values: Mapping[str, Any]) -> None:
        """Show what came from elsewhere, except in the field being typed in and in changed ones."""
        for name, value in values.items():
            cell = self._cells.get(name)
            if cell is None or cell.editor.target.hasFocus() or self._differs(name):
                continue
            cell.editor.show_value(value)
            self.loaded[name] = value

    def values(self) -> dict[str, Any]:
        """The parsed values of every field; raises `Invalid` after showing each problem beside its field."""
        problems = {name: problem for name in self._cells if (problem := self._problem(name))}
        self.show_problems(problems)
        if problems:
            raise Invalid(problems)
        return {name: cell.editor.parsed() for name, cell in self._cells.items()}

    def changed_values(self) -> dict[str, Any]:
        """Only what differs from the values that were loaded; `Invalid` as for `values`."""
        return {name: value for name, value in self.values().items() if value != self.loaded.get(name)}

    def draft(self) -> dict[str, Any]:
        """What stands in the fields, right or wrong, for autosave: text where it cannot be parsed."""
        return {name: self._parsed_or_typed(cell) for name, cell in self._cells.items()}

    @property
    def is_changed(self) -> bool:
        """Whether anything differs from what was loaded."""
        return any(self._differs(name) for name in self._cells)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Show one sentence beside each field (`Invalid.problems`) and focus the first."""
        for name, cell in self._cells.items():
            cell.say(problems.get(name))
        for name, cell in self._cells.items():
            if name in problems:
                cell.editor.target.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def problem(self, name: str) -> str:
        """The sentence shown beside a field, or nothing."""
        cell = self._cells[name]
        return cell.said.text() if not cell.said.isHidden() else ""

    def editor(self, name: str) -> Editor:
        """The editor of a field."""
        return self._cells[name].editor

    def set_read_only(self, locked: bool) -> None:
        """Show without letting change."""
        for cell in self._cells.values():
            cell.editor.set_read_only(locked)

    def focus_first(self) -> None:
        """Put the focus on the first field."""
        if self._cells:
            next(iter(self._cells.values())).editor.target.setFocus(Qt.FocusReason.OtherFocusReason)

    def changed_draft(self) -> dict[str, Any]:
        """Of `draft` what differs from what was loaded."""
        return {
            name: self._parsed_or_typed(cell) for name, cell in self._cells.items() if self._differs(name)
        }

    def focused_name(self) -> str | None:
        """The field that the keyboard is in."""
        return next((name for name, cell in self._cells.items() if _has_focus(cell.editor)), None)

    def show_draft(self, values: Mapping[str, Any], bases: Mapping[str, Any]) -> dict[str, Any]:
        """Put into the fields what a draft holds and what was typed into it; the bases of these, by field.

        A field in which nothing was typed shows what the record says now: somebody may have changed it since.
        What was typed stands over the value that its author saw.
        """
        seen: dict[str, Any] = {}
        for name, value in values.items():
            cell = self._cells.get(name)
            if cell is None or (name in bases and value == bases[name]):
                continue
            cell.editor.show_typed(value)
            if name in bases:
                seen[name] = self.loaded[name] = bases[name]
        return seen

    # Doubting

    def _problem(self, name: str) -> str | None:
        cell = self._cells[name]
        try:
            value = cell.editor.parsed()
        except ValueError as problem:
            return str(problem)
        if cell.field.required and value in (None, "", []):
            return _("This field is required.")
        return None

    def _parsed_or_typed(self, cell: _Cell) -> Any:
        try:
            return cell.editor.parsed()
        except ValueError:
            return cell.editor.typed()

    def _differs(self, name: str) -> bool:
        return bool(self._parsed_or_typed(self._cells[name]) != self.loaded.get(name))

    def _on_changed(self, cell: _Cell) -> None:
        # Once wrong, a field is judged while typing, so that the error goes as soon as it is mended.
        if cell.wrong and self._problem(cell.field.name) is None:
            cell.say(None)
        self.changed.emit(cell.field.name)

    def _on_left(self, cell: _Cell) -> None:
        try:
            value = cell.editor.parsed()
        except ValueError as problem:
            cell.say(str(problem))
        else:
            doubt = None if value is None else KINDS[cell.field.kind].warning(value, cell.field)
            if not cell.wrong or value is not None:
                cell.say(doubt, doubtful=True)
        self.field_left.emit(cell.field.name)


def _has_focus(editor: Editor) -> bool:
    focus = editor.window().focusWidget()
    return focus is not None and (focus is editor or editor.isAncestorOf(focus))
