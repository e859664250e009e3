"""A field that reads as text until one goes to it: a caption and a line edited in place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ui.theme import repolish, theme
from ui.widgets import Label, vbox
from ui.widgets.painting import text_width

Keep = Callable[[str], str]
"""Takes what was typed; returns what is wrong with it, or nothing."""
LEAST_WIDTH = 64


class InlineLine(QLineEdit):
    """One line; Enter or leaving keeps it, Esc takes it back. Enter never submits what is around it."""

    problem = Signal(str)

    def __init__(self, name: str, keep: Keep, placeholder: str = "", right: bool = False) -> None:
        super().__init__()
        self._keep, self._shown = keep, ""
        self.setProperty("kind", "inline")
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        if right:
            self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.textChanged.connect(self._fit)

    def show_text(self, text: str) -> None:
        """Show the stored value, unless another one is being typed."""
        if self.hasFocus() and self.isModified():
            return
        self._shown = text
        self.setText(text)
        self.setCursorPosition(0)
        self._mark("")

    def _fit(self) -> None:
        text = self.text() or self.placeholderText()
        self.setToolTip(text if text_width(text, theme.font(14)) + 18 > self.width() else "")

    def wish(self) -> int:
        """The width that shows the whole text, in pixels."""
        return max(
            theme.px(LEAST_WIDTH), text_width(self.text() or self.placeholderText(), theme.font(14)) + 20
        )

    def keep(self) -> bool:
        """Take over what was typed; whether it could be."""
        if not self.isModified() or self.text() == self._shown:
            return True
        self.setModified(False)
        found = self._keep(self.text())
        self._mark(found)
        if found:
            self.setModified(True)
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
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.keep()


class InlineField(QWidget):
    """A caption above a line."""

    def __init__(self, label: str, keep: Keep, placeholder: str = "") -> None:
        super().__init__()
        self.line = InlineLine(label, keep, placeholder)
        caption = Label(label, "cap")
        caption.setBuddy(self.line)
        caption.setContentsMargins(6, 0, 0, 0)
        self.setLayout(vbox(caption, self.line, gap=0))
