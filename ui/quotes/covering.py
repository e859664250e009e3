"""A screen that covers the window, and keeps the keyboard to itself as long as it stands there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from ui.theme import theme


class CoveringScreen(QWidget):
    """Opaque and as large as its window. Tab goes round within it, and no shortcut of the window answers."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._covered = window
        self._opener = window.focusWidget()

    def cover(self) -> None:
        """Come before everything in the window, and have the keyboard from now on."""
        self._covered.installEventFilter(self)
        self._application().focusChanged.connect(self._hold_focus)
        self.setGeometry(self._covered.rect())
        self.show()
        self.raise_()

    def uncover(self) -> None:
        """Go, and put the focus where it was."""
        self._application().focusChanged.disconnect(self._hold_focus)
        self._covered.removeEventFilter(self)
        self.hide()
        self.deleteLater()
        if self._opener is not None:
            self._opener.setFocus()

    # The keyboard

    def focusNextPrevChild(self, forward: bool) -> bool:
        if not self.isVisible():
            return super().focusNextPrevChild(forward)
        now = QApplication.focusWidget()
        start = now if now is not None and self.isAncestorOf(now) else self
        found = start
        while True:
            found = found.nextInFocusChain() if forward else found.previousInFocusChain()
            if found is start:
                return True
            if self._takes_tab(found):
                reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
                found.setFocus(reason)
                self._bring_into_view(found)
                return True

    def _bring_into_view(self, widget: QWidget) -> None:
        above = widget.parentWidget()
        while above is not None and above is not self:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(widget)
            above = above.parentWidget()

    def _takes_tab(self, widget: QWidget) -> bool:
        tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        return tab and self.isAncestorOf(widget) and widget.isVisible() and widget.isEnabled()

    def _hold_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """What lies behind may ask for the focus, when it is read again for one: it does not get it."""
        if now is None or now is self or now.window() is not self._covered or self.isAncestorOf(now):
            return
        inside = before is not None and self.isAncestorOf(before) and before.isEnabled()
        (before if before is not None and inside else self).setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            # Taken here, it is a key for this screen and no shortcut of the window.
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._covered.rect())
        elif event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        # Nothing of another customer shows through.
        QPainter(self).fillRect(event.rect(), theme.color("app"))

    @staticmethod
    def _application() -> QApplication:
        found = QApplication.instance()
        assert isinstance(found, QApplication)
        return found
