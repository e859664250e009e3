"""Fields that belong together written as one: the editor of each under its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QGridLayout

from app.fields import Field
from ui.form.editors import Editor
from ui.form.record_form import EDITORS
from ui.widgets import Label


class GroupEditor(Editor):
    """Its values are by name; what cannot be typed stays as in the version from which one started."""

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__(fields[0])
        self.editors = {field.name: EDITORS[field.kind](field) for field in fields}
        self._kept: dict[str, Any] = {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        for row, editor in enumerate(self.editors.values()):
            label = Label(editor.field.label, "cap")
            label.setBuddy(editor.target)
            grid.addWidget(label, row, 0)
            grid.addWidget(editor, row, 1)
            editor.changed.connect(self.changed)
        self.setLayout(grid)
        self.setFocusProxy(next(iter(self.editors.values())))

    def show_value(self, value: dict[str, Any] | None) -> None:
        """Show the values of a version."""
        self._kept = dict(value or {})
        for name, editor in self.editors.items():
            editor.show_value(self._kept.get(name))

    def show_typed(self, value: dict[str, Any]) -> None:
        """Show what `typed` gave."""
        self._kept = dict(value)
        for name, editor in self.editors.items():
            editor.show_typed(value.get(name))

    def typed(self) -> dict[str, Any]:
        """What stands in each editor."""
        return {**self._kept, **{name: editor.typed() for name, editor in self.editors.items()}}

    def parsed(self) -> dict[str, Any]:
        """The value of each field; ValueError with the name of the one that has none."""
        found = dict(self._kept)
        for name, editor in self.editors.items():
            try:
                found[name] = editor.parsed()
            except ValueError as problem:
                raise ValueError(f"{editor.field.label}: {problem}") from problem
        return found

    def set_error(self, wrong: bool) -> None:
        """Mark the editors of which nothing can be kept."""
        for editor in self.editors.values():
            editor.set_error(wrong and not _is_sound(editor))


def _is_sound(editor: Editor) -> bool:
    try:
        editor.parsed()
    except ValueError:
        return False
    return True
