"""Where a person is: the route, what is chosen in its lists and how far they are scrolled; and the way back there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from ui.history import Route
from ui.table import RecordList

if TYPE_CHECKING:
    from ui.window import MainWindow


@dataclass(frozen=True, slots=True)
class Place:
    """A route, and by the number of the view on its page: how far it is scrolled, and the record chosen."""

    route: Route
    scrolled: tuple[tuple[int, int], ...] = ()
    chosen: tuple[tuple[int, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain lists, for the preferences."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Any) -> Place:
        """The place that `to_json` gave; raises KeyError, TypeError or ValueError for anything else."""
        route = kept["route"]
        options = tuple((str(name), value) for name, value in route["options"])
        return cls(
            Route(str(route["page"]), route["record"], options),
            tuple((int(view), int(at)) for view, at in kept["scrolled"]),
            tuple((int(view), str(id)) for view, id in kept["chosen"]),
        )


def place_of(window: MainWindow) -> Place | None:
    """Where the person is now; None before the first page."""
    route, page = window.route, window.page
    if route is None or page is None:
        return None
    scrolled, chosen = [], []
    for number, view in enumerate(_views(page)):
        if at := view.verticalScrollBar().value():
            scrolled.append((number, at))
        if isinstance(view, RecordList) and isinstance(view.current_id, str):
            chosen.append((number, view.current_id))
    return Place(route, tuple(scrolled), tuple(chosen))


def go_back_to(window: MainWindow, place: Place) -> None:
    """Go where the person was, and when the page has read what it shows, scroll and choose as it was."""
    route = place.route
    window.go(route.page, route.record, **dict(route.options))
    if window.page is not None and window.route is not None and window.route.page == route.page:
        _Return(window, place)


class _Return(QObject):
    """Waits until the page has filled its lists; whoever goes elsewhere meanwhile is left there."""

    def __init__(self, window: MainWindow, place: Place) -> None:
        super().__init__(window)
        self._window, self._place, self._page = window, place, window.page
        window.tasks.idle.connect(self._arrange)
        if not window.tasks.busy:
            self._arrange()

    def _arrange(self) -> None:
        self._window.tasks.idle.disconnect(self._arrange)
        # After the views have laid their rows out: before, they do not know how long they are.
        QTimer.singleShot(0, self, self._restore)

    def _restore(self) -> None:
        if self._window.page is self._page and self._page is not None:
            views = _views(self._page)
            for number, id in self._place.chosen:
                view = views[number] if number < len(views) else None
                if isinstance(view, RecordList) and view.current_id is None:
                    view.choose(id)
            for number, at in self._place.scrolled:
                if number < len(views):
                    views[number].verticalScrollBar().setValue(at)
        self.deleteLater()


def _views(page: QWidget) -> list[QAbstractScrollArea]:
    return page.findChildren(QAbstractScrollArea)
