"""What waits of one device, in the order in which it was done: later work on the same rows waits behind it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from sync.protocol import Op
from sync.server.past import Key


class Queue:
    """The parked transactions of one device."""

    def __init__(self) -> None:
        self._uuids: list[str] = []
        self._place: dict[str, int] = {}
        """Each stays at its place for good, though it may be tried again and park again."""
        self._rows: dict[str, set[Key]] = {}
        """The rows that each names, of those that still wait."""
        self._places: dict[Key, list[int]] = {}
        """Who waits on each row, first come first."""

    def add(self, uuid: str, ops: Iterable[Op]) -> None:
        """It waits, at the place that it has already or else as the last one."""
        place = self._place.setdefault(uuid, len(self._uuids))
        if place == len(self._uuids):
            self._uuids.append(uuid)
        known = self._rows.setdefault(uuid, set())
        for key in {(op.table, op.id) for op in ops} - known:
            known.add(key)
            insort(self._places.setdefault(key, []), place)

    def remove(self, uuid: str) -> None:
        """It waits no more."""
        for key in self._rows.pop(uuid, ()):
            places = self._places[key]
            del places[bisect_left(places, self._place[uuid])]

    def ahead_of(self, uuid: str, ops: Iterable[Op]) -> str | None:
        """The last of those before it that name a row of its operations.

        The last and not the first: what was done in an order is to be done again in that order, whichever of the rows
        each of them names first.
        """
        if not self._rows:
            return None
        place, last = self._place.get(uuid, len(self._uuids)), -1
        for op in ops:
            places = self._places.get((op.table, op.id), [])
            before = bisect_left(places, place)
            if before:
                last = max(last, places[before - 1])
        return None if last < 0 else self._uuids[last]
