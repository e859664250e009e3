"""What goes into one push: transactions in order, and the parts of one that is larger than a request."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from sync.protocol import MAX_OPS, MAX_REQUEST_BYTES, Transaction

_MOST_BYTES = MAX_REQUEST_BYTES // 2
"""Of operations in one request, which leaves room for what is around them."""


def is_large(transaction: Transaction) -> bool:
    """Whether a transaction goes alone, in parts."""
    length = sum(len(bytes(op)) for op in transaction.ops)
    return len(transaction.ops) > MAX_OPS or length > _MOST_BYTES


def split_off(waiting: list[Transaction]) -> tuple[list[Transaction], list[Transaction]]:
    """What fits into one request, in order; a transaction larger than a request goes alone, in parts."""
    batch: list[Transaction] = []
    ops = size = 0
    for index, transaction in enumerate(waiting):
        length = sum(len(bytes(op)) for op in transaction.ops)
        too_big = len(transaction.ops) > MAX_OPS or length > _MOST_BYTES
        if too_big and not batch:
            parts = parts_of(transaction) if transaction.parts == 1 else [transaction]
            return parts[:1], [*parts[1:], *waiting[index + 1 :]]
        if batch and (too_big or ops + len(transaction.ops) > MAX_OPS or size + length > _MOST_BYTES):
            return batch, waiting[index:]
        batch.append(transaction)
        ops, size = ops + len(transaction.ops), size + length
        if transaction.parts > 1:
            return batch, waiting[index + 1 :]
    return batch, []


def parts_of(transaction: Transaction) -> list[Transaction]:
    """A large transaction in numbered parts, cut at the same places each time."""
    groups: list[list[msgspec.Raw]] = [[]]
    size = 0
    for op in transaction.ops:
        length = len(bytes(op))
        if groups[-1] and (len(groups[-1]) >= MAX_OPS or size + length > _MOST_BYTES):
            groups.append([])
            size = 0
        groups[-1].append(op)
        size += length
    return [
        msgspec.structs.replace(transaction, ops=ops, part=part, parts=len(groups))
        for part, ops in enumerate(groups, start=1)
    ]


def without_parts(waiting: list[Transaction], held: dict[str, Collection[int]]) -> list[Transaction]:
    """Large transactions cut, without the parts that the server has from an attempt that broke off.

    The last part is always sent: it is the one that is answered.
    """
    left: list[Transaction] = []
    for transaction in waiting:
        if transaction.uuid not in held or not is_large(transaction):
            left.append(transaction)
            continue
        parts = parts_of(transaction)
        left += [part for part in parts if part.part == part.parts or part.part not in held[part.uuid]]
    return left
