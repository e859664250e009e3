"""Lifts what an older laptop pushes to the present protocol: a push is never refused for its age."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

import msgspec

from sync import errors
from sync.protocol import UNREADABLE, VERSION, Op, Transaction, freeze

log = logging.getLogger(__name__)

Adapter = Callable[[Op], Iterable[Op]]
"""One operation of a version as the next version writes it; none where it means nothing any more."""

_SURPRISED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What an adapter may raise at an operation that no laptop of its version writes."""

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
        try:
            ops = [lifted for op in ops for lifted in adapter(op)]
        except _SURPRISED as problem:
            facts = {"version": version, "problem": type(problem).__name__}
            log.warning("operations of an older version cannot be lifted", extra={"facts": facts})
            return None
    return ops if spoken <= present else None


def rewritten(transaction: Transaction, ops: list[Op]) -> Transaction:
    """The transaction under its own name and hash, with its operations as the present version writes them."""
    raw = [msgspec.Raw(freeze(op)) for op in ops]
    return msgspec.structs.replace(transaction, ops=raw)


def unread(transaction: Transaction, spoken: int) -> Transaction:
    """The transaction as it is kept where nobody here can read it: never taken for words of the present version."""
    kept = msgspec.json.encode({"protocol": spoken, "ops": transaction.ops})
    return msgspec.structs.replace(transaction, ops=[msgspec.Raw(kept)])


def kept(stored: bytes) -> list[Op] | None:
    """The operations of a stored transaction; None where it was kept unread."""
    try:
        return msgspec.json.decode(stored, type=list[Op])
    except UNREADABLE:
        return None
