"""Where a window may stand: a laptop that left its desk has one screen less."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect

HEAD_HEIGHT, HEAD_SEEN = 40, 160
"""The strip by which a window is moved, and how much of it must be in sight."""


def on_a_screen(window: QRect, screens: Sequence[QRect]) -> QPoint | None:
    """Where a window goes whose head no screen shows any more: the middle of the first; else None."""
    head = QRect(window.left(), window.top(), window.width(), HEAD_HEIGHT)
    if any(
        (seen := screen.intersected(head)).width() >= HEAD_SEEN and seen.height() > 0 for screen in screens
    ):
        return None
    first = screens[0]
    left = first.left() + max(0, (first.width() - window.width()) // 2)
    return QPoint(left, first.top() + max(0, (first.height() - window.height()) // 2))
