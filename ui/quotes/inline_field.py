"""A field that reads as text until one goes to it: a caption and a line edited in place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ui.theme import repolish
from ui.widgets import Label, vbox

Keep = Callable[[str], str]
"""Takes what was typed; returns what is wrong with it, or nothing."""


class InlineLine(QLineEdit):
    """One line; Enter or leaving keeps it, Esc takes it back. Enter never submits what is around it."""

    problem = Signal(str)
    typed = Signal(str)
    """Another sign was typed: the whole text."""
    settled = Signal()
    """What was typed was taken over, or taken back."""

    def __init__(self, name: str, keep: Keep, placeholder: str = "", right: bool = False) -> None:
        super().__init__()
        self._keep, self._shown = keep, ""
        self.setProperty("kind", "inline")
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.textEdited.connect(self.typed)
        if right:
            self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def show_text(self, text: str) -> None:
        """Show the stored value, unless another one is being typed."""
        if self.hasFocus() and self.isModified():
            return
        typed = self.isModified()
        self._shown = text
        self._rest()
        self._mark("")
        if typed:
            self.settled.emit()

    def take_back(self, text: str) -> None:
        """Stand again as it was left: this was typed and not taken over yet."""
        self.setFocus()
        self.setText(text)
        self.setModified(True)

    def _rest(self) -> None:
        """The text at rest: cut with “…” where there is no room, whole while the field has the focus."""
        shown = self._shown
        if not self.hasFocus():
            room = max(24, self.width() - 10)
            shown = self.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideRight, room)
        self.setToolTip(self._shown if shown != self._shown else "")
        self.setText(shown)
        self.setCursorPosition(0)

    def keep(self) -> bool:
        """Take over what was typed; whether it could be."""
        if not self.isModified():
            return True
        self.setModified(False)
        text = self.text()
        found = "" if text == self._shown else self._keep(text)
        self._mark(found)
        if found:
            self.setModified(True)
        else:
            self.settled.emit()
        return not found

    def _mark(self, problem: str) -> None:
        state = "error" if problem else ""
        if (self.property("state") or "") != state:
            self.setProperty("state", state)
            repolish(self)
        self.problem.emit(problem)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.keep():
                self.focusNextPrevChild(True)
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self.setModified(False)
            self.show_text(self._shown)
            self.settled.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.isModified():
            self._rest()
            if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
                self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.keep() and event.reason() != Qt.FocusReason.PopupFocusReason:
            self._rest()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self.hasFocus() and not self.isModified():
            self._rest()


class InlineField(QWidget):
    """A caption above a line."""

    def __init__(self, label: str, keep: Keep, placeholder: str = "") -> None:
        super().__init__()
        self.line = InlineLine(label, keep, placeholder)
        caption = Label(label, "cap")
        caption.setBuddy(self.line)
        caption.setContentsMargins(4, 0, 0, 0)
        self.setLayout(vbox(caption, self.line, gap=0))
