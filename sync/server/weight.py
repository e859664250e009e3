"""How many bytes rows take in an answer, and which of them there is room for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import msgspec

from sync.protocol import MAX_ROW_BYTES, Transaction
from sync.server.batch import Values
from sync.server.working import Row

_TOGETHER = 100
_ORDINARY_BYTES = 200_000
"""Of `_TOGETHER` rows: in less than that none can be so large that the mean would not do for each."""

_encoder = msgspec.json.Encoder()


def weight_of(row: object) -> int:
    """What the row takes in an answer, by the byte."""
    return len(_encoder.encode(row))


def fits_an_answer(row: Row) -> bool:
    """Whether the row is not too large for a laptop to take it."""
    return weight_of(list(row.values())) <= MAX_ROW_BYTES


def is_light(standing: Iterable[Row | None], sent: Sequence[Transaction]) -> bool:
    """Whether all that stands and all that was sent would fit, with room to spare, were it one row."""
    rows = [list(row.values()) for row in standing if row is not None]
    is_all = all(one.parts == 1 for one in sent)
    return is_all and weight_of(rows) + weight_of(sent) < MAX_ROW_BYTES // 4


def fitting(cursor: Any, room: float) -> tuple[list[Values], list[float], bool]:
    """Rows of a driver's cursor until the room is full, what each takes, and whether those were all.

    The last one may pass the room: there is always one, or nothing would ever go on.
    """
    rows: list[Values] = []
    weights: list[float] = []
    while some := cursor.fetchmany(_TOGETHER):
        together = weight_of(some)
        if together < min(room, _ORDINARY_BYTES):
            # Weighing each would cost ten times as much.
            rows += some
            weights += repeat(together / len(some), len(some))
            room -= together
            continue
        for row in some:
            weight = weight_of(row)
            rows.append(row)
            weights.append(weight)
            room -= weight
            if room <= 0:
                return rows, weights, False
    return rows, weights, True
