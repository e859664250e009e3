"""A list model for up to a million records: all ids, and the rows of the blocks that are looked at."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from ui.tasks import Tasks

BLOCK = 200
BLOCKS_KEPT = 50
Id = str | int
Index = QModelIndex | QPersistentModelIndex
Load = Callable[[Any, list[Any]], Sequence[Any]]
Ids = Callable[[Any], Sequence[Any]]

RowRole = Qt.ItemDataRole.UserRole
"""The row as `load` gave it, or None while it is on its way."""
IdRole = Qt.ItemDataRole.UserRole + 1


def id_of(row: Any) -> Any:
    """The id of a row: its key `id`, or its attribute."""
    return row["id"] if isinstance(row, dict) else row.id


class RowsModel(QAbstractListModel):
    """`load(session, ids)` gives the rows of those ids in any order; it runs in a reading lane."""

    loaded = Signal()
    """All ids are known."""

    def __init__(
        self,
        tasks: Tasks,
        load: Load,
        say: Callable[[Any], str] = str,
        parent: QObject | None = None,
        key: Callable[[Any], Any] = id_of,
    ) -> None:
        """`say` gives what a screen reader reads for a row."""
        super().__init__(parent)
        self._tasks, self._load, self._say, self._key = tasks, load, say, key
        self._ids: Sequence[Any] = []
        self._blocks: OrderedDict[int, list[Any]] = OrderedDict()
        self._asked: set[int] = set()
        self._generation = 0

    # Filling

    def show(self, ids: Ids, first: Callable[[Any], Sequence[Any]] | None = None) -> None:
        """Show the records of `ids(session)`. `first(session)` gives the first rows, painted at once
        while a long list of ids is still being read. What was shown stays until then."""
        self._generation += 1
        mine = self._generation
        if first is not None:
            self._tasks.read(self, first, then=lambda rows: self._show_first(mine, rows))
        self._tasks.read(self, ids, then=lambda found: self._show_ids(mine, found))

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show rows that are all at hand."""
        self._generation += 1
        self._reset([self._key(row) for row in rows], rows)
        self.loaded.emit()

    def _show_first(self, generation: int, rows: Sequence[Any]) -> None:
        if generation == self._generation and rows:
            self._reset([self._key(row) for row in rows], rows)

    def _show_ids(self, generation: int, ids: Sequence[Any]) -> None:
        if generation != self._generation:
            return
        kept: Sequence[Any] = ids
        if ids and isinstance(ids[0], int) and not isinstance(ids, array):
            kept = array("q", ids)
        at_hand = [row for row in self._blocks.get(0, []) if row is not None]
        same_start = [self._key(row) for row in at_hand] == list(kept[: len(at_hand)])
        if same_start and 0 < len(self._ids) <= len(kept) and list(self._ids) == list(kept[: len(self._ids)]):
            self._grow(kept)
        else:
            self._reset(kept, [])
        self.loaded.emit()

    def _grow(self, ids: Sequence[Any]) -> None:
        old, new = len(self._ids), len(ids)
        if new > old:
            self.beginInsertRows(QModelIndex(), old, new - 1)
            self._ids = ids
            # A block that was cut off at the end of the first rows is asked for again, whole.
            if old % BLOCK:
                self._blocks.pop(old // BLOCK, None) if old > BLOCK else self._pad(0, min(BLOCK, new))
            self.endInsertRows()

    def _pad(self, block: int, size: int) -> None:
        rows = self._blocks.get(block, [])
        self._blocks[block] = rows + [None] * (size - len(rows))
        self._ask(block)

    def _reset(self, ids: Sequence[Any], rows: Sequence[Any]) -> None:
        self.beginResetModel()
        self._ids = ids
        self._blocks.clear()
        self._asked.clear()
        for start in range(0, len(rows), BLOCK):
            self._blocks[start // BLOCK] = list(rows[start : start + BLOCK])
        self.endResetModel()

    def refresh_rows(self) -> None:
        """Read the rows again without changing which there are; nothing moves under the pointer."""
        for block in list(self._blocks):
            self._ask(block, again=True)

    # Asking

    @property
    def ids(self) -> Sequence[Any]:
        """Every id, in order."""
        return self._ids

    def id_at(self, row: int) -> Any:
        """The id of a row, or None."""
        return self._ids[row] if 0 <= row < len(self._ids) else None

    def row_of(self, record: Any) -> int:
        """Where a record stands, or -1."""
        try:
            return self._ids.index(record)
        except ValueError:
            return -1

    def row_at(self, row: int) -> Any:
        """The row, or None when it is not here yet: then it is asked for."""
        block, offset = divmod(row, BLOCK)
        rows = self._blocks.get(block)
        if rows is None:
            self._ask(block)
            return None
        self._blocks.move_to_end(block)
        return rows[offset] if offset < len(rows) else None

    def _ask(self, block: int, again: bool = False) -> None:
        if block in self._asked and not again:
            return
        self._asked.add(block)
        wanted = list(self._ids[block * BLOCK : (block + 1) * BLOCK])
        mine, load = self._generation, self._load
        self._tasks.read(
            self,
            lambda session: load(session, wanted),
            then=lambda rows: self._take_block(mine, block, wanted, rows),
        )

    def _take_block(self, generation: int, block: int, wanted: list[Any], rows: Sequence[Any]) -> None:
        self._asked.discard(block)
        if generation != self._generation or list(self._ids[block * BLOCK : (block + 1) * BLOCK]) != wanted:
            return
        by_id = {self._key(row): row for row in rows}
        self._blocks[block] = [by_id.get(record) for record in wanted]
        self._blocks.move_to_end(block)
        while len(self._blocks) > BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        first = self.index(block * BLOCK)
        self.dataChanged.emit(first, self.index(block * BLOCK + len(wanted) - 1))

    # What Qt asks

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == RowRole:
            return self.row_at(index.row())
        if role == IdRole:
            return self.id_at(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            row = self.row_at(index.row())
            return "" if row is None else self._say(row)
        return None
