"""Keeps what stands in a form: 400 ms after the last keystroke, when a field is left, when the page is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from ui.tasks import Tasks

PAUSE_MS = 400
Keep = Callable[[Any], datetime]
"""Run in the writing lane; gives the moment at which the draft was kept."""


class Autosave(QObject):
    """Writes the draft of a form. `collect` is called on the Qt thread and gives what to run in the lane."""

    kept = Signal(object)
    """The draft is on the disk: the moment of it."""

    def __init__(self, tasks: Tasks, form: QWidget, collect: Callable[[], Keep | None]) -> None:
        super().__init__(form)
        self._tasks, self._form, self._collect = tasks, form, collect
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._write)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)

    @property
    def waiting(self) -> bool:
        """Whether something was typed that is not on its way to the disk yet."""
        return self._pause.isActive()

    def touch(self) -> None:
        """Something was typed."""
        self._pause.start()

    def flush(self) -> None:
        """Write now what waits."""
        if self._pause.isActive():
            self._pause.stop()
            self._write()

    def stop(self) -> None:
        """Write nothing more: the form was saved, or is shown anew."""
        self._pause.stop()

    def _write(self) -> None:
        keep = self._collect()
        if keep is not None:
            self._tasks.write(self, keep, then=self.kept.emit)

    def _on_focus(self, old: QWidget | None, _new: QWidget | None) -> None:
        if old is not None and self._form.isAncestorOf(old):
            self.flush()
