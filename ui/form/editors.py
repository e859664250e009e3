"""One editor for every kind of field of `app.kinds.KINDS`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QPlainTextEdit, QWidget

from app import formats
from app.fields import Field
from app.i18n import language
from app.i18n import mark as m_
from app.i18n import translate as _
from app.kinds import KINDS
from app.natural_dates import parse_when
from ui.theme import repolish, theme
from ui.widgets.buttons import Button, ChipGroup
from ui.widgets.labels import IconLabel, Label
from ui.widgets.layout import hbox, vbox

CHIPS_AT_MOST = 4
CHIP_LETTERS_AT_MOST = 36
_UNITS = (m_("days"), m_("bytes"))
"""Units of declared fields that differ between the languages."""


class Editor(QWidget):
    """What a person types or chooses for one field.

    `typed()` is what stands there, for `KINDS[kind].parse`; `show_value` shows a Python value.
    """

    changed = Signal()
    left = Signal()
    """The field was left: time to doubt what was typed."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.target: QWidget = self
        """The widget that takes the focus and has the label as its buddy."""

    def typed(self) -> Any:
        """What stands in the editor, not yet parsed."""
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show a value without emitting `changed`."""
        raise NotImplementedError

    def show_typed(self, value: Any) -> None:
        """Show what `typed` gave, also where it is no value yet."""
        self.show_value(value)

    def parsed(self) -> Any:
        """The Python value; ValueError with one sentence when what stands there is none."""
        return KINDS[self.field.kind].parse(self.typed(), self.field)

    def _read(self, typed: Any) -> Any:
        """The value of what a draft holds; ValueError for half a number."""
        return KINDS[self.field.kind].parse(typed, self.field) if isinstance(typed, str) else typed

    def set_error(self, wrong: bool) -> None:
        """Mark the editor or take the mark away."""
        self.target.setProperty("state", "error" if wrong else "")
        repolish(self.target)

    def set_read_only(self, locked: bool) -> None:
        """Show without letting change."""
        self.setEnabled(not locked)

    def _place(self, target: QWidget, *beside: QWidget) -> None:
        self.target = target
        target.setAccessibleName(self.field.label)
        self.setLayout(vbox(target, *beside, gap=4))
        self.setFocusProxy(target)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        left = event.type() == QEvent.Type.FocusOut and isinstance(event, QFocusEvent)
        if left and event.reason() != Qt.FocusReason.PopupFocusReason:  # type: ignore[attr-defined]
            self.left.emit()
        return False


class LineEditor(Editor):
    """One line: texts, numbers, amounts, identifiers, words separated by semicolons."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.line = QLineEdit()
        self.line.textEdited.connect(lambda _text: self.changed.emit())
        if field.unit:
            self._with_unit(field.unit)
        else:
            self._place(self.line)

    def _with_unit(self, unit: str) -> None:
        self._place(self.line)
        layout = self.layout()
        assert layout is not None
        layout.removeWidget(self.line)
        row = QWidget()
        row.setLayout(hbox((self.line, 1), Label(_(unit), "muted")))
        layout.addWidget(row)

    def typed(self) -> str:
        return self.line.text()

    def show_value(self, value: Any) -> None:
        text = KINDS[self.field.kind].display(value, self.field)
        if text != self.line.text():
            self.line.setText(text)
            self.line.setCursorPosition(0)

    def show_typed(self, value: Any) -> None:
        try:
            self.show_value(self._read(value))
        except ValueError:
            self.line.setText(value)

    def set_read_only(self, locked: bool) -> None:
        self.line.setReadOnly(locked)
        repolish(self.line)


class DayEditor(LineEditor):
    """A day or a moment in any words (“lundi 10h”, “+7”), echoed as a full date beside."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._tick = IconLabel("calendar-check", "ok", 16)
        self._echo = Label("", "sub")
        self._echo_row = QWidget()
        self._echo_row.setLayout(hbox(self._tick, (self._echo, 1), gap=6))
        self._echo_row.hide()
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self._echo_row)
        self.line.setPlaceholderText(
            _("Monday 10:00, +7, 21/11/2026") if field.kind == "timestamp" else _("Monday, +7, 21/11/2026")
        )
        self.changed.connect(self._show_echo)
        self.left.connect(self._settle)

    def parsed(self) -> Any:
        text = self.line.text().strip()
        found = parse_when(text, formats.now(), language()) if text else None
        if found is None:
            return super().parsed()
        if self.field.kind == "date":
            return found.date() if isinstance(found, datetime) else found
        return KINDS["timestamp"].parse(found, self.field)

    def _show_echo(self) -> None:
        try:
            value = self.parsed()
        except ValueError:
            value = None
        self._echo.setText(spoken_moment(value) if value is not None else "")
        self._echo_row.setVisible(value is not None and self.line.isModified())

    def _settle(self) -> None:
        if not self.line.isModified():
            return
        try:
            self.show_value(self.parsed())
        except ValueError:
            return
        self._echo_row.hide()


def spoken_moment(value: date | datetime) -> str:
    """A day or a moment in full: “lundi 23 novembre 2026 à 10:00”."""
    if isinstance(value, datetime):
        local = value.astimezone(formats.zone())
        return _("{day} at {time}", day=formats.format_date(local.date(), "weekday"), time=f"{local:%H:%M}")
    return formats.format_date(value, "weekday")


class TextEditor(Editor):
    """Several lines; it grows with its text up to a limit."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setFixedHeight(theme.px(92))
        self._silent = False
        self.text.textChanged.connect(self._on_text)
        self._place(self.text)

    def _on_text(self) -> None:
        if not self._silent:
            self.changed.emit()

    def typed(self) -> str:
        return self.text.toPlainText()

    def show_value(self, value: Any) -> None:
        text = KINDS[self.field.kind].display(value, self.field)
        if text != self.text.toPlainText():
            self._silent = True
            self.text.setPlainText(text)
            self._silent = False

    def show_typed(self, value: Any) -> None:
        try:
            self.show_value(self._read(value))
        except ValueError:
            self._silent = True
            self.text.setPlainText(value)
            self._silent = False

    def set_read_only(self, locked: bool) -> None:
        self.text.setReadOnly(locked)
        repolish(self.text)


class _CalmCombo(QComboBox):
    """A combo that a scroll wheel passing over does not change."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ComboEditor(Editor):
    """One of many choices."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.combo = _CalmCombo()
        self.combo.addItem("", None)
        for value, _label in field.choices:
            self.combo.addItem(field.choice_label(value), value)
        self.combo.activated.connect(lambda _index: self.changed.emit())
        self._place(self.combo)

    def typed(self) -> Any:
        return self.combo.currentData()

    def show_value(self, value: Any) -> None:
        at = self.combo.findData(value)
        if at < 0:
            # A newer program may know more choices: the value is kept and shown as it stands.
            self.combo.addItem(self.field.choice_label(value), value)
            at = self.combo.count() - 1
        self.combo.setCurrentIndex(at)

    def parsed(self) -> Any:
        return self.typed()


class ChipsEditor(Editor):
    """One of few choices, all in sight; choosing again takes the choice back unless it is required."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        choices = _choices_of(field)
        self.chips = ChipGroup(choices, name=field.label, none_allowed=not field.required)
        self.chips.chosen.connect(lambda _value: self.changed.emit())
        self._place(self.chips)

    def typed(self) -> Any:
        return self.chips.value

    def show_value(self, value: Any) -> None:
        self.chips.set_value(value)

    def parsed(self) -> Any:
        return self.typed()

    def set_error(self, wrong: bool) -> None:
        """Chips cannot be mistyped; the sentence below is the mark."""


class ManyEditor(Editor):
    """Several of a few choices, as chips that are on or off."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        row = QWidget()
        layout = hbox(gap=6)
        self._chips: dict[str, Button] = {}
        self._unknown: list[str] = []
        for value, _label in field.choices:
            chip = Button(field.choice_label(value), "chip", checkable=True)
            chip.setAccessibleName(f"{field.label}, {field.choice_label(value)}")
            chip.clicked.connect(lambda _on: self.changed.emit())
            self._chips[value] = chip
            layout.addWidget(chip)
        layout.addStretch(1)
        row.setLayout(layout)
        self._place(row)
        if self._chips:
            first = next(iter(self._chips.values()))
            row.setFocusProxy(first)

    def typed(self) -> list[str] | None:
        on = [value for value, chip in self._chips.items() if chip.isChecked()]
        return [*on, *self._unknown] or None

    def parsed(self) -> Any:
        return self.typed()

    def show_value(self, value: Any) -> None:
        chosen = list(value or ())
        self._unknown = [word for word in chosen if word not in self._chips]
        for word, chip in self._chips.items():
            chip.setChecked(word in chosen)

    def set_error(self, wrong: bool) -> None:
        """Chips cannot be mistyped; the sentence below is the mark."""


def _choices_of(field: Field) -> list[tuple[object, str]]:
    if field.kind == "yes_no":
        return [(True, _("Yes")), (False, _("No"))]
    return [(value, field.choice_label(value)) for value, _label in field.choices]


def choice_editor(field: Field) -> Editor:
    """Chips for a few short choices, else a list to open."""
    letters = sum(len(field.choice_label(value)) for value, _label in field.choices)
    few = len(field.choices) <= CHIPS_AT_MOST and letters <= CHIP_LETTERS_AT_MOST
    return ChipsEditor(field) if few and field.choices else ComboEditor(field)
