"""Of what goes to a restored server again: the life that it lost, and up to where this laptop had seen it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from sync import state
from sync.protocol import Transaction

Fork = tuple[str, str, str]
"""(table, old id, new id)"""
Forks = Mapping[str, list[Fork]]
_NAME = "lost"
_FIELDS = ("epoch", "seen", "rescued", "forks")


def note(
    connection: Connection, seen: Mapping[str, int], *, rescued: bool = False, made: Forks | None = None
) -> None:
    """Remember of transactions, by uuid, the revision of the present epoch that they had, or that was seen.

    `made` are the forks that they made there.
    """
    epoch = state.get(connection, "epoch")
    if epoch and seen:
        kept = {uuid: (epoch, rev, rescued, (made or {}).get(uuid, [])) for uuid, rev in seen.items()}
        state.put(connection, _NAME, json.dumps(_read(connection) | kept))


def forget(connection: Connection) -> None:
    """Nothing is to be sent of a lost life any more."""
    if state.get(connection, _NAME) is not None:
        state.put(connection, _NAME, None)


def marked(connection: Connection, transactions: list[Transaction]) -> list[Transaction]:
    """The transactions with what was noted of them."""
    known = _read(connection) if transactions else {}
    if not known:
        return transactions
    return [
        msgspec.structs.replace(one, **dict(zip(_FIELDS, known[one.uuid], strict=True)))
        if one.uuid in known
        else one
        for one in transactions
    ]


def _read(connection: Connection) -> dict[str, tuple[str, int, bool, list[Fork]]]:
    kept = json.loads(state.get(connection, _NAME) or "{}")
    found: dict[str, tuple[str, int, bool, list[Fork]]] = {
        uuid: (epoch, rev, rescued, [tuple(one) for one in forks])
        for uuid, (epoch, rev, rescued, forks) in kept.items()
    }
    return found
