"""How a failure reaches the user: beside its cause, in a banner, in a dialog, or as a crash report to copy."""

from __future__ import annotations

import logging
import platform
import sys
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit, QWidget

from app.errors import Cancelled, SystemProblem, UserError
from app.i18n import translate as _
from sync.errors import SyncError
from ui.widgets.buttons import Button
from ui.widgets.labels import IconDisc, Label
from ui.widgets.layout import hbox, vbox

log = logging.getLogger("terrain")

reports: list[BaseException] = []
"""Every failure shown since the start that was not the user's to correct."""


def report(error: BaseException, owner: QObject | None = None) -> None:
    """Show a failure in the window of `owner`. Sorted by class, never by the words of the message."""
    if isinstance(error, Cancelled):
        return
    window = _window_of(owner)
    if isinstance(error, UserError | SyncError):
        if isinstance(error, SyncError):
            _banner(window, sync_text(error), "warn")
        else:
            _banner(window, str(error), "bad")
        return
    reports.append(error)
    log.error("%s", error, exc_info=(type(error), error, error.__traceback__))
    if isinstance(error, SystemProblem):
        ProblemDialog(window, _("This needs your attention"), str(error)).open()
    else:
        ProblemDialog(window, _("Something went wrong in Terrain"), crash_text(), details(error)).open()


def sync_text(error: SyncError) -> str:
    """What a failure of the sync means for the user."""
    from app.syncing import sentence  # brings SQLAlchemy, which must not delay the first window

    return sentence(error)


def crash_text() -> str:
    """What we say of a bug: what is safe, and what to do."""
    return _(
        "What you had saved is safe on this computer. You can go on working. "
        "Copying the details and sending them to support helps to correct the fault."
    )


def details(error: BaseException) -> str:
    """The text to copy: versions and the trace, without any of the user's data."""
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return f"Python {platform.python_version()} · {platform.platform()}\n\n{trace}"


def install_hook() -> None:
    """Send exceptions that nobody caught to `report`; the program survives."""
    sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    app = QApplication.instance()
    if issubclass(kind, KeyboardInterrupt) or app is None or QThread.currentThread() != app.thread():
        sys.__excepthook__(kind, error, trace)
        return
    report(error)


def _window_of(owner: QObject | None) -> QWidget | None:
    if isinstance(owner, QWidget):
        return owner.window()
    active = QApplication.activeWindow()
    return active or next(iter(QApplication.topLevelWidgets()), None)


def _banner(window: Any, text: str, tone: str) -> None:
    if hasattr(window, "show_info"):
        window.show_info(text, tone)
    else:
        ProblemDialog(window, text, "").open()


class ProblemDialog(QDialog):
    """A failure that needs a look: what happened, what is safe, the details in a fold to copy."""

    def __init__(self, parent: QWidget | None, title: str, text: str, detail: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle("Terrain")
        self.setMinimumWidth(520)
        self._detail = detail
        self._fold = QPlainTextEdit(detail)
        self._fold.setReadOnly(True)
        self._fold.setAccessibleName(_("Details"))
        self._fold.setMinimumHeight(180)
        self._fold.hide()
        buttons = hbox(gap=8)
        if detail:
            buttons.addWidget(Button(_("Show details"), "ghost", "chevron-down", self._unfold))
            buttons.addWidget(Button(_("Copy details"), "secondary", "copy", self.copy))
        buttons.addStretch(1)
        close = Button(_("Close"), "primary", on_click=self.accept)
        buttons.addWidget(close)
        words = vbox(Label(title, "h2", wrap=True), Label(text, "sub", wrap=True), gap=6)
        head = hbox(IconDisc("triangle-alert", "warn", 40), (words, 1), gap=14)
        self.setLayout(vbox(head, self._fold, 6, buttons, gap=12, margins=(20, 20, 20, 16)))
        close.setFocus()

    def copy(self) -> None:
        """Put the details on the clipboard."""
        QGuiApplication.clipboard().setText(self._detail)

    def _unfold(self) -> None:
        self._fold.setVisible(not self._fold.isVisible())
        self.adjustSize()
