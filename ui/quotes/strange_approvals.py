"""A manager is told of approvals by telephone in his name that his laptop never gave: at once, and as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.i18n import translate as _
from app.i18n import translate_plural as _n

if TYPE_CHECKING:
    from ui.window import MainWindow


class StrangeApprovals(QObject):
    """Says each of them once, with the way to the quote; above the quote it stands for good."""

    _committed = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._told: set[str] = set()
        self._committed.connect(self._on_changes)
        window.closed.connect(window.shell.workspace.subscribe(self._committed.emit))
        self.look()

    def look(self) -> None:
        """Read which there are."""
        from app.quotes import telephone

        def look(session: Any) -> list[str]:
            telephone.reckon(session)
            return telephone.strangers(session)

        self._window.tasks.write(self, look, then=self._tell)

    def _on_changes(self, changes: Any) -> None:
        if changes.origin == "sync" and "quote" in changes.kinds:
            self.look()

    def _tell(self, found: list[str]) -> None:
        new = [id for id in found if id not in self._told]
        if not new:
            return
        self._told.update(new)
        words = _n(
            "{n} quote bears an approval by telephone in your name that you did not give for what it says.",
            "{n} quotes bear an approval by telephone in your name that you did not give for what they say.",
            len(new),
        )
        self._window.show_info(words, "bad", _("Look at it"), lambda: self._window.go("quotes", new[0]))


def connect(window: MainWindow) -> None:
    """Watch over the approvals for this window."""
    StrangeApprovals(window)
