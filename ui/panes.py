"""Walking by keyboard between the parts of the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def walk(panes: Iterable[QWidget | None], step: int) -> None:
    """Give the focus to the next of the visible panes, or with -1 to the one before."""
    visible = [pane for pane in panes if pane is not None and pane.isVisible()]
    if not visible:
        return
    focus = QApplication.focusWidget()
    holding = [
        place for place, pane in enumerate(visible) if focus and (pane is focus or pane.isAncestorOf(focus))
    ]
    # Without a focus the first pane comes next, and the last one before.
    at = holding[0] if holding else min(-step, 0)
    visible[(at + step) % len(visible)].setFocus(Qt.FocusReason.TabFocusReason)
