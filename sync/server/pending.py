"""A transaction between its coming and its revision: what it asks, what it touched, what its device held."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from sync.protocol import Op, Outcome, unpack_cursor
from sync.server.auth import Device
from sync.server.change import Author, Held
from sync.server.lives import Life
from sync.server.past import Key


@dataclass(slots=True)
class Pending:
    """A transaction applied or parked in memory, before it has a revision."""

    uuid: str
    outcome: Outcome
    reason: str
    waits_for: str | None
    touched: list[Key]
    """Each once, as in `named`."""
    named: list[Key]
    author: Author | None = None
    ops: list[Op] = field(default_factory=list)
    map: list[tuple[str, str, str]] = field(default_factory=list)
    life: Life | None = None
    """The one that the server lost, where the transaction had been in it."""
    dropped: set[Key] = field(default_factory=set)
    """Rows that were erased for ever: nothing of them is taken, and nothing of them is to stay."""


def held_by(device: Device) -> tuple[Held, ...]:
    """What the device may have had when its user wrote: never by a revision that it claims."""
    issued = unpack_cursor(device.cursor_issued).get("r")
    presented = Held(device.scopes_entitled, device.rev_presented)
    given = Held(device.scopes_issued, issued if isinstance(issued, int) else 0)
    return tuple(held for held in (presented, given) if held.scopes)


def within_head(op: Op, head: int) -> Op:
    """Nobody has seen a revision that there is not."""
    return (
        op
        if 0 <= op.base_rev <= head
        else msgspec.structs.replace(op, base_rev=max(0, min(op.base_rev, head)))
    )
