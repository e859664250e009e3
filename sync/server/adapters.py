"""Lifts what an older laptop pushes to the present protocol: a push is never refused for its age."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from sync import errors
from sync.protocol import VERSION, Op, Transaction, freeze

Adapter = Callable[[Op], Iterable[Op]]
"""One operation of a version as the next version writes it; none where it means nothing any more."""

ADAPTERS: Mapping[int, Adapter] = {}
"""By the version that they read. Two major versions back are kept: a change of the wire adds one here."""


def read(
    transaction: Transaction, spoken: int, adapters: Mapping[int, Adapter] = ADAPTERS, present: int = VERSION
) -> list[Op] | None:
    """The operations in the present version; None where this server cannot read them, which parks them."""
    try:
        ops = transaction.operations()
    except errors.Protocol:
        return None
    for version in range(spoken, present):
        adapter = adapters.get(version)
        if adapter is None:
            return None
        ops = [lifted for op in ops for lifted in adapter(op)]
    return ops if spoken <= present else None


def rewritten(transaction: Transaction, ops: list[Op]) -> Transaction:
    """The transaction under its own name and hash, with its operations as the present version writes them."""
    raw = [msgspec.Raw(freeze(op)) for op in ops]
    return msgspec.structs.replace(transaction, ops=raw)
