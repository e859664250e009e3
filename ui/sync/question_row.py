"""One field of a record in conflict: its versions side by side, both kept, or something else written."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QWidget

from app.conflicts.resolving import BOTH
from app.conflicts.review import Question, Version
from app.fields import Field
from app.i18n import translate as _
from app.sync_view import spoken_at
from ui.form.editors import Editor
from ui.form.record_form import EDITORS
from ui.sync.group_editor import GroupEditor
from ui.sync.version_card import VersionCard
from ui.theme import theme
from ui.widgets import Button, ElidingLabel, Label, hbox, panel, vbox

_FIELD_WIDTH = 165
_NOT_TYPED = ("link", "json", "tags", "choices", "coordinates", "timestamp")


class QuestionRow(QObject):
    """Puts its widgets into the grid of the page: column 0 the field, columns 1 and 2 the versions."""

    changed = Signal()

    def __init__(self, question: Question, show_authors: bool, parent: QObject) -> None:
        super().__init__(parent)
        self.question = question
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.buttonClicked.connect(self._on_chosen)
        self.cards = [self._card(version) for version in question.versions] if not question.others else []
        self._authors = [author_line(version) if show_authors else "" for version in question.versions]
        self.editor: Editor | None = None
        self._editor_area = panel(vbox(gap=4))
        self._editor_area.hide()
        self._problem = Label("", "bad", wrap=True)
        self._problem.hide()

    def _card(self, version: Version) -> VersionCard:
        name = f"{self.question.field.label}, {author_name(version)}"
        return VersionCard(version.text, name, version.stands, self._group)

    def place(self, grid: QGridLayout, row: int) -> int:
        """Add the widgets from `row` on; returns the next free row."""
        grid.addWidget(self._label(), row, 0)
        if self.question.others:
            grid.addWidget(self._both(), row, 1, 1, 2)
            return row + 1
        for at, card in enumerate(self.cards):
            beside = [card]
            if self._authors[at]:
                beside.append(ElidingLabel(self._authors[at], "muted"))  # type: ignore[arg-type]
            grid.addWidget(panel(vbox(*beside, gap=2)), row + at // 2, 1 + at % 2)
        if (other := self._other()) is not None:
            grid.addWidget(other, row, 3)
        row += (len(self.cards) + 1) // 2
        if (more := self._more()) is not None:
            grid.addWidget(more, row, 1, 1, 2)
            row += 1
        grid.addWidget(self._editor_area, row, 1, 1, 2)
        return row + 1

    def _label(self) -> QWidget:
        words = vbox(Label(self.question.field.label, "h3", wrap=True), gap=0, margins=(0, 9, 0, 0))
        if self.question.before:
            before = ElidingLabel(_("before: {value}", value=" ".join(self.question.before.split())), "muted")
            words.addWidget(before)
        words.addStretch(1)
        label = panel(words)
        label.setMaximumWidth(field_width())
        return label

    def _more(self) -> QWidget | None:
        """Texts can be kept one after the other."""
        if not self.question.text or len({v.text for v in self.question.versions if v.text}) < 2:
            return None
        both = Button(_("Keep both, one after the other"), "ghost", "combine", self.keep_both)
        both.setAccessibleName(_("{field}, keep both", field=self.question.field.label))
        return panel(hbox(ElidingLabel(_("The two texts differ:"), "muted"), both, None))

    def _other(self) -> QWidget | None:
        if not self._typable():
            return None
        button = Button("", "ghost", "pencil", self.write_other, tip=_("Write something else"))
        button.setAccessibleName(_("{field}, write something else", field=self.question.field.label))
        return panel(vbox(button, None, margins=(0, 3, 0, 0)))

    def _typable(self) -> list[Field]:
        """The fields that can be written here."""
        asked = self.question.together or (self.question.field,)
        return [field for field in asked if field.kind in EDITORS and field.kind not in _NOT_TYPED]

    def _both(self) -> QWidget:
        names = ", ".join(version.text for version in self.question.versions if version.text)
        text = _(
            "It was changed on two sides. Both versions are kept; the other one is “{name}”.",
            name=names or "?",
        )
        return Label(text, "sub", wrap=True)

    # Deciding

    def choose(self, mine: bool) -> None:
        """Choose the user's own version, or the other one; of a document that exists twice there is no choice."""
        if self.question.others:
            return
        for card, version in zip(self.cards, self.question.versions, strict=True):
            if version.mine == mine:
                card.setChecked(True)
                self._on_chosen(card)
                return

    def keep_both(self) -> None:
        """Put both texts one after the other, to be read over."""
        self._edit(self.question.joined)

    def write_other(self) -> None:
        """Start from the chosen version and write another one."""
        chosen = self._chosen()
        # Nothing chosen: on from the version that the record holds.
        version = self.question.versions[chosen] if chosen is not None else self._standing()
        self._edit(dict(version.decision.group) if self.question.together else version.value)

    def _standing(self) -> Version:
        return next(version for version in self.question.versions if version.stands)

    def choice(self) -> dict[str, Any]:
        """What the person has chosen or written so far, for the draft."""
        chosen = self._chosen()
        if chosen is not None:
            version = self.question.versions[chosen]
            return {"version": [version.text, version.by, version.mine]}
        assert self.editor is not None
        try:
            return {"typed": self.editor.parsed()}
        except ValueError:
            return {"typed": self.editor.typed()}

    def take_up(self, choice: dict[str, Any]) -> None:
        """Go on with what `choice` gave, when the versions are shown anew; a version that is gone is not chosen."""
        if "typed" in choice:
            self._show_editor().show_typed(choice["typed"])
            return
        for card, version in zip(self.cards, self.question.versions, strict=False):
            if choice.get("version") == [version.text, version.by, version.mine]:
                card.setChecked(True)

    def _edit(self, value: Any) -> None:
        editor = self._show_editor()
        editor.show_value(value)
        editor.setFocus()
        self.changed.emit()

    def _show_editor(self) -> Editor:
        if self.editor is None:
            self.editor = self._editor()
            self.editor.changed.connect(self._clear_problem)
            self.editor.changed.connect(self.changed)
            layout = self._editor_area.layout()
            assert layout is not None
            layout.addWidget(self.editor)
            layout.addWidget(self._problem)
        self._group.setExclusive(False)
        for card in self.cards:
            card.setChecked(False)
        self._group.setExclusive(True)
        self._editor_area.show()
        return self.editor

    def _editor(self) -> Editor:
        if self.question.together:
            return GroupEditor(self._typable())
        return EDITORS[self.question.field.kind](self.question.field)

    def _on_chosen(self, _card: QAbstractButton) -> None:
        self._editor_area.hide()
        self._clear_problem()
        self.changed.emit()

    def _chosen(self) -> int | None:
        return next((at for at, card in enumerate(self.cards) if card.isChecked()), None)

    def decision(self) -> Any:
        """A version or a value, for `app.conflicts.review.decide`; ValueError with one sentence."""
        if self.question.others:
            return BOTH
        chosen = self._chosen()
        if chosen is not None:
            return self.question.versions[chosen].decision
        if self.editor is None:
            raise ValueError(_("Choose a version."))
        return self.question.written(self.editor.parsed())

    def show_problem(self, sentence: str) -> None:
        """Say beside the field why its value cannot be kept."""
        self._problem.setText(sentence)
        self._problem.show()
        self._editor_area.show()
        if self.editor is not None:
            self.editor.set_error(True)
            self.editor.setFocus()

    def _clear_problem(self) -> None:
        self._problem.hide()
        if self.editor is not None:
            self.editor.set_error(False)


def field_width() -> int:
    """Pixels for the names of fields: half as fast as the text, since the values need the room."""
    return (_FIELD_WIDTH + theme.px(_FIELD_WIDTH)) // 2


def author_name(version: Version) -> str:
    """Whose version it is."""
    if version.mine:
        return _("your version")
    return _("version of {name}", name=version.by) if version.by else _("the other version")


def author_line(version: Version) -> str:
    """Whose version, and since when."""
    words = _("Your version") if version.mine else version.by or _("The other version")
    return f"{words}  ·  {spoken_at(version.at, True)}" if version.at else words


def column_heading(version: Version) -> str:
    """The heading of a column whose versions all come from one person."""
    if version.mine:
        words = _("Your version")
        return f"{words}  ·  {spoken_at(version.at)}" if version.at else words
    words = _("Version of the office") if version.office else _("The other version")
    when = spoken_at(version.at) if version.at else ""
    facts = ", ".join(part for part in (when, version.by) if part)
    return f"{words}  ·  {facts}" if facts else words
