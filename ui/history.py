"""Where the user has been: routes, and the way back and forward through them."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Route:
    """A page, the record that it shows, and what else `Page.open` was told."""

    page: str
    record: str | None = None
    options: tuple[tuple[str, object], ...] = ()


class History:
    """The routes visited, with a place in them."""

    def __init__(self) -> None:
        self._routes: list[Route] = []
        self._at = -1

    @property
    def current(self) -> Route | None:
        """Where we are, or None at the very start."""
        return self._routes[self._at] if self._routes else None

    @property
    def can_go_back(self) -> bool:
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        return self._at + 1 < len(self._routes)

    def visit(self, route: Route) -> None:
        """Go somewhere new; what was ahead is forgotten."""
        if route == self.current:
            return
        self._routes = [*self._routes[: self._at + 1], route][-LONGEST:]
        self._at = len(self._routes) - 1

    def replace(self, route: Route) -> None:
        """The place where we are has another name now."""
        if self._routes:
            self._routes[self._at] = route
        else:
            self.visit(route)

    def back(self) -> Route | None:
        """One step back, or None."""
        if not self.can_go_back:
            return None
        self._at -= 1
        return self.current

    def forward(self) -> Route | None:
        """One step forward, or None."""
        if not self.can_go_forward:
            return None
        self._at += 1
        return self.current
