"""The editor of a link: a record of another kind, found by a few letters of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit

from app.fields import Field
from app.i18n import translate as _
from ui.form.editors import Editor
from ui.theme import theme

if TYPE_CHECKING:
    from ui.tasks import Tasks, Token

FindLinks = Callable[[Any, str, str], list[tuple[str, str, str]]]
"""`find(session, kind, text)` gives (id, title, detail) of the records whose name fits."""

_TYPED = "typed"


class LinkEditor(Editor):
    """Types a name, keeps an id. Without `tasks` and `find` it shows the record and changes nothing."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._tasks: Tasks | None = None
        self._find: FindLinks | None = None
        self._asked: Token | None = None
        self._id: str | None = None
        self._title = ""
        self._offers: dict[str, tuple[str, str]] = {}
        self.line = QLineEdit()
        self.line.setPlaceholderText(_("Type a name"))
        self.line.addAction(theme.icon("search", "text3", 16), QLineEdit.ActionPosition.LeadingPosition)
        self.line.textEdited.connect(self._on_typed)
        self._names = QStringListModel(self)
        self._completer = QCompleter(self._names, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.activated.connect(self._take)
        self.line.setCompleter(self._completer)
        self._place(self.line)

    def connect_to(self, tasks: Tasks, find: FindLinks) -> None:
        """Let it look for records."""
        self._tasks, self._find = tasks, find

    def show_value(self, value: Any) -> None:
        if value != self._id:
            self._title = ""
        self._id = value
        self.line.setText(self._title or value or "")

    def show_title(self, title: str) -> None:
        """The name of the record that the id stands for."""
        self._title = title
        self.line.setText(title)

    def typed(self) -> str | dict[str, str] | None:
        """The id, or `{"typed": …}` of letters for which no record was chosen."""
        return {_TYPED: self.line.text()} if self._is_half_typed() else self._id

    def show_typed(self, value: Any) -> None:
        if isinstance(value, dict):
            self.line.setText(str(value.get(_TYPED, "")))
        else:
            self.show_value(value)

    def parsed(self) -> Any:
        if self._is_half_typed():
            raise ValueError(_("Choose a record of the list."))
        return self._id

    def _is_half_typed(self) -> bool:
        return bool(self.line.text().strip()) and self.line.text() != (self._title or self._id or "")

    def _on_typed(self, text: str) -> None:
        if not text.strip():
            self._id, self._title = None, ""
        self.changed.emit()
        if not text.strip() or self._tasks is None or self._find is None:
            return
        if self._asked is not None:
            self._asked.cancel()
        find, kind = self._find, self.field.link or ""
        self._asked = self._tasks.read(self, lambda session: find(session, kind, text), then=self._offer)

    def _offer(self, found: list[tuple[str, str, str]]) -> None:
        self._offers = {}
        for record, title, detail in found:
            self._offers[f"{title} · {detail}" if detail else title] = (record, title)
        self._names.setStringList(list(self._offers))
        if self._offers and self.line.hasFocus():
            self._completer.complete()

    def _take(self, name: str) -> None:
        if name in self._offers:
            self._id, self._title = self._offers[name]
            self.line.setText(self._title)
            self.changed.emit()

    def set_read_only(self, locked: bool) -> None:
        self.line.setReadOnly(locked)
