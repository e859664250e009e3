"""Undo and redo from every screen: the toast's button, Ctrl Z and Ctrl Y, and the way back to where it was done."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from app.i18n import mark as m_
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from ui.commands import Command
from ui.history import Route
from ui.place import Place, go_back_to, place_of

if TYPE_CHECKING:
    from app.undo import Outcome
    from ui.window import MainWindow

PLACES_KEPT = 100


class Undoing(QObject):
    """One window's undo. The actions themselves are remembered in the file, by `app.undo`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._places: OrderedDict[int, Place] = OrderedDict()
        window.tasks.mark = lambda: _way_back(window)
        window.tasks.remembered.connect(self._keep_place)
        group = m_("General")
        window.add_commands(
            Command("undo", m_("Undo"), self.undo, "undo-2", ("Ctrl+Z",), group=group),
            Command("redo", m_("Redo"), self.redo, "redo-2", ("Ctrl+Y", "Ctrl+Shift+Z"), group=group),
        )
        self._watched: QWidget | None = None
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)

    def _keep_place(self, step: int, place: object) -> None:
        if isinstance(place, Place):
            self._places[step] = place
            while len(self._places) > PLACES_KEPT:
                self._places.popitem(last=False)

    # Acting

    def undo(self, step: int | None = None) -> None:
        """Take back an action, the last one without its number."""
        self._leave_fields()
        self._window.tasks.write(
            self, lambda session: _take_back(session, step), then=self._undone, label=_("Undo"), origin="undo"
        )

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._leave_fields()
        self._window.tasks.write(self, _do_again, then=self._done_again, label=_("Redo"), origin="undo")

    def _leave_fields(self) -> None:
        """What is being typed is kept first, as when the page is left."""
        if (page := self._window.page) is not None:
            page.leave()

    def _undone(self, outcome: Outcome | None) -> None:
        if outcome is None:
            self._window.toast(_("There is nothing to undo."))
            return
        self._return_to(outcome)
        label = _(outcome.step.label)
        if outcome.kept and not outcome.moved:
            self._window.toast(_("“{action}” cannot be undone: it was changed since.", action=label))
        elif outcome.kept:
            self._window.toast(
                _n(
                    "“{action}” undone; {n} value was changed since and stays.",
                    "“{action}” undone; {n} values were changed since and stay.",
                    len(outcome.kept),
                    action=label,
                )
            )
        else:
            self._window.toast(_("“{action}” undone", action=label), _("Redo"), self.redo)

    def _done_again(self, outcome: Outcome | None) -> None:
        if outcome is None:
            self._window.toast(_("There is nothing to redo."))
            return
        self._return_to(outcome)
        self._window.toast(
            _("“{action}” done again", action=_(outcome.step.label)),
            _("Undo"),
            lambda: self.undo(outcome.step.step),
        )

    def _return_to(self, outcome: Outcome) -> None:
        place = self._places.get(outcome.step.step)
        if place is not None:
            go_back_to(self._window, place)

    # A field's own undo comes first

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._watched is not None:
            self._watched.removeEventFilter(self)
        self._watched = new if isinstance(new, QLineEdit | QPlainTextEdit | QTextEdit) else None
        if self._watched is not None:
            self._watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A field claims Ctrl Z even when it has nothing to undo: then the window's command shall have it."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if event.matches(QKeySequence.StandardKey.Undo):
            own = _can(watched, "Undo")
        elif event.matches(QKeySequence.StandardKey.Redo) or _is_other_redo(event):
            own = _can(watched, "Redo")
        else:
            return False
        if own:
            return False
        event.ignore()
        return True


def _way_back(window: MainWindow) -> Place | None:
    """Where the person is; of a form that writes a record, the record: undone, it has nothing to go on with."""
    place = place_of(window)
    if place is None or "form" not in dict(place.route.options):
        return place
    return replace(place, route=Route(place.route.page, place.route.record))


def _can(field: QObject, what: str) -> bool:
    if isinstance(field, QPlainTextEdit | QTextEdit):
        return bool(getattr(field.document(), f"is{what}Available")())
    return bool(getattr(field, f"is{what}Available")())


def _is_other_redo(event: QKeyEvent) -> bool:
    return QKeySequence(event.keyCombination()) in (QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z"))


def _take_back(session: Any, step: int | None) -> Outcome | None:
    from app import undo

    return undo.take_back(session, step)


def _do_again(session: Any) -> Outcome | None:
    from app import undo

    return undo.do_again(session)


def connect(window: MainWindow) -> None:
    """Give the window its undo."""
    window.undoing = Undoing(window)
